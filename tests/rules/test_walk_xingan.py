"""Projects of Xingan from draft to operation and evaluation, act by act, as pure functions."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

import pytest

from lianshen.rules.queries import Pack, amiss, assess, enact, load_pack, read_inputs
from lianshen.rules.types import Action, FactValue, Outcome
from tests.rules.law import TENANTS, calendar, vocabulary

ON = date(2026, 3, 2)
TODAY = ON.isoformat()
SOON = (ON + timedelta(days=5)).isoformat()
AT_APPROVAL = ("feasibility_report", "product_security_statement", "resource_catalogue")
AT_ACCEPTANCE = (
    "acceptance_application",
    "project_summary",
    "financial_report",
    "audit_report",
    "intensive_and_sharing_assessment_report",
    "security_risk_assessment_report",
    "crypto_assessment_report",
)
CHAPTERS = ("has_intensive_chapter", "has_data_sharing_chapter", "has_security_section", "has_crypto_plan")
STATEMENTS = ("states_owner", "states_funding_source", "states_scale", "states_estimate")


@cache
def xingan() -> Pack:
    return load_pack(TENANTS / "360824-xingan" / "pack-2021-05-10", vocabulary(), calendar())


def declaration(**more: str) -> dict[str, FactValue]:
    """The facts of an ordinary planned new build of a county department, typed into its form."""
    typed = {
        "title": "教育数据平台",
        "summary": "汇聚全县教育数据。",
        "unit": "county_department",
        "kind": "new_build",
        "system_type": "business_system",
        "meets_gbt_40692": "on",
        "in_approved_plan": "on",
        "preparation_depth_met": "on",
        "funding": "fiscal",
        "total_investment": "3,000,000",
        **dict.fromkeys((*CHAPTERS, *STATEMENTS), "on"),
    }
    facts, errors = read_inputs(xingan().intake, typed | more)
    assert not errors
    return facts


class Project:
    """A project of Xingan that is walked through its actions, purely."""

    def __init__(self, facts: Mapping[str, FactValue], on: date = ON) -> None:
        self.facts, self.on = dict(facts), on

    @property
    def phase(self) -> str:
        return assess(xingan(), self.facts, "", self.on).phase

    def action(self, code: str) -> Action:
        return next(one for one in assess(xingan(), self.facts, "", self.on).actions if one.code == code)

    def reasons(self, code: str) -> set[str]:
        return {reason.code for reason in self.action(code).reasons}

    def can(self, code: str) -> bool:
        return self.action(code).open

    def hand_in(self, *papers: str) -> None:
        before = self.facts.get("documents", ())
        assert isinstance(before, tuple)
        self.facts["documents"] = (*before, *papers)

    def amend(self, **typed: FactValue) -> None:
        assert assess(xingan(), self.facts, "", self.on).amendable
        self.facts |= typed

    def fill(self, code: str, **typed: str) -> tuple[dict[str, FactValue], set[str]]:
        """The answers of a form, what is not of interest in passing; and the fields that the law does not accept."""
        action = self.action(code)
        assert action.open, (code, self.phase, [reason.label for reason in action.reasons])
        passing = {
            field.name: "已核。" for field in action.form if field.kind in ("text", "textarea") and field.required
        }
        passing |= {field.name: field.options[0].code for field in action.form if field.kind == "choice"}
        passing |= {field.name: TODAY for field in action.form if field.kind == "date"}
        inputs, errors = read_inputs(action.form, passing | typed, on=self.on)
        assert not errors, errors
        return inputs, {*amiss(xingan(), self.facts, code, inputs, self.on)}

    def do(self, code: str, by: str = "", **typed: str) -> Outcome:
        inputs, wrong = self.fill(code, **typed)
        assert not wrong
        outcome = enact(xingan(), self.facts, code, inputs, self.on, by=by)
        self.facts = dict(outcome.facts)
        return outcome

    def hear_everyone(self, action: str = "give_opinion") -> set[str]:
        pending = self.facts["opinions_pending"]
        assert isinstance(pending, tuple)
        for body in pending:
            self.do(action, by=body, verdict="agree")
        return {*pending}


def submitted(*papers: str, **more: str) -> Project:
    project = Project(declaration(**more))
    project.hand_in(*AT_APPROVAL, *papers)
    project.do("submit")
    return project


def approved(*papers: str, amount: str = "3,000,000", **more: str) -> Project:
    project = submitted(*papers, total_investment=amount, **more)
    project.do("admit", invites_finance_bureau="on")
    project.do("convene_review", opinions_due_on=SOON)
    project.hear_everyone()
    project.do("pass_project_review")
    project.do("approve", approved_amount=amount)
    return project


def reviewed(**more: str) -> Project:
    project = approved(**more)
    project.hand_in("technical_review_plan")
    project.do("submit_technical_plan", technical_chapters="on")
    project.do("record_expert_review", experts_present="3")
    project.do("pass_technical_review")
    return project


def test_a_planned_project_of_the_county_goes_from_draft_to_its_evaluation() -> None:
    project = Project(declaration())
    assert (project.phase, project.reasons("submit")) == ("draft", {"missing_paper", "no_resource_catalogue"})
    project.hand_in(*AT_APPROVAL)
    project.do("submit")
    assert project.phase == "admission"
    project.do("admit", invites_cyberspace_centre="on", invites_finance_bureau="on")
    project.do("convene_review", opinions_due_on=SOON)
    assert project.reasons("pass_project_review") == {"opinions_pending"}
    assert project.hear_everyone() == {"county_cyberspace_centre", "county_finance_bureau"}
    project.do("pass_project_review")
    assert project.phase == "approving"
    project.do("approve", approved_amount="2,950,000")
    # 先审批，后技术性审查
    assert project.phase == "approved"
    assert project.reasons("open_procurement") == {"technical_review_not_passed"}
    assert project.reasons("submit_technical_plan") == {"missing_paper"}
    project.hand_in("technical_review_plan")
    project.do("submit_technical_plan", technical_chapters="on")
    assert project.reasons("pass_technical_review") == {"expert_review_first"}
    assert not project.action("record_city_pass").timely
    project.do("record_expert_review", experts_present="1")
    project.do("pass_technical_review")
    assert project.phase == "technically_passed"
    project.do("open_procurement", manner="tender")
    project.do("record_contract", contract_amount="2,900,000")
    assert project.reasons("start_building") == {"responsible_not_named", "no_supervision"}
    project.hand_in("project_management_rules", "security_and_crypto_rules")
    (begun,) = project.do("name_responsible", planned_acceptance_on="2026-09-30").starts
    assert (begun.clock.code, begun.due_on) == ("planned_acceptance", date(2026, 9, 30))
    project.do("appoint_supervisor")
    project.do("start_building")
    assert project.phase == "implementing"
    project.do("report_progress")
    project.do("record_completion")
    assert project.reasons("apply_acceptance") == {"missing_paper", "no_data_sharing_confirmation"}
    project.do("request_sharing_review")
    project.do("confirm_sharing", connected_to_exchange_platform="on")
    project.hand_in(*AT_ACCEPTANCE)
    project.do("apply_acceptance")
    assert project.do("accept").stops == ("planned_acceptance",)
    (begun,) = project.do("go_live", warranty_ends_on="2027-09-30").starts
    assert (begun.clock.code, begun.due_on) == ("warranty", date(2027, 9, 30))
    assert project.phase == "operating"
    assert project.do("enter_operations_budget", annual_budget="100,000").stops == ("warranty",)
    project.do("report_checks")
    project.do("open_evaluation", opinions_due_on=SOON)
    assert project.reasons("conclude_evaluation") == {"opinions_pending"}
    assert len(project.hear_everyone("give_evaluation_opinion")) == 5
    project.do("conclude_evaluation")
    assert project.phase == "evaluated"


@pytest.mark.parametrize(("amount", "city"), [("4,999,999.99", False), ("5,000,000", True), ("5,000,000.01", True)])
def test_from_five_million_the_city_reviews(amount: str, city: bool) -> None:
    project = approved(amount=amount)
    project.hand_in("technical_review_plan")
    project.do("submit_technical_plan", technical_chapters="on")
    assert project.action("record_city_pass").timely == city
    assert project.action("record_expert_review").timely == (not city)
    if city:
        project.do("record_city_fail")
        assert project.phase == "technical_review_failed"
        project.do("submit_technical_plan", technical_chapters="on")
        project.do("record_city_pass")
        assert project.can("open_procurement")


@pytest.mark.parametrize(("amount", "missing"), [("9,999,999.99", set()), ("10,000,000", {"missing_paper"})])
def test_from_ten_million_a_design_is_due(amount: str, missing: set[str]) -> None:
    project = Project(declaration(total_investment=amount))
    project.hand_in(*AT_APPROVAL)
    assert project.reasons("submit") == missing


def test_exactly_five_million_may_be_settled_for_the_county_on_record() -> None:
    project = submitted(total_investment="5,000,000")
    field = project.action("settle_reading").form[0]
    assert [option.code for option in field.options] == ["at_the_line=reading", "at_the_line=other"]
    project.do("settle_reading", reading="at_the_line=other")
    project.do("admit")
    project.do("convene_review", opinions_due_on=TODAY)
    project.do("pass_project_review")
    project.do("approve", approved_amount="5,000,000")
    project.hand_in("technical_review_plan")
    project.do("submit_technical_plan", technical_chapters="on")
    assert project.action("record_expert_review").timely
    assert not project.action("record_city_pass").timely


def test_an_investment_that_grows_past_the_line_is_reviewed_again() -> None:
    project = reviewed(amount="4,999,999")
    project.do("propose_change", change_amount="1")
    assert "投资额调整跨过500万元后由谁审查" in points(project)
    project.do("confirm_change")
    assert project.facts["total_investment"] == 500_000_000
    assert project.reasons("open_procurement") == {"technical_review_not_passed"}
    project.do("submit_technical_plan", technical_chapters="on")
    project.do("record_city_pass")
    assert project.can("open_procurement")


def test_a_change_that_is_rejected_leaves_everything_as_it_was() -> None:
    project = reviewed(amount="4,999,999")
    project.do("propose_change", change_amount="1")
    project.do("reject_change")
    assert project.can("open_procurement")
    assert "投资额调整跨过500万元后由谁审查" not in points(project)


def points(project: Project) -> set[str]:
    return {dispute.point for dispute in assess(xingan(), project.facts, "", ON).disputes}


def test_an_unplanned_project_waits_for_an_exception_with_all_three_papers() -> None:
    project = Project(declaration(in_approved_plan="", special_reason="none"))
    project.hand_in(*AT_APPROVAL)
    assert len(project.action("submit").reasons) == 2
    project.hand_in("project_proposal", "preliminary_design")
    project.do("submit")
    project.do("admit")
    assert project.reasons("convene_review") == {"not_in_approved_plan"}
    project.do("grant_exception", exception="not_in_approved_plan")
    project.do("convene_review", opinions_due_on=TODAY)


def test_an_urgent_project_for_public_security_comes_with_the_study_alone() -> None:
    urgent = {"in_approved_plan": "", "special_reason": "public_security", "emergency": "on"}
    project = submitted(**urgent)
    project.do("settle_reading", reading="special_way=other")
    project.do("return_application")
    assert project.reasons("submit") == {"missing_paper"}
    project.hand_in("project_proposal", "preliminary_design")
    project.do("submit")
    project.do("admit")
    assert project.can("convene_review")
    slow = submitted("project_proposal", "preliminary_design", **(urgent | {"emergency": ""}))
    slow.do("admit")
    assert slow.reasons("convene_review") == {"not_urgent"}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"builds_private_network": "on"}, "private_network"),
        ({"buys_compute_or_storage_hardware": "on"}, "own_hardware"),
        ({"data_open_to_selected_companies_only": "on"}, "exclusive_data_opening"),
        ({"has_crypto_plan": ""}, "chapter_missing"),
        ({"states_scale": ""}, "contents_missing"),
        ({"classified": "on"}, "outside_platform"),
        ({"special_provision_applies": "on"}, "outside_platform"),
        ({"unit": "county_institution", "funding": "self_raised"}, "out_of_scope"),
        ({"kind": "goods"}, "out_of_scope"),
        ({"system_type": "none_of_these"}, "out_of_scope"),
    ],
)
def test_what_the_law_bars_is_not_taken(said: dict[str, str], reason: str) -> None:
    project = Project(declaration(**said))
    project.hand_in(*AT_APPROVAL)
    assert project.reasons("submit") == {reason}


def test_a_machine_room_needs_a_reasoned_exception() -> None:
    project = submitted(builds_infrastructure="on")
    project.do("admit")
    assert project.reasons("convene_review") == {"own_infrastructure"}
    project.do("grant_exception", exception="own_infrastructure")
    assert project.can("convene_review")


def test_a_joint_project_has_one_framework_and_no_overlap() -> None:
    project = Project(declaration(cross_department="on"))
    project.hand_in(*AT_APPROVAL)
    assert [reason.paper for reason in project.action("submit").reasons] == ["unified_framework_plan"]
    project.hand_in("unified_framework_plan")
    project.do("submit")
    project.do("admit")
    project.do("convene_review", opinions_due_on=TODAY)
    project.do("pass_project_review")
    assert project.fill("approve", approved_amount="1")[1] == {"no_overlap_found"}
    project.do("approve", approved_amount="3,000,000", no_overlap_found="on")


def test_a_project_sent_back_begins_its_review_anew() -> None:
    project = submitted()
    project.do("admit", invites_party_office="on", invites_government_office="on")
    project.do("convene_review", opinions_due_on=TODAY)
    assert project.hear_everyone() == {"county_party_office", "county_government_office"}
    project.do("fail_project_review")
    assert project.phase == "failed"
    project.amend(summary="已压缩建设内容。")
    project.do("submit")
    assert project.phase == "admission"
    project.do("return_application")
    assert project.phase == "returned"
    project.do("submit")
    project.do("withdraw")
    assert project.phase == "withdrawn"


def test_silence_does_not_hold_up_the_conclusion() -> None:
    project = submitted()
    project.do("admit", invites_finance_bureau="on")
    project.do("convene_review", opinions_due_on=TODAY)
    assert not project.can("pass_project_review")
    project.on += timedelta(days=1)
    project.do("pass_project_review")
    project.do("refuse_approval")
    assert project.phase == "refused"


def test_a_plan_without_its_chapters_and_a_review_without_experts_are_not_taken() -> None:
    project = approved()
    project.hand_in("technical_review_plan")
    assert project.fill("submit_technical_plan")[1] == {"technical_chapters"}
    project.do("submit_technical_plan", technical_chapters="on")
    assert project.fill("record_expert_review", experts_present="0")[1] == {"experts_present"}
    project.do("record_expert_review", experts_present="1")
    project.do("fail_technical_review")
    assert project.phase == "technical_review_failed"
    project.do("submit_technical_plan", technical_chapters="on")
    assert project.reasons("pass_technical_review") == {"expert_review_first"}


def test_a_defective_system_closes_new_projects_of_its_unit_until_it_is_rectified() -> None:
    found = submitted()
    sound = {
        "unit_system_shares_data": "on",
        "unit_system_in_county_catalogue": "on",
        "unit_system_meets_crypto_and_security": "on",
    }
    assert found.fill("find_defect", **sound)[1] == {"unit_system_shares_data"}
    found.do("find_defect", **(sound | {"unit_system_in_county_catalogue": ""}))
    found.do("admit")
    of_unit = {name: found.facts[name] for name in xingan().of_unit if name in found.facts}
    for kind, barred in (("new_build", True), ("expansion", True), ("upgrade", True), ("operations", False)):
        other = Project(declaration(kind=kind) | of_unit)
        other.hand_in(*AT_APPROVAL)
        assert ("unit_under_rectification" in other.reasons("submit")) == barred
    found.do("confirm_rectification")
    other = Project(declaration() | {name: found.facts[name] for name in of_unit})
    other.hand_in(*AT_APPROVAL)
    assert other.can("submit")


def test_the_county_centre_is_told_that_it_reviews_itself() -> None:
    notices = {notice.code for notice in assess(xingan(), declaration(unit="county_big_data_centre"), "", ON).notices}
    assert "self_review" in notices
    assert "self_review" not in {notice.code for notice in assess(xingan(), declaration(), "", ON).notices}
