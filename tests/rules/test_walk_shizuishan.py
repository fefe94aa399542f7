"""Projects of Shizuishan from draft to operation, one on each route, act by act, as pure functions."""

from datetime import date, timedelta
from functools import cache

import pytest

from lianshen.kernel.strict_yaml import load
from lianshen.rules.queries import Pack, amiss, assess, enact, load_pack, read_inputs
from lianshen.rules.types import Action, Assessment, FactValue, Outcome
from tests.rules.law import TENANTS, calendar, due_of, vocabulary

HOME = TENANTS / "640200-shizuishan"
ON = date(2026, 3, 2)
TODAY = ON.isoformat()
NOTED = "已核。"


@cache
def pack() -> Pack:
    return load_pack(HOME / "pack-2023-01-01", vocabulary(), calendar())


def declaration(amount: str, **more: str) -> dict[str, FactValue]:
    """The facts of an ordinary new build of a city department, typed into its form."""
    typed = {field.name: "on" for field in pack().intake if field.default is True} | {
        "title": "教育数据平台",
        "summary": "汇聚全市教育数据。",
        "unit": "city_department",
        "kind": "new_build",
        "project_class": "engineering",
        "funding": "fiscal",
        "works_equipment_contingency": amount,
        "total_investment": amount,
        "estimate": amount,
        "free_operations_months": "36",
        "preparation_confirmed": "on",
        "authenticity_confirmed": "on",
    }
    facts, errors = read_inputs(pack().intake, typed | more)
    assert not errors
    return facts


class Walk:
    """A project that is walked through its actions; papers asked for are handed in."""

    def __init__(self, amount: str, **more: str) -> None:
        self.facts, self.on = declaration(amount, **more), ON

    def now(self) -> Assessment:
        return assess(pack(), self.facts, "", self.on)

    def action(self, code: str) -> Action:
        return next(action for action in self.now().actions if action.code == code)

    def reasons(self, code: str) -> set[str]:
        return {reason.code for reason in self.action(code).reasons}

    def open(self) -> set[str]:
        return {action.code for action in self.now().actions if action.open}

    def do(self, code: str, by: str = "", **typed: str) -> Outcome:
        """Do an action that is open: texts not given say little, dates are today."""
        action = self.action(code)
        assert action.open, (code, self.now().phase, [reason.label for reason in action.reasons])
        plain = {"date": self.on.isoformat(), "text": NOTED, "textarea": NOTED, "money": "0", "number": "2025"}
        filled = {field.name: plain.get(field.kind, "") for field in action.form if field.kind in plain}
        filled |= {
            field.name: field.options[0].code for field in action.form if field.kind == "choice" and field.required
        }
        inputs, errors = read_inputs(action.form, filled | typed, on=self.on)
        assert not errors, errors
        assert amiss(pack(), self.facts, code, inputs, self.on) == {}
        outcome = enact(pack(), self.facts, code, inputs, self.on, by=by)
        self.facts = dict(outcome.facts)
        return outcome

    def refused(self, code: str, **typed: str) -> set[str]:
        """The fields that the law refuses in a form."""
        inputs, errors = read_inputs(self.action(code).form, typed, partial=True)
        assert not errors, errors
        return set(amiss(pack(), self.facts, code, inputs, self.on))

    def hand_in(self, *papers: str) -> None:
        before = self.facts.get("documents", ())
        assert isinstance(before, tuple)
        self.facts["documents"] = (*before, *papers)

    def hear(self, action: str) -> None:
        pending = self.facts["opinions_pending"]
        assert isinstance(pending, tuple)
        for body in pending:
            self.do(action, by=body)


def admitted(amount: str = "3,000,000", **more: str) -> Walk:
    walk = Walk(amount, **more)
    walk.hand_in("preliminary_design", "resource_catalogue", "ops_funding_source_statement")
    walk.do("submit")
    walk.do("admit")
    return walk


def reviewed(amount: str = "3,000,000", **more: str) -> Walk:
    walk = admitted(amount, **more)
    walk.do("open_technical_review")
    walk.hear("give_review_opinion")
    if walk.facts["kind"] == "new_build":
        walk.do("examine_security")
        walk.do("examine_cryptography")
    walk.do("pass_technical_review")
    return walk


def tendered(amount: str = "3,000,000") -> Walk:
    walk = reviewed(amount)
    walk.do("assess_affordability")
    walk.do("approve", approved_amount="2,900,000")
    walk.do("arrange_funds", arranged_amount="2,900,000")
    walk.do("record_tender", contract_amount="2,900,000", tender_completed_on="2026-02-27")
    return walk


