"""What a request may change, and how often: mass assignment, racing decisions, a thousand requests (D5, D36, D38)."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import Date, DateTime, Integer, Uuid, text

from lianshen.kernel.errors import Refusal
from lianshen.tables import metadata
from lianshen.tenancy.types import PLATFORM
from lianshen.web._outage import is_outage
from lianshen.web.app import create_app
from tests.walk.driver import LEAD, Driver, form
from tests.walk.test_walk import give_all, to_joint_review
from tests.walls.routes import Case, table
from tests.walls.world import OURS
from tests.web.conftest import app, browser, serving

__all__ = ["app"]

PLANTED = {Uuid: "deadbeef-dead-4eef-8ead-beefdeadbeef", Integer: 987654321, DateTime: "1987-06-05T04:03:02Z",
           Date: "1987-06-05"}  # fmt: skip
"""By type, values that no row has by itself; everything else is planted as text that names its column."""
TRACES = ("planted-", "deadbeef-dead", "987654321", "1987-06-05")


SILENT = {
    "/api/v1/notices/read": "one's own notices, read",
    "/notices/read": "as before",
    "/account/factor": "begins a second factor, which is none before it is confirmed",
    "/account/sessions/end": "there is no other session to end",
    "/again": "only goes on to where one was; the answer itself is an event",
    "/api/v1/rights/preview": "reckons and keeps nothing",
    "/contacts/search": "looks through what is masked, as the page itself does",
    "/login/cancel": "leads one whose sign-in is over to the start page",
    "/login/challenge": "as before",
    "/login/enroll": "as before",
    "/login/factor": "as before",
    "/login/password": "as before",
    "/login/post": "as before",
    "/operations/leave": "takes the cookie of a visit away; what was looked at stands in the ledger that was visited",
    "/rights/roles/new": "shows what would change, before it is confirmed",
}
"""Writes that leave no event, each with what they are (D120)."""


def planted(*, typed: bool, tables: Sequence[str] = ()) -> dict[str, Any]:
    """A value for every column of every table, or of these, by name; ``typed`` ones are such as it could hold."""
    found = {}
    for one in metadata.sorted_tables if not tables else [metadata.tables[name] for name in tables]:
        for column in one.columns:
            kinds = [value for kind, value in PLANTED.items() if typed and isinstance(column.type, kind)]
            found[column.name] = kinds[0] if kinds else f"planted-{column.name}"
    return found


async def traces(superuser) -> set[str]:
    """Tables in which something planted has arrived."""
    await superuser.commit()
    found = set()
    for one in metadata.sorted_tables:
        seen = " OR ".join(f"t::text LIKE '%{trace}%'" for trace in TRACES)
        if (await superuser.execute(text(f"SELECT EXISTS (SELECT FROM {one.name} t WHERE {seen})"))).scalar_one():
            found.add(one.name)
    return found


@pytest.fixture
async def draft(work, staff, law, configured) -> Driver:
    """A draft that its unit may amend, and hand papers in to."""
    drive = Driver(work, staff, law, configured.files_dir)
    drive.at("2026-03-02")
    await drive.declare("700000")
    return drive


@pytest.mark.demand("D36", "D120")
@pytest.mark.parametrize("typed", [True, False])
async def test_no_request_sets_what_its_form_does_not_declare(app, staff, draft, superuser, typed):
    """Every column of every table is sent along with every write of every route, by program and by form."""
    roles: dict[str, str] = {}
    for one in staff.accounts:
        if one.tenant == OURS:
            roles.setdefault(one.role, one.login)
    done: dict[str, list[int]] = {}
    acts: dict[str, str] = {}
    for login in roles.values():
        signed_in = await staff.sign_in(login)
        program = browser(app, headers={"authorization": f"Bearer {signed_in.token}"})
        person = browser(app, cookies={"lianshen": signed_in.token})
        async with program, person:
            for case in table(app.app):
                if (
                    case.writes
                    and not case.opt.get("public")
                    and "sessions" not in case.path
                    and case.path != "/logout"
                ):
                    client = program if case.is_api else person
                    number, key = f"request-{uuid4()}", signed_in.actor.form_key
                    answer = await _with_more(client, number, case, draft.project, key, typed=typed)
                    assert answer.status_code != 500, (str(case), answer.text)
                    done.setdefault(str(case), []).append(answer.status_code)
                    if answer.status_code < 400 and case.path not in SILENT:
                        acts[number] = str(case)
    assert 201 in done["POST /api/v1/projects"]
    assert 200 in done["PATCH /api/v1/projects/{project}"], done
    assert 303 in done["POST /projects"], done
    assert await traces(superuser) == set()
    assert {case for number, case in acts.items() if not await events(superuser, number)} == set(), "not in the ledger"


async def _with_more(client: Any, number: str, case: Case, project: UUID, form_key: str, *, typed: bool) -> Any:
    """The request of ``case`` with everything planted beside what it declares."""
    ids = dict.fromkeys(case.named(), project)
    given = case.sent(ids, form_key)
    place = "json" if "json" in given else "data"
    declared = form("400000") if case.path.endswith(("/projects", "/projects/{project}", "/edit")) else {}
    few = ("project", "document", "event", "task") if "files" in given else ()  # a form has at most a hundred parts
    given[place] = {**planted(typed=typed, tables=few), **given[place], **declared}
    given["params"] = planted(typed=typed)
    return await client.request(case.method, case.at(ids), headers={"x-request-id": number}, **given)


async def events(superuser, request_id: str) -> list[str]:
    """The actions that the ledger holds of one request."""
    await superuser.commit()
    asked = text("SELECT action FROM event WHERE request_id = :id ORDER BY seq")
    return list((await superuser.execute(asked, {"id": request_id})).scalars())


@pytest.mark.demand("D120")
async def test_coming_and_going_is_in_the_ledger(app, staff, superuser):
    """Who signed in, who could not, who left."""
    one = [one for one in staff.accounts if (one.tenant, one.role) == (OURS, "applicant")][-1]
    said = {"tenant": OURS, "login": one.login, "password": one.password}
    async with browser(app) as client:
        wrong = said | {"password": "wrong"}
        assert (
            await client.post("/api/v1/sessions", json=wrong, headers={"x-request-id": "request-fails"})
        ).status_code == 401
        opened = await client.post("/api/v1/sessions", json=said, headers={"x-request-id": "request-comes"})
        assert opened.status_code == 201, opened.text
        bearer = {"authorization": f"Bearer {opened.json()['token']}", "x-request-id": "request-leaves"}
        assert (await client.delete("/api/v1/sessions/current", headers=bearer)).status_code == 204
    assert await events(superuser, "request-fails") == ["identity.sign_in_failed"]
    came = await events(superuser, "request-comes")
    assert set(came) - {"identity.unusual_sign_in"} == {"identity.sign_in"}
    assert await events(superuser, "request-leaves") == ["identity.sign_out"]


@pytest.mark.demand("D38")
@pytest.mark.parametrize("kills", [0, 5])
async def test_fifty_decide_at_once_and_one_does(work, staff, law, tmp_path, superuser, kills):
    """Approve and reject the same step, with backends killed under them: one decision, one event, one job."""
    drive = Driver(work, staff, law, tmp_path)
    drive.at("2026-03-02")
    await to_joint_review(drive, "500000.00")
    await give_all(drive)
    dice = random.Random(kills)

    async def decide() -> bool:
        await asyncio.sleep(dice.random() / 50)
        try:
            if dice.random() < 0.5:
                await drive.act(LEAD, "conclude_joint_review", remarks="通过")
            else:
                await drive.act(LEAD, "return_with_remarks", remarks="完善接口设计。")
        except Refusal:
            return False
        except Exception as error:
            if not is_outage(error):  # killed under the act, or no connection was free
                raise
            return False
        return True

    async def kill() -> None:
        for _ in range(kills):
            await asyncio.sleep(0.01)
            await superuser.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'lianshen_web' "
                    "AND application_name <> 'lianshen-web' "  # not those of the application that other tests share
                    "AND datname = current_database() ORDER BY random() LIMIT 1"
                )
            )

    async def decisions() -> int:
        """How many there are; each with the one job that tells the concerned."""
        await superuser.commit()
        found = await superuser.execute(text("""
            SELECT count(*), count(o.id) FROM event e LEFT JOIN outbox o ON o.tenant = e.tenant AND o.event = e.id
            WHERE e.project = :project
                AND e.action IN ('projects.conclude_joint_review', 'projects.return_with_remarks')
        """), {"project": drive.project})  # fmt: skip
        events, jobs = found.one()
        assert events == jobs
        return int(events)

    *said, _ = await asyncio.gather(*(decide() for _ in range(50)), kill())
    if not await decisions():  # all were cut off: somebody asks again
        await drive.act(LEAD, "conclude_joint_review", remarks="通过")
    assert await decisions() == 1
    assert sum(said) == 1 or kills


@pytest.mark.demand("D5", "D23")
async def test_a_thousand_mixed_requests_on_two_connections_bring_no_foreign_row(configured, staff):
    """All tenants at once, writing and reading, over the whole application."""
    made = create_app(msgspec.structs.replace(configured, pool_size=2))
    first = {one.tenant: one for one in staff.accounts if one.tenant != PLATFORM}  # its operators see none of it
    units = {one.tenant: one for one in staff.accounts if one.role == "applicant"}
    tokens = {one.tenant: (await staff.sign_in(one.login, one.tenant)).token for one in (first | units).values()}
    several = asyncio.Semaphore(64)
    paths = ("/api/v1/projects", "/api/v1/me", "/api/v1/inbox", "/api/v1/notices", "/projects", "/api/v1/projects?q=名")
    dice = random.Random(1)

    async def one(number: int, client: Any) -> tuple[str, str]:
        tenant = dice.choice(sorted(tokens))
        headers = {"authorization": f"Bearer {tokens[tenant]}"}
        async with several:
            if tenant in units and number % 4 == 0:
                answer = await client.post("/api/v1/projects", json={"title": f"名 of-{tenant}"}, headers=headers)
                assert answer.status_code in (201, 409), answer.text
            else:
                answer = await client.get(dice.choice(paths), headers=headers)
                assert answer.status_code == 200, answer.text
        return tenant, answer.text

    async with serving(made), browser(made) as client:
        answers = await asyncio.gather(*(one(number, client) for number in range(1000)))
    assert sum("of-" in said for _, said in answers) > 100, "there was something to see"
    for tenant, said in answers:
        assert not any(f"of-{other}" in said for other in tokens if other != tenant), tenant
