"""Simulated users: each does one act after the other and writes down what it asked and what it was told."""

import asyncio
import time
from collections import defaultdict
from random import Random
from typing import Any, Literal
from uuid import uuid4

import httpx
import msgspec

from lianshen.cli.accounts import Account
from tests.faults.site import Site
from tests.walk.driver import form
from tests.walk.test_walk_jingzhou import FORM as JINGZHOU
from tests.walk.test_walk_xingan import FORM as XINGAN

FORMS: dict[str, dict[str, str]] = {"320723": form("400000"), "421000": dict(JINGZHOU), "360824": dict(XINGAN)}
"""What a unit of each of these tenants declares."""
FOREIGN = {"320723": "421000", "421000": "360824", "360824": "320723"}
_TIMEOUT = 8.0
_PATIENCE = 40
Outcome = Literal["ok", "fail", "unknown"]


class Op(msgspec.Struct, kw_only=True):
    """One act as its user knows it. ``key`` is its idempotency key and the id of its request."""

    key: str
    tenant: str
    user: str
    kind: str
    path: str
    project: str | None = None
    body: dict[str, str] | None = None
    file: bytes | None = None
    paper: str = ""
    outcome: Outcome = "unknown"
    status: int = 0
    said: dict[str, Any] = {}
    at: float = 0.0
    why: str = ""
    replayed: bool = False
    """The last answer was that of a request before."""


class History(msgspec.Struct):
    """All acts, what was denied and should be, and what was seen of others."""

    ops: list[Op] = []
    allowed: list[str] = []
    """Requests that had to be denied and were not."""
    seen: list[str] = []
    """Answers that held another tenant's words."""
    misled: list[str] = []
    """Acts of which the page that tells what became of them said something else than what was so."""
    leaked: list[str] = []
    """Error answers that held a canary."""
    asked: int = 0
    dead_tokens: list[str] = []
    revived: list[str] = []


def canary(tenant: str) -> str:
    """Words that only ``tenant`` may ever read."""
    return f"鸟{tenant}号"


