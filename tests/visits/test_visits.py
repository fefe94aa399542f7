"""An operator sees nothing of a tenant, unless the tenant lets them look: for a time, to read, on
its own record (D43)."""

import re
from uuid import UUID

import pytest
from litestar.routes import HTTPRoute
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lianshen.tenancy.types import PLATFORM
from lianshen.web._auth import PUBLIC
from lianshen_workers.deliver import SCHEMA, deliver
from tests.walk.driver import LEAD, Driver
from tests.web.conftest import Clock, app, at, browser

__all__ = ["app", "at"]
pytestmark = pytest.mark.demand("D43")
COUNTY = "320723"
_THEIR_OWN = ("operations.", "notifications.", "calendars.")
"""What operators are there for."""
REASON, TICKET = "核对附件打不开的问题", "GD-2026-0311"


class Hand:
    """A browser of somebody signed in."""

    def __init__(self, app, signed_in) -> None:
        self.client = browser(app, cookies={"lianshen": signed_in.token})
        self.form_key = signed_in.actor.form_key

    async def get(self, path: str):
        return await self.client.get(path)

    async def post(self, path: str, **form: str):
        return await self.client.post(path, data=form | {"_csrf": self.form_key})


class Case:
    """Both sides of a visit, and what carries it over."""

    def __init__(self, app, staff, worker, superuser) -> None:
        self.app, self.staff, self.worker, self.superuser = app, staff, worker, superuser

    async def operator(self, number: int = 1) -> Hand:
        return Hand(self.app, await self.staff.sign_in(f"yw-{number}", PLATFORM))

    async def administrator(self, role: str) -> Hand:
        return Hand(self.app, await self.staff.sign_in(self.staff.find("县数据局", role)))

    async def rows(self, sql: str, **values):
        await self.superuser.commit()
        return [tuple(row) for row in await self.superuser.execute(text(sql), values)]

    async def carry(self) -> None:
        """What waits to go over the wall, and to be told."""
        asked = (
            "SELECT tenant, id FROM outbox WHERE state = 'pending' AND job IN ('carry_visit', 'tell_administrators')"
        )
        for tenant, message in await self.rows(asked):
            assert await deliver(self.worker, tenant=tenant, message=UUID(str(message)), request_id="t", schema=SCHEMA)

    async def asked(self, operator: Hand, hours: str = "4") -> str:
        before = {one for (one,) in await self.rows("SELECT id FROM visit")}
        sent = await operator.post(f"/operations/tenants/{COUNTY}/visits", reason=REASON, ticket=TICKET, hours=hours)
        assert sent.status_code == 303, sent.text
        await self.carry()
        (new,) = {one for (one,) in await self.rows("SELECT id FROM visit")} - before
        return str(new)

    async def approved(self, operator: Hand, hours: str = "4") -> str:
        visit = await self.asked(operator, hours)
        guard = await self.administrator("security_admin")
        assert (await guard.post(f"/visits/{visit}/approve")).status_code == 303
        await self.carry()
        return visit

    async def looks(self, visit: str) -> list[str]:
        sql = "SELECT note FROM event WHERE tenant = :t AND action = 'read.visit' AND facts -> 'visit' ->> 1 = :v"
        return [note for (note,) in await self.rows(sql + " ORDER BY seq", t=COUNTY, v=visit)]


@pytest.fixture
async def case(app, staff, worker_database, superuser) -> Case:
    return Case(app, staff, worker_database, superuser)


@pytest.fixture
async def project(work, staff, law, configured) -> UUID:
    drive = Driver(work, staff, law, configured.files_dir)
    drive.at("2026-03-02")
    await drive.submit("700000", title="县里的项目")
    return drive.project


def content_routes(app) -> set[str]:
    """Pages that ask for a permission which operators do not have, without names in them."""
    return {
        route.path_format
        for route in app.app.routes if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if "GET" in handler.http_methods and handler.opt != PUBLIC and "{" not in route.path_format
        and not str(handler.opt.get("permission", "operations.")).startswith(_THEIR_OWN)
    }  # fmt: skip


