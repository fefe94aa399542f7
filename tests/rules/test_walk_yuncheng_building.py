"""Projects of Yuncheng that are built, accepted, run, evaluated, rectified or ended, act by act, as pure functions."""

from datetime import date, timedelta

from lianshen.rules.queries import amiss, assess, expire
from lianshen.workcalendar.queries import due_date
from tests.rules.law import calendar
from tests.rules.test_walk_yuncheng import ON, Project, approved, contracted, funded, submitted, yuncheng


def building(**more: str) -> Project:
    project = contracted(funded(approved(**more)))
    project.do("record_supervisor")
    project.do("start_construction")
    return project


def accepted(**more: str) -> Project:
    project = building(**more)
    project.do("record_completion", completed_on=project.on.isoformat())
    project.do(
        "state_conditions", connected_to_exchange_platform="on", resources_provided="on", on_government_cloud="on"
    )
    project.do("record_acceptance", acceptance_passed_on=project.on.isoformat())
    return project


def operating(**more: str) -> Project:
    project = accepted(**more)
    project.hand_in("acceptance_report")
    project.do("file_acceptance")
    project.do("accept_acceptance_filing")
    project.do("go_live")
    return project


def test_an_ordinary_project_is_built_accepted_filed_and_evaluated_each_year() -> None:
    project = contracted(funded(approved()))
    assert project.reasons("start_construction") == {"no_supervision"}
    project.do("record_supervisor")
    project.do("accept_supervisor_filing")
    project.do("start_construction")
    project.do("report_progress")
    project.do("pay_construction", payment="1,000,000")
    project.do("record_completion", completed_on="2026-03-10")
    assert project.reasons("record_acceptance") == {
        "not_connected_to_exchange_platform",
        "resources_not_provided",
        "not_on_government_cloud",
    }
    project.do(
        "state_conditions", connected_to_exchange_platform="on", resources_provided="on", on_government_cloud="on"
    )
    project.do("record_acceptance", acceptance_passed_on="2026-03-10")
    assert project.reasons("pay_construction") == {"acceptance_report_not_filed"}
    project.hand_in("acceptance_report")
    project.do("file_acceptance")
    project.do("accept_acceptance_filing")
    project.do("pay_construction", payment="999,999.99")
    assert project.facts["construction_paid"] == 199999999
    project.do("go_live")
    assert project.phase == "operating"
    project.do("pay_operations", payment="100,000")
    project.do("evaluate_performance")
    project.do("evaluate_key_project")
    assert not project.action("file_self_evaluation").timely
    project.on = date(2027, 1, 4)
    assert project.reasons("file_self_evaluation") == {"missing_paper"}
    project.hand_in("self_evaluation_report")
    project.do("file_self_evaluation")
    project.do("check_self_evaluation")
    assert not project.action("file_self_evaluation").timely
    project.on = date(2028, 1, 3)
    assert project.can("file_self_evaluation")


def test_money_may_wait_only_for_the_end_of_the_term_if_so_decided() -> None:
    project = accepted()
    assert project.reasons("pay_construction") == {"acceptance_report_not_filed"}
    project.do("settle_reading", reading="payment_stop=other")
    assert project.can("pay_construction")
    due = due_date(calendar(), project.on, 30, "working_days", "not_counted", "none").on
    project.on = due
    assert project.can("pay_construction")
    project.on = due + timedelta(days=1)
    assert project.reasons("pay_construction") == {"acceptance_report_not_filed"}


def test_the_end_of_the_filing_term_is_told_and_a_return_starts_it_from_the_same_day() -> None:
    project = accepted()
    lapsed = expire(yuncheng(), project.facts, "file_acceptance", project.on)
    assert lapsed.changed == {"acceptance_filing_overdue": (None, True)}
    assert assess(yuncheng(), lapsed.facts, "", project.on).phase == "filing_overdue"
    accepted_on, project.on = project.on, project.on + timedelta(days=9)
    project.hand_in("acceptance_report")
    project.do("file_acceptance")
    (begun,) = project.do("return_acceptance_filing").starts
    assert (begun.clock.code, begun.trigger_on) == ("file_acceptance", accepted_on)