class User:
    """An applicant of one tenant at both webs."""

    def __init__(self, site: Site, account: Account, history: History, seed: int) -> None:
        self.site, self.account, self.history = site, account, history
        self.random = Random(f"{seed}/{account.tenant}/{account.login}")
        self.token = ""
        self.projects: dict[str, dict[str, Any]] = {}
        self.foreign: dict[str, list[str]] = defaultdict(list)
        self._clients = [httpx.AsyncClient(base_url=base, timeout=_TIMEOUT, trust_env=False) for base in site.bases]

    @property
    def tenant(self) -> str:
        return self.account.tenant

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()

    async def sign_in(self) -> None:
        said = {"tenant": self.tenant, "login": self.account.login, "password": self.account.password}
        for patience in range(20):  # the fault before may be over only just now
            answer = await self._client().post("/api/v1/sessions", json=said, timeout=60)
            if answer.status_code != 503:
                break
            await asyncio.sleep(0.2 * patience)
        assert answer.status_code == 201, answer.text
        self.token = answer.json()["token"]

    def _client(self) -> httpx.AsyncClient:
        return self.random.choice(self._clients)

    async def act(self) -> None:
        """One more thing that a user does."""
        open_ = [one for one in self.projects.values() if not one["submitted"]]
        whim = self.random.random()
        if whim < 0.12:
            await self.look()
        elif whim < 0.18:
            await self.trespass()
        elif not open_ or whim < 0.35:
            await self.declare()
        else:
            await self.go_on(self.random.choice(open_))

    async def declare(self, **more: str) -> Op:
        op = self.asks("declare", **more)
        await self.send(op)
        return op

    def asks(self, kind: str, project: str = "", paper: str = "", **more: str) -> Op:
        """One of a user's acts, not yet sent: to declare, to hand a paper in, to submit."""
        key, at = str(uuid4()), f"/api/v1/projects/{project}"
        if kind == "declare":
            body = FORMS[self.tenant] | more | {"title": f"{canary(self.tenant)}{key[:8]}"}
            return self._op(kind, "/api/v1/projects", body=body, key=key)
        if kind == "hand_in":
            file = b"%PDF-1.7\n% " + canary(self.tenant).encode() + key.encode()
            return self._op(kind, f"{at}/documents", project=project, file=file, paper=paper, key=key)
        return self._op(kind, f"{at}/actions/submit", project=project, body={}, key=key)

    async def go_on(self, project: dict[str, Any]) -> None:
        """Hand in what is missing, then submit."""
        if project["papers"] is None:
            desk = await self.get(f"/api/v1/projects/{project['id']}/desk")
            if desk is None:
                return
            wanted = [slot["code"] for slot in desk["papers"] if slot["may_upload"] and not slot["versions"]]
            project["papers"] = wanted
        if project["papers"]:
            op = self.asks("hand_in", project["id"], project["papers"].pop())
        else:
            project["submitted"] = True
            op = self.asks("submit", project["id"])
        await self.send(op)

    async def perform(self, project: str, action: str, **body: str) -> Op:
        """Do an act of the law in a project, until it is known to be done."""
        op = self._op(action, f"/api/v1/projects/{project}/actions/{action}", project=project, body=body)
        for _ in range(_PATIENCE):
            await self.send(op)
            if op.outcome != "unknown":
                break
            await asyncio.sleep(0.5)
        assert op.outcome == "ok", f"{action}: {op.status} {op.why}"
        return op

    async def submitted(self, **more: str) -> str:
        """A project of one's own that is declared, has its papers and is submitted; its id."""
        op = self.asks("submit", await self.ready(**more))
        await self.send(op)
        assert op.outcome == "ok", f"submit: {op.status} {op.why}"
        return str(op.project)

    async def ready(self, **more: str) -> str:
        """A project of one's own that could be submitted; its id."""
        op = await self.declare(**more)
        assert op.outcome == "ok", f"declare: {op.status} {op.why}"
        project = self.projects.pop(op.said["project"])  # none of those with which the user goes on
        while project["papers"] is None or project["papers"]:
            await self.go_on(project)
        return str(project["id"])

    async def ask(self, method: str, path: str, **given: Any) -> httpx.Response | None:
        """A page, or what a form sends to one; None when nobody answers."""
        self.history.asked += 1
        try:
            return await self._client().request(
                method, path, headers={"authorization": f"Bearer {self.token}"}, timeout=20, **given
            )
        except httpx.HTTPError:
            return None

    def _op(self, kind: str, path: str, *, key: str | None = None, **more: Any) -> Op:
        made = Op(key=key or str(uuid4()), tenant=self.tenant, user=self.account.login, kind=kind, path=path, **more)
        self.history.ops.append(made)
        return made

    async def send(self, op: Op, **more: str) -> httpx.Response | None:
        """Ask once, under the act's key, and note the outcome; ``more`` are headers. Asking again is the same act."""
        given: dict[str, Any] = {"json": op.body}
        if op.file is not None:
            given = {"data": {"paper": op.paper}, "files": {"file": ("材料.pdf", op.file, "application/pdf")}}
        headers = {"authorization": f"Bearer {self.token}", "idempotency-key": op.key, "x-request-id": op.key} | more
        op.at = time.time()
        self.history.asked += 1
        try:
            answer = await self._client().post(op.path, headers=headers, **given)
        except httpx.HTTPError:
            op.status = 0  # whether it was done nobody knows: it is asked again, under its key, when all is over
            return None
        self._judge(op, answer)
        return answer

    def _judge(self, op: Op, answer: httpx.Response) -> None:
        op.status = answer.status_code
        op.replayed = answer.headers.get("idempotent-replay") == "true"
        if answer.status_code < 300:
            op.outcome, op.said = "ok", answer.json()
            if op.kind == "declare" and op.said["project"] not in self.projects:
                self.projects[op.said["project"]] = {"id": op.said["project"], "papers": None, "submitted": False}
            self.read(answer.text)
        elif answer.status_code < 500:
            op.outcome, op.why = "fail", answer.text[:200]
        elif canary(self.tenant) in answer.text or self.token in answer.text:
            self.history.leaked.append(answer.text[:200])

    def read(self, text: str) -> None:
        """Note whose words an answer holds."""
        for other in FORMS:
            if other != self.tenant and canary(other) in text:
                self.history.seen.append(f"{self.tenant} saw {canary(other)}")

    async def get(self, path: str) -> Any:
        self.history.asked += 1
        try:
            answer = await self._client().get(path, headers={"authorization": f"Bearer {self.token}"})
        except httpx.HTTPError:
            return None
        self.read(answer.text)
        return answer.json() if answer.status_code == 200 else None

    async def learn(self, op: Op) -> None:
        """What somebody does who was not answered: look at what became of it, then ask again under the same key."""
        told = await self.get(f"/api/v1/submissions?key={op.key}")
        await self.send(op)
        if told is None or told["state"] == "running" or op.outcome != "ok":
            return
        if (told["state"] == "done") != op.replayed:
            self.history.misled.append(f"{op.kind} {op.key}: {told['state']}, and again: {op.status} {op.replayed}")

    async def look(self) -> None:
        await self.get("/api/v1/projects?limit=20")

    async def trespass(self) -> None:
        """What must be denied, whatever is broken."""
        other = self.foreign[FOREIGN[self.tenant]]
        path = f"/api/v1/projects/{self.random.choice(other)}" if other else "/api/v1/people"
        self.history.asked += 1
        try:
            answer = await self._client().get(path, headers={"authorization": f"Bearer {self.token}"})
        except httpx.HTTPError:
            return
        if answer.status_code < 400:
            self.history.allowed.append(f"GET {path} as {self.account.login}: {answer.status_code}")


