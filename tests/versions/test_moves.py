"""Running projects move to another version of their law by two people: dry run first, then one transaction each."""

import asyncio
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text

from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import Conflict, Forbidden, NotFound
from lianshen.rules.queries import VersionGone
from lianshen.versions import commands, queries
from lianshen.versions.commands import NoTarget, SamePerson
from lianshen.versions.types import PlanItem
from lianshen.wiring import jobs_for
from lianshen_workers.versions import Versions
from tests.support.seals import reseal
from tests.support.successor import NEW, OLD
from tests.walk.driver import APPROVER, CYBER, FINANCE, LEAD, REFORM, UNIT, Driver, instant

BEFORE, AFTER = "2026-01-20", "2026-02-03"
TENANT = "320723"


@pytest.fixture
def drive(work, staff, two_laws, files):
    def start(budget: str = "700000") -> Driver:
        return Driver(work, staff, two_laws, files)

    return start


@pytest.fixture
async def relay_database(configured):
    made = Database(configured.relay_database_url, pool_size=2)
    yield made
    await made.close()


@pytest.fixture
def mover(work, relay_database, worker_database, two_laws, monkeypatch):
    """The scheduler's part, at the time that the test plays at."""
    made = Versions(relay_database, worker_database, two_laws, (180, 90, 30))

    def at_test_time(database):
        return UnitOfWork(database, now=work.now, jobs_for=jobs_for, request_id="test")

    monkeypatch.setattr("lianshen_workers.versions.work", at_test_time)
    return made


async def submitted(drive, budget: str = "700000", **more: str) -> Driver:
    """A project under the old law, handed in for pre-review."""
    one = drive()
    one.at(BEFORE)
    await one.submit(budget, **more)
    return one


async def failed(drive) -> Driver:
    """One whose pre-review failed: its thirty days are running."""
    one = await submitted(drive)
    await one.act(LEAD, "fail_pre_review", reason="必要性论证不足。")
    return one


async def plan(work, actor, law, to: str = NEW) -> UUID:
    async with work() as uow:
        await uow.enter(actor.tenant)
        made = await commands.plan_move(uow, actor, law, to)
        await uow.commit()
    return made


async def approve(work, actor, law, made: UUID) -> None:
    async with work() as uow:
        await uow.enter(actor.tenant)
        await commands.approve_move(uow, actor, law, made)
        await uow.commit()


async def items(work, actor, made: UUID) -> dict[UUID, PlanItem]:
    async with work(read_only=True) as uow:
        await uow.enter(actor.tenant)
        return {one.project: one for one in (await queries.plan(uow, actor, made)).items}


async def test_the_dry_run_says_what_would_change_and_changes_nothing(work, drive, two_laws, planner):
    one = await failed(drive)
    drafted = drive()
    await drafted.declare("700000")
    one.at(AFTER)
    before = (await one.desk(UNIT)).project
    made = await plan(work, planner, two_laws)
    found = await items(work, planner, made)
    item = found[one.project]
    assert (item.from_pack, item.state, item.move.verdict) == (OLD, "planned", "moves")
    assert [(t.clock, t.before, t.after) for t in item.move.terms] == [
        ("reapply", date(2026, 2, 24), date(2026, 2, 9)),
    ]
    assert "修改后再次申报：30 日 → 20 日" in {d.said for d in item.move.differences}
    assert drafted.project not in found, "a draft is nobody else's to see"
    assert (await one.desk(UNIT)).project == before


