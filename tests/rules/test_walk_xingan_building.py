"""Projects of Xingan from the contract to acceptance and operation, act by act, as pure functions."""

from datetime import date, timedelta

import pytest

from lianshen.rules.queries import expire
from tests.rules.test_walk_xingan import AT_ACCEPTANCE, TODAY, Project, approved, reviewed, xingan


def built(**more: str) -> Project:
    project = reviewed(**more)
    project.do("open_procurement")
    project.do("record_contract", contract_amount="2,900,000")
    project.hand_in("project_management_rules", "security_and_crypto_rules")
    project.do("name_responsible", planned_acceptance_on="2026-09-30")
    project.do("appoint_supervisor")
    project.do("start_building")
    project.do("record_completion")
    return project


def at_acceptance(**more: str) -> Project:
    project = built(**more)
    project.do("request_sharing_review")
    project.do("confirm_sharing", connected_to_exchange_platform="on")
    project.hand_in(*AT_ACCEPTANCE)
    project.do("apply_acceptance")
    return project


def test_a_late_acceptance_is_explained_and_extended() -> None:
    project = built()
    late = expire(xingan(), project.facts, "planned_acceptance", date(2026, 10, 1))
    assert late.changed == {"acceptance_late": (None, True)}
    project.facts = dict(late.facts)
    assert not project.action("request_extension").timely
    assert project.reasons("explain_delay") == {"missing_paper"}
    project.hand_in("reason_statement", "extension_application")
    project.do("explain_delay")
    assert project.phase == "extending"
    granted = project.do("grant_extension", planned_acceptance_on="2026-12-31")
    assert granted.stops == ("planned_acceptance",)
    assert [begun.due_on for begun in granted.starts] == [date(2026, 12, 31)]
    assert "acceptance_late" not in project.facts
    project.do("request_extension")
    project.do("refuse_extension")
    assert project.phase == "completed"


def test_sharing_is_confirmed_only_once_the_county_platform_is_connected() -> None:
    project = built()
    project.do("request_sharing_review")
    assert project.fill("confirm_sharing")[1] == {"connected_to_exchange_platform"}
    project.do("return_sharing_review")
    assert project.phase == "completed"
    assert not project.action("confirm_sharing").timely


def test_a_delegated_acceptance_stays_open_until_its_result_and_papers_are_reported() -> None:
    project = at_acceptance()
    project.do("delegate_acceptance", acceptance_delegated_to="industry_department")
    assert not project.action("accept").timely
    assert project.reasons("report_accepted") == {"missing_paper"}
    project.hand_in("acceptance_report", "acceptance_materials")
    project.do("report_failed")
    assert project.phase == "sharing_confirmed"
    project.do("apply_acceptance")
    project.do("fail_acceptance")
    project.do("apply_acceptance")
    project.do("delegate_acceptance", acceptance_delegated_to="industry_department")
    project.do("report_accepted")
    assert project.phase == "accepted"


def test_hardware_calls_for_a_finding_on_energy() -> None:
    project = at_acceptance(buys_hardware="on")
    assert project.fill("accept")[1] == {"energy_finding"}
    project.do("accept", energy_finding="符合能效要求。")


def operations(months: str, guaranteed: str = "on", **more: str) -> Project:
    project = reviewed(kind="operations", **more)
    project.do("open_procurement")
    assert not project.action("record_contract").timely
    project.do(
        "draft_operations_contract",
        contract_term_months=months,
        contract_starts_on="2026-07-01",
        budget_guaranteed=guaranteed,
    )
    return project


@pytest.mark.parametrize(
    ("months", "guaranteed", "reasons"),
    [
        ("36", "on", set()),
        ("37", "on", {"contract_term_too_long"}),
        ("36", "", {"budget_not_guaranteed"}),
    ],
)
def test_an_operations_contract_runs_three_years_at_most(months: str, guaranteed: str, reasons: set[str]) -> None:
    assert operations(months, guaranteed).reasons("record_contract") == reasons


def test_operations_end_with_a_contract_whose_money_the_finance_bureau_arranges() -> None:
    project = operations("12")
    project.do("record_contract", contract_amount="300,000")
    assert project.phase == "operations_running"
    assert not project.action("start_building").timely
    project.do("arrange_operations_funds", amount="100,000")
    project.do("open_evaluation", opinions_due_on=TODAY)
    project.on += timedelta(days=1)
    project.do("conclude_evaluation")
    assert project.phase == "evaluated"
    in_warranty = operations("12", within_warranty="on")
    in_warranty.do("record_contract", contract_amount="300,000")
    assert in_warranty.reasons("arrange_operations_funds") == {"free_in_warranty"}


def test_supervisors_ask_and_record() -> None:
    project = approved(on_county_extranet="on")
    project.do("request_information")
    assert not project.action("request_information").timely
    project.do("answer_request")
    for record in (
        "inspect_extranet_project",
        "record_security_guidance",
        "comment_as_industry_department",
        "record_special_audit",
        "record_violation",
        "request_resources",
    ):
        assert project.do(record).changed == {}
    assert not approved().action("inspect_extranet_project").timely