def accepted() -> Walk:
    walk = tendered()
    walk.do("start_construction", has_supervisor="on")
    walk.do("pass_preliminary_acceptance")
    walk.do("record_trial_run", trial_run_satisfactory="on")
    walk.do("confirm_data")
    walk.do("open_acceptance")
    walk.hear("give_acceptance_opinion")
    walk.do("pass_acceptance")
    return walk


def test_a_small_project_is_guided_and_filed() -> None:
    walk = Walk("599,999.99")
    assert walk.now().management == "filing_only"
    walk.do("submit")
    assert (walk.now().phase, walk.open()) == ("under_guidance", {"withdraw", "give_guidance"})
    walk.do("give_guidance")
    started = walk.do("record_tender", contract_amount="500,000").starts
    assert [begun.clock.code for begun in started] == ["file_information"]
    assert walk.do("file_building").stops == ("file_information",)
    assert walk.now().phase == "under_filing"
    walk.do("accept_filing")
    walk.do("send_filing_to_region")
    walk.do("record_filing_receipt")
    assert walk.now().phase == "filed_in_region"
    assert "start_construction" not in walk.open()
    assert [step.state for step in walk.now().steps] == ["done"] * 4


def test_a_city_project_goes_from_review_to_evaluation() -> None:
    walk = reviewed()
    assert walk.now().phase == "approving"
    assert walk.reasons("approve") == {"affordability_not_assessed"}
    walk.do("assess_affordability")
    walk.do("approve", approved_amount="2,900,000")
    walk.do("arrange_funds", arranged_amount="2,900,000")
    assert walk.refused("record_tender", contract_amount="2,900,000.01") == {"contract_amount"}
    (begun,) = walk.do("record_tender", contract_amount="2,900,000", tender_completed_on="2026-01-20").starts
    assert (begun.clock.code, due_of(begun)) == ("file_information", date(2026, 2, 24))
    walk.do("file_building")
    walk.do("accept_filing")
    assert walk.refused("record_payment", payment_amount="2,900,000.01") == {"payment_amount"}
    walk.do("record_payment", payment_amount="2,000,000")
    assert walk.refused("record_payment", payment_amount="900,000.01") == {"payment_amount"}
    walk.do("start_construction", has_supervisor="on")
    assert walk.reasons("open_acceptance") == {"preliminary_acceptance_first", "trial_run_not_done"}
    walk.do("pass_preliminary_acceptance")
    walk.do("record_trial_run")
    assert walk.reasons("open_acceptance") == {"trial_run_not_done"}
    walk.do("record_trial_run", trial_run_satisfactory="on")
    assert walk.reasons("go_live") == {"not_accepted"}
    walk.do("open_acceptance")
    assert walk.reasons("pass_acceptance") == {"opinions_pending", "data_not_on_city_platform"}
    walk.hear("give_acceptance_opinion")
    walk.do("confirm_data")
    walk.do("pass_acceptance")
    walk.do("go_live")
    walk.do("record_security_assessment")
    walk.do("evaluate_performance")
    assert walk.now().phase == "operating"
    assert {step.state for step in walk.now().steps} == {"done", "now"}  # the region has yet to acknowledge the filing


def test_a_project_of_five_million_waits_for_the_region() -> None:
    walk = reviewed("5,000,000")
    assert walk.now().phase == "to_region"
    assert walk.reasons("submit_to_region") == {"missing_paper"}
    walk.hand_in("requirements_analysis_report", "application_form")
    too_much = {"national_funds": "5,000,000", "city_funds": "0.01", "report_follows_outline": "on"}
    assert walk.refused("submit_to_region", **too_much) == {"self_raised_funds"}
    assert walk.refused("submit_to_region", national_funds="5,000,000") == {"report_follows_outline"}
    walk.do("submit_to_region", city_funds="5,000,000", report_follows_outline="on")
    assert not walk.action("pass_county_check").timely
    walk.do("send_to_region")
    assert (walk.now().phase, walk.reasons("approve")) == ("in_region", {"not_timely"})
    walk.do("record_regional_failure")
    assert walk.now().phase == "failed"
    walk = reviewed("4,999,999.99")
    assert walk.now().phase == "approving"


