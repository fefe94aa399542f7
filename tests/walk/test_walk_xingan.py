"""Projects of Xingan through the commands and the database, by the people of the demonstration."""

import pytest

from lianshen.identity.types import Actor
from lianshen.kernel.errors import Closed
from lianshen.projects import commands
from tests.walk.driver import Driver, reasons

UNIT = ("县教育局", "applicant")
LEAD = ("县发改委", "lead_officer")
APPROVER = ("县发改委", "approver")
CENTRE = ("县大数据中心", "co_reviewer")
SHARING = ("县大数据中心", "lead_officer")
PARTY = ("县委办公室", "co_reviewer")
OFFICE = ("县政府办公室", "co_reviewer")
CYBER = ("县委网络安全和信息化中心", "co_reviewer")
FINANCE = ("县财政局", "co_reviewer")
INDUSTRY = ("县工信局", "co_reviewer")
AUDIT = ("县审计局", "co_reviewer")
SECTOR = ("县住房和城乡建设局", "lead_officer")
PAPERS = ("feasibility_report", "product_security_statement", "resource_catalogue")
AT_ACCEPTANCE = (
    "acceptance_application",
    "project_summary",
    "financial_report",
    "audit_report",
    "intensive_and_sharing_assessment_report",
    "security_risk_assessment_report",
    "crypto_assessment_report",
)
FORM = {
    "title": "教育数据平台",
    "summary": "汇聚全县教育数据。",
    "unit": "county_department",
    "kind": "new_build",
    "system_type": "business_system",
    "funding": "fiscal",
    "total_investment": "3,000,000",
} | dict.fromkeys(
    (
        "meets_gbt_40692",
        "in_approved_plan",
        "preparation_depth_met",
        "has_intensive_chapter",
        "has_data_sharing_chapter",
        "has_security_section",
        "has_crypto_plan",
        "states_owner",
        "states_funding_source",
        "states_scale",
        "states_estimate",
    ),
    "true",
)
TOPICS = {"intensive_construction": "已核。", "resource_sharing": "已核。", "security_and_crypto": "已核。"}
OPINION = {"verdict": "agree", "remarks": "同意。"}
FINDINGS = {"product_security": "可靠。", "crypto_and_security": "合格。", "sharing": "已共享。"}


class Xingan(Driver):
    async def actor(self, who: tuple[str, str]) -> Actor:
        found: Actor = await self._staff.actor(self._staff.find(*who, tenant="360824"), "360824")
        return found

    async def begin(self, **more: str) -> None:
        """A draft with its papers."""
        actor = await self.actor(UNIT)
        async with self._work() as uow:
            await uow.enter(actor.tenant)
            self.project = (await commands.declare(uow, actor, self._law, FORM | more)).project
            await uow.commit()
        await self.hand_in(UNIT, *PAPERS)

    async def approved(self) -> None:
        """Submitted, reviewed by those invited, approved."""
        await self.begin()
        await self.act(UNIT, "submit")
        await self.act(LEAD, "admit", invites_cyberspace_centre="true", invites_finance_bureau="true")
        await self.act(LEAD, "convene_review", opinions_due_on="2026-03-09")
        for who in (CYBER, FINANCE):
            await self.act(who, "give_opinion", **OPINION, **TOPICS)
        await self.act(LEAD, "pass_project_review", remarks="通过。")
        await self.act(
            APPROVER,
            "approve",
            approval_number="干发改〔2026〕1号",
            approved_amount="3,000,000",
            weight="已核。",
            **TOPICS,
        )

    async def completed(self) -> None:
        """Approved, its plan reviewed, bought, built, its sharing confirmed, handed in for acceptance."""
        await self.approved()
        await self.hand_in(UNIT, "technical_review_plan")
        await self.act(UNIT, "submit_technical_plan", technical_chapters="true")
        await self.act(CENTRE, "record_expert_review", experts_present="3", conclusion="可行。")
        await self.act(CENTRE, "pass_technical_review", opinion="通过。", **TOPICS)
        await self.act(UNIT, "open_procurement", manner="tender")
        await self.act(
            UNIT,
            "record_contract",
            contracts_signed_on="2026-03-02",
            contract_amount="2,900,000",
            winning_bidder="中标单位",
        )
        await self.hand_in(UNIT, "project_management_rules", "security_and_crypto_rules")
        await self.act(
            UNIT,
            "name_responsible",
            implementing_body="信息中心",
            project_manager="负责人",
            planned_acceptance_on="2026-09-30",
        )
        await self.act(UNIT, "appoint_supervisor", supervisor_name="监理单位")
        await self.act(UNIT, "start_building", crypto="同步建设。")
        await self.act(UNIT, "record_completion", completed_on="2026-03-02")
        await self.act(UNIT, "request_sharing_review", scope="跨部门。", feedback="按月反馈。")
        await self.act(CENTRE, "confirm_sharing", connected_to_exchange_platform="true", opinion="已完成。")
        await self.hand_in(UNIT, *AT_ACCEPTANCE)
        await self.act(UNIT, "apply_acceptance")


@pytest.fixture
def project(work, staff, law, tmp_path):
    one = Xingan(work, staff, law, tmp_path)
    one.at("2026-03-02")
    return one


async def test_a_project_of_the_county_from_draft_to_its_evaluation(project):
    await project.completed()
    await project.act(APPROVER, "accept", acceptance_passed_on="2026-03-02", **FINDINGS)
    await project.act(UNIT, "go_live", warranty_ends_on="2027-09-30", crypto="同步运行。")
    await project.act(UNIT, "enter_operations_budget", annual_budget="100,000")
    await project.act(SHARING, "open_evaluation", draft="效果良好。", opinions_due_on="2026-03-09")
    for who in (PARTY, OFFICE, CYBER, FINANCE, INDUSTRY):
        await project.act(who, "give_evaluation_opinion", **OPINION)
    done = await project.act(SHARING, "conclude_evaluation", conclusion="良好。")
    assert done.phase == "evaluated"


async def test_a_department_to_which_the_acceptance_is_left_reports_with_its_papers(project):
    await project.completed()
    await project.act(APPROVER, "delegate_acceptance", acceptance_delegated_to="industry_department")
    assert reasons(await project.desk(SECTOR), "report_accepted") == {"missing_paper"}
    await project.hand_in(SECTOR, "acceptance_report", "acceptance_materials")
    done = await project.act(SECTOR, "report_accepted", acceptance_passed_on="2026-03-02", **FINDINGS)
    assert done.phase == "accepted"
    await project.act(AUDIT, "record_special_audit", finding="未发现问题。")


async def test_a_defect_found_on_one_project_bars_the_next_of_the_same_unit(project, work, staff, law, tmp_path):
    await project.approved()
    next_one = Xingan(work, staff, law, tmp_path)
    await next_one.begin(title="后续平台")
    await project.act(
        SHARING,
        "find_defect",
        unit_system_shares_data="true",
        unit_system_in_county_catalogue="true",
        finding="密码应用不符合要求。",
    )
    assert reasons(await next_one.desk(UNIT), "submit") == {"unit_under_rectification"}
    with pytest.raises(Closed):
        await next_one.act(UNIT, "submit")
    await project.act(SHARING, "confirm_rectification", result="已整改。")
    assert (await next_one.act(UNIT, "submit")).phase == "admission"