async def test_two_people_move_a_project_and_the_event_names_both(
    work, drive, two_laws, planner, approver, mover, heard
):
    one = await failed(drive)
    one.at(AFTER)
    made = await plan(work, planner, two_laws)
    assert (TENANT, "versions.plan_move") in await heard()
    assert await mover.move() == 0, "not before it is approved"
    with pytest.raises(SamePerson):
        await approve(work, planner, two_laws, made)
    await approve(work, approver, two_laws, made)
    assert (TENANT, "versions.approve_move") in await heard()
    with pytest.raises(Conflict):
        await approve(work, approver, two_laws, made)
    assert await mover.move() >= 1
    assert await mover.move() == 0
    project = (await one.desk(UNIT)).project
    old, new = (two_laws.registry.pack(ref) for ref in (OLD, NEW))
    assert (project.pack, project.pack_digest) == (new.ref, new.digest)
    assert [(d.state, d.due_on) for d in project.deadlines] == [
        ("cancelled", date(2026, 2, 24)),
        ("open", date(2026, 2, 9)),
    ]
    event = project.history[-1]
    assert (event.action, event.actor) == ("projects.move", approver.by.label)
    for named in (planner.by.label, approver.by.label, OLD, NEW, old.digest, new.digest):
        assert named in event.note
    assert (await items(work, planner, made))[one.project].state == "moved"
    await one.act(UNIT, "submit")
    assert (await one.desk(UNIT)).assessment.version == new.version


@pytest.mark.demand("D41")
async def test_an_approver_who_lost_the_right_moves_nothing(
    work, drive, two_laws, planner, approver, mover, superuser, without_roles
):
    one = await failed(drive)
    one.at(AFTER)
    made = await plan(work, planner, two_laws)
    await approve(work, approver, two_laws, made)
    before = (await one.desk(UNIT)).project
    async with without_roles(approver):
        assert await mover.move() == 0
    assert (await one.desk(UNIT)).project == before
    assert (await items(work, planner, made))[one.project].state == "changed"
    told = text("SELECT result, note FROM event WHERE tenant = :t AND action = 'versions.refuse_move'")
    await superuser.rollback()
    said = [tuple(row) for row in await superuser.execute(told, {"t": TENANT})]
    assert ("refused", f"项目 {one.project}，批准人 {approver.by.label}") in said
    assert await mover.move() == 0, "who has the right again decides anew"


async def test_many_movers_move_each_project_once(work, drive, two_laws, planner, approver, mover):
    projects = [await submitted(drive) for _ in range(3)]
    projects[0].at(AFTER)
    made = await plan(work, planner, two_laws)
    await approve(work, approver, two_laws, made)
    assert sum(await asyncio.gather(*(mover.move() for _ in range(3)))) >= 3
    for one in projects:
        moves = [e for e in (await one.desk(UNIT)).project.history if e.action == "projects.move"]
        assert len(moves) == 1


async def test_a_project_that_changed_since_the_dry_run_is_left_alone(work, drive, two_laws, planner, approver, mover):
    one = await submitted(drive)
    one.at(AFTER)
    made = await plan(work, planner, two_laws)
    await one.act(LEAD, "pass_pre_review")
    await approve(work, approver, two_laws, made)
    await mover.move()
    assert (await items(work, planner, made))[one.project].state == "changed"
    project = (await one.desk(UNIT)).project
    assert project.pack == OLD
    assert "projects.move" not in {event.action for event in project.history}


async def test_what_would_come_out_differently_on_the_day_is_left_alone(
    work, drive, two_laws, planner, approver, mover
):
    """The dry run's term would be over by the time that somebody approves it."""
    one = await failed(drive)
    one.at(AFTER)
    made = await plan(work, planner, two_laws)
    one.at("2026-02-10")
    await approve(work, approver, two_laws, made)
    await mover.move()
    assert (await items(work, planner, made))[one.project].state == "changed"
    assert [d.due_on for d in (await one.desk(UNIT)).project.deadlines if d.state == "open"] == [date(2026, 2, 24)]


