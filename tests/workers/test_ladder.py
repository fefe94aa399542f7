"""The ladder of a deadline: each rung once, in order, told to whom it names; after an outage, and under fire."""

import asyncio
import subprocess
import sys
import time
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.support.seals import reseal
from tests.walk.driver import FINANCE, LEAD, UNIT, Driver, instant

from lianshen.audit.queries import verify
from lianshen.deadlines import commands as deadlines
from lianshen.kernel.database import Database
from lianshen.kernel.errors import Forbidden
from lianshen.projects import commands, queries
from lianshen_workers._process import work as process_work
from lianshen_workers.deliver import SCHEMA, deliver
from lianshen_workers.sweep import Sweep


@pytest.fixture
async def relay_database(configured):
    made = Database(configured.relay_database_url, pool_size=4)
    yield made
    await made.close()


@pytest.fixture
async def shifted(superuser):
    """Shifts the clock by which things are due to an instant; back to the database's own afterwards."""

    async def shift(to: datetime) -> None:
        await superuser.execute(text("DELETE FROM clock_shift"))
        await superuser.execute(
            text("INSERT INTO clock_shift SELECT true, CAST(:to AS timestamptz) - now()"), {"to": to}
        )
        await superuser.commit()

    yield shift
    await superuser.execute(text("DELETE FROM clock_shift"))
    await superuser.commit()


@pytest.fixture
async def revising(work, staff, law, tmp_path, shifted):
    """A project that has ten working days from 4 March 2026 to revise its design."""
    drive = Driver(work, staff, law, tmp_path)
    await shifted(instant("2026-02-26"))
    drive.at("2026-02-26")
    await drive.to_joint_review("2026-03-03", "700000")
    for who in ((FINANCE), ("县发改委", "co_reviewer"), ("县委网信办", "co_reviewer")):
        await drive.act(who, "give_opinion", verdict="agree", remarks="同意。")
    drive.at("2026-03-04")
    await drive.act(LEAD, "return_with_remarks", remarks="请完善接口设计。")
    return drive


async def sweep_all(relay_database, worker_database, law):
    while await Sweep(relay_database, worker_database, law).turn():
        pass


async def revise(drive):
    actor = await drive.actor(LEAD)
    async with drive._work(read_only=True) as uow:
        await uow.enter(actor.tenant)
        found = await queries.terms(uow, actor, drive._law, drive.project)
    return next(one for one in found if one.deadline.clock == "revise")


@pytest.mark.demand("D61", "D65")
async def test_each_rung_fires_on_its_day_and_no_earlier(revising, shifted, relay_database, worker_database, law):
    for day, expected in (
        ("2026-03-12", []), ("2026-03-13", ["ahead"]), ("2026-03-17", ["ahead"]), ("2026-03-18", ["ahead", "last_day"]),
        ("2026-03-19", ["ahead", "last_day", "expiry"]), ("2026-03-25", ["ahead", "last_day", "expiry", "late"]),
    ):  # fmt: skip
        await shifted(instant(day))
        await sweep_all(relay_database, worker_database, law)
        term = await revise(revising)
        assert [one.code for one in term.steps if one.fired_at] == expected
    assert (term.deadline.state, term.deadline.overdue) == ("open", True)
    assert [one.code for one in term.steps if not one.fired_at] == ["long_late"]
    said = [entry for entry in (await revising.desk(UNIT)).project.history if entry.action.startswith("deadlines.")]
    assert [entry.label for entry in said if "修改设计方案" in entry.label] == [
        f"{said}：修改设计方案" for said in ("三个工作日后到期", "今天到期", "期限已过", "已逾期五个工作日")
    ]


