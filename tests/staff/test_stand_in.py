"""Standing in for somebody: dates, the same roles and no others, both names in every record, duties kept apart."""

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from lianshen import wiring
from lianshen.kernel.errors import Forbidden, Invalid
from lianshen.projects import commands as projects
from lianshen.projects.commands import Separated
from lianshen.staff import commands
from tests.staff.conftest import OURS
from tests.walk.driver import UNIT, Driver

FROM, TO = date(2026, 3, 2), date(2026, 3, 6)


async def perform(work, law, actor, project) -> None:
    """The pre-review of a project, passed by ``actor``."""
    async with work() as uow:
        await uow.enter(OURS)
        await projects.perform(uow, actor, law, project, "pass_pre_review", {}, effects=wiring.EFFECTS)
        await uow.commit()


@pytest.fixture
async def pair(bureau):
    """A principal with a post, and a colleague of the same office."""
    principal = await bureau.working("approver", office="fgw", name="张三")
    deputy = await bureau.working("co_reviewer", office="fgw", name="李四")
    return principal, await bureau.post(principal), deputy


async def test_a_stand_in_carries_the_same_roles_within_the_dates_alone(bureau, pair):
    principal, post, deputy = pair
    made = await bureau.by("aqgl", commands.stand_in, post, deputy, FROM + timedelta(1), TO)
    start = bureau.work.now
    for days, acts in ((0, False), (1, True), (4, True), (5, False)):
        bureau.work.now = start + timedelta(days)
        actor = await bureau.acting(deputy, made)
        assert (actor is not None) == acts, days
    bureau.work.now = start + timedelta(2)
    actor = await bureau.acting(deputy, made)
    assert (actor.roles, actor.principal, actor.principal_name) == (("approver",), principal, "张三")
    assert actor.by.label == "县发改委 李四（代 张三）"
    assert (await bureau.acting(deputy)).by.label == "县发改委 李四"


async def test_it_follows_the_post_that_it_stands_in_for(bureau, pair):
    _, post, deputy = pair
    made = await bureau.by("aqgl", commands.stand_in, post, deputy, FROM, TO)
    await bureau.by("aqgl", commands.grant, post, ("observer",))
    assert (await bureau.acting(deputy, made)).roles == ("observer",)
    for statement in ("UPDATE post SET roles = ARRAY['approver'] WHERE id = :id",
                      "UPDATE post SET roles = ARRAY['approver'] WHERE id = :post"):  # fmt: skip
        with pytest.raises(IntegrityError):
            await bureau.sql(statement, **({"id": made} if ":id" in statement else {"post": post}))
    await bureau.by("aqgl", commands.end_post, post)
    assert await bureau.acting(deputy, made) is None


async def test_one_lends_ones_own_post_to_a_colleague_and_takes_it_back(bureau, pair):
    principal, post, deputy = pair
    actor = await bureau.acting(principal)
    outsider = await bureau.working("co_reviewer", office="czj")
    async with bureau.work() as uow:
        await uow.enter(OURS)
        with pytest.raises(Forbidden):
            await commands.stand_in(uow, actor, post, outsider, FROM, TO)
    async with bureau.work() as uow:
        await uow.enter(OURS)
        made = await commands.stand_in(uow, actor, post, deputy, FROM, TO)
        await uow.commit()
    stranger = await bureau.acting(outsider)
    for who, refused in ((stranger, True), (actor, False)):
        async with bureau.work() as uow:
            await uow.enter(OURS)
            if refused:
                with pytest.raises(Forbidden):
                    await commands.end_post(uow, who, made)
                with pytest.raises(Forbidden):
                    await commands.stand_in(uow, who, post, deputy, FROM, TO)
            else:
                await commands.end_post(uow, who, made)
                await uow.commit()
    assert await bureau.acting(deputy, made) is None


async def test_what_is_lent_is_not_lent_on_nor_beyond_its_own_last_day(bureau, pair):
    _, post, deputy = pair
    other = await bureau.working("co_reviewer", office="fgw")
    made = await bureau.by("aqgl", commands.stand_in, post, deputy, FROM, TO)
    with pytest.raises(commands.NotNow):
        await bureau.by("aqgl", commands.stand_in, made, other, FROM, TO)
    with pytest.raises(commands.NotNow):
        await bureau.by("aqgl", commands.grant, made, ("observer",))
    for since, until in ((TO, FROM), (FROM - timedelta(9), FROM - timedelta(5))):
        with pytest.raises(Invalid):
            await bureau.by("aqgl", commands.stand_in, post, other, since, until)


