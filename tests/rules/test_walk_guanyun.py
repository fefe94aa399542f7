"""Guanyun's regulation from end to end: from the yearly declaration to operation, one project for each way."""

from datetime import date, timedelta

import pytest

from lianshen.kernel.strict_yaml import load
from lianshen.rules.queries import amiss, assess
from lianshen.rules.types import FactValue
from tests.rules.law import GUANYUN, ON, YUAN, Project, declaration, guanyun

PAPERS = ("project_proposal", "feasibility_report", "preliminary_design", "resource_catalogue")
TODAY = ON.isoformat()
SOON = (ON + timedelta(days=5)).isoformat()
SIGNED = {"contracts_signed_on": TODAY, "contract_amount": "690,000", "winning_bidder": "中标单位"}


def hear(project: Project, action: str = "give_opinion") -> tuple[str, ...]:
    pending = project.facts["opinions_pending"]
    assert isinstance(pending, tuple)
    for body in pending:
        project.do(action, by=body, verdict="agree", remarks="同意。")
    return tuple(str(body) for body in pending)


def unplanned(**more: str) -> Project:
    return Project(declaration("700,000", in_annual_plan="", budget_secured="", **more))


def approved(**more: str) -> Project:
    project = Project(declaration("700,000", **more))
    project.hand_in(*PAPERS)
    project.do("submit")
    project.do("pass_pre_review")
    if more.get("video_surveillance"):
        project.do("video_pre_review")
    project.do("open_joint_review", opinions_due_on=SOON)
    hear(project)
    project.do("conclude_joint_review", remarks="通过。")
    project.do(
        "approve", approval_number="灌发改〔2025〕1号", approved_amount="700,000", approved_completion_on="2026-06-30"
    )
    return project


def building(**more: str) -> Project:
    project = approved(**more)
    project.do("record_signing", **SIGNED)
    project.do("start_construction", started_on=TODAY, responsible_person="项目负责人", rules="已建立。")
    return project


def test_the_yearly_declaration_ends_in_the_annual_list_and_the_project_goes_on() -> None:
    project = unplanned()
    assert project.reasons("declare_annually") == {"missing_paper"}
    project.hand_in("application_form")
    project.do("declare_annually", plan_year="2026", budget_arrangement_date="2025-12-20")
    assert project.phase == "annual_declared"
    assert not assess(guanyun(), project.facts, "", ON).amendable
    assert "submit" not in project.open()
    project.do("include_in_draft_plan", plan_priority="important")
    project.do("open_declaration_review", opinions_due_on=SOON, experts="专家组")
    assert project.reasons("pass_declaration_review") == {"opinions_pending"}
    assert set(hear(project)) == {
        "county_development_reform_commission",
        "county_finance_bureau",
        "county_cyberspace_office",
    }
    project.do("pass_declaration_review", minutes="同意列入总体计划。")
    assert project.reasons("enter_annual_list") == {"budget_not_secured", "no_government_consent"}
    project.do("suggest_budget", suggested_budget="700,000")
    assert project.reasons("arrange_budget") == {"arrangement_first"}
    project.do("agree_arrangement")
    project.do("arrange_budget", annual_budget="700,000")
    project.do("consent", meeting="县政府常务会议")
    assert project.action("enter_annual_list").open
    project.do("enter_annual_list")
    assert project.phase == "annual_listed"
    project.hand_in(*PAPERS)
    project.do("submit")
    assert project.phase == "pre_review"


@pytest.mark.parametrize(
    ("action", "told"),
    [("return_declaration", {"reason": "内容不全。"}), ("fail_declaration_review", {"reason": "没有必要。"})],
)
def test_a_declaration_that_is_refused_returns_to_the_unit(action: str, told: dict[str, str]) -> None:
    project = unplanned()
    project.hand_in("application_form")
    project.do("declare_annually")
    if action == "fail_declaration_review":
        project.do("include_in_draft_plan", plan_priority="ordinary")
        project.do("open_declaration_review", opinions_due_on=SOON, experts="专家组")
        hear(project)
    project.do(action, **told)
    assert project.phase == "annual_returned"
    assert assess(guanyun(), project.facts, "", ON).amendable
    project.do("declare_annually")
    assert project.phase == "annual_declared"


def test_self_raised_money_is_not_for_the_reform_commission_to_arrange() -> None:
    project = unplanned(funding="self_raised")
    project.hand_in("application_form")
    project.do("declare_annually")
    project.do("include_in_draft_plan", plan_priority="urgent")
    project.do("open_declaration_review", opinions_due_on=SOON, experts="专家组")
    hear(project)
    project.do("pass_declaration_review", minutes="同意。")
    project.do("suggest_budget", suggested_budget="700,000")
    assert not project.action("agree_arrangement").timely
    project.do("refuse_budget", reason="财力不足。")
    assert project.phase == "annual_returned"