def test_a_change_counts_once_the_bureau_has_made_it() -> None:
    project = building()
    assert project.reasons("propose_change") == {"missing_paper"}
    project.hand_in("adjustment_application")
    project.do("propose_change", major_change="on", change_amount="100,000")
    assert (project.phase, project.facts["approved_amount"]) == ("changing", 290000000)
    project.do("refuse_change")
    project.do("propose_change", major_change="on", change_amount="100,000")
    project.do("accept_change", approved_amount="3,000,000", approved_completion_on="2027-06-30")
    assert (project.facts["approved_amount"], project.facts["earlier_changes"]) == (300000000, 10000000)


def test_data_that_is_not_shared_stops_operations_money_until_it_is() -> None:
    project = operating()
    project.do("evaluate_sharing")
    assert project.reasons("pay_operations") == {"data_not_shared"}
    assert project.can("pay_construction")
    project.do("evaluate_sharing", shares_data_as_required="on")
    assert project.can("pay_operations")


def test_problems_found_are_rectified_within_ten_working_days_of_the_notice() -> None:
    project = operating()
    project.do("evaluate_effectiveness", problems_found="on")
    (begun,) = project.do("issue_letter", notice_received_on=project.on.isoformat()).starts
    assert (begun.clock.code, begun.clock.budget, begun.clock.unit) == ("rectification", 10, "working_days")
    assert project.phase == "rectifying"
    assert project.reasons("file_rectification_result") == {"missing_paper"}
    project.hand_in("rectification_report")
    assert project.do("file_rectification_result").stops == ("rectification",)
    project.do("close_letter")
    assert project.phase == "operating"


def test_a_refused_order_stops_money_and_may_end_the_project() -> None:
    project = building()
    begun = project.do(
        "order_rectification", violation="content_changed_without_leave", order_due_on="2026-04-01"
    ).starts
    assert [(one.clock.code, one.due_on) for one in begun] == [("order", date(2026, 4, 1))]
    assert project.phase == "ordered"
    assert project.can("pay_construction")
    project.do("judge_order", rectification="refused")
    assert project.phase == "suspended"
    assert project.reasons("pay_construction") == {"payments_suspended"}
    project.do("answer_order")
    project.do("judge_order", rectification="done_and_compliant")
    assert project.can("pay_construction")
    project.do("order_rectification", violation="no_acceptance", order_due_on="2026-05-01")
    project.do("answer_order")
    project.do("judge_order", rectification="done_but_not_compliant")
    project.do("refer")
    project.do("terminate")
    assert project.phase == "terminated"
    left = [action.code for action in assess(yuncheng(), project.facts, "", project.on).actions if action.open]
    assert left == []


def test_building_before_approval_is_recorded_and_shown() -> None:
    project = submitted()
    project.do("record_early_start")
    said = assess(yuncheng(), project.facts, "fund_allocation", project.on)
    assert {"built_before_approval", "approval_first"} <= {block.code for block in said.blocks}


def test_the_score_of_a_department_is_of_a_year_that_is_over() -> None:
    project = submitted()
    wrong = amiss(yuncheng(), project.facts, "record_score", {"assessed_year": 2026, "annual_score": "良好"}, ON)
    assert wrong.keys() == {"assessed_year"}
    project.do("record_score", assessed_year="2025", annual_score="良好")
    assert yuncheng().vocabulary.facts["annual_score"].subject == "unit"


def test_the_owner_is_called_the_implementing_unit() -> None:
    assert yuncheng().vocabulary.bodies["project_unit"] == "项目实施单位"
    assert yuncheng().vocabulary.bodies["construction_unit"] == "项目建设单位"
