"""What one tenant sees does not depend on whether another is at work (D23).

Two equal worlds: in the quiet one a county works alone; in the noisy one another county does as much between any two of
its steps. Hypothesis picks the steps; every answer must be the same in both, but for ids, digests and instants.
"""

import asyncio
import os
import re
from itertools import count
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec.structs import replace

from lianshen.kernel.database import Database
from lianshen.web._edge import Edge
from lianshen.web.app import create_app
from lianshen_workers.deliver import SCHEMA, deliver
from tests.support.people import Staff
from tests.support.stack import clone
from tests.walk.driver import form
from tests.walls.routes import PDF
from tests.web.conftest import browser

OURS, THEIRS = "320723", "421000"
ROUNDS = int(os.environ.get("LIANSHEN_FUZZ_ROUNDS", "0"))
"""Set for a longer run, of other histories each time; a tenth of it is how many."""
WHO = ("applicant", "lead_officer", "co_reviewer", "observer", "rules_officer")
READ = ("/api/v1/projects", "/api/v1/inbox", "/api/v1/notices", "/api/v1/me", "/projects", "/inbox", "/notices", "/law",
        "/api/v1/law/moves", "/api/v1/projects?q=平台", "/api/v1/projects?limit=1", "/", "/api/v1/tenants")  # fmt: skip
ACTS = ("submit", "pass_pre_review", "fail_pre_review", "withdraw")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}|[0-9a-f]{32}|nonce[-=\"]+[A-Za-z0-9_+/=-]+")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(?:Z|\+00:00)?|cursor=[\w%=-]+|\"next\":\"[^\"]+\"|[0-9]{2}:[0-9]{2}"
)
_KEY = re.compile(r"name=\"_(key|csrf)\" value=\"[^\"]*\"|\"hx-headers\"[^>]*|x-csrf-token[^}]*", re.IGNORECASE)


class World:
    """One instance on a database of its own; ``projects`` are the county's, in the order in which they came to be."""

    def __init__(self, app: Edge, database: Database, worker: Database, tokens: dict[str, str]) -> None:
        self.database, self.worker = database, worker
        edge = Edge(app.app, replace(app.services, database=database))
        self.clients = {
            who: browser(edge, headers={"authorization": f"Bearer {token}", "x-request-id": "same"})
            for who, token in tokens.items()
        }
        self.projects: dict[str, list[str]] = {OURS: [], THEIRS: []}
        self._names: dict[str, str] = {}

    async def close(self) -> None:
        for client in self.clients.values():
            await client.aclose()
        await self.database.close()
        await self.worker.close()

    def normal(self, answer: httpx.Response) -> tuple[int, str, list[str]]:
        """The answer with every id called by the order in which it was first seen."""
        said = _KEY.sub("<key>", _TIME.sub("<time>", answer.text))
        said = _ID.sub(lambda found: self._names.setdefault(found[0], f"<{len(self._names)}>"), said)
        return answer.status_code, said, sorted(name for name in answer.headers if name != "etag")

    async def declare(self, who: str, tenant: str, budget: str) -> httpx.Response:
        answer = await self.clients[who].post("/api/v1/projects", json=form(budget))
        if answer.status_code == 201:
            self.projects[tenant].append(answer.json()["project"])
        return answer

    def project(self, tenant: str, number: int) -> str:
        return self.projects[tenant][number % len(self.projects[tenant])]

    async def work_off(self, tenant: str) -> list[bool]:
        """What a worker would do now."""
        async with self.worker.engine.connect() as connection:
            await connection.exec_driver_sql(f"SELECT enter('{tenant}')")
            waiting = await connection.exec_driver_sql(
                "SELECT id FROM outbox WHERE state IN ('pending', 'sent') ORDER BY created_at, id"
            )
            messages = list(waiting.scalars())
        return [
            await deliver(self.worker, tenant=tenant, message=one, request_id="", schema=SCHEMA) for one in messages
        ]


@pytest.fixture(scope="module")
async def signed_in(stack, name, staff) -> tuple[str, dict[str, str]]:
    """A database to copy, in which people of both tenants are signed in, and their tokens by tenant and role."""
    base = f"{name}_two"
    await clone(stack, base)
    database = Database(stack.url("lianshen_web", base), pool_size=1)
    people = Staff(database, staff.accounts)
    tokens = {}
    for one in staff.accounts:
        key = f"{one.tenant} {one.role}"
        if one.tenant in (OURS, THEIRS) and one.role in WHO and key not in tokens:
            tokens[key] = (await people.sign_in(one.login, one.tenant)).token
    await database.close()
    return base, tokens