async def test_who_stays_and_why(work, drive, two_laws, planner):
    late, decided, withdrawn = await failed(drive), await submitted(drive), await submitted(drive)
    await withdrawn.act(UNIT, "withdraw", reason="另行论证。")
    await decided.act(LEAD, "pass_pre_review")
    await decided.act(LEAD, "open_joint_review", opinions_due_on="2026-01-30")
    for who in (REFORM, CYBER, FINANCE):
        await decided.act(who, "give_opinion", verdict="agree", remarks="同意。")
    await decided.act(LEAD, "conclude_joint_review", remarks="通过")
    await decided.act(APPROVER, "approve", approval_number="灌发改〔2026〕1号", approved_amount="498000.00")
    late.at("2026-02-12")
    found = await items(work, planner, await plan(work, planner, two_laws))
    assert found[late.project].move.verdict == "late"
    assert found[decided.project].move.verdict == "decided"
    assert found[withdrawn.project].move.verdict == "moves"
    assert {found[one.project].state for one in (late, decided)} == {"stays"}


async def test_only_a_version_that_counts_and_is_in_force_is_a_target(work, drive, two_laws, planner):
    work.now = instant(BEFORE)
    with pytest.raises(NoTarget):
        await plan(work, planner, two_laws, NEW)
    work.now = instant(AFTER)
    for ref in (OLD, "421000@2017-08-24", "320723@1999-01-01"):
        with pytest.raises(NoTarget):
            await plan(work, planner, two_laws, ref)


async def test_rights(work, staff, two_laws, planner):
    work.now = instant(AFTER)
    lead, unit = [await staff.actor(staff.find(*who)) for who in (LEAD, UNIT)]
    for actor in (lead, unit):
        with pytest.raises(Forbidden):
            await plan(work, actor, two_laws)
        with pytest.raises(Forbidden):
            await approve(work, actor, two_laws, UUID(int=1))
    with pytest.raises(NotFound):
        await approve(work, planner, two_laws, UUID(int=1))


async def test_the_database_itself_wants_two_people(work, drive, two_laws, planner, superuser):
    work.now = instant(AFTER)
    made = await plan(work, planner, two_laws)
    with pytest.raises(Exception, match="move_plan_two_people_check"):
        await superuser.execute(
            text("UPDATE move_plan SET approved_at = now(), approved_by = planned_by, approver = 'x' WHERE id = :id"),
            {"id": made},
        )


async def test_a_version_that_is_no_longer_what_was_planned_is_not_applied(
    work, drive, two_laws, planner, approver, mover, superuser
):
    one = await submitted(drive)
    one.at(AFTER)
    made = await plan(work, planner, two_laws)
    await superuser.execute(text("UPDATE move_plan SET pack_digest = 'other' WHERE id = :id"), {"id": made})
    await superuser.commit()
    with pytest.raises(Conflict):
        await approve(work, approver, two_laws, made)


async def test_a_project_whose_version_is_gone_says_so_and_its_units_others_go_on(
    work, drive, two_laws, superuser, worker_database
):
    gone, other = await submitted(drive), await submitted(drive)
    change = text("UPDATE project SET pack = :pack WHERE id = :id")
    await superuser.execute(change, {"pack": "320723@1999-01-01", "id": gone.project})
    await superuser.commit()
    await reseal(worker_database, TENANT)
    for doing in (gone.desk(UNIT), gone.act(LEAD, "pass_pre_review")):
        with pytest.raises(VersionGone, match="320723@1999-01-01"):
            await doing
    await other.act(LEAD, "pass_pre_review")
    await superuser.execute(change, {"pack": OLD, "id": gone.project})
    await superuser.commit()
    await reseal(worker_database, TENANT)


async def test_pins_that_are_broken_are_told(work, drive, two_laws, mover, superuser):
    one = await submitted(drive)
    await mover.check_pins()
    for column, value in (("pack_digest", "other"), ("pack", "320723@1999-01-01")):
        before = await mover.check_pins()
        kept = (await one.desk(UNIT)).project
        change = text(f"UPDATE project SET {column} = :value WHERE id = :id")
        await superuser.execute(change, {"value": value, "id": one.project})
        await superuser.commit()
        assert await mover.check_pins() == before + 1
        await superuser.execute(change, {"value": getattr(kept, column), "id": one.project})
        await superuser.commit()
