"""Deadlines that pass take effect by themselves, once, however many sweep (D60, D61)."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs
from tests.walk.driver import LEAD, UNIT, Driver

from lianshen.deadlines import commands as deadlines
from lianshen.deadlines import queries
from lianshen.kernel import timetable
from lianshen.kernel.database import Database
from lianshen.projects import _sweep
from lianshen_workers._process import work as process_work
from lianshen_workers.scheduler import following
from lianshen_workers.sweep import Sweep, watch_sweep


@pytest.fixture
async def relay_database(configured):
    made = Database(configured.relay_database_url, pool_size=4)
    yield made
    await made.close()


@pytest.fixture
async def failed(work, staff, law, tmp_path):
    """A project whose pre-review failed long ago, so that its thirty days are over by the database's clock."""
    drive = Driver(work, staff, law, tmp_path)
    drive.at("2026-03-02")
    await drive.submit("700000")
    await drive.act(LEAD, "fail_pre_review", reason="必要性论证不足。")
    return drive


async def swept(relay_database, worker_database, law, sweepers=1):
    made = [Sweep(relay_database, worker_database, law) for _ in range(sweepers)]
    return sum(await asyncio.gather(*(one.turn() for one in made)))


@pytest.mark.demand("D59", "D61")
async def test_thirty_days_after_a_failure_it_counts_as_abandoned_once(failed, relay_database, worker_database, law):
    assert (await failed.desk(UNIT)).project.phase != "deemed_abandoned"
    await swept(relay_database, worker_database, law, sweepers=4)
    project = (await failed.desk(UNIT)).project
    assert project.phase == "deemed_abandoned"
    assert [one.state for one in project.deadlines] == ["expired"]
    passed = [entry for entry in project.history if entry.action == "deadlines.expired"]
    assert [(entry.article, entry.actor) for entry in passed] == [("第十五条（三）", "系统（期限到期自动办理）")]
    assert await swept(relay_database, worker_database, law) == 0
    assert {action.code for action in (await failed.desk(UNIT)).actions} == set()


async def test_a_deadline_without_consequence_stays_open_and_overdue(failed, relay_database, worker_database, law):
    await failed.act(UNIT, "submit")
    await failed.act(LEAD, "pass_pre_review")
    await failed.act(LEAD, "open_joint_review", opinions_due_on="2026-03-09")
    await swept(relay_database, worker_database, law)
    opinions = [one for one in (await failed.desk(UNIT)).project.deadlines if one.clock == "opinions"]
    assert [(one.state, one.overdue, one.due_on) for one in opinions] == [("open", True, date(2026, 3, 9))] * 3


@pytest.mark.demand("D65")
async def test_what_is_not_due_by_the_databases_clock_is_left(failed, relay_database, worker_database, law, superuser):
    await superuser.execute(
        text(
            "UPDATE deadline SET due_at = :later, next_at = :later,"
            " plan = jsonb_build_array(jsonb_build_array(CAST(:later AS timestamptz), 'expiry'))"
            " WHERE project = :project"
        ),
        {"later": datetime.now(UTC) + timedelta(days=1), "project": failed.project},
    )
    await superuser.commit()
    await swept(relay_database, worker_database, law)
    assert (await failed.desk(UNIT)).project.phase != "deemed_abandoned"


@pytest.fixture
async def two(failed):
    """Two projects whose thirty days are over."""
    other = Driver(failed._work, failed._staff, failed._law, failed._files)
    other.at("2026-03-03")
    await other.submit("700000")
    await other.act(LEAD, "fail_pre_review", reason="必要性论证不足。")
    return failed, other


async def test_one_deadline_that_fails_does_not_stop_the_others(two, relay_database, worker_database, law, monkeypatch):
    poisoned, other = two
    compute = _sweep.result_of

    def poison(case, *rest):
        if case.id == poisoned.project:
            raise RuntimeError("poisoned")
        return compute(case, *rest)

    monkeypatch.setattr(_sweep, "result_of", poison)
    await swept(relay_database, worker_database, law)
    assert (await other.desk(UNIT)).project.phase == "deemed_abandoned"
    assert (await poisoned.desk(UNIT)).project.phase != "deemed_abandoned"


@pytest.mark.demand("D77")
async def test_what_the_database_refuses_is_found_out_one_by_one_and_set_aside_with_its_reason(
    two, relay_database, worker_database, law, superuser, work, staff
):
    poisoned, other = two
    raising = "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poisoned'; END $$"
    guard = f"FOR EACH ROW WHEN (NEW.project = '{poisoned.project}') EXECUTE FUNCTION poison()"
    await superuser.execute(text(raising))
    await superuser.execute(text(f"CREATE TRIGGER poison BEFORE INSERT ON event {guard}"))
    await superuser.commit()
    again = text("UPDATE deadline SET next_at = now() WHERE project = :project AND next_at IS NOT NULL")
    try:
        for _ in range(5):
            await swept(relay_database, worker_database, law)
            await superuser.execute(again, {"project": poisoned.project})
            await superuser.commit()
    finally:
        await superuser.execute(text("DROP FUNCTION poison CASCADE"))
        await superuser.commit()
    assert (await other.desk(UNIT)).project.phase == "deemed_abandoned"
    assert (await poisoned.desk(UNIT)).project.phase != "deemed_abandoned"
    head = await staff.actor(staff.find("县数据局", "office_head"))
    async with work() as uow:
        await uow.enter(head.tenant)
        (aside,) = [one for one in await queries.parked(uow, head) if one.project == poisoned.project]
        assert aside.reason
        await deadlines.release(uow, head, aside.id)
        await uow.commit()
    (noted,) = [one for one in (await poisoned.desk(UNIT)).project.history if one.action == "deadlines.release"]
    assert noted.actor == head.by.label
    await swept(relay_database, worker_database, law)
    assert (await poisoned.desk(UNIT)).project.phase == "deemed_abandoned"


@pytest.mark.demand("D60")
async def test_a_sweep_that_does_not_look_is_noticed(failed, relay_database, worker_database, law, superuser):
    await superuser.execute(text("DELETE FROM sweep_beat"))
    await superuser.commit()
    assert await silent(relay_database)
    while await swept(relay_database, worker_database, law):
        pass  # the last one looks when all is done
    assert not await silent(relay_database)
    await superuser.execute(text("UPDATE sweep_beat SET at = now() - interval '2 minutes'"))
    await superuser.commit()
    assert await silent(relay_database)
    await superuser.execute(text("UPDATE sweep_beat SET at = now(), due_since = now() - interval '2 minutes'"))
    await superuser.commit()
    assert await silent(relay_database)


async def silent(relay_database) -> bool:
    with capture_logs() as said:
        await watch_sweep(relay_database)
    return "sweep_silent" in [one["event"] for one in said]


async def test_each_beat_is_done_by_one_process(relay_database):
    async def claim() -> bool:
        async with process_work(relay_database) as uow:
            mine = await timetable.claim(uow, "test_beat", lambda at: at + timedelta(hours=1))
            await uow.commit()
        return mine

    assert not any([await claim() for _ in range(3)][1:])
    assert sum(await asyncio.gather(*(claim() for _ in range(4)))) == 0


def test_cron_times_are_read_in_shanghai():
    after = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
    assert following("30 2 * * *", after) == datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
    assert following("* * * * * */3", after) - after == timedelta(seconds=3)
