"""Complete, and written with what it tells of: acts, denials, reads (D120-D122, D54)."""

import asyncio
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from lianshen import wiring
from lianshen.access.queries import compile_policy
from lianshen.kernel.settings import Settings
from lianshen_workers.proof import Proof
from tests.audit.administration import ROUTES, Administration
from tests.staff.conftest import Bureau
from tests.walk.driver import LEAD, UNIT, Driver, form
from tests.walls.routes import ask, table
from tests.web.conftest import app, browser

__all__ = ["app"]
OURS = "320723"
ROOT = Path(__file__).parents[2]
POLICY = compile_policy(Settings().policies_dir, wiring.PERMISSIONS)
WITHOUT = {
    "/api/v1/assessments": "reckons and keeps nothing",
    "/api/v1/assessments/explanations": "as before",
    "/api/v1/notices/read": "as the page of the same",
    "/api/v1/notices/{notice}/read": "as the page of the same",
    "/notices/read": "that one has seen one's own notices changes nothing for anybody else",
    "/notices/{notice}/read": "as before",
    "/precheck/{tenant}": "reckons and keeps nothing",
    "/precheck/{tenant}/result": "as before",
}
"""Routes that take a POST and record nothing, each with its reason."""
ELSEWHERE = {
    "/account/": "tests/web/test_own_sessions.py",
    "/again": "tests/web/test_step_up.py",
    "/api/v1/contacts/": "tests/personal/test_unmasking.py",
    "/api/v1/rights/": "tests/access/test_own_roles.py",
    "/api/v1/session/": "tests/web/test_acting_post.py",
    "/api/v1/sessions/{session}": "tests/web/test_own_sessions.py",
    "/api/v1/systems": "tests/systems/test_systems.py",
    "/api/v1/projects/{project}/deadlines/": "tests/web/test_deadlines.py",
    "/channels": "tests/channels/test_pages.py",
    "/calendar/": "tests/calendars/test_publishing.py",
    "/contacts/": "tests/personal/test_unmasking.py",
    "/deadlines/": "tests/workers/test_sweep.py",
    "/duties/": "tests/duties/test_parked.py",
    "/login/": "tests/web/test_second_factor.py",
    "/operations/": "tests/operations/test_archives.py",
    "/projects/{project}/deadlines/": "tests/web/test_deadlines.py",
    "/providers": "tests/providers/test_configuring.py",
    "/rights/": "tests/access/test_own_roles.py",
    "/systems": "tests/systems/test_systems.py",
    "/templates/": "tests/channels/test_pages.py",
    "/visits/": "tests/visits/test_visits.py",
}
"""Beginnings of routes whose acts other tests follow into the ledger, and where: most need more than one session."""


@pytest.fixture
async def events(superuser):
    """The events of our tenant since last asked, as (action, result, note, source)."""
    seen = [0]

    async def since():
        await superuser.commit()
        said = "SELECT seq, action, result, note, source FROM event WHERE tenant = :t AND seq > :seq ORDER BY seq"
        rows = [tuple(row) for row in await superuser.execute(text(said), {"t": OURS, "seq": seen[0]})]
        seen[0] = rows[-1][0] if rows else seen[0]
        return [row[1:] for row in rows]

    await since()
    return since


@pytest.fixture(scope="module")
def cases(app):
    return table(app.app)


@pytest.fixture(scope="module")
async def clients(app, staff):
    """By role, somebody of our tenant as a program, as a browser, and the key of the browser's forms."""
    roles: dict[str, str] = {}
    for one in staff.accounts:
        if one.tenant == OURS:
            roles.setdefault(one.role, one.login)
    found = {}
    for role, login in roles.items():
        signed_in = await staff.sign_in(login)
        program = browser(app, headers={"authorization": f"Bearer {signed_in.token}"})
        found[role] = (program, browser(app, cookies={"lianshen": signed_in.token}), signed_in.actor.form_key)
    yield found
    for program, person, _ in found.values():
        await program.aclose()
        await person.aclose()


@pytest.mark.demand("D120", "D121")
async def test_each_denial_is_one_event_in_a_transaction_of_its_own(cases, clients, events):
    """From the route table: what a role may not do, and what is not there, for every route and role."""
    await events()
    denied = 0
    for case in cases:
        permission = case.opt.get("permission")
        if permission is None:
            continue
        for role, (program, person, form_key) in clients.items():
            if POLICY.permits([role], permission):
                continue
            ids = {name: uuid4() for name in case.named()}
            answer = await ask(program if case.is_api else person, case, ids, form_key)
            assert answer.status_code == 403
            found = await events()
            assert [(one[0], one[1]) for one in found] == [("access.denied", "refused")], (role, str(case))
            assert found[0][2] == f"{case.method} {case.at(ids)}"
            denied += 1
    assert denied > 30