async def test_without_a_visit_every_page_of_content_is_not_there(app, case, project):
    operator = await case.operator()
    paths = content_routes(app) | {f"/projects/{project}", f"/api/v1/projects/{project}"}
    assert len(paths) > 20
    for path in sorted(paths):
        assert (await operator.get(path)).status_code in (404, 401), path


async def test_asked_approved_read_ended(app, case, project):
    operator = await case.operator()
    guard, watcher = await case.administrator("security_admin"), await case.administrator("audit_admin")
    visit = await case.asked(operator)
    assert (await operator.post(f"/operations/visits/{visit}/enter")).status_code == 409
    assert (await operator.get(f"/projects/{project}")).status_code == 404
    for hand in (guard, watcher):
        assert REASON in (await hand.get("/visits")).text
        assert "平台运维提请临时查看本地区数据" in (await hand.get("/notices")).text
    assert (await watcher.post(f"/visits/{visit}/approve")).status_code == 403
    assert (await guard.post(f"/visits/{visit}/approve")).status_code == 303
    assert (await guard.post(f"/visits/{visit}/refuse")).status_code == 409
    await case.carry()
    assert (await operator.get(f"/projects/{project}")).status_code == 404, "nothing opens by itself"
    entered = await operator.post(f"/operations/visits/{visit}/enter")
    assert entered.status_code == 303
    seen = await operator.get(f"/projects/{project}")
    assert seen.status_code == 200
    assert "县里的项目" in seen.text
    assert "正在查看灌云县的数据" in seen.text
    assert REASON in seen.text
    listed = await operator.get("/projects?q=县里")
    assert (listed.status_code, "县里的项目" in listed.text, "正在查看灌云县的数据" in listed.text) == (200, True, True)
    paper = re.search(rf"/projects/{project}/papers/[0-9a-f-]+", seen.text)
    assert (await operator.get(paper[0])).status_code == 200
    looks = await case.looks(visit)
    assert looks[0] == f"/projects/{project}"
    assert looks[1].startswith("/projects?q=")
    assert looks[2] == paper[0]
    assert looks[0] in (await watcher.get(f"/visits/{visit}")).text
    by = await case.rows(
        "SELECT DISTINCT actor, person FROM event WHERE action = 'read.visit' AND facts -> 'visit' ->> 1 = :v", v=visit
    )
    assert [(("平台运维" in actor), person) for actor, person in by] == [(True, None)]
    assert (await watcher.post(f"/visits/{visit}/end")).status_code == 303
    assert (await operator.get(f"/projects/{project}")).status_code == 404, "at once, before anything is carried"
    await case.carry()
    assert "已结束" in (await operator.get(f"/operations/tenants/{COUNTY}")).text
    assert "平台运维的临时查看已结束" in (await guard.get("/notices")).text
    assert (await operator.post(f"/operations/visits/{visit}/enter")).status_code == 409


async def test_only_reads_and_only_what_the_role_of_visitors_shows(app, case, project):
    operator = await case.operator()
    visit = await case.approved(operator)
    await operator.post(f"/operations/visits/{visit}/enter")
    before = await case.rows("SELECT version FROM project WHERE id = :p", p=project)
    for path in (
        f"/projects/{project}/actions/pass_pre_review",
        "/projects",
        f"/projects/{project}/edit",
        "/staff/offices",
    ):
        assert (await operator.post(path, title="x")).status_code == 404, path
    for path in ("/staff", "/audit", "/rights", "/systems", "/contacts", "/visits", "/projects/new", "/channels"):
        assert (await operator.get(path)).status_code == 404, path
    assert await case.rows("SELECT version FROM project WHERE id = :p", p=project) == before
    assert (await operator.get("/operations")).status_code == 200, "one's own pages stay one's own"
    await operator.post("/operations/leave")
    assert (await operator.get(f"/projects/{project}")).status_code == 404
    await operator.post(f"/operations/visits/{visit}/end")