@pytest.mark.parametrize(("year", "wrong"), [(2025, {"plan_year"}), (2026, set()), (2027, {"plan_year"})])
def test_only_the_next_year_is_declared(year: int, wrong: set[str]) -> None:
    assert set(amiss(guanyun(), {}, "declare_annually", {"plan_year": year}, ON)) == wrong


def test_an_unplanned_project_waits_for_its_money() -> None:
    project = unplanned()
    project.hand_in(*PAPERS)
    assert project.reasons("submit") == {"budget_not_secured"}
    project.do("request_addition", addition_reason="required_by_superior", reason="上级要求。")
    assert project.phase == "addition"
    project.do("arrange_budget", annual_budget="700,000")
    project.do("submit")
    assert project.phase == "pre_review"


def test_a_small_project_with_public_video_is_seen_by_the_police_before_it_is_filed() -> None:
    project = Project(declaration("300,000", video_surveillance="on"))
    project.hand_in("project_proposal")
    project.do("submit")
    assert project.reasons("accept_filing") == {"no_video_pre_review"}
    project.do("video_pre_review")
    project.do("accept_filing", filing_number="BA-1")
    project.do("record_signing", **SIGNED)
    project.hand_in("contract", "price_list")
    project.do("file_contract")
    project.do("accept_contract_filing")
    assert project.phase == "contract_filed"


@pytest.mark.parametrize(
    ("inputs", "wrong"),
    [
        ({"specialised": True}, {"invited_experts"}),
        ({"specialised": True, "invited_experts": "专家"}, set()),
        ({"specialised": False}, set()),
    ],
)
def test_a_specialised_review_names_its_experts(inputs: dict[str, FactValue], wrong: set[str]) -> None:
    assert set(amiss(guanyun(), {}, "open_joint_review", inputs, ON)) == wrong


def test_after_approval_catalogue_resources_and_grading_are_seen_to() -> None:
    project = approved(needs_cloud_resources="on", needs_security_grading="on", generates_public_data="on")
    assert project.open() >= {"register_catalogue", "request_resources", "request_grading"}
    project.do("register_catalogue", catalogue_number="320723-1")
    project.do("request_resources", resources="云主机四台。")
    project.do("pass_on_resources", letter="灌数函〔2025〕1号")
    project.do("record_citys_answer", answer="granted", remarks="同意。")
    project.do("request_grading", grade="second")
    project.do("return_grading", reason="材料不全。")
    project.do("request_grading", grade="second")
    project.do("record_grading", mlps_number="32072300001")
    assert project.open() == {"record_signing"}


def test_each_year_of_building_owes_a_performance_report() -> None:
    project = approved()
    project.do("record_signing", **SIGNED)
    begun = project.do("start_construction", started_on=TODAY, responsible_person="负责人", rules="已建立。")
    assert [(start.clock.code, start.due_on) for start in begun.starts] == [("performance_report", date(2025, 12, 31))]
    project.do("start_trial_run")
    assert project.reasons("submit_performance_report") == {"missing_paper"}
    project.hand_in("performance_report")
    done = project.do("submit_performance_report", progress="过半。", funds="已付三成。", trial="稳定。")
    assert [(start.clock.code, start.due_on) for start in done.starts] == [
        ("next_performance_report", date(2026, 12, 31))
    ]


def test_a_severely_late_project_is_put_right() -> None:
    project = building()
    project.on = date(2026, 12, 30)
    assert "submit_rectification_plan" not in project.open()
    project.on = date(2026, 12, 31)
    assert project.reasons("submit_rectification_plan") == {"missing_paper"}
    project.hand_in("rectification_plan")
    project.do("submit_rectification_plan", report="设备延期到货。")
    later = (project.on + timedelta(days=10)).isoformat()
    project.do("study_trouble", opinions_due_on=later)
    assert project.reasons("order_rectification") == {"opinions_pending"}
    assert set(hear(project, "give_trouble_opinion")) == {
        "county_development_reform_commission",
        "county_finance_bureau",
    }
    ordered = project.do("order_rectification", rectify_by=later, order="限期建成。")
    assert [(start.clock.code, start.due_on.isoformat() if start.due_on else "") for start in ordered.starts] == [
        ("rectify", later)
    ]
    assert project.phase == "rectifying"
    project.do("report_rectification", report="已整改。")
    project.do("reject_rectification", reason="仍未建成。")
    project.do("study_trouble", opinions_due_on=later)
    hear(project, "give_trouble_opinion")
    project.do("suspend_implementation", order="暂停实施。")
    assert project.phase == "suspended"
    assert project.reasons("record_completion") == {"implementation_stopped"}
    project.do("report_rectification", report="已整改。")
    project.do("confirm_rectification", approved_completion_on="2027-06-30", remarks="同意恢复。")
    assert "record_completion" in project.open()
    assert "study_trouble" not in project.open()