def test_a_county_project_passes_its_own_bureau_on_the_way_up() -> None:
    walk = reviewed("5,000,000", unit="county_department")
    walk.hand_in("requirements_analysis_report", "application_form")
    walk.do("submit_to_region", city_funds="5,000,000", report_follows_outline="on")
    assert walk.reasons("send_to_region") == {"not_timely"}
    walk.do("return_region_papers")
    walk.do("submit_to_region", city_funds="5,000,000", report_follows_outline="on")
    walk.do("pass_county_check")
    walk.do("send_to_region")
    walk.do("record_regional_pass")
    assert not walk.action("approve").timely
    assert walk.now().disputes
    walk.do("record_county_approval", approved_amount="5,000,000")
    walk.do("record_tender", contract_amount="4,800,000")
    walk.do("file_building")
    assert walk.reasons("accept_filing") == {"not_timely"}
    walk.do("forward_filing")
    walk.do("accept_filing")
    assert walk.now().phase == "filed"


@pytest.mark.parametrize(("kind", "filing"), [("purchased_service", "file_service"), ("goods", "file_goods")])
def test_what_is_bought_needs_no_approval(kind: str, filing: str) -> None:
    more = {"service_term_months": "36"} if kind == "purchased_service" else {}
    walk = reviewed(kind=kind, project_class="service" if more else "goods", **more)
    assert walk.now().phase == "reviewed"
    assert not walk.action("approve").timely
    started = walk.do("record_tender", contract_amount="2,000,000").starts
    assert [begun.clock.code for begun in started] == (["file_information"] if more else [])
    walk.do(filing, **more)
    walk.do("accept_filing")
    assert not walk.action("start_construction").timely


def test_operations_file_the_use_of_their_money_every_year() -> None:
    walk = reviewed(kind="operations", project_class="service", service_term_months="36")
    walk.do("record_tender", contract_amount="2,000,000")
    walk.do("file_operations")
    (begun,) = walk.do("begin_operations_funding").starts
    assert begun.trigger_on == date(2026, 12, 31)
    assert walk.refused("file_fund_use", reported_year="2026") == {"reported_year"}
    walk.on = date(2027, 1, 11)
    filed = walk.do("file_fund_use", reported_year="2026")
    assert (filed.stops, [begun.trigger_on for begun in filed.starts]) == (("fund_use",), [date(2027, 12, 31)])


def test_what_is_not_admitted_in_principle_waits_for_an_exception() -> None:
    walk = Walk("3,000,000", contains_office_equipment="on", integrates_with_existing="")
    walk.hand_in("preliminary_design", "ops_funding_source_statement")
    walk.do("submit")
    assert walk.reasons("admit") == {"contains_infrastructure", "not_integrated", "no_resource_catalogue"}
    walk.do("non_admit", ground="catalogue")
    assert walk.now().phase == "not_admitted"
    walk.hand_in("resource_catalogue")
    walk.do("submit")
    for option in walk.action("grant_exception").form[0].options:
        walk.do("grant_exception", exception=option.code)
    walk.do("admit")


def test_a_review_needs_somebody_heard_and_both_results_of_annex_2() -> None:
    walk = admitted()
    missing = {"nobody_heard", "security_not_conforming", "cryptography_not_conforming"}
    assert walk.reasons("pass_technical_review") == missing
    walk.do("record_assessment", assessor="third_party")
    walk.do("examine_security", security_result="does_not_conform")
    walk.do("examine_cryptography")
    assert walk.reasons("pass_technical_review") == {"security_not_conforming"}
    walk.do("fail_technical_review")
    walk.do("submit")
    assert walk.now().phase == "declared"
    assert "security_result" not in walk.facts


def test_a_sector_project_waits_for_the_letter_of_the_region() -> None:
    walk = admitted(industry_project="on")
    walk.do("record_assessment")
    walk.do("examine_security")
    walk.do("examine_cryptography")
    assert walk.reasons("pass_technical_review") == {"missing_paper"}
    walk.hand_in("industry_authority_opinion")
    walk.do("pass_technical_review")


def test_a_pilot_waits_for_two_consents() -> None:
    walk = Walk("3,000,000", common_capability_gap="on", basic_or_public_support="on")
    walk.hand_in("preliminary_design", "resource_catalogue", "ops_funding_source_statement")
    assert walk.reasons("submit") == {"pilot_not_consented"}
    for answer in ("record_pilot_refusal", "record_pilot_consent"):
        walk.do("request_pilot")
        assert not walk.now().amendable
        walk.do("send_pilot")
        walk.do(answer)
    walk.do("submit")
    walk.do("admit")