@pytest.mark.demand("D69")
async def test_after_days_offline_all_that_was_missed_fires_once_in_order_and_is_marked_late(
    revising, shifted, relay_database, worker_database, law
):
    await shifted(instant("2026-03-27"))
    await sweep_all(relay_database, worker_database, law)
    steps = [one for one in (await revise(revising)).steps if one.fired_at]
    assert [(one.code, one.late) for one in steps] == [
        ("ahead", True), ("last_day", True), ("expiry", True), ("late", True),
    ]  # fmt: skip
    history = (await revising.desk(UNIT)).project.history
    mine = [entry for entry in history if entry.action.startswith("deadlines.") and "修改设计方案" in entry.label]
    assert [entry.seq for entry in mine] == sorted(entry.seq for entry in mine)
    assert all("补办" in entry.note for entry in mine)
    await sweep_all(relay_database, worker_database, law)
    assert len([one for one in (await revise(revising)).steps if one.fired_at]) == 4


@pytest.mark.demand("D68")
async def test_people_hear_of_it_once_by_their_posts(
    revising, shifted, relay_database, worker_database, law, superuser, staff
):
    await shifted(instant("2026-03-27"))
    await sweep_all(relay_database, worker_database, law)
    tenant = (await revising.actor(LEAD)).tenant
    waiting = text("SELECT id FROM outbox WHERE tenant = :tenant AND job = 'tell_rungs' AND state <> 'done'")
    for _ in range(2):
        for (message,) in await superuser.execute(waiting, {"tenant": tenant}):
            await deliver(worker_database, tenant=tenant, message=message, request_id="t", schema=SCHEMA)
    told = text(
        "SELECT p.login, count(*) FROM notice n JOIN person p ON p.tenant = n.tenant AND p.id = n.person"
        " WHERE n.tenant = :tenant AND n.project = :project AND n.subject LIKE '%已逾期五个工作日%' GROUP BY p.login"
    )
    found = dict((await superuser.execute(told, {"tenant": tenant, "project": revising.project})).all())
    assert set(found.values()) == {1}
    assert found.keys() == {"jyj-sb", "sjj-ys"}  # those who had a part in it; the unit has no head


async def test_the_level_above_hears_of_what_is_long_late(
    revising, shifted, relay_database, worker_database, law, superuser
):
    await shifted(instant("2026-04-20"))
    await sweep_all(relay_database, worker_database, law)
    tenant = (await revising.actor(LEAD)).tenant
    waiting = text("SELECT id FROM outbox WHERE tenant = :tenant AND job = 'report_late' AND state <> 'done'")
    messages = (await superuser.execute(waiting, {"tenant": tenant})).scalars().all()
    assert messages
    for message in (*messages, *messages):
        await deliver(worker_database, tenant=tenant, message=message, request_id="t", schema=SCHEMA)
    kept = text("SELECT tenant, label FROM late_below WHERE child = :child AND number = :number")
    number = (await revising.desk(UNIT)).project.number
    found = (await superuser.execute(kept, {"child": tenant, "number": number})).all()
    assert ("320700", "修改设计方案") in [tuple(row) for row in found]
    assert len(found) == len(set(found))


async def test_an_extension_moves_the_day_its_fact_and_its_rungs(work, staff, law, tmp_path, shifted):
    drive = Driver(work, staff, law, tmp_path)
    await shifted(instant("2026-03-02"))
    drive.at("2026-03-02")
    await drive.to_joint_review("2026-03-09", "700000")
    lead, unit = await drive.actor(LEAD), await drive.actor(UNIT)

    async def extend(actor, until, reason="需要更多时间"):
        async with work() as uow:
            await uow.enter(actor.tenant)
            (one, *_) = [
                item for item in (await queries.view(uow, actor, drive.project)).deadlines if item.clock == "opinions"
            ]
            done = await commands.extend(uow, actor, law, drive.project, one.id, {"until": until, "reason": reason})
            await uow.commit()
        return done

    with pytest.raises(deadlines.Shortened):
        await extend(lead, "2026-03-06")
    with pytest.raises(Forbidden):
        await extend(unit, "2026-03-16")
    await extend(lead, "2026-03-16")
    desk = await drive.desk(LEAD)
    assert {one.due_on for one in desk.project.deadlines if one.clock == "opinions"} == {date(2026, 3, 16)}
    assert desk.project.facts["opinions_due_on"] == "2026-03-16"
    last = desk.project.history[-1]
    assert (last.action, last.article) == ("deadlines.extend", "第十五条（二）")
    assert "由 2026-03-09 改为 2026-03-16" in last.note
    assert "需要更多时间" in last.note
    await shifted(instant("2026-03-17"))
    with pytest.raises(commands.NotExtendable):
        await extend(lead, "2026-03-30")


