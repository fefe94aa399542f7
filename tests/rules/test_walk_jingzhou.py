"""Projects of Jingzhou from draft to the end of the text, act by act, as pure functions."""

from datetime import date, timedelta
from functools import cache

import pytest

from lianshen.rules.queries import Pack, amiss, assess, enact, expire, load_pack, read_inputs
from lianshen.rules.types import Action, Facts, FactValue, Outcome
from tests.rules.law import TENANTS, calendar, vocabulary

ON = date(2025, 7, 10)
TODAY = ON.isoformat()
FORM = {
    "title": "政务数据平台",
    "summary": "汇聚部门数据。",
    "unit": "city_department",
    "kind": "new_build",
    "content_type": "application_system",
    "item_type": "ordinary_content",
    "funding": "fiscal",
    "plan_year": "2026",
    "in_approved_plan": "on",
    "hosting": "unified_base_platform",
}
PAPERS = ("application_form", "construction_plan", "operations_plan", "project_budget", "acceptance_application")


@cache
def pack() -> Pack:
    return load_pack(TENANTS / "421000-jingzhou" / "pack-2017-08-24", vocabulary(), calendar())


class Walk:
    """A project that is walked through its actions; ``known`` is what is known of its unit beforehand."""

    def __init__(self, known: Facts | None = None, on: date = ON, **more: str) -> None:
        facts, errors = read_inputs(pack().intake, FORM | more)
        assert not errors
        self.facts: dict[str, FactValue] = {**(known or {}), **facts, "documents": PAPERS}
        self.on = on

    @property
    def phase(self) -> str:
        return assess(pack(), self.facts, "", self.on).phase

    @property
    def known(self) -> dict[str, FactValue]:
        return {name: value for name, value in self.facts.items() if name in pack().of_unit}

    def action(self, code: str) -> Action:
        return next(a for a in assess(pack(), self.facts, "", self.on).actions if a.code == code)

    def open(self) -> set[str]:
        return {action.code for action in assess(pack(), self.facts, "", self.on).actions if action.open}

    def reasons(self, code: str) -> set[str]:
        return {reason.code for reason in self.action(code).reasons}

    def do(self, code: str, by: str = "", **typed: str) -> Outcome:
        action = self.action(code)
        assert action.open, (code, self.phase, [reason.label for reason in action.reasons])
        inputs, errors = read_inputs(action.form, typed, on=self.on)
        assert not errors, errors
        assert not amiss(pack(), self.facts, code, inputs, self.on)
        outcome = enact(pack(), self.facts, code, inputs, self.on, by=by)
        self.facts = dict(outcome.facts)
        return outcome

    def hear(self, *bodies: str) -> None:
        assert set(self.facts["opinions_pending"]) == set(bodies)  # type: ignore[arg-type]
        for body in bodies:
            self.do("give_opinion", by=body, verdict="agree", remarks="同意。")


def reviewed(known: Facts | None = None, **more: str) -> Walk:
    """Declared, reviewed, the result filed."""
    project = Walk(known, **more)
    project.do("declare")
    project.do("pass_necessity_review")
    project.do("pass_technical_review")
    project.do("hold_expert_review", expert_count="5", opinion="可行。")
    project.do("report_review_result", result="通过。")
    project.do("file_review_result", filing_number="PS-1")
    return project


def at_plan(known: Facts | None = None, **more: str) -> Walk:
    project = reviewed(known, **more)
    project.do("open_joint_review", opinions_due_on=TODAY)
    project.hear("city_e_government_office", "city_finance_bureau")
    return project


def planned(**more: str) -> Walk:
    project = at_plan(**more)
    project.do("enter_plan", approved_completion_on="2026-12-31")
    project.do("approve_plan", decision="市政府常务会议纪要")
    return project


def fund(project: Walk) -> None:
    project.do("pass_investment_review", reviewed_estimate="2,900,000")
    project.do("arrange_funds", approved_amount="2,900,000", budget_entry="YS-1")