def test_what_was_approved_binds_until_it_is_approved_anew() -> None:
    walk = tendered()
    walk.do("propose_change", change_amount="1")
    walk.do("reject_change")
    walk.do("propose_change", change_amount="100,000")
    walk.do("approve_change", approved_amount="3,000,000")
    assert walk.facts["approved_amount"] == 300000000


def test_filed_information_is_kept_up_to_date() -> None:
    walk = tendered()
    walk.do("file_building")
    walk.do("return_filing")
    walk.do("file_building")
    walk.do("accept_filing")
    walk.do("send_filing_to_region")
    (begun,) = walk.do("report_filing_change", filed_information_changed_on="2025-10-15").starts
    assert due_of(begun) == date(2025, 11, 17)
    assert walk.do("update_filing", settled_amount="2,880,000").stops == ("update_filing",)
    walk.do("accept_filing")
    assert {"send_filing_to_region", "report_filing_change"} <= walk.open()


def test_a_rebuild_is_not_filed_without_the_evaluation_of_what_was_there() -> None:
    walk = Walk("300,000", kind="expansion")
    walk.do("submit")
    walk.do("give_guidance")
    walk.do("record_tender", contract_amount="290,000")
    assert walk.reasons("file_building") == {"missing_paper"}
    walk.hand_in("prior_phase_evaluation_report")
    walk.do("file_building", contents_filed="as_for_new_build")
    assert walk.reasons("accept_filing") == {"prior_evaluation_missing"}
    walk.do("return_filing")
    walk.do("file_building")
    walk.do("accept_filing")


def test_supervision_asks_finds_orders_and_refers() -> None:
    walk = tendered()
    walk.do("request_information")
    walk.do("record_refusal")
    walk.do("dismiss_finding")
    walk.do("report_finding", by="city_audit_bureau")
    (begun,) = walk.do("order_rectification", rectification_due_on="2026-04-01").starts
    assert (begun.clock.code, begun.due_on) == ("rectify", date(2026, 4, 1))
    assert walk.now().phase == "rectifying"
    walk.do("report_rectification")
    walk.do("reject_rectification", rectification_due_on="2026-05-06")
    walk.do("report_rectification")
    walk.do("confirm_rectification")
    walk.do("refer_accountability")
    assert walk.now().phase == "tendered"


def test_a_failed_acceptance_is_held_again() -> None:
    walk = accepted()
    assert walk.now().phase == "accepted"
    again = tendered()
    again.do("start_construction")
    again.do("pass_preliminary_acceptance")
    again.do("record_trial_run", trial_run_satisfactory="on")
    again.do("open_acceptance", opinions_due_on=TODAY)
    again.do("fail_acceptance")
    assert (again.now().phase, "open_acceptance" in again.open()) == ("acceptance_failed", True)


def test_silence_of_an_authority_does_not_hold_up_the_acceptance_for_ever() -> None:
    walk = tendered()
    walk.do("start_construction")
    walk.do("pass_preliminary_acceptance")
    walk.do("record_trial_run", trial_run_satisfactory="on")
    walk.do("confirm_data")
    walk.do("open_acceptance", opinions_due_on=TODAY)
    assert walk.reasons("pass_acceptance") == {"opinions_pending"}
    walk.on = ON + timedelta(days=1)
    walk.do("pass_acceptance")


def test_a_classified_project_goes_no_further_than_the_index() -> None:
    walk = Walk("3,000,000", classified="on")
    assert (walk.now().in_scope, walk.now().phase) == ("no", "index_only")
    assert "out_of_scope" in walk.reasons("submit")


def test_the_draft_is_a_draft_and_binds_nobody_until_it_is_issued() -> None:
    walk = Walk("3,000,000")
    assert (walk.now().status, walk.now().in_force, walk.now().number) == ("draft", True, "未印发，无文号")
    assert "送审稿" in walk.now().title
    tried = Walk("599,999", rule_issued="")
    assert (tried.now().status, tried.now().in_force) == ("draft", False)
    tried.do("submit")
    tried.do("give_guidance")
    assert tried.do("record_tender", contract_amount="500,000").starts == ()
    assert tried.now().clocks == ()


def test_every_body_that_acts_or_is_asked_has_an_office() -> None:
    offices = load(HOME / "demo.yaml").data["offices"]
    acting = {body for rule in pack().actions.values() for body in rule.rule.by}
    acting |= {body for rule in pack().actions.values() for _, body in rule.asks}
    assert acting - {"opinions_pending"} <= {office["body"] for office in offices}
    logins = [post["login"] for office in offices for post in office["posts"]]
    assert len(set(logins)) == len(logins)