@pytest.fixture
async def many(work, staff, law, tmp_path, shifted, superuser, worker_database):
    """The tenant in which a thousand terms of thirty days, each with its ladder, are over since weeks."""
    drive = Driver(work, staff, law, tmp_path)
    await shifted(instant("2026-03-02"))
    drive.at("2026-03-02")
    await drive.submit("700000")
    await drive.act(LEAD, "fail_pre_review", reason="必要性论证不足。")
    tenant = (await drive.actor(LEAD)).tenant
    for statement in MULTIPLY.split(";"):
        given = {"count": MANY, "tenant": tenant, "project": drive.project}
        used = {name: value for name, value in given.items() if f":{name}" in statement}
        await superuser.execute(text(statement), used)
    await superuser.commit()
    await reseal(worker_database, tenant)
    await shifted(instant("2026-04-20"))
    return tenant


MANY = 1000
MULTIPLY = """
CREATE TEMP TABLE copy AS SELECT gen_random_uuid() AS id, n FROM generate_series(1, :count) AS n;
INSERT INTO project
    SELECT (jsonb_populate_record(p, jsonb_build_object('id', c.id, 'number', 'K' || c.n, 'title', '杀不死'))).*
    FROM project p, copy c WHERE p.tenant = :tenant AND p.id = :project;
INSERT INTO deadline
    SELECT (jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid(), 'project', c.id))).*
    FROM deadline d, copy c WHERE d.tenant = :tenant AND d.project = :project AND d.state = 'open';
INSERT INTO task SELECT (jsonb_populate_record(t, jsonb_build_object('project', c.id))).* FROM task t, copy c
    WHERE t.tenant = :tenant AND t.project = :project;
DROP TABLE copy
"""
LEFT = text("SELECT count(*) FROM deadline WHERE next_at <= duty_now()")
FIRED = text("""
    SELECT count(*), count(DISTINCT (e.project, e.label)), count(DISTINCT e.project)
    FROM event e JOIN project p ON p.tenant = e.tenant AND p.id = e.project
    WHERE e.tenant = :tenant AND e.action IN ('deadlines.expired', 'deadlines.rung') AND p.title = '杀不死'
""")


@pytest.mark.demand("D61")
async def test_each_rung_fires_once_however_often_sweeps_are_killed(
    many, relay_database, worker_database, law, superuser
):
    """Four processes, one of them killed each second."""
    seed = time.time_ns()
    print("seed", seed)
    command = (sys.executable, Path(__file__).with_name("sweepers.py"), str(seed))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert await asyncio.to_thread(running.stdout.readline) == "ready\n"
        began = time.monotonic()
        while await left(superuser) and time.monotonic() - began < 60:
            await asyncio.to_thread(time.sleep, 0.5)
        running.terminate()
        kills = int(await asyncio.to_thread(running.stdout.readline))
    assert kills > 0
    while await Sweep(relay_database, worker_database, law).turn():
        pass
    assert await left(superuser) == 0
    assert tuple((await superuser.execute(FIRED, {"tenant": many})).one()) == (MANY * 3, MANY * 3, MANY)
    phases = text("SELECT DISTINCT phase FROM project WHERE tenant = :tenant AND title = '杀不死'")
    assert (await superuser.execute(phases, {"tenant": many})).scalars().all() == ["deemed_abandoned"]
    async with process_work(worker_database) as uow:
        await uow.enter(many)
        assert (await verify(uow)).broken_at is None


async def left(superuser) -> int:
    found = (await superuser.execute(LEFT)).scalar_one()
    await superuser.rollback()
    return found
