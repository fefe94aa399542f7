"""The walk of Guanyun (灌政办〔2025〕18号, articles 7–19 and 25) through the commands: three tiers, three ways."""

from datetime import date

import pytest
from sqlalchemy import text

from lianshen.kernel.errors import Closed, Forbidden, NotFound
from lianshen.projects.commands import Separated
from lianshen.projects.queries import inbox
from tests.walk.driver import (
    APPROVER,
    CYBER,
    ESTIMATES,
    FINANCE,
    LEAD,
    REFORM,
    UNIT,
    Driver,
    reasons,
)


@pytest.fixture
def drive(work, staff, law, tmp_path) -> Driver:
    return Driver(work, staff, law, tmp_path)


async def to_joint_review(drive: Driver, budget: str) -> None:
    await drive.to_joint_review("2026-09-23", budget)


async def give_all(drive: Driver) -> None:
    for number, who in enumerate((REFORM, FINANCE, CYBER), 1):
        await drive.act(who, "give_opinion", verdict="agree_with_remarks", remarks="请补充数据共享清单。")
        assert await drive.answered() == f"{number}/3"


async def test_the_middle_tier_from_declaration_to_filed_contract(drive):
    drive.at("2026-09-16")
    await to_joint_review(drive, "500000.00")
    with pytest.raises(Closed):
        await drive.act(LEAD, "conclude_joint_review", remarks="通过")
    await give_all(drive)
    drive.at("2026-09-24")
    assert [one.state for one in (await drive.desk(UNIT)).project.deadlines] == ["met"] * 3
    await drive.act(LEAD, "return_with_remarks", remarks="完善接口设计。")
    (revise,) = [one for one in (await drive.desk(UNIT)).project.deadlines if one.clock == "revise"]
    assert (revise.due_on, revise.article, revise.state) == (date(2026, 10, 15), "第十五条（三）", "open")
    assert "approve" not in await drive.open_actions(APPROVER)
    await drive.act(UNIT, "submit_revision", remarks="已修改。")
    await drive.act(LEAD, "pass_recheck")
    done = await drive.act(APPROVER, "approve", approval_number="灌发改〔2026〕1号", approved_amount="498000.00")
    assert done.phase == "approved"
    await drive.act(
        UNIT, "record_signing", contracts_signed_on="2026-03-04", contract_amount="490000", winning_bidder="中标单位"
    )
    (filing,) = [one for one in (await drive.desk(UNIT)).project.deadlines if one.clock == "file_contract"]
    assert filing.due_on == date(2026, 3, 18)
    assert len(await drive.missing(UNIT, "file_contract")) == 2
    await drive.hand_in(UNIT, "contract", "price_list")
    await drive.act(UNIT, "file_contract")
    await drive.act(LEAD, "accept_contract_filing")
    project = (await drive.desk(UNIT)).project
    assert all(one.state != "open" for one in project.deadlines)
    assert [entry.seq for entry in project.history] == sorted({entry.seq for entry in project.history})
    assert {entry.action for entry in project.history} >= {"projects.submit", "projects.approve"}


async def test_the_lowest_tier_is_filed_only(drive):
    drive.at("2026-03-02")
    await drive.submit("499999.99")
    assert "pass_pre_review" not in await drive.open_actions(LEAD)
    await drive.act(LEAD, "accept_filing", filing_number="灌数备〔2026〕1号")
    assert "record_signing" in await drive.open_actions(UNIT)


async def test_the_highest_tier_needs_a_reviewed_estimate_first(drive):
    drive.at("2026-03-02")
    await drive.declare("1000000.00")
    await drive.hand_in_all()
    assert "estimate_not_reviewed" in reasons(await drive.desk(UNIT), "submit")
    await drive.act(UNIT, "request_estimate_review")
    await drive.hand_in(ESTIMATES, "finance_reviewed_estimate")
    await drive.act(ESTIMATES, "issue_reviewed_estimate", reviewed_estimate="980000.00")
    await drive.act(UNIT, "submit")
    assert "pass_pre_review" in await drive.open_actions(LEAD)


@pytest.mark.parametrize(
    ("budget", "papers"),
    [
        ("499999.99", {"项目建议书"}),
        ("500000.00", {"可行性研究报告"}),
        ("999999.99", {"可行性研究报告"}),
        ("1000000.00", {"项目建议书", "可行性研究报告", "初步设计", "审核概算"}),
    ],
)
async def test_submitting_without_papers_lists_all_of_them_with_articles(drive, budget, papers):
    drive.at("2026-03-02")
    await drive.declare(budget)
    with pytest.raises(Closed) as refused:
        await drive.act(UNIT, "submit")
    said = [item.message for item in refused.value.items if item.code == "missing_paper"]
    assert all(any(paper in line for line in said) for paper in papers), said
    assert all(item.article and item.quotation for item in refused.value.items)