@pytest.mark.demand("D115")
async def test_nobody_becomes_an_administrator_by_standing_in(bureau, pair):
    _, post, deputy = pair
    auditor = (await bureau.actor("sjgl")).person
    theirs = await bureau.post(auditor)
    with pytest.raises(commands.Exclusive):
        await bureau.by("aqgl", commands.stand_in, theirs, deputy, FROM, TO)
    with pytest.raises(commands.Exclusive):
        await bureau.by("aqgl", commands.stand_in, post, auditor, FROM, TO)
    with pytest.raises(IntegrityError):
        await bureau.sql(
            "INSERT INTO post (tenant, id, person, office, roles, since, until, stands_in_for) "
            "SELECT tenant, gen_random_uuid(), :deputy, office, roles, '2026-03-02', '2026-03-06', id "
            "FROM post WHERE id = :id", deputy=deputy, id=theirs,
        )  # fmt: skip
    second = await bureau.appointed("audit_admin")
    made = await bureau.by("aqgl", commands.stand_in, theirs, second, FROM, TO)
    assert (await bureau.acting(second, made)).roles == ("audit_admin",)
    await bureau.by("aqgl", commands.end_post, made)


@pytest.mark.demand("D37")
async def test_duties_stay_apart_through_a_stand_in_both_ways(bureau, work, staff, law, tmp_path):
    """Neither does a deputy review what the deputy applied for, nor what the one stood in for did."""
    drive = Driver(work, staff, law, tmp_path)
    drive.at("2026-03-02")
    await drive.declare("700000")
    await drive.hand_in_all()
    applicant = await staff.actor(staff.find(*UNIT))
    await drive.act(UNIT, "submit")
    lead = await bureau.working("lead_officer", office="sjj", name="赵六")
    post = await bureau.post(lead)
    made = await bureau.by("aqgl", commands.stand_in, post, applicant.person, FROM, TO)
    deputy = await bureau.acting(applicant.person, made)
    assert "lead_officer" in deputy.roles
    with pytest.raises(Separated):
        await perform(work, law, deputy, drive.project)
    other = await bureau.working("co_reviewer", office="sjj", name="钱七")
    await bureau.sql(
        "INSERT INTO project_duty (tenant, project, person, duty) VALUES (:t, :p, :who, 'apply')",
        t=OURS, p=drive.project, who=lead,
    )  # fmt: skip
    for_lead = await bureau.by("aqgl", commands.stand_in, post, other, FROM, TO)
    deputy = await bureau.acting(other, for_lead)
    with pytest.raises(Separated):
        await perform(work, law, deputy, drive.project)
    fair = await bureau.working("lead_officer", office="sjj", name="孙八")
    fair_post = await bureau.post(fair)
    third = await bureau.working("co_reviewer", office="sjj", name="周九")
    deputy = await bureau.acting(third, await bureau.by("aqgl", commands.stand_in, fair_post, third, FROM, TO))
    await perform(work, law, deputy, drive.project)
    both = await bureau.sql(
        "SELECT person, duty FROM project_duty WHERE project = :p AND duty = 'review'", p=drive.project
    )
    assert set(both) == {(third, "review"), (fair, "review")}
    ((said,),) = await bureau.sql(
        "SELECT actor FROM event WHERE project = :p AND action = 'projects.pass_pre_review'", p=drive.project
    )
    assert said == "县数据局 周九（代 孙八）"


@pytest.mark.demand("D37")
@pytest.mark.parametrize("first", ["apply", "review", "approve"])
@pytest.mark.parametrize("second", ["apply", "review", "approve"])
async def test_the_key_allows_one_person_one_duty(bureau, work, staff, law, tmp_path, first, second):
    drive = Driver(work, staff, law, tmp_path)
    await drive.declare("700000")
    who = (await bureau.actor("fgw-sp")).person
    add = "INSERT INTO project_duty (tenant, project, person, duty) VALUES (:t, :p, :who, :duty)"
    await bureau.sql(add, t=OURS, p=drive.project, who=who, duty=first)
    with pytest.raises(IntegrityError):
        await bureau.sql(add, t=OURS, p=drive.project, who=who, duty=second)
