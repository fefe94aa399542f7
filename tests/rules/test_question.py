"""A question asked of no project: what may be asked, for which day, and the whole answer."""

from datetime import date

import pytest

from lianshen.kernel.errors import Invalid
from lianshen.rules.queries import Inquiry, Law, NoLaw, Question, ask, assess, inquire, load_law
from tests.rules.law import TENANTS, YUAN

TODAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def law() -> Law:
    return load_law(TENANTS)


def wrong(law: Law, **question: object) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        ask(law, Question(tenant="320723", **question), TODAY)
    return {str(item.field): item.message for item in refused.value.items}


def test_the_answer_is_the_assessment_with_dates_day_by_day(law):
    facts = {"project_budget": "480000.00", "contracts_signed_on": "2026-03-04"}
    found = ask(law, Question("320723", facts, "contract_filed"), TODAY)
    read = {"project_budget": 480000 * YUAN, "contracts_signed_on": "2026-03-04"}
    assert found.facts == read
    assert found.assessment == assess(law.registry.pack(found.pack), read, "contract_filed", TODAY)
    (term,) = [one for one in found.forecasts if one.clock == "file_contract"]
    assert (term.supposed, term.due_on) == (False, date(2026, 3, 18))
    assert [day.number for day in term.days if day.counted] == list(range(1, 11))
    assert term.days[-1].on == term.due_on


def test_what_is_left_out_is_unstated_and_counts_as_neutral(law):
    found = ask(law, Question("320723"), TODAY)
    assert found.facts == {}
    assert found.assessment.in_scope == "yes"
    assert "project_budget" in found.assessment.assumed


def test_the_matter_goes_up_where_a_rule_says_so(law):
    facts = {"needs_cloud_resources": True}
    found = ask(law, Question("guanyun", facts, "resource_request"), TODAY)
    assert {one.question: one.bodies for one in found.escalation} == {
        "escalation_path": ("county_data_bureau", "city_level"),
        "escalates_to": ("city_level",),
    }
    assert ask(law, Question("guanyun", facts, "contract_filed"), TODAY).escalation == ()


def test_everything_that_does_not_read_is_told_at_once(law):
    facts = {
        "project_budget": 480000.5,
        "nothing": 1,
        "kind": "castle",
        "submitted": "perhaps",
        "documents": ["nothing"],
    }
    assert wrong(law, facts=facts, event="nothing").keys() == {*facts, "event"}
    assert wrong(law, facts={"opinions_pending": "x"}).keys() == {"opinions_pending"}


def test_facts_of_the_course_and_sets_of_papers_may_be_given(law):
    facts = {"submitted": True, "documents": ["contract"], "change_amount": "10.50"}
    assert ask(law, Question("320723", facts), TODAY).facts == {
        "submitted": True,
        "documents": ("contract",),
        "change_amount": 1050,
    }


@pytest.mark.parametrize(
    ("tenant", "on", "code", "said"),
    [
        ("320723", date(2025, 9, 5), "not_yet", "自2025年9月6日起施行，2025年9月5日尚未施行"),
        ("320723", date(2027, 9, 6), "no_longer", "有效期至2027年9月5日，2027年9月6日已经失效"),
        ("999999", None, "no_pack", "999999"),
    ],
)
def test_a_day_without_law_says_why(law, tenant, on, code, said):
    with pytest.raises(NoLaw) as refused:
        ask(law, Question(tenant, on=on), TODAY)
    (item,) = refused.value.items
    assert item.code == code
    assert said in item.message


def test_the_day_asked_about_is_that_of_the_law(law):
    assert ask(law, Question("320723", on=date(2027, 9, 5)), TODAY).assessment.on == date(2027, 9, 5)


def test_items_are_explained_under_the_same_question(law):
    inquiry = Inquiry(tenant="320723", facts={"project_budget": "1200000"}, items=["scope", "tier:estimate_review"])
    found = inquire(law, inquiry, TODAY)
    assert (found.pack, found.status, found.on) == ("320723@2025-09-06", "law", TODAY)
    assert [one.item for one in found.explanations] == inquiry.items
    assert all(one.ways for one in found.explanations)
    for items in ([], ["scope"] * 51, ["paper:nothing", "nothing:x"]):
        with pytest.raises(Invalid) as refused:
            inquire(law, Inquiry(tenant="320723", items=items), TODAY)
        assert {item.field for item in refused.value.items} == {"items"}