async def test_a_failed_pre_review_leaves_thirty_days(drive):
    drive.at("2026-03-02")
    await drive.submit("700000")
    await drive.act(LEAD, "fail_pre_review", reason="必要性论证不足。")
    (reapply,) = [one for one in (await drive.desk(UNIT)).project.deadlines if one.clock == "reapply"]
    assert (reapply.due_on, reapply.on_expiry) == (date(2026, 4, 1), "deemed_abandoned")
    await drive.act(UNIT, "submit")
    assert {one.state for one in (await drive.desk(UNIT)).project.deadlines} == {"met"}


@pytest.mark.demand("D39")
async def test_nobody_acts_out_of_turn_or_for_another_office(drive):
    drive.at("2026-03-02")
    await drive.submit("700000")
    with pytest.raises(Forbidden):
        await drive.act(UNIT, "pass_pre_review")
    with pytest.raises(Forbidden):
        await drive.act(FINANCE, "pass_pre_review")
    with pytest.raises(Closed):
        await drive.act(LEAD, "open_joint_review", opinions_due_on="2026-03-20")


@pytest.mark.demand("D37")
async def test_one_person_has_one_duty_in_a_project(drive, superuser, work, staff):
    drive.at("2026-09-16")
    await to_joint_review(drive, "700000")
    approver = await drive.actor(APPROVER)

    await superuser.execute(
        text("INSERT INTO project_duty VALUES ('320723', :project, :person, 'review')"),
        {"project": drive.project, "person": approver.person},
    )
    await superuser.commit()
    await give_all(drive)
    await drive.act(LEAD, "conclude_joint_review", remarks="通过")
    with pytest.raises(Separated):
        await drive.act(APPROVER, "approve", approval_number="灌发改〔2026〕2号", approved_amount="1")


async def test_a_paper_that_only_the_approval_needs_can_be_handed_in_during_the_review(drive):
    drive.at("2026-09-16")
    await drive.declare("700000")
    await drive.hand_in(UNIT, "feasibility_report")
    await drive.act(UNIT, "submit")
    with pytest.raises(Closed):
        await drive.hand_in(UNIT, "feasibility_report")
    await drive.hand_in(UNIT, "resource_catalogue")


async def tasks(drive, work, law, who) -> list[str]:
    actor = await drive.actor(who)
    async with work(read_only=True) as uow:
        await uow.enter(actor.tenant)
        return [task.label for task in await inbox(uow, actor, law.calendar) if task.project == drive.project]


async def test_inboxes_hold_what_is_ones_own_to_do_and_nothing_that_waits_for_others(drive, work, law):
    drive.at("2026-09-14")
    await drive.declare("700000")
    await drive.hand_in(UNIT, "feasibility_report")
    await drive.act(UNIT, "submit")
    assert await tasks(drive, work, law, LEAD) == ["预审"]
    await drive.act(LEAD, "pass_pre_review")
    await drive.act(LEAD, "open_joint_review", opinions_due_on="2026-09-23")
    assert await tasks(drive, work, law, LEAD) == []
    assert await tasks(drive, work, law, FINANCE) == ["反馈联审意见"]
    await give_all(drive)
    assert await tasks(drive, work, law, LEAD) == ["出具联审结论"]
    await drive.act(LEAD, "conclude_joint_review", remarks="通过")
    assert await tasks(drive, work, law, APPROVER) == []
    assert await tasks(drive, work, law, UNIT) == ["缺数据资源目录"]
    await drive.hand_in(UNIT, "resource_catalogue")
    assert await tasks(drive, work, law, APPROVER) == ["审批立项"]


async def test_a_draft_is_its_units_to_submit_and_nobody_elses_to_see(drive, work, staff, law):
    drive.at("2026-03-02")
    await drive.declare("700000")
    unit, lead = await drive.actor(UNIT), await drive.actor(LEAD)
    async with work(read_only=True) as uow:
        await uow.enter(unit.tenant)
        mine = [task.action for task in await inbox(uow, unit, law.calendar) if task.project == drive.project]
        theirs = [task.project for task in await inbox(uow, lead, law.calendar)]
    assert mine == ["submit"]
    assert drive.project not in theirs
    with pytest.raises(NotFound):
        await drive.desk(LEAD)
