"""Every route × role × object × verb, from the route table: another tenant's id answers as a random one (D22).

Nothing here lists routes. A new route is picked up with its names; a name that nobody has explained fails, with what to
do (``world.KINDS``, ``routes.CODES``), and so does a route that no role gets far enough into to look anything up.
"""

import re
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine

from lianshen import wiring
from lianshen.access.queries import compile_policy
from lianshen.kernel.settings import Settings
from tests.conftest import Desk
from tests.walls.marks import marks
from tests.walls.routes import CODES, Case, ask, table, without
from tests.walls.world import OURS, THEIRS, World, digests, made, table_of
from tests.web.conftest import app, browser

__all__ = ["app"]

POLICY = compile_policy(Settings().policies_dir, wiring.PERMISSIONS)
MARKS = Path(__file__).with_name("marks.txt")
SIDES = ((OURS, THEIRS), (THEIRS, OURS))
"""Who asks, and whose objects are asked for."""
UNASKED = {"POST /api/v1/sessions": "names a post only beside a password, whose failures count"}
"""What is not asked in the name of somebody else, each with its reason."""
NOTED = {"event", "chain_head", "outbox", "session"}
"""Where a refusal may leave a trace of the one who asked: the ledger notes denials, and sessions are seen."""
_CHANGING = re.compile(r"nonce[-=\"]+[A-Za-z0-9_+/=-]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What differs from answer to answer by itself: nonces, and ids, which are each put to one word, not taken out."""


class Caller(NamedTuple):
    """One role of one tenant, as a program with a token and as a browser with a cookie."""

    role: str
    program: httpx.AsyncClient
    person: httpx.AsyncClient
    form_key: str

    def client(self, case: Case) -> httpx.AsyncClient:
        return self.program if case.is_api else self.person


@pytest.fixture(scope="module")
def cases(app) -> list[Case]:
    return table(app.app)


@pytest.fixture(scope="module")
async def watcher(stack, name):
    """The superuser, for as long as this file's tests."""
    engine = create_async_engine(stack.superuser_url.rpartition("/")[0] + f"/{name}")
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


@pytest.fixture(scope="module")
async def world(database, staff, law, configured, watcher) -> World:
    return await made(Desk(database), staff, law, configured.files_dir, watcher)


@pytest.fixture(scope="module")
async def callers(app, staff) -> AsyncIterator[dict[str, list[Caller]]]:
    """One of each role that anybody in the tenant holds, by tenant."""
    found: dict[str, list[Caller]] = {OURS: [], THEIRS: []}
    roles = {(one.tenant, one.role): one.login for one in staff.accounts if one.tenant in found}
    for (tenant, role), login in sorted(roles.items()):
        signed_in = await staff.sign_in(login, tenant)
        program = browser(app, headers={"authorization": f"Bearer {signed_in.token}"})
        person = browser(app, cookies={"lianshen": signed_in.token})
        found[tenant].append(Caller(role, program, person, signed_in.actor.form_key))
    yield found
    for caller in [*found[OURS], *found[THEIRS]]:
        await caller.program.aclose()
        await caller.person.aclose()


def granted(caller: Caller, case: Case) -> bool:
    """True when the policy gives the caller's role what the route asks for."""
    permission = case.opt.get("permission")
    return permission is None or POLICY.permits([caller.role], permission)


def normalised(answer: httpx.Response, ids: dict[str, Any]) -> tuple[int, list[tuple[str, str]], str]:
    """All that a caller can see, with what was sent, and the request's own number, taken out."""
    sent = {**ids, "request": answer.headers["x-request-id"]}

    def plain(said: str) -> str:
        return _CHANGING.sub("<changing>", without(said, sent))

    headers = [(name, plain(value)) for name, value in answer.headers.items() if name != "content-length"]
    return answer.status_code, headers, plain(answer.text)


class Work:
    """How many statements the application asks the database: what an answer costs, without a clock."""

    def __init__(self, app) -> None:
        self.statements = 0
        event.listen(app.services.database.engine.sync_engine, "before_cursor_execute", self._count)

    def _count(self, *_: Any) -> None:
        self.statements += 1

    async def of(self, asked: Any) -> tuple[httpx.Response, int]:
        before = self.statements
        return await asked, self.statements - before


@pytest.fixture(scope="module")
def work_of(app) -> Work:
    return Work(app)


def test_every_name_in_a_route_is_explained(cases):
    """A parameter is an object that these tests can make, or a code of no tenant; a new one fails here."""
    assert len(cases) > 30
    for case in cases:
        for name, kind in case.parameters.items():
            if kind != "uuid":
                assert name in CODES, f"{case}: explain {name!r} in CODES of tests/walls/routes.py"
        for name in case.named():
            table_of(name)
    assert {name for case in cases for name in case.parameters} >= set(CODES), "a code that no route uses"


@pytest.mark.demand("D15", "D22")
@pytest.mark.parametrize("side", SIDES, ids="-asks-".join)
async def test_another_tenants_ids_answer_as_random_ones_and_change_nothing(
    cases, callers, world, watcher, work_of, side
):
    """For each object that a request names: that one foreign, the others one's own; then all foreign.

    It costs the same, too: as many statements, so that no clock tells them apart.
    """
    asking, asked = side
    names = set().union(*(case.named() for case in cases))
    own, foreign = await world.ids_of(asking, names), await world.ids_of(asked, names)
    before = await digests(watcher)
    looked_up: dict[str, set[int | None]] = defaultdict(set)
    for case in cases:
        if str(case) in UNASKED:
            continue
        nobody = case.opt.get("public") or not any(granted(caller, case) for caller in callers[asking])
        for chosen in {frozenset({name}) for name in case.named()} | {frozenset(case.named())} - {frozenset()}:
            theirs = own | {name: foreign[name] for name in chosen}
            nobodys = own | {name: uuid4() for name in chosen}
            for caller in callers[asking]:
                least = [1000, 1000]
                for _ in range(5):  # what is asked once a minute, or beside, adds to either now and then
                    said = []
                    for at, ids in enumerate((theirs, nobodys)):
                        answer, statements = await work_of.of(ask(caller.client(case), case, ids, caller.form_key))
                        said.append(normalised(answer, ids))
                        least[at] = min(least[at], statements)
                    if least[0] == least[1]:
                        break
                assert said[0] == said[1], (str(case), caller.role, sorted(chosen))
                assert least[0] == least[1], (str(case), caller.role, sorted(chosen), "costs more or less")
                assert said[0][0] >= 400, (str(case), caller.role, sorted(chosen), said[0][0])
                in_form = said[0][0] == 422 and not chosen & set(case.parameters)  # "no such office" beside the field
                status = None if nobody else 404 if in_form else said[0][0]
                looked_up[f"{case} by {'+'.join(sorted(chosen))}"].add(status)
    unproven = {what: statuses for what, statuses in looked_up.items() if not statuses & {404, None}}
    assert unproven == {}, "no role got as far as looking it up: say in FORMS of tests/walls/routes.py what to send"
    assert len(looked_up) > 20
    changed = {place for place, digest in (await digests(watcher)).items() if before.get(place) != digest}
    assert {place for place in changed if place[1] != asking or place[0] not in NOTED} == set()


@pytest.mark.demand("D15", "D22")
@pytest.mark.parametrize("side", SIDES, ids="-asks-".join)
async def test_lists_and_pages_show_nothing_of_another_tenant(cases, callers, world, watcher, side):
    """No id and no name of theirs is in anything that can be read without naming an object."""
    asking, asked = side
    ids = await world.ids_of(asked, {"project", "document", "plan", "office", "person", "post"})
    words = await watcher.execute(text("SELECT number FROM project WHERE tenant = :t"), {"t": asked})
    foreign = [str(one) for one in (*ids.values(), *words.scalars())]
    for case in cases:
        if case.writes or case.named():
            continue
        for caller in callers[asking]:
            answer = await ask(caller.client(case), case, {})
            assert [one for one in foreign if one in answer.text] == [], (str(case), caller.role)


@pytest.mark.demand("D15")
@pytest.mark.parametrize("above", ["320700", "320000"])
async def test_the_levels_above_see_nothing_that_was_not_handed_to_them(cases, app, staff, world, watcher, above):
    """Every role of the city and of the province, on every page: neither a draft nor what was filed below."""
    names = set().union(*(case.named() for case in cases if not case.writes))
    ids = await world.ids_of(OURS, names)
    words = await watcher.execute(text("SELECT number FROM project WHERE tenant = :t"), {"t": OURS})
    numbers = list(words.scalars())
    roles = {one.role: one.login for one in staff.accounts if one.tenant == above}
    assert roles
    for role, login in roles.items():
        signed_in = await staff.sign_in(login, above)
        program = browser(app, headers={"authorization": f"Bearer {signed_in.token}"})
        person = browser(app, cookies={"lianshen": signed_in.token})
        async with program, person:
            for case in cases:
                if case.writes:
                    continue
                answer = await ask(program if case.is_api else person, case, ids)
                assert [one for one in numbers if one in answer.text] == [], (role, str(case))
                if case.named() and not case.opt.get("public"):
                    assert answer.status_code in (403, 404, 422), (role, str(case))


@pytest.mark.demand("D27")
async def test_nobody_gets_past_the_door_without_a_credential(cases, app):
    async with browser(app) as stranger:
        for case in cases:
            if case.opt.get("public"):
                continue
            answer = await ask(stranger, case, {name: uuid4() for name in case.named()})
            if case.is_api:
                assert (answer.status_code, answer.json()["type"]) == (401, "urn:lianshen:problem:not_signed_in")
            else:
                where = answer.headers["location"].partition("?")[0]
                assert (answer.status_code, where) == (303, "/login"), str(case)


async def test_each_role_is_refused_what_its_policy_does_not_grant(cases, callers):
    refused = allowed = 0
    for case in cases:
        if "permission" not in case.opt:
            continue
        for caller in callers[OURS]:
            ids = {name: uuid4() for name in case.named()}
            answer = await ask(caller.client(case), case, ids, caller.form_key)
            may = granted(caller, case)
            assert (answer.status_code == 403) == (not may), (str(case), caller.role, answer.status_code)
            refused, allowed = refused + (not may), allowed + may
    assert refused > 20
    assert allowed > 80


@pytest.mark.demand("D22")
async def test_a_credential_of_one_tenant_names_that_tenant_and_no_other(app, staff):
    """Whatever else a request says, rows are those of the credential's tenant; a token relabelled is no token."""
    token = await staff.token(staff.find("县数据局", "lead_officer"))
    async with browser(app) as client:
        for header in ("x-tenant", "x-tenant-id", "tenant"):
            answer = await client.get(
                "/api/v1/me", headers={"authorization": f"Bearer {token}", header: THEIRS}, params={"tenant": THEIRS}
            )
            assert answer.json()["tenant"] == OURS
        moved = THEIRS + token[6:]
        assert (await client.get("/api/v1/me", headers={"authorization": f"Bearer {moved}"})).status_code == 401


@pytest.mark.demand("D27")
def test_what_each_route_asks_is_the_committed_file(cases):
    """A mark taken away, weakened, or put on by mistake is a line in a review."""
    found = marks(cases)
    new = MARKS.parents[2] / "test-results" / MARKS.name
    if MARKS.read_text(encoding="utf-8") != found:
        new.parent.mkdir(exist_ok=True)
        new.write_text(found, encoding="utf-8")
    assert MARKS.read_text(encoding="utf-8") == found, f"review, then: cp {new} {MARKS}"
