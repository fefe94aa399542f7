"""A notice is put up, looked at, let count by another person; deadlines follow, or wait for somebody."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from lianshen.calendars import commands, queries
from lianshen.calendars.commands import Changed, SamePerson
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from lianshen.kernel.settings import Settings
from lianshen.tenancy.types import PLATFORM
from lianshen.wiring import jobs_for
from lianshen.workcalendar.commands import OutOfTurn
from lianshen.workcalendar.queries import (
    NATION,
    calendar_at,
    calendar_from,
    calendar_of,
    in_force,
    of_area,
    shipped_years,
)
from lianshen_workers.calendars import Calendars
from tests.calendars.notices import NEXT_YEAR
from tests.walk.driver import LEAD, UNIT, Driver

pytestmark = pytest.mark.usefixtures("plain_days")
TENANT = "320723"
SHIPPED = shipped_years(Settings().tenants_dir / "_calendar")


@pytest.fixture
async def worker(work, configured, worker_database, law, monkeypatch):
    """The scheduler's part, at the time that the test plays at."""
    watch = Database(configured.relay_database_url, pool_size=2)

    def at_test_time(database):
        return UnitOfWork(database, now=work.now, jobs_for=jobs_for, request_id="test")

    monkeypatch.setattr("lianshen_workers.calendars.work", at_test_time)
    yield Calendars(watch, worker_database, law)
    await watch.close()


@pytest.fixture
async def operators(staff, plain_days):
    return [await staff.actor(f"yw-{number}", PLATFORM) for number in (1, 2)]


@pytest.fixture
async def officers(staff, plain_days):
    return [await staff.actor(login) for login in ("sjj-gz", "sjj-gs")]


@pytest.fixture
def drive(work, staff, law, tmp_path):
    return Driver(work, staff, law, tmp_path)


async def running(drive: Driver, day: str) -> UUID:
    """A project whose thirty days to declare anew began on ``day``."""
    drive.at(day)
    await drive.submit("700000")
    await drive.act(LEAD, "fail_pre_review", reason="必要性论证不足。")
    return drive.project


async def done(work, actor, act, *args, **more):
    async with work() as uow:
        await uow.enter(actor.tenant)
        found = await act(uow, actor, *args, **more)
        await uow.commit()
    return found


async def deadline(drive: Driver):
    (found,) = (await drive.desk(UNIT)).project.deadlines
    return found


async def put_up(work, operators, source=NEXT_YEAR) -> UUID:
    return await done(work, operators[0], commands.put_up, "year", {"source": source})


async def published(work, worker, operators, source=NEXT_YEAR) -> UUID:
    plan = await put_up(work, operators, source)
    assert await worker.preview() == 1
    await done(work, operators[1], commands.publish, plan)
    return plan


