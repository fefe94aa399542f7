"""Projects of Jingzhou through the commands and the database, by the people of the demonstration."""

from datetime import date

import pytest

from lianshen.identity.types import Actor
from lianshen.kernel.errors import Closed
from lianshen.projects import commands
from tests.walk.driver import Driver, reasons

OFFICE = {
    "project_unit": "市教育局",
    "smart_jingzhou_office": "市智慧办",
    "city_e_government_office": "市政务电子办",
    "city_finance_bureau": "市财政局",
    "city_audit_bureau": "市审计局",
    "city_development_reform_department": "市发改部门",
    "city_government": "市政府办公室",
}
UNIT = (OFFICE["project_unit"], "applicant")
LEAD = (OFFICE["smart_jingzhou_office"], "lead_officer")
EGOV = (OFFICE["city_e_government_office"], "co_reviewer")
FINANCE = (OFFICE["city_finance_bureau"], "co_reviewer")
MONEY = (OFFICE["city_finance_bureau"], "estimate_reviewer")
AUDIT = (OFFICE["city_audit_bureau"], "co_reviewer")
APPROVER = (OFFICE["city_development_reform_department"], "approver")
GOVERNMENT = (OFFICE["city_government"], "government_officer")
PAPERS = ("application_form", "construction_plan", "project_budget")
FORM = {
    "title": "政务数据平台",
    "summary": "汇聚部门数据。",
    "unit": "city_department",
    "kind": "new_build",
    "content_type": "application_system",
    "item_type": "ordinary_content",
    "funding": "fiscal",
    "plan_year": "2026",
    "in_approved_plan": "true",
    "hosting": "unified_base_platform",
}


class Jingzhou(Driver):
    async def actor(self, who: tuple[str, str]) -> Actor:
        found: Actor = await self._staff.actor(self._staff.find(*who, tenant="421000"), "421000")
        return found

    async def begin(self, day: str) -> None:
        """A draft with its papers, declared."""
        self.at(day)
        actor = await self.actor(UNIT)
        async with self._work() as uow:
            await uow.enter(actor.tenant)
            form = FORM | {"plan_year": str(date.fromisoformat(day).year + 1)}
            self.project = (await commands.declare(uow, actor, self._law, form)).project
            await uow.commit()
        await self.hand_in(UNIT, *PAPERS)
        await self.act(UNIT, "declare")

    async def reviewed(self, day: str) -> None:
        """Declared, reviewed, the result filed, the bodies heard."""
        await self.begin(day)
        await self.act(LEAD, "pass_necessity_review")
        await self.act(EGOV, "pass_technical_review")
        await self.act(EGOV, "hold_expert_review", expert_count="5", opinion="可行。")
        await self.act(EGOV, "report_review_result", result="通过。")
        await self.act(LEAD, "file_review_result", filing_number="PS-1")
        await self.act(LEAD, "open_joint_review", opinions_due_on=day)
        for who in (EGOV, FINANCE):
            await self.act(who, "give_opinion", verdict="agree", remarks="同意。")


@pytest.fixture
def project(work, staff, law, tmp_path):
    return Jingzhou(work, staff, law, tmp_path)


async def test_a_new_build_from_declaration_to_evaluation(project):
    await project.reviewed("2025-07-10")
    await project.act(LEAD, "enter_plan", approved_completion_on="2026-12-31")
    await project.act(GOVERNMENT, "approve_plan", decision="市政府常务会议纪要")
    await project.act(APPROVER, "approve", approval_number="发改审〔2025〕1号")
    await project.act(MONEY, "pass_investment_review", reviewed_estimate="2900000")
    await project.act(MONEY, "arrange_funds", approved_amount="2900000", budget_entry="YS-1")
    await project.act(UNIT, "name_responsible", responsible_head="主要负责人", project_manager="项目责任人")
    await project.act(UNIT, "appoint_supervisor", supervisor="监理单位")
    await project.act(UNIT, "open_procurement", method="open_tender", basis="tender_law")
    await project.act(
        UNIT, "record_award", contracts_signed_on="2025-07-10", contract_amount="2800000", winning_bidder="中标单位"
    )
    await project.act(UNIT, "start_construction", account="专账一")
    deadlines = {one.clock: one.due_on for one in (await project.desk(UNIT)).project.deadlines}
    assert deadlines["completion"] == date(2027, 12, 31)
    await project.act(UNIT, "record_completion", completed_on="2025-07-10")
    await project.act(UNIT, "start_trial_run")
    await project.act(UNIT, "finish_trial_run", result="运行正常。")
    await project.hand_in(UNIT, "acceptance_application")
    await project.act(UNIT, "apply_for_acceptance", statement="已竣工并试运行。")
    await project.act(EGOV, "open_acceptance", opinions_due_on="2025-07-10")
    await project.act(FINANCE, "give_opinion", verdict="agree", remarks="同意。")
    await project.act(
        EGOV, "fail_acceptance", rectification_due_on="2025-09-01", expert_count="3", opinion="性能不足。"
    )
    await project.act(UNIT, "report_rectification", result="已整改。")
    await project.act(UNIT, "apply_for_acceptance", statement="已整改。")
    await project.act(EGOV, "open_acceptance", opinions_due_on="2025-07-10")
    await project.act(FINANCE, "give_opinion", verdict="agree", remarks="同意。")
    await project.act(EGOV, "pass_acceptance", acceptance_passed_on="2025-07-10", expert_count="3", opinion="合格。")
    await project.act(UNIT, "go_live")
    await project.act(EGOV, "open_evaluation", opinions_due_on="2025-07-10")
    for who in (FINANCE, AUDIT):
        await project.act(who, "give_opinion", verdict="agree", remarks="同意。")
    await project.act(EGOV, "conclude_evaluation", result="良好。")
    await project.act(LEAD, "receive_evaluation")
    assert (await project.desk(UNIT)).project.phase == "evaluated"


async def test_a_refusal_found_on_one_project_holds_the_next_of_the_unit_until_released(
    project, work, staff, law, tmp_path
):
    found = Jingzhou(work, staff, law, tmp_path)
    await found.begin("2025-07-10")
    await found.act(LEAD, "hold_for_refusal", finding="拒绝提供数据。")
    await project.reviewed("2025-07-11")
    assert reasons(await project.desk(LEAD), "enter_plan") == {"new_projects_on_hold"}
    with pytest.raises(Closed):
        await project.act(LEAD, "enter_plan", approved_completion_on="2026-12-31")
    await found.act(LEAD, "release_hold", reason="已提供数据。")
    await project.act(LEAD, "enter_plan", approved_completion_on="2026-12-31")