async def test_the_token_opens_nothing_for_another_operator_or_without_a_session(app, case, project):
    operator, other = await case.operator(1), await case.operator(2)
    visit = await case.approved(operator)
    entered = await operator.post(f"/operations/visits/{visit}/enter")
    token = entered.cookies["lianshen-visit"]
    other.client.cookies.set("lianshen-visit", token)
    assert (await other.get(f"/projects/{project}")).status_code == 404
    assert (await other.post(f"/operations/visits/{visit}/enter")).status_code == 404
    async with browser(app, cookies={"lianshen-visit": token}) as nobody:
        assert (await nobody.get(f"/projects/{project}")).status_code == 303
    async with browser(app, headers={"authorization": f"Bearer {token}"}) as program:
        assert (await program.get(f"/api/v1/projects/{project}")).status_code == 401
    unit = Hand(app, await case.staff.sign_in(case.staff.find("县卫生健康委", "applicant")))
    unit.client.cookies.set("lianshen-visit", token)
    assert (await unit.get(f"/projects/{project}")).status_code in (403, 404)
    await operator.post(f"/operations/visits/{visit}/end")


async def test_it_is_over_when_its_time_is_over(app, case, project, at: Clock):
    operator = await case.operator()
    visit = await case.approved(operator, hours="1")
    await operator.post(f"/operations/visits/{visit}/enter")
    assert (await operator.get(f"/projects/{project}")).status_code == 200
    at(minutes=59)
    assert (await operator.get(f"/projects/{project}")).status_code == 200
    at(minutes=61)
    assert (await operator.get(f"/projects/{project}")).status_code == 404


@pytest.mark.parametrize(("form", "field"), [
    ({"reason": "看", "ticket": TICKET, "hours": "4"}, "visit-reason"),
    ({"reason": REASON, "ticket": "", "hours": "4"}, "visit-ticket"),
    ({"reason": REASON, "ticket": TICKET, "hours": "73"}, "visit-hours"),
    ({"reason": REASON, "ticket": TICKET, "hours": "x"}, "visit-hours"),
])  # fmt: skip
async def test_a_visit_has_a_reason_a_ticket_and_an_end(case, form, field):
    operator = await case.operator()
    answer = await operator.post(f"/operations/tenants/{COUNTY}/visits", **form)
    assert answer.status_code == 422
    assert re.search(rf'is-invalid"[^>]*id="{field}"', answer.text)


async def test_what_cannot_be_recorded_is_not_shown(app, case, project):
    operator = await case.operator()
    visit = await case.approved(operator)
    await operator.post(f"/operations/visits/{visit}/enter")
    unwritten = "ALTER TABLE event ADD CONSTRAINT unwritten CHECK (action <> 'read.visit') NOT VALID"
    await case.superuser.execute(text(unwritten))
    await case.superuser.commit()
    try:
        answer = await operator.get(f"/projects/{project}")
        assert answer.status_code == 500
        assert "县里的项目" not in answer.text
    finally:
        await case.superuser.execute(text("ALTER TABLE event DROP CONSTRAINT unwritten"))
        await case.superuser.commit()
    await operator.post(f"/operations/visits/{visit}/end")


@pytest.mark.parametrize("change", [
    "answer = 'approved', answered_at = now(), answerer = 'x'", "ended_at = NULL, ender = NULL",
    "until = until + interval '1 day'", "operator = gen_random_uuid()",
])  # fmt: skip
async def test_what_was_answered_and_has_ended_stays_so_whoever_writes(case, change):
    operator = await case.operator()
    visit = await case.asked(operator)
    await operator.post(f"/operations/visits/{visit}/end")
    await case.carry()
    with pytest.raises(DBAPIError, match="stays so"):
        await case.superuser.execute(text(f"UPDATE visit SET {change} WHERE id = :v"), {"v": visit})
    await case.superuser.rollback()


async def test_no_post_holds_the_role_of_visitors(case):
    with pytest.raises(DBAPIError, match=r"post_(visitor|appointment)_check"):
        await case.superuser.execute(text("UPDATE post SET roles = '{visitor}'"))
    await case.superuser.rollback()


async def test_lead_sees_no_page_of_visits(app, case):
    lead = Hand(app, await case.staff.sign_in(case.staff.find(*LEAD)))
    assert (await lead.get("/visits")).status_code == 403