async def test_what_is_not_there_and_a_forged_form_are_denials_too(clients, events):
    program, person, _ = clients["lead_officer"]
    await events()
    assert (await program.get(f"/api/v1/projects/{uuid4()}")).status_code == 404
    assert [one[0] for one in await events()] == ["access.denied"]
    assert (await person.post("/notices/read", data={"_csrf": "forged"})).status_code == 403
    assert [one[0] for one in await events()] == ["access.denied"]
    assert (await program.get("/api/v1/nowhere")).status_code == 404
    assert await events() == []


@pytest.mark.demand("D120")
async def test_a_page_that_says_no_is_a_denial_too(clients, events):
    """Whoever planned a move does not approve it: a page with a remark, and an event."""
    program, person, form_key = clients["rules_officer"]
    plan = (await program.post("/api/v1/law/moves", json={"to": "320723@2025-09-06"})).json()["plan"]
    await events()
    answer = await person.post(f"/law/moves/{plan}/approval", data={"_csrf": form_key})
    assert answer.status_code == 403
    assert [(action, result) for action, result, *_ in await events()] == [("access.denied", "refused")]


class Recipes:
    """How each route that changes something is used rightly, by path; from the simplest state that allows it."""

    def __init__(self, drive, clients, staff, app, bureau):
        self.drive, self.clients, self.staff, self.app = drive, clients, staff, app
        self.administration = Administration(bureau, self._send, staff.accounts)

    async def declared(self, budget="400000"):
        self.drive.at("2026-03-02")
        await self.drive.declare(budget)
        return self.drive.project

    async def run(self, case):
        if (case.method, case.path) in ROUTES:
            return await self.administration.run(case)
        return await getattr(self, "_" + RECIPES[case.method, case.path])(case)

    def _by(self, role, case):
        program, person, key = self.clients[role]
        return (program, {}) if case.is_api else (person, {"_csrf": key})

    async def _send(self, role, case, ids, *, fields=None, **more):
        client, form = self._by(role, case)
        body = {"json": fields or {}} if case.is_api and "files" not in more else {"data": form | (fields or {})}
        return await client.request(case.method, case.at(ids), **body, **more)

    async def _sign_in(self, case):
        account = self.staff.account(self.staff.find(*LEAD))
        said = {"tenant": account.tenant, "login": account.login, "password": account.password}
        async with browser(self.app) as client:
            return await client.post(case.path, **{"json" if case.is_api else "data": said})

    async def _sign_out(self, case):
        account = self.staff.account(self.staff.find(*LEAD))
        said = {"tenant": account.tenant, "login": account.login, "password": account.password}
        async with browser(self.app) as client:
            token = (await client.post("/api/v1/sessions", json=said)).json()["token"]
        if case.is_api:
            async with browser(self.app, headers={"authorization": f"Bearer {token}"}) as client:
                return await client.request(case.method, case.path)
        async with browser(self.app, cookies={"lianshen": token}) as client:
            page = await client.get("/inbox")
            key = page.text.partition('name="_csrf" value="')[2].partition('"')[0]
            return await client.post(case.path, data={"_csrf": key})

    async def _declare(self, case):
        return await self._send("applicant", case, {}, fields=form("400000"))

    async def _amend(self, case):
        project = await self.declared()
        return await self._send("applicant", case, {"project": project}, fields=form("410000"))

    async def _hand_in(self, case):
        project = await self.declared()
        paper = {"file": ("材料.pdf", b"%PDF-1.7\n", "application/pdf")}
        ids = {"project": project, "paper": "project_proposal"}
        return await self._send("applicant", case, ids, fields={"paper": "project_proposal"}, files=paper)

    async def _act(self, case):
        project = await self.declared()
        await self.drive.hand_in_all()
        return await self._send("applicant", case, {"project": project, "action": "submit"})

    async def _plan_move(self, case):
        return await self._send("rules_officer", case, {}, fields={"to": "320723@2025-09-06"})

    async def _approve_move(self, case):
        other = await self.staff.sign_in("sjj-gs")
        async with browser(self.app, headers={"authorization": f"Bearer {other.token}"}) as client:
            plan = (await client.post("/api/v1/law/moves", json={"to": "320723@2025-09-06"})).json()["plan"]
        return await self._send("rules_officer", case, {"plan": plan})

    async def _verify(self, case):
        return await self._send("audit_admin", case, {})


RECIPES = {
    ("POST", "/api/v1/sessions"): "sign_in",
    ("POST", "/login"): "sign_in",
    ("DELETE", "/api/v1/sessions/current"): "sign_out",
    ("POST", "/logout"): "sign_out",
    ("POST", "/api/v1/projects"): "declare",
    ("POST", "/projects"): "declare",
    ("PATCH", "/api/v1/projects/{project}"): "amend",
    ("POST", "/projects/{project}/edit"): "amend",
    ("POST", "/api/v1/projects/{project}/documents"): "hand_in",
    ("POST", "/projects/{project}/papers/{paper}"): "hand_in",
    ("POST", "/api/v1/projects/{project}/actions/{action}"): "act",
    ("POST", "/projects/{project}/actions/{action}"): "act",
    ("POST", "/api/v1/law/moves"): "plan_move",
    ("POST", "/law/moves"): "plan_move",
    ("POST", "/api/v1/law/moves/{plan}/approval"): "approve_move",
    ("POST", "/law/moves/{plan}/approval"): "approve_move",
    ("POST", "/audit/verify"): "verify",
    ("POST", "/audit/reconcile"): "verify",
}


