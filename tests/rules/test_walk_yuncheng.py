"""Projects of Yuncheng from draft to the filing of the contract, act by act, as pure functions."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

import pytest

from lianshen.rules.queries import Pack, amiss, assess, enact, load_pack, read_inputs
from lianshen.rules.types import Action, FactValue, Outcome
from tests.rules.law import TENANTS, calendar, due_of, vocabulary

ON = date(2026, 3, 2)
TODAY = ON.isoformat()
FOUR = ("project_proposal", "feasibility_report", "preliminary_design", "investment_estimate")
CATALOGUES = ("resource_demand_catalogue", "resource_output_catalogue")


@cache
def yuncheng() -> Pack:
    return load_pack(TENANTS / "140800-yuncheng" / "pack-2021-02-09", vocabulary(), calendar())


def declaration(**more: str) -> dict[str, FactValue]:
    """The facts of an ordinary new build of a municipal department, typed into its form."""
    typed = {
        "title": "教育数据平台",
        "summary": "汇聚全市教育数据。",
        "unit": "city_department",
        "kind": "new_build",
        "funding": "fiscal",
        "total_budget": "3,000,000",
        "budgets_set_out": "on",
        "budget_secured": "on",
        "in_approved_plan": "on",
        "in_annual_plan": "on",
        "hosting": "city_government_cloud",
        "interconnects": "on",
        "has_resource_catalogue": "on",
    }
    facts, errors = read_inputs(yuncheng().intake, typed | more)
    assert not errors
    return facts


class Project:
    """A project of Yuncheng that is walked through its actions, purely."""

    def __init__(self, facts: Mapping[str, FactValue], on: date = ON) -> None:
        self.facts, self.on = dict(facts), on

    @property
    def phase(self) -> str:
        return assess(yuncheng(), self.facts, "", self.on).phase

    def action(self, code: str) -> Action:
        return next(one for one in assess(yuncheng(), self.facts, "", self.on).actions if one.code == code)

    def reasons(self, code: str) -> set[str]:
        return {reason.code for reason in self.action(code).reasons}

    def can(self, code: str) -> bool:
        return self.action(code).open

    def hand_in(self, *papers: str) -> None:
        before = self.facts.get("documents", ())
        assert isinstance(before, tuple)
        self.facts["documents"] = (*before, *papers)

    def do(self, code: str, **typed: str) -> Outcome:
        """Do an action that is open; questions that are not of interest are answered in passing."""
        action = self.action(code)
        assert action.open, (code, self.phase, [reason.label for reason in action.reasons])
        passing = {field.name: "已核。" for field in action.form if field.kind in ("text", "textarea")}
        passing |= {field.name: field.options[0].code for field in action.form if field.kind == "choice"}
        inputs, errors = read_inputs(action.form, passing | typed, on=self.on)
        assert not errors, errors
        wrong = amiss(yuncheng(), self.facts, code, inputs, self.on)
        assert not wrong, wrong
        outcome = enact(yuncheng(), self.facts, code, inputs, self.on)
        self.facts = dict(outcome.facts)
        return outcome


def submitted(**more: str) -> Project:
    project = Project(declaration(**more))
    project.hand_in(*FOUR, *CATALOGUES)
    project.do("submit")
    return project


def approved(**more: str) -> Project:
    project = submitted(**more)
    project.do("pass_review")
    project.do("approve", approved_amount="2,900,000", approved_completion_on="2026-12-31")
    return project


def publicised(project: Project) -> Project:
    project.do("commission_budget_review")
    project.do("issue_budget_opinion", settled_budget="2,800,000")
    project.do("publicise", publicity_ends_on=(project.on + timedelta(days=7)).isoformat())
    project.on += timedelta(days=8)
    project.do("close_publicity")
    return project


def funded(project: Project) -> Project:
    publicised(project)
    project.do("arrange_funds", budget_year=str(project.on.year), construction="2,000,000", operations="800,000")
    return project


def contracted(project: Project) -> Project:
    project.do("record_contractor")
    project.do("record_signing", contracts_signed_on=project.on.isoformat(), contract_amount="2,000,000")
    project.hand_in("contract")
    project.do("file_contract")
    project.do("accept_contract_filing")
    return project


def test_an_ordinary_project_goes_from_draft_to_the_filing_of_its_contract() -> None:
    project = Project(declaration())
    assert project.phase == "draft"
    assert project.reasons("submit") == {"missing_paper", "no_resource_catalogue"}
    project.hand_in(*FOUR, *CATALOGUES)
    project.do("submit")
    assert project.phase == "reviewing"
    project.do("pass_review")
    assert project.phase == "approving"
    project.do("approve", approved_amount="2,900,000", approved_completion_on="2026-12-31")
    assert (project.phase, project.facts["approved_on"]) == ("approved", TODAY)
    project.do("commission_budget_review")
    assert project.reasons("publicise") == {"budget_not_settled"}
    project.do("issue_budget_opinion", settled_budget="2,800,000.00")
    assert (project.phase, project.facts["settled_budget"]) == ("budget_settled", 280000000)
    begun = project.do("publicise", publicity_ends_on="2026-03-09").starts
    assert [(one.clock.code, one.due_on) for one in begun] == [("publicity", date(2026, 3, 9))]
    project.on = date(2026, 3, 9)
    assert project.reasons("close_publicity") == {"publicity_running"}
    project.on = date(2026, 3, 10)
    assert project.do("close_publicity").stops == ("publicity",)
    project.do("arrange_funds", budget_year="2026", construction="2,000,000", operations="800,000")
    assert project.phase == "funded"
    project.do("record_contractor")
    (signing,) = project.do("record_signing", contracts_signed_on="2026-03-04", contract_amount="2,000,000").starts
    assert due_of(signing) == date(2026, 3, 11)
    assert project.reasons("file_contract") == {"missing_paper"}
    project.hand_in("contract")
    assert project.do("file_contract").stops == ("file_contract",)
    project.do("accept_contract_filing")
    assert project.phase == "contract_filed"


def test_a_project_for_the_special_fund_is_declared_in_the_budget_window_first() -> None:
    project = Project(declaration(needs_city_it_fund="on", budget_window_end="2026-10-31"))
    project.hand_in(*FOUR, *CATALOGUES)
    assert project.reasons("submit") == {"not_declared"}
    assert project.reasons("declare_annually") == {"missing_paper"}
    project.hand_in("construction_plan")
    project.do("declare_annually")
    assert (project.phase, project.facts["annually_declared_on"]) == ("declared", TODAY)
    project.do("submit")
    assert project.phase == "reviewing"


def test_operations_are_asked_for_their_need_and_are_not_built() -> None:
    project = Project(declaration(kind="operations", needs_city_it_fund="on"))
    project.hand_in("operations_need")
    project.do("declare_annually")
    project.do("submit")
    project.do("pass_review")
    project.do("approve", approved_amount="300,000", approved_completion_on="2026-12-31")
    contracted(funded(project))
    assert not project.action("start_construction").timely
    assert not project.action("record_supervisor").timely
    project.do("pay_operations", payment="300,000")
    project.do("evaluate_effectiveness")


def test_a_subordinate_unit_goes_through_its_department() -> None:
    project = Project(declaration(unit="subordinate_unit"))
    project.hand_in(*FOUR, *CATALOGUES)
    assert project.reasons("submit") == {"parent_not_endorsed"}
    project.do("send_to_parent")
    assert project.phase == "parent_review"
    assert project.action("endorse").by == ("parent_department",)
    project.do("return_to_subordinate")
    assert project.phase == "returned"
    project.do("send_to_parent")
    project.do("endorse")
    project.do("submit")
    assert project.phase == "reviewing"


def test_an_urgent_project_without_budget_needs_the_government_first() -> None:
    project = Project(declaration(emergency="on", budget_secured=""))
    project.hand_in(*FOUR, *CATALOGUES)
    assert project.reasons("submit") == {"no_consent"}
    project.do("request_consent")
    assert project.phase == "emergency_consent"
    project.do("refuse_consent")
    assert project.phase == "government_refused"
    project.do("request_consent")
    project.do("consent", referral_number="运政办函〔2026〕1号")
    project.do("submit")
    project.do("pass_review")
    project.do("approve", approved_amount="2,900,000", approved_completion_on="2026-12-31")
    publicised(project)
    project.do("decline_funds")
    assert project.can("record_contractor")


def test_an_unplanned_project_is_examined_before_and_approved_by_the_government() -> None:
    project = Project(declaration(in_approved_plan=""))
    project.hand_in(*FOUR, *CATALOGUES)
    assert project.reasons("submit") == {"no_prior_examination"}
    project.do("request_prior_examination")
    project.do("fail_prior_examination")
    assert project.phase == "returned"
    project.do("request_prior_examination")
    project.do("pass_prior_examination")
    assert project.phase == "awaiting_government"
    project.do("submit")
    project.do("pass_review")
    assert project.reasons("approve") == {"no_government_approval"}
    project.do("approve_as_government")
    assert project.can("approve")


def test_a_project_that_the_government_refuses_goes_back_to_its_unit() -> None:
    project = Project(declaration(newly_established_department="on"))
    project.hand_in(*FOUR, *CATALOGUES)
    project.do("request_prior_examination")
    project.do("pass_prior_examination")
    project.do("submit")
    project.do("refuse_as_government")
    assert project.phase == "government_refused"
    assert project.reasons("submit") == {"no_prior_examination"}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"builds_private_network": "on"}, "private_network"),
        ({"packaged_in_other_project": "on"}, "disguised_in_other_project"),
        ({"hosting": "department_servers"}, "must_use_city_government_cloud"),
        ({"classified": "on"}, "out_of_scope"),
        ({"unit": "county_department"}, "out_of_scope"),
        ({"funding": "self_raised"}, "out_of_scope"),
        ({"has_resource_catalogue": ""}, "no_resource_catalogue"),
        ({"multi_year": "on", "budgets_set_out": ""}, "budgets_not_set_out"),
    ],
)
def test_what_the_text_forbids_is_not_submitted(more: dict[str, str], code: str) -> None:
    project = Project(declaration(**more))
    project.hand_in(*FOUR, *CATALOGUES)
    assert project.reasons("submit") == {code}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"interconnects": ""}, "no_interconnection"),
        ({"duplicates_cloud_catalogue_service": "on"}, "duplicates_cloud_service"),
    ],
)
def test_what_the_text_refuses_does_not_pass_the_review(more: dict[str, str], code: str) -> None:
    project = submitted(**more)
    assert project.reasons("pass_review") == {code}
    project.do("return_application")
    assert project.phase == "returned"


def test_adapting_what_exists_is_the_rule_and_the_bureau_may_except() -> None:
    project = submitted(required_by_superior="on", existing_system_can_be_adapted="on")
    assert project.reasons("pass_review") == {"adapt_existing_system"}
    project.do("grant_exception", exception="adapt_existing_system")
    project.do("pass_review")


def test_a_private_network_that_the_state_demands_is_approved_by_itself() -> None:
    project = submitted(builds_private_network="on", required_by_state_rule="on")
    project.do("pass_review")
    assert project.reasons("approve") == {"private_network_not_approved"}
    project.do("approve_private_network")
    assert project.can("approve")


def test_without_budget_nothing_is_built_unless_the_government_agrees() -> None:
    project = publicised(approved())
    project.do("decline_funds")
    assert project.phase == "unfunded"
    assert project.reasons("record_contractor") == {"not_budgeted"}
    assert project.action("grant_unbudgeted").by == ("city_government",)
    project.do("grant_unbudgeted", exception="not_budgeted")
    assert project.can("record_contractor")


def test_an_objection_that_is_upheld_leads_to_another_notice() -> None:
    project = approved()
    project.do("commission_budget_review")
    project.do("issue_budget_opinion", settled_budget="2,800,000")
    project.do("publicise", publicity_ends_on=TODAY)
    assert project.do("repeat_publicity").stops == ("publicity",)
    assert project.can("publicise")


def test_that_publicity_holds_up_nothing_may_be_decided_on_record() -> None:
    project = approved()
    project.do("commission_budget_review")
    project.do("issue_budget_opinion", settled_budget="2,800,000")
    project.do("publicise", publicity_ends_on="2026-03-09")
    assert not project.action("record_contractor").timely
    project.do("settle_reading", reading="publicity_gate=other")
    assert project.can("record_contractor")