def build(project: Walk) -> Outcome:
    """Procured with supervision and begun."""
    project.do("name_responsible", responsible_head="主要负责人", project_manager="项目责任人")
    project.do("appoint_supervisor", supervisor="监理单位")
    project.do("open_procurement", method="open_tender", basis="tender_law")
    project.do("record_award", contracts_signed_on=TODAY, contract_amount="2,800,000", winning_bidder="中标单位")
    return project.do("start_construction", account="专账一")


def complete(project: Walk) -> None:
    project.do("record_completion", completed_on=TODAY)
    project.do("start_trial_run")
    project.do("finish_trial_run", result="运行正常。")


def end(project: Walk) -> None:
    """Accepted, in use, evaluated: the end of the text."""
    project.do("apply_for_acceptance", statement="已竣工并试运行。")
    project.do("open_acceptance", opinions_due_on=TODAY)
    project.hear("city_finance_bureau")
    project.do("pass_acceptance", acceptance_passed_on=TODAY, expert_count="3", opinion="合格。")
    project.do("go_live")
    project.do("open_evaluation", opinions_due_on=TODAY)
    project.hear("city_finance_bureau", "city_audit_bureau")
    project.do("conclude_evaluation", result="良好。")
    project.do("receive_evaluation")
    assert project.phase == "evaluated"
    assert project.open() <= {"hold_for_refusal", "hold_for_audit"}


def test_a_new_build_goes_from_declaration_to_evaluation() -> None:
    project = planned()
    assert project.phase == "planned"
    assert project.open() >= {"approve", "pass_investment_review"}
    project.do("approve", approval_number="发改审〔2025〕1号")
    assert project.reasons("arrange_funds") == {"investment_review_not_passed"}
    fund(project)
    assert project.phase == "funded"
    begun = build(project)
    assert [(started.clock.code, started.due_on) for started in begun.starts] == [("completion", date(2027, 12, 31))]
    assert project.phase == "implementing"
    project.do("pay_funds", payment="1,000,000", purpose="软件开发")
    assert project.facts["paid"] == 100_000_000
    complete(project)
    end(project)


def test_the_investment_review_may_come_before_the_approval() -> None:
    project = planned()
    fund(project)
    assert project.reasons("open_procurement") == {"not_timely"}
    project.do("approve", approval_number="发改审〔2025〕1号")
    build(project)


def test_operations_are_reviewed_and_budgeted_without_the_plan() -> None:
    project = reviewed(kind="operations")
    assert project.action("open_joint_review").timely is False
    fund(project)
    build(project)
    complete(project)
    end(project)


def test_a_person_may_decide_that_operations_belong_into_the_plan() -> None:
    project = reviewed(kind="operations")
    offered = [option.code for option in project.action("decide_reading").form[0].options]
    assert offered == ["operations_planned=reading", "operations_planned=other"]
    project.do("decide_reading", reading="operations_planned=other", concurrence="已会商。", reason="规模较大。")
    assert "open_joint_review" in project.open()
    assert not project.action("arrange_funds").timely


def test_a_person_may_decide_that_an_expansion_stays_out_of_the_plan() -> None:
    project = reviewed(kind="expansion")
    project.do("decide_reading", reading="expansion_planned=other", concurrence="已会商。", reason="小幅扩容。")
    fund(project)
    build(project)


def test_a_county_a_secret_and_what_is_out_of_scope_are_not_declared_here() -> None:
    assert Walk(unit="county_department").reasons("declare") == {"of_a_county"}
    assert Walk(classified="on", hosting="own_classified_environment").reasons("declare") == {"classified"}
    assert Walk(item_type="consumables").reasons("declare") == {"out_of_scope"}
    assert Walk(funding="non_fiscal").reasons("submit_filing") == {"out_of_scope"}


@pytest.mark.parametrize(
    ("content", "told"), [("application_system", {"must_use_unified_platform"}), ("network", set())]
)
def test_only_applications_must_run_on_the_unified_platform(content: str, told: set[str]) -> None:
    assert Walk(content_type=content, hosting="department_servers").reasons("declare") == told