@pytest.fixture
def recipes(work, staff, law, clients, app, configured):
    return Recipes(Driver(work, staff, law, configured.files_dir), clients, staff, app, Bureau(work, staff))


@pytest.mark.demand("D120")
async def test_each_route_that_changes_something_records_it(cases, recipes, events):
    assert all((ROOT / place).exists() for place in ELSEWHERE.values())
    elsewhere = tuple(ELSEWHERE)
    changing = [
        case
        for case in cases
        if case.method != "GET" and case.path not in WITHOUT and not case.path.startswith(elsewhere)
    ]
    known = ROUTES | RECIPES.keys()
    unknown = [(case.method, case.path) for case in changing if (case.method, case.path) not in known]
    assert unknown == [], "say above how each is used rightly, or why it records nothing"
    for case in changing:
        before = await events()
        answer = await recipes.run(case)
        assert answer.status_code in (200, 201, 204, 303), (
            case.method,
            case.path,
            answer.status_code,
            answer.text[:400],
        )
        found = [one for one in await events() if one[3]]  # what the recipe did aside has no source
        assert found, (case.method, case.path, before)
        assert {one[1] for one in found} == {"done"}


@pytest.mark.demand("D120", "D122", "D54")
async def test_a_file_is_handed_out_only_if_that_can_be_recorded(recipes, clients, events, superuser):
    project = await recipes.declared()
    await recipes.drive.hand_in_all()
    desk = await recipes.drive.desk(UNIT)
    document = next(slot.versions[0].id for slot in desk.papers if slot.versions)
    program, person, _ = clients["applicant"]
    await events()
    for client, path in (
        (program, f"/api/v1/projects/{project}/documents/{document}"),
        (person, f"/projects/{project}/papers/{document}"),
    ):
        assert (await client.get(path)).content.startswith(b"%PDF")
        ((action, result, note, source),) = await events()
        assert (action, result, bool(source)) == ("read.file", "done", True)
        assert str(document) in note
    await superuser.execute(text("REVOKE INSERT ON event FROM lianshen_web"))
    await superuser.commit()
    try:
        answer = await program.get(f"/api/v1/projects/{project}/documents/{document}")
        assert answer.status_code >= 500
        assert b"%PDF" not in answer.content
    finally:
        await superuser.execute(text("GRANT INSERT ON event TO lianshen_web"))
        await superuser.commit()


@pytest.mark.demand("D120")
@pytest.mark.parametrize(
    ("path", "noted"),
    [
        ("/audit?who=县数据局", ("read.search", "who=县数据局")),
        ("/audit/export?kind=jsonl", ("read.export", "jsonl")),
        ("/audit/export?kind=xlsx&who=x", ("read.export", "xlsx who=x")),
    ],
)
async def test_whoever_reads_the_ledger_is_in_it(clients, events, path, noted):
    _, person, _ = clients["audit_admin"]
    await events()
    assert (await person.get(path)).status_code == 200
    assert [(action, note) for action, _, note, _ in await events()] == [noted]


@pytest.mark.demand("D120")
async def test_whoever_takes_a_proof_away_is_in_the_ledger(
    recipes, clients, events, superuser, relay_database, worker_database, configured
):
    project = await recipes.declared()
    await Proof(relay_database, worker_database, configured).checkpoint()
    said = text("SELECT number, (SELECT max(seq) FROM event e WHERE e.project = p.id) FROM project p WHERE id = :p")
    number, seq = (await superuser.execute(said, {"p": project})).one()
    _, person, _ = clients["applicant"]
    await events()
    answer = await person.get(f"/projects/{project}/proof/{seq}")
    assert (answer.status_code, answer.content[:2]) == (200, b"PK")
    ((action, result, note, source),) = await events()
    assert (action, result, bool(source)) == ("read.export", "done", True)
    assert note.endswith(f"{number} {seq}")


@pytest.mark.demand("D121")
async def test_a_denial_survives_the_rollback_of_what_was_tried(recipes, clients, events, superuser):
    project = await recipes.declared()
    program, _, _ = clients["co_reviewer"]
    await events()
    answer = await program.post(f"/api/v1/projects/{project}/actions/submit", json={})
    assert answer.status_code in (403, 404)
    assert [(one[0], one[1]) for one in await events()] == [("access.denied", "refused")]


async def test_requests_at_once_leave_one_event_each(clients, events):
    program, _, _ = clients["co_reviewer"]
    await events()
    answers: list[httpx.Response] = await asyncio.gather(
        *(program.get(f"/api/v1/projects/{uuid4()}") for _ in range(12))
    )
    assert {answer.status_code for answer in answers} == {404}
    assert len(await events()) == 12
