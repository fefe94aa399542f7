"""Somebody leaves: one act hands over what is open, both names stand in the record, and no task is left to nobody."""

from itertools import count

import pytest
from sqlalchemy import text

from lianshen import wiring
from lianshen.kernel.database import UnitOfWork
from lianshen.projects.commands import Engaged
from lianshen.staff import commands, queries
from tests.staff.conftest import OURS
from tests.walk.driver import LEAD, Driver

_NUMBERS = count(1)
ORPHANS = """
    SELECT k.project, k.office, k.action FROM task k WHERE k.office = :office AND NOT EXISTS (
        SELECT FROM post t JOIN person p ON p.tenant = t.tenant AND p.id = t.person AND p.active
        WHERE t.office = k.office AND t.ended_at IS NULL AND t.until IS NULL AND 'applicant' = ANY(t.roles))
"""


@pytest.fixture
async def unit(bureau, work, staff, law, tmp_path):
    """A unit with one person, who has filed a project and been sent it back: (office, person, project)."""
    code = f"bm{next(_NUMBERS)}"
    office = await bureau.by("xtgl", commands.create_office, code, "县统计局", "project_unit")
    who = await bureau.working("applicant", office=code, name="张三")
    actor = await bureau.acting(who)
    drive = Driver(work, _Only(actor, staff), law, tmp_path)
    drive.at("2026-03-02")
    await drive.declare("700000")
    await drive.hand_in_all()
    await drive.act(drive.unit, "submit")
    await drive.act(LEAD, "fail_pre_review", reason="必要性论证不足。")
    return office, who, drive.project


class _Only:
    """People of the unit are one; all others are the demo's."""

    def __init__(self, actor, staff) -> None:
        self._actor, self._staff = actor, staff

    def find(self, office, role):
        return "" if role == "applicant" else self._staff.find(office, role)

    async def actor(self, login):
        return self._actor if login == "" else await self._staff.actor(login)


async def test_what_is_open_is_told_and_must_go_to_somebody(bureau, unit):
    _office, who, _project = unit
    found = await bureau.by("aqgl", queries.leaving, who, wiring.LEAVING)
    assert {one.kind for one in found.work} == {"tasks", "duties"}
    assert found.needs_successor
    assert [one.binding for one in found.posts] == [True]
    with pytest.raises(commands.WorkLeft):
        await bureau.leave(who, None)
    page = await bureau.by("aqgl", queries.person, who)
    assert page.person.state == "enabled"


@pytest.mark.demand("D108")
async def test_one_act_hands_over_and_leaves_no_orphan(bureau, unit, worker_database):
    office, who, project = unit
    heir = await bureau.working("applicant", office="wjw", name="李四")
    await bureau.leave(who, heir)
    assert await bureau.sql(ORPHANS, office=office) == []
    assert await bureau.sql("SELECT count(*) FROM task WHERE office = :office", office=office) != [(0,)]
    page = await bureau.by("sjgl", queries.person, who)
    assert page.person.state == "left"
    assert all(one.ended_at for one in page.person.posts)
    assert await bureau.acting(who) is None
    assert await bureau.sql("SELECT duty FROM project_duty WHERE project = :p AND person = :w", p=project, w=heir) == [
        ("apply",)
    ]
    asked = "SELECT label FROM event WHERE project = :p AND action = 'projects.hand_over'"
    handed = [row[0] for row in await bureau.sql(asked, p=project)]
    assert len(handed) == 1
    for said in (page.history[0].label, *handed):
        assert "张三" in said
        assert "李四" in said
    theirs = await bureau.by("sjgl", queries.person, heir)
    given = next(one for one in theirs.person.posts if one.office == office)
    assert given.roles == ("applicant",)
    assert "接替 张三" in theirs.history[0].label
    assert (await bureau.acting(heir, given.id)).office == office


async def test_unread_notices_go_along_once(bureau, unit, superuser, worker_database):
    _office, who, project = unit
    ((event,),) = await bureau.sql("SELECT id FROM event WHERE project = :p ORDER BY seq LIMIT 1", p=project)
    await superuser.execute(
        text(
            "INSERT INTO notice (tenant, event, person, project, subject, body, kind, at) "
            "VALUES (:t, :e, :w, :p, 's', '', 'project', now())"
        ),
        {"t": OURS, "e": event, "w": who, "p": project},
    )
    await superuser.commit()
    heir = await bureau.working("applicant", office="wjw", name="李四")
    await bureau.leave(who, heir)
    ((left, job),) = await bureau.sql(
        "SELECT e.id, o.job FROM event e JOIN outbox o ON o.event = e.id WHERE e.action = 'staff.leave' "
        "AND e.facts -> 'person' ->> 1 = :who", who=str(who),
    )  # fmt: skip
    assert job == "hand_over_notices"
    for _ in range(2):
        async with UnitOfWork(worker_database, now=bureau.work.now, jobs_for=wiring.jobs_for, request_id="test") as uow:
            await uow.enter(OURS)
            await wiring.JOBS[job](uow, left)
            await uow.commit()
    assert await bureau.sql("SELECT subject FROM notice WHERE person = :w", w=heir) == [("s",)]


@pytest.mark.demand("D37")
async def test_nobody_takes_over_both_sides_of_a_project(bureau, unit):
    _office, who, project = unit
    reviewer = await bureau.working("co_reviewer", office="fgw", name="李四")
    await bureau.sql(
        "INSERT INTO project_duty (tenant, project, person, duty) VALUES (:t, :p, :w, 'review')",
        t=OURS, p=project, w=reviewer,
    )  # fmt: skip
    with pytest.raises(Engaged) as refused:
        await bureau.leave(who, reviewer)
    assert "2026-" in refused.value.items[0].message
    page = await bureau.by("aqgl", queries.person, who)
    assert page.person.state == "enabled"


async def test_no_administrator_takes_over_and_nobody_hands_to_themselves(bureau, unit):
    _office, who, _project = unit
    created = await bureau.created()
    for heir in ((await bureau.actor("sjgl")).person, who, created):
        with pytest.raises(commands.NotNow):
            await bureau.leave(who, heir)


async def test_stand_ins_end_with_the_posts_of_whoever_leaves(bureau):
    who = await bureau.working("approver", office="fgw", name="张三")
    post = await bureau.post(who)
    deputy = await bureau.working("co_reviewer", office="fgw", name="李四")
    made = await bureau.by("aqgl", commands.stand_in, post, deputy, bureau.work.now.date(), bureau.work.now.date())
    assert await bureau.acting(deputy, made) is not None
    await bureau.leave(who, deputy)
    assert await bureau.acting(deputy, made) is None
    assert (await bureau.acting(deputy)).roles == ("co_reviewer",)


async def test_a_post_may_be_handed_over_though_others_could_do_it(bureau):
    who = await bureau.working("approver", office="fgw", name="张三")
    heir = await bureau.working("co_reviewer", office="fgw", name="李四")
    await bureau.leave(who, heir, hand_over=[await bureau.post(who)])
    assert (await bureau.acting(heir)).roles == ("approver", "co_reviewer")