def test_a_secret_project_leaves_an_index_entry_and_nothing_else() -> None:
    project = Walk(classified="on")
    project.do("index_classified", title="SM-1")
    assert project.phase == "index_only"
    assert project.facts == {"title": "SM-1", "unit": "city_department", "classified": True} | {
        "indexed": True,
        "indexed_on": TODAY,
    }
    assert project.open() == set()


def test_a_private_investor_files_and_is_advised() -> None:
    project = Walk(unit="private_company", funding="non_fiscal", item_type="public_wifi")
    assert project.action("submit_filing").papers == ()
    project.do("submit_filing")
    project.do("return_filing", reason="请补充建设地点。")
    assert project.phase == "filing_returned"
    project.do("submit_filing")
    project.do("accept_filing", filing_number="BA-1")
    assert project.phase == "filed_only"
    assert project.action("give_consultation").by == ("smart_jingzhou_office", "city_e_government_office")
    project.do("give_consultation", advice="请依托基础支撑平台。")
    assert project.open() == set()


def test_the_declaration_is_for_next_year_and_late_ones_are_marked() -> None:
    assert Walk(plan_year="2025").reasons("declare") == {"declaration_is_for_next_year"}
    assert Walk(plan_year="2027").reasons("declare") == {"declaration_is_for_next_year"}
    for day, late in ((31, False), (32, True)):
        project = Walk(on=date(2025, 7, 1) + timedelta(days=day - 1))
        project.do("declare")
        told = {notice.code for notice in assess(pack(), project.facts, "", project.on).notices}
        assert ("on_time" in told) == late


def test_each_review_waits_for_the_one_before() -> None:
    project = Walk()
    project.do("declare")
    assert project.reasons("pass_technical_review") == {"necessity_review_first"}
    assert project.reasons("hold_expert_review") == {"necessity_review_first"}
    project.do("pass_necessity_review")
    assert project.reasons("report_review_result") == {"technical_review_not_passed", "expert_review_first"}
    project.do("pass_technical_review")
    assert project.reasons("report_review_result") == {"expert_review_first"}
    wrong = amiss(pack(), project.facts, "hold_expert_review", {"expert_count": 0, "opinion": "无"}, ON)
    assert {field: reason.label for field, reason in wrong.items()} == {"expert_count": "没有专家参加评审"}


@pytest.mark.parametrize("failing", ["fail_necessity_review", "fail_technical_review", "leave_out_of_plan"])
def test_what_fails_may_be_declared_again_from_the_start(failing: str) -> None:
    project = Walk()
    project.do("declare")
    if failing != "fail_necessity_review":
        project.do("pass_necessity_review")
    if failing == "leave_out_of_plan":
        project = at_plan()
    project.do(failing, reason="理由不足。")
    assert project.phase in ("failed", "not_planned")
    project.do("declare")
    assert project.phase == "necessity_review"
    assert project.open() >= {"pass_necessity_review", "withdraw"}


def test_the_plan_waits_for_the_opinions_until_their_day_has_passed() -> None:
    project = reviewed()
    project.do("open_joint_review", opinions_due_on=TODAY)
    assert project.reasons("enter_plan") == {"opinions_pending"}
    project.on = date(2025, 7, 11)
    project.do("enter_plan", approved_completion_on="2026-12-31")
    assert project.reasons("approve") == {"not_in_approved_annual_plan"}
    project.do("refuse_plan", reason="财力不足。")
    assert project.phase == "not_planned"


def test_no_tender_and_no_building_without_supervision() -> None:
    project = planned()
    project.do("approve", approval_number="发改审〔2025〕1号")
    fund(project)
    assert project.reasons("open_procurement") == {"no_responsible_head", "no_project_manager", "no_supervision"}


def test_money_put_to_another_use_stops_payments() -> None:
    project = planned()
    project.do("approve", approval_number="发改审〔2025〕1号")
    fund(project)
    build(project)
    project.do("find_fund_use_changed", finding="用于办公用房。")
    assert project.reasons("pay_funds") == {"earmarked_funds"}
    project.do("confirm_fund_use_restored", finding="已归还。")
    assert "pay_funds" in project.open()


def building() -> Walk:
    project = planned()
    project.do("approve", approval_number="发改审〔2025〕1号")
    fund(project)
    build(project)
    return project