class Counties(RuleBasedStateMachine):
    """Steps of a county; subclassed with what the worlds are made of."""

    stack: Any
    base: str
    tokens: dict[str, str]
    app: Edge
    copies = count()

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.quiet, self.noisy = self.runner.run(self._two())
        self.noise = 0

    async def _two(self) -> list[World]:
        made = []
        for _ in range(2):
            copy = f"{self.base}_{next(self.copies)}"
            await _copy(self.stack, self.base, copy)
            web, worker = (Database(self.stack.url(f"lianshen_{one}", copy), pool_size=2) for one in ("web", "worker"))
            made.append(World(self.app, web, worker, self.tokens))
        return made

    def teardown(self) -> None:
        self.runner.run(self.quiet.close())
        self.runner.run(self.noisy.close())
        self.runner.close()

    def both(self, step: Any) -> None:
        """The same step in both worlds, with noise before it in one; and the same answer."""
        self.runner.run(self._make_noise())
        said = [world.normal(self.runner.run(step(world))) for world in (self.quiet, self.noisy)]
        assert said[0] == said[1]

    async def _make_noise(self) -> None:
        world, self.noise = self.noisy, self.noise + 1
        await world.declare(f"{THEIRS} applicant", THEIRS, ("400000", "700000", "9000000")[self.noise % 3])
        if world.projects[THEIRS]:
            project = world.project(THEIRS, self.noise)
            await world.clients[f"{THEIRS} applicant"].post(f"/api/v1/projects/{project}/actions/submit", json={})
        await world.clients[f"{THEIRS} lead_officer"].get("/api/v1/projects?q=平台")
        await world.work_off(THEIRS)

    @initialize(budget=st.sampled_from(["400000", "700000"]))
    def first(self, budget: str) -> None:
        self.both(lambda world: world.declare(f"{OURS} applicant", OURS, budget))

    @rule(budget=st.sampled_from(["400000", "700000", "1500000"]))
    def declare(self, budget: str) -> None:
        self.both(lambda world: world.declare(f"{OURS} applicant", OURS, budget))

    @rule(number=st.integers(0, 5), paper=st.sampled_from(["feasibility_report", "budget_table", "design_plan"]))
    def hand_in(self, number: int, paper: str) -> None:
        self.both(
            lambda world: world.clients[f"{OURS} applicant"].post(
                f"/api/v1/projects/{world.project(OURS, number)}/documents",
                data={"paper": paper},
                files={"file": PDF},
            )
        )

    @rule(number=st.integers(0, 5), title=st.sampled_from(["平台", "系统"]))
    def amend(self, number: int, title: str) -> None:
        self.both(
            lambda world: world.clients[f"{OURS} applicant"].patch(
                f"/api/v1/projects/{world.project(OURS, number)}", json={"title": title}
            )
        )

    @rule(number=st.integers(0, 5), who=st.sampled_from(WHO), action=st.sampled_from(ACTS))
    def act(self, number: int, who: str, action: str) -> None:
        self.both(
            lambda world: world.clients[f"{OURS} {who}"].post(
                f"/api/v1/projects/{world.project(OURS, number)}/actions/{action}", json={"reason": "不足。"}
            )
        )

    @rule(number=st.integers(0, 5), who=st.sampled_from(WHO), part=st.sampled_from(["", "/desk", "/events"]))
    def look(self, number: int, who: str, part: str) -> None:
        self.both(
            lambda world: world.clients[f"{OURS} {who}"].get(f"/api/v1/projects/{world.project(OURS, number)}{part}")
        )

    @rule(who=st.sampled_from(WHO), path=st.sampled_from(READ))
    def read(self, who: str, path: str) -> None:
        self.both(lambda world: world.clients[f"{OURS} {who}"].get(path))

    @rule()
    def work_off(self) -> None:
        self.runner.run(self._make_noise())
        assert self.runner.run(self.quiet.work_off(OURS)) == self.runner.run(self.noisy.work_off(OURS))

    @invariant()
    def as_many_projects(self) -> None:
        assert len(self.quiet.projects[OURS]) == len(self.noisy.projects[OURS])
        assert self.quiet.projects[THEIRS] == []


async def _copy(stack: Any, base: str, copy: str) -> None:
    connection = await asyncpg.connect(stack.superuser_url.replace("+asyncpg", ""))
    try:
        await connection.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{base}" STRATEGY FILE_COPY OWNER lianshen_owner')
    finally:
        await connection.close()


@pytest.mark.demand("D23")
async def test_a_county_sees_the_same_whether_or_not_another_is_at_work(stack, signed_in, configured):
    base, tokens = signed_in
    made = {"stack": stack, "base": base, "tokens": tokens, "app": create_app(configured)}
    counties = type("CountiesHere", (Counties,), made)
    deep = settings(
        max_examples=max(6, ROUNDS // 10), stateful_step_count=15, phases=[Phase.generate], deadline=None,
        derandomize=not ROUNDS, database=None, print_blob=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    await asyncio.to_thread(run_state_machine_as_test, counties, settings=deep)