class Crowd:
    """The users of a run, over several tenants; each begins its next act when the last has been answered."""

    def __init__(self, site: Site, seed: int, each: int = 2) -> None:
        self.history = History()
        chosen = [one for code in FORMS for one in
                  [a for a in site.accounts if a.tenant == code and a.role == "applicant"][:each]]  # fmt: skip
        self.users = [User(site, account, self.history, seed) for account in chosen]
        self.officers: list[User] = []
        """Who acts when a fault says so, and not of their own accord."""
        self._site, self._seed = site, seed

    @property
    def everybody(self) -> list[User]:
        return [*self.users, *self.officers]

    async def officer(self, tenant: str, *, login: str = "", office: str = "", role: str = "") -> User:
        """Somebody of a tenant by login, or by office and role, signed in."""
        account = next(one for one in self._site.accounts if one.tenant == tenant
                       and (one.login == login if login else (one.office, one.role) == (office, role)))  # fmt: skip
        found = next((one for one in self.officers if one.account == account), None)
        if found is None:
            found = User(self._site, account, self.history, self._seed)
            self.officers.append(found)
            await found.sign_in()
        return found

    async def sign_in(self) -> None:
        await asyncio.gather(*(user.sign_in() for user in self.users))
        ended = self.users[0]
        first = ended.token
        await ended.sign_in()
        answer = await ended._clients[0].delete(
            "/api/v1/sessions/current", headers={"authorization": f"Bearer {first}"}
        )
        assert answer.status_code < 300, answer.text
        self.history.dead_tokens.append(first)

    async def run(self, seconds: float) -> None:
        """Everybody acts until the time is over."""
        end = time.monotonic() + seconds

        async def one(user: User) -> None:
            while time.monotonic() < end:
                await user.act()
                for other in self.users:
                    user.foreign[other.tenant] = list(other.projects)[-5:]
                if user.history.ops and user.history.ops[-1].outcome == "unknown":
                    await asyncio.sleep(0.1)

        await asyncio.gather(*(one(user) for user in self.users))

    async def settle(self) -> list[Op]:
        """Ask once more, under its key, about every act whose outcome nobody knows; what still has none."""
        await asyncio.gather(*(self._settle(user) for user in self.everybody))
        for token in self.history.dead_tokens:
            for client in self.users[0]._clients:
                answer = await client.get("/api/v1/sessions", headers={"authorization": f"Bearer {token}"})
                if answer.status_code != 401:
                    self.history.revived.append(f"{answer.status_code}")
        return [one for one in self.history.ops if one.outcome == "unknown"]

    async def _settle(self, user: User) -> None:
        for op in self.history.ops:
            if op.outcome == "unknown" and (op.tenant, op.user) == (user.tenant, user.account.login):
                await user.learn(op)

    async def close(self) -> None:
        for user in self.everybody:
            await user.close()