def test_a_major_loss_is_reported_without_any_delay_in_time() -> None:
    project = building()
    assert "submit_rectification_plan" not in project.open()
    project.do("report_major_loss", report="机房进水。")
    project.hand_in("rectification_plan")
    project.do("submit_rectification_plan", report="已断电抢修。")
    assert "study_trouble" in project.open()


@pytest.mark.parametrize(("day", "late"), [("2026-05-05", False), ("2026-05-06", True)])
def test_a_project_not_started_half_a_year_after_approval_is_reported(day: str, late: bool) -> None:
    project = approved()
    project.on = date.fromisoformat(day)
    assert ("report_late_start" in project.open()) == late
    if late:
        project.do("report_late_start", report="尚未招标。")
        assert project.open() >= {"adjust_plan", "adjust_budget"}
        project.do("adjust_budget", outcome="withdraw", reason="收回资金。")
        assert not project.open() & {"adjust_plan", "adjust_budget", "report_late_start"}


def test_money_that_is_not_the_budgets_knows_no_late_start() -> None:
    project = approved(funding="self_raised")
    project.on = date(2026, 5, 6)
    assert "report_late_start" not in project.open()


def test_a_built_project_is_accepted_filed_settled_evaluated_and_put_to_work() -> None:
    project = building()
    project.do("record_completion", completed_on=TODAY)
    project.hand_in("acceptance_materials", "final_accounts")
    assert project.do("file_acceptance", acceptance_passed_on=TODAY).stops == ("acceptance",)
    done = project.do("accept_acceptance_filing", evaluation="已复用共性能力。", sharing="按要求共享。")
    assert set(done.stops) == {"performance_report", "next_performance_report"}
    project.do("post_evaluate", assessor="咨询机构", result="达到预期。")
    project.do("submit_final_accounts")
    project.do("go_live")
    project.do("assess_security", assessed_on=TODAY, result="未发现高风险。")
    assert project.phase == "operating"


@pytest.mark.parametrize(("day", "reasons"), [("2026-05-06", set()), ("2026-05-07", {"window_until"})])
def test_six_months_after_acceptance_nothing_is_extended_any_more(day: str, reasons: set[str]) -> None:
    """Accepted on 2025-11-05: six months end on 2026-05-05, a holiday, and so on the 6th."""
    project = building()
    project.do("record_completion", completed_on=TODAY)
    project.hand_in("acceptance_materials")
    project.do("file_acceptance", acceptance_passed_on=TODAY)
    project.on = date.fromisoformat(day)
    assert project.reasons("extend_final_accounts") == reasons


def test_a_classified_project_is_an_index_entry_and_nothing_else() -> None:
    project = Project(declaration("700,000", classified="on"))
    project.hand_in(*PAPERS, "application_form")
    assert "classified_offline" in project.reasons("submit")
    project.do("index_classified")
    assert project.phase == "classified_indexed"
    assert not assess(guanyun(), project.facts, "", ON).amendable
    assert project.open() == {"record_secrecy_opinion", "pass_secrecy_examination"}
    assert project.reasons("go_live") == {"secrecy_examination_not_passed"}
    project.do("record_secrecy_opinion", opinion_on=TODAY, result="agree")
    project.do("pass_secrecy_examination", examined_on=TODAY)
    project.do("go_live", operator="机要室")
    assert (project.phase, project.open()) == ("operating", {"record_violation", "evaluate_operation"})


def test_the_data_bureau_interprets_what_bears_two_readings() -> None:
    project = Project(declaration("700,000", kind="operations"))
    assert project.reasons("submit") == {"missing_paper"}
    project.hand_in("operations_plan")
    project.do("submit")
    offered = {option.code for option in project.action("interpret").form[0].options}
    assert offered == {"operations_papers=reading", "operations_papers=other"}
    project.do("interpret", reading="operations_papers=other", reason="运维项目金额较大。")
    papers = {paper.code for paper in assess(guanyun(), project.facts, "submit_for_joint_review", ON).papers}
    assert papers == {"feasibility_report"}
    assert not project.action("interpret").timely


def test_changes_may_be_counted_one_by_one_if_so_interpreted() -> None:
    project = building()
    for _ in range(2):
        project.do("propose_change", change_ground="county_deployment", change_amount="60,000", reason="部署调整。")
        if project.action("determine_change").open:
            project.do("determine_change")
    assert project.reasons("determine_change") == {"formal_change_procedure_required"}
    project.do("interpret", reading="cumulative=other", reason="按单次计算。")
    project.do("determine_change")
    assert project.facts["earlier_changes"] == 120000 * YUAN


def test_every_row_of_the_regulation_is_accounted_for() -> None:
    clauses = load(GUANYUN / "clauses.yaml").data["clauses"]
    covered = load(GUANYUN / "coverage.yaml").data["coverage"]
    assert len(clauses) + len(covered) == 181
    assert not clauses.keys() & covered.keys()