@pytest.mark.demand("D64")
async def test_the_shipped_years_are_the_first_editions_and_nobody_changes_them(work, superuser):
    async with work() as uow:
        await uow.enter(TENANT)
        kept = [one for one in reversed(await of_area(uow, NATION)) if one.plan is None]
        assert [one.edition for one in kept] == SHIPPED
        assert [one.number for one in kept] == list(range(1, len(SHIPPED) + 1))
        assert (await calendar_of(uow)).marks == calendar_from(SHIPPED).marks
    for change in (
        "UPDATE calendar_edition SET days = '[]'",
        "DELETE FROM calendar_edition",
        "TRUNCATE calendar_edition",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            await superuser.execute(text(change))
        await superuser.rollback()


@pytest.mark.demand("D64")
async def test_whoever_works_within_a_county_publishes_for_it_alone(work, officers):
    for area in (NATION, "640200"):
        async with work() as uow:
            await uow.enter(TENANT)
            statement = text(
                "INSERT INTO calendar_edition (number, area, kind, year, notices, days, digest, published_at) "
                "VALUES (0, :area, 'emergency', 2026, '[{}]', '[]', '', now())"
            )
            with pytest.raises(DBAPIError, match="days of another area"):
                await uow.execute(statement, {"area": area})


async def test_what_moves_nothing_one_person_lets_count(work, officers):
    typed = LOCAL | {"year": "2020", "source": "2020-06-01 地方节日"}
    plan = await done(work, officers[0], commands.put_up, "local", typed)
    await done(work, officers[0], commands.publish, plan)
    with pytest.raises(Conflict):
        await done(work, officers[1], commands.publish, plan)
    with pytest.raises(Invalid):
        await done(work, officers[0], commands.put_up, "local", typed)


async def test_a_county_puts_up_no_year_and_an_operator_no_local_days(work, officers, operators, staff):
    for actor, kind in ((officers[0], "year"), (operators[0], "local")):
        with pytest.raises(NotFound):
            await done(work, actor, commands.put_up, kind, {"source": NEXT_YEAR})
    with pytest.raises(Forbidden):
        await done(work, await staff.actor("sjj-ys"), commands.put_up, "local", {})


@pytest.mark.demand("D63", "D64")
async def test_a_late_notice_moves_what_was_provisional_once_and_everybody_hears(
    work, drive, worker, operators, law, worker_database, superuser
):
    """Thirty days from 1 January end on Sunday 31 January 2027, a day that the notice makes a working day."""
    project = await running(drive, "2027-01-01")
    before = await deadline(drive)
    assert (before.due_on, before.provisional) == (date(2027, 2, 1), True)
    plan = await put_up(work, operators)
    with pytest.raises(Conflict):
        await done(work, operators[1], commands.publish, plan)
    assert await worker.preview() == 1
    async with work() as uow:
        await uow.enter(PLATFORM)
        found = await queries.plan(uow, operators[0], plan)
        counts = {one.subject: one for one in await queries.counts(uow, operators[0], plan)}
    assert counts[TENANT].moves == found.moves >= 1
    assert counts["421000"].running == counts["421000"].moves == 0
    with pytest.raises(SamePerson):
        await done(work, operators[0], commands.publish, plan)
    await done(work, operators[1], commands.publish, plan)
    assert (await deadline(drive)).due_on == before.due_on, "nothing moves before it is counted anew"
    assert await worker.recount() > 0
    assert await worker.recount() == 0
    after = await deadline(drive)
    assert (after.due_on, after.provisional) == (date(2027, 1, 31), False)
    desk = (await drive.desk(UNIT)).project
    (event,) = [one for one in desk.history if one.action == "projects.recount"]
    assert "2027年2月1日 → 2027年1月31日" in event.note
    assert event.law.split()[-1] == after.calendar
    entries = await superuser.execute(
        text("SELECT due_before, due_after FROM deadline_entry WHERE deadline = :id AND kind = 'recounted'"),
        {"id": after.id},
    )
    assert [tuple(row) for row in entries] == [(date(2027, 2, 1), date(2027, 1, 31))]
    asked = (
        "SELECT job FROM outbox o JOIN event e ON e.id = o.event "
        "WHERE e.project = :id AND e.action = 'projects.recount'"
    )
    jobs = await superuser.execute(text(asked), {"id": project})
    assert "tell_concerned" in jobs.scalars().all()
    tasks = await superuser.execute(text("SELECT due_on FROM task WHERE project = :id"), {"id": project})
    assert date(2027, 1, 31) in tasks.scalars().all()


@pytest.mark.demand("D64")
async def test_an_old_version_gives_the_old_days_for_ever(work, worker, operators):
    async with work() as uow:
        await uow.enter(TENANT)
        old = await calendar_of(uow)
    await published(work, worker, operators)
    async with work() as uow:
        await uow.enter(TENANT)
        new = await calendar_of(uow)
        assert (new.horizon.year, old.horizon.year) == (2027, 2026)
        again = await calendar_at(uow, old.version)
    assert (again.marks, again.horizon, again.version) == (old.marks, old.horizon, old.version)
    assert (new.works(date(2027, 1, 31)), again.works(date(2027, 1, 31))) == (True, False)


async def corrected(work, worker, operators) -> None:
    """The notice of 2026, corrected after it was published: 4 and 7 April are changed."""
    held = next(one for one in SHIPPED if one.year == 2026)
    said = (Settings().tenants_dir / "_calendar" / "cn-2026.yaml").read_text(encoding="utf-8")
    assert held.year == 2026
    await published(work, worker, operators, said.replace('off: ["04-04..04-06"]', 'off: ["04-03..04-06"]'))


@pytest.mark.demand("D64", "D67")
async def test_dates_that_are_past_or_told_wait_for_a_decision(
    work, drive, worker, operators, officers, law, superuser
):
    """Thirty days from 4 March end on 3 April 2026, long ago by the database's clock."""
    project = await running(drive, "2026-03-04")
    before = await deadline(drive)
    assert before.due_on == date(2026, 4, 3)
    await corrected(work, worker, operators)
    await worker.recount()
    assert await worker.recount() == 0
    assert (await deadline(drive)).due_on == before.due_on
    async with work() as uow:
        await uow.enter(TENANT)
        (held,) = [one for one in await queries.held(uow, officers[0]) if one.project == project]
    assert (held.before, held.after, held.why) == (before.due_on, date(2026, 4, 7), "past")
    assert [one.action for one in (await drive.desk(UNIT)).project.history].count("calendars.hold") == 1
    chosen = [(held.deadline, held.calendar)]
    async with work() as uow:
        await uow.enter(TENANT)
        now = law.under(await calendar_of(uow))
    with pytest.raises(Invalid):
        await done(work, officers[0], commands.decide, now, chosen, moved=True, reason=" ")
    with pytest.raises(Invalid):
        await done(work, officers[0], commands.decide, now, [], moved=True, reason="更正")
    with pytest.raises(Conflict):
        await done(work, officers[0], commands.decide, law, chosen, moved=True, reason="更正")
    await done(work, officers[0], commands.decide, now, chosen, moved=True, reason="通知更正，顺延")
    after = await deadline(drive)
    assert (after.due_on, after.state) == (date(2026, 4, 7), "open")
    events = [one for one in (await drive.desk(UNIT)).project.history if one.action == "projects.recount"]
    assert [one.actor for one in events] == [officers[0].by.label]
    assert "通知更正，顺延" in events[0].note
    with pytest.raises(Conflict):
        await done(work, officers[0], commands.decide, now, chosen, moved=False, reason="再来")
    assert await worker.recount() == 0


@pytest.mark.demand("D64")
async def test_what_is_kept_stays_and_is_not_asked_again(work, drive, worker, operators, officers, law):
    project = await running(drive, "2026-03-04")
    await corrected(work, worker, operators)
    await worker.recount()
    async with work() as uow:
        await uow.enter(TENANT)
        (held,) = [one for one in await queries.held(uow, officers[0]) if one.project == project]
        now = law.under(await calendar_of(uow))
    chosen = [(held.deadline, held.calendar)]
    await done(work, officers[0], commands.decide, now, chosen, moved=False, reason="已经办结")
    assert await worker.recount() == 0
    assert (await deadline(drive)).due_on == date(2026, 4, 3)
    kept = [one for one in (await drive.desk(UNIT)).project.history if one.action == "calendars.keep"]
    assert len(kept) == 1
    assert "维持2026年4月3日，不改为2026年4月7日；已经办结" in kept[0].note


@pytest.mark.demand("D67")
async def test_no_day_comes_to_lie_before_the_decision(work, drive, worker, operators, officers, law, superuser):
    """Neither by the command nor by SQL."""
    await running(drive, "2027-01-01")
    found = await deadline(drive)
    await superuser.execute(
        text(
            "INSERT INTO rung SELECT tenant, id, 'ahead', due_on, now(), now(), false, id, id, '{}' "
            "FROM deadline WHERE id = :id"
        ),
        {"id": found.id},
    )
    await superuser.commit()
    await published(work, worker, operators)
    await worker.recount()
    drive.at("2027-02-01")
    async with work() as uow:
        await uow.enter(TENANT)
        (held,) = [one for one in await queries.held(uow, officers[0]) if one.deadline == found.id]
        now = law.under(await calendar_of(uow))
    assert (held.why, held.before, held.after) == ("told", date(2027, 2, 1), date(2027, 1, 31))
    chosen = [(held.deadline, held.calendar)]
    with pytest.raises(Invalid) as refused:
        await done(work, officers[0], commands.decide, now, chosen, moved=True, reason="提前")
    assert [one.code for one in refused.value.items] == ["shortened"]
    with pytest.raises(DBAPIError, match="calendar_hold_nearer_check"):
        await superuser.execute(
            text("UPDATE calendar_hold SET decision = 'moved', reason = 'x', decider = 'x', decided_by = :who, "
                 "decided_at = '2027-02-01T04:00Z' WHERE deadline = :id"),
            {"id": found.id, "who": officers[0].person},
        )  # fmt: skip
    await superuser.rollback()


LOCAL = {
    "year": "2026",
    "notice_title": "关于民族节日放假的通知",
    "notice_number": "地方〔2026〕1号",
    "notice_published": "2026-01-05",
    "source": "2026-04-03 地方节日",
}


async def test_local_days_hold_in_their_area_and_below_and_nowhere_else(work, staff, plain_days):
    async with work() as uow:
        await uow.enter("640000")
        from lianshen.calendars._drafts import of_area as drafted
        from lianshen.workcalendar.commands import publish

        await publish(uow, drafted("640000", "local", LOCAL, []), UUID(int=1))
        await uow.commit()
    works = {}
    for tenant in ("640000", "640200", TENANT, PLATFORM):
        async with work() as uow:
            await uow.enter(tenant)
            works[tenant] = (await calendar_of(uow)).works(date(2026, 4, 3))
    assert works == {"640000": False, "640200": False, TENANT: True, PLATFORM: True}


async def test_an_emergency_lets_terms_stand_still_as_declared_and_can_be_lifted(work, drive, worker, officers, law):
    """Ten days in March 2027 on which nothing runs: thirty days from 10 February end ten days later."""
    await running(drive, "2027-02-10")
    assert (await deadline(drive)).due_on == date(2027, 3, 12)
    typed = LOCAL | {"year": "2027", "source": "2027-03-01..2027-03-10 暴雪停办", "effect": "still"}
    plan = await done(work, officers[0], commands.put_up, "emergency", typed)
    async with work() as uow:
        await uow.enter(TENANT)
        found = await queries.plan(uow, officers[0], plan)
        moving, total = await queries.moving(uow, officers[0], found)
    assert total == len(moving) == found.moves + found.held
    with pytest.raises(SamePerson):
        await done(work, officers[0], commands.publish, plan)
    await done(work, officers[1], commands.publish, plan)
    await worker.recount()
    assert (await deadline(drive)).due_on == date(2027, 3, 22)
    again = typed | {
        "source": "2027-03-06..2027-03-10 暴雪停办",
        "effect": "lifted",
        "notice_number": "地方〔2027〕2号",
    }
    lifted = await done(work, officers[0], commands.put_up, "emergency", again)
    await done(work, officers[1], commands.publish, lifted)
    async with work() as uow:
        await uow.enter(TENANT)
        assert [day.on.day for day in (await queries.plan(uow, officers[0], lifted)).days] == [1, 2, 3, 4, 5]
    with pytest.raises(Invalid):
        await done(work, officers[0], commands.put_up, "emergency", again)


async def test_a_plan_looked_at_over_other_days_is_refused_and_each_act_is_an_event(work, officers, superuser):
    first = await done(work, officers[0], commands.put_up, "local", LOCAL | {"year": "2020", "source": "2020-06-01 甲"})
    other = await done(work, officers[0], commands.put_up, "local", LOCAL | {"year": "2021", "source": "2021-06-01 乙"})
    await done(work, officers[1], commands.publish, first)
    with pytest.raises(Changed):
        await done(work, officers[1], commands.publish, other)
    await done(work, officers[0], commands.withdraw, other)
    said = await superuser.execute(
        text("SELECT action FROM event WHERE tenant = :t AND action LIKE 'calendars.%' ORDER BY seq DESC LIMIT 4"),
        {"t": TENANT},
    )
    assert said.scalars().all() == ["calendars.withdraw", "calendars.publish", "calendars.put_up", "calendars.put_up"]
    with pytest.raises(Conflict):
        await done(work, officers[0], commands.withdraw, other)
    said = await superuser.execute(
        text("SELECT action FROM event WHERE tenant = :t AND action LIKE 'calendars.%' ORDER BY seq DESC LIMIT 4"),
        {"t": TENANT},
    )
    assert said.scalars().all() == ["calendars.withdraw", "calendars.publish", "calendars.put_up", "calendars.put_up"]


async def test_years_follow_each_other(work, worker, operators):
    notice = '[{title: 通知, number: "〔2027〕1号", published: "2027-11-04"}]'
    far = f'year: 2028\nnotices: {notice}\nholidays: [{{name: 元旦, off: ["01-01"]}}]\n'
    plan = await put_up(work, operators, far)
    await worker.preview()
    with pytest.raises(OutOfTurn):
        await done(work, operators[1], commands.publish, plan)


async def test_operators_hear_of_the_horizon_once_for_each_rung_and_the_log_each_time(
    work, drive, worker, operators, superuser
):
    drive.at("2026-11-16")
    assert not await worker.warn()
    for day, told in (("2026-11-17", True), ("2026-11-18", False), ("2026-12-02", True), ("2027-01-05", True)):
        drive.at(day)
        with capture_logs() as said:
            assert await worker.warn() == told, day
        assert [one["event"] for one in said] == ["calendar_horizon_short"]
    notices = await superuser.execute(text("SELECT DISTINCT subject FROM notice WHERE tenant = :t"), {"t": PLATFORM})
    assert "请登记2027年放假安排" in notices.scalars().all()
    noted = "SELECT count(*) FROM event WHERE tenant = :t AND action = 'calendars.horizon'"
    assert (await superuser.execute(text(noted), {"t": PLATFORM})).scalar_one() == 3


async def test_numbers_of_editions_are_read_along_with_the_session(work, staff, officers):
    plan = await done(work, officers[0], commands.put_up, "local", LOCAL | {"year": "2020", "source": "2020-06-02 丙"})
    number = await done(work, officers[1], commands.publish, plan)
    from lianshen.identity.queries import actor_of
    from tests.support.people import TERMS

    token = await staff.token("sjj-gz")
    async with work() as uow:
        found = await actor_of(uow, token, step_up_after=TERMS.step_up_after)
        assert found.editions == await in_force(uow, TENANT, date(2026, 3, 2))
        assert number in found.editions