def test_acceptance_comes_after_a_trial_and_a_failed_one_is_put_right_first() -> None:
    project = building()
    project.do("record_completion", completed_on=TODAY)
    assert project.reasons("apply_for_acceptance") == {"trial_run_not_done"}
    project.do("start_trial_run")
    project.do("finish_trial_run", result="运行正常。")
    project.do("apply_for_acceptance", statement="已竣工并试运行。")
    project.do("open_acceptance", opinions_due_on=TODAY)
    assert project.reasons("pass_acceptance") == {"opinions_pending"}
    project.hear("city_finance_bureau")
    failed = project.do("fail_acceptance", rectification_due_on="2025-09-01", expert_count="3", opinion="性能不足。")
    assert [(begun.clock.code, begun.due_on) for begun in failed.starts] == [("rectify", date(2025, 9, 1))]
    assert project.phase == "rectifying"
    assert not project.action("apply_for_acceptance").timely
    assert project.do("report_rectification", result="已整改。").stops == ("rectify",)
    end(project)


def test_a_year_of_delay_holds_the_new_projects_of_the_unit_and_not_the_running_ones() -> None:
    late = building()
    late.facts = dict(expire(pack(), late.facts, "completion", date(2028, 1, 1)).facts)
    short = amiss(pack(), late.facts, "hold_for_delay", {"delay_months": 11, "finding": "滞后"}, ON)
    assert {reason.label for reason in short.values()} == {"滞后不满一年"}
    late.do("hold_for_delay", delay_months="12", finding="无正当理由。")
    assert late.known == {"delay_months": 12, "unit_project_in_annual_plan": True, "justified": False}
    assert "pay_funds" in late.open()
    fresh = at_plan(late.known)
    assert fresh.phase == "held"
    assert fresh.reasons("enter_plan") == {"new_projects_on_hold"}
    assert reviewed(late.known, kind="operations").reasons("arrange_funds") >= {"new_projects_on_hold"}
    fresh.do("release_hold", reason="已赶上进度。")
    assert fresh.known == {}
    fresh.do("enter_plan", approved_completion_on="2026-12-31")


def test_a_good_reason_excuses_the_delay() -> None:
    late = building()
    late.facts = dict(expire(pack(), late.facts, "completion", date(2028, 1, 1)).facts)
    late.do("excuse_delay", reason="自然灾害。")
    assert not late.action("excuse_delay").timely
    assert late.known == {}


@pytest.mark.parametrize(
    ("code", "ground"),
    [
        ("hold_for_refusal", "无正当理由拒绝数据共享与交换要求"),
        ("hold_for_audit", "项目审计中问题较多、整改措施不落实"),
        ("hold_for_no_acceptance", "列入年度计划的项目已完成，无正当理由未验收"),
    ],
)
def test_each_ground_found_on_one_project_holds_the_next(code: str, ground: str) -> None:
    found = building()
    if code == "hold_for_no_acceptance":
        complete(found)
    found.do(code, finding="已查实。")
    fresh = at_plan(found.known)
    assert fresh.reasons("enter_plan") == {"new_projects_on_hold"}
    said = assess(pack(), fresh.facts, "annual_plan_formation", ON).notices
    assert [notice.label for notice in said if notice.code == "ground"] == [ground]


def test_an_application_that_is_not_needed_is_held_until_the_need_is_clear() -> None:
    project = at_plan()
    project.do("note_need", existing_system_meets_need="on", reason="已有系统可用。")
    assert project.reasons("enter_plan") == {"new_projects_on_hold"}
    project.do("note_need", new_need_clear="on", reason="需求已说明。")
    project.do("enter_plan", approved_completion_on="2026-12-31")


def test_what_gets_no_money_may_be_declared_again() -> None:
    project = planned()
    project.do("decline_funds", reason="财力不足。")
    assert project.phase == "refused"
    assert "not_budgeted" in {block.code for block in assess(pack(), project.facts, "procurement", ON).blocks}
    project.do("declare")
    assert project.phase == "necessity_review"
    assert "not_budgeted" not in {block.code for block in assess(pack(), project.facts, "procurement", ON).blocks}
