"""An assessment is a function of pack, facts and day, and grows with the amount."""

from copy import deepcopy
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianshen.rules.queries import assess, enact
from lianshen.rules.types import Assessment, FactValue
from tests.rules.law import ON, YUAN, declaration, guanyun, vocabulary

ORDER = ("filing", "joint_review", "estimate_review")
KINDS = {
    "bool": st.booleans(),
    "int": st.integers(0, 1000),
    "money": st.integers(0, 10**14),
    "date": st.dates(date(2024, 1, 1), date(2028, 1, 1)).map(date.isoformat) | st.just(""),
    "text": st.text(max_size=5),
    "codes": st.lists(st.sampled_from(sorted(vocabulary().documents)), unique=True).map(tuple),
}
FACTS = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(sorted(fact.options)) if fact.options else KINDS[fact.type]
        for name, fact in vocabulary().facts.items()
    },
)
DAYS = st.dates(date(2025, 9, 6), date(2027, 9, 5))


def at(facts: dict[str, FactValue], event: str = "") -> Assessment:
    return assess(guanyun(), facts, event, ON)


@given(FACTS, st.sampled_from(["", *sorted(vocabulary().events), *sorted(guanyun().actions)]), DAYS)
def test_the_same_facts_give_the_same_answer_and_stay_as_they_are(
    facts: dict[str, FactValue], event: str, on: date
) -> None:
    before = deepcopy(facts)
    first = assess(guanyun(), facts, event, on)
    assert assess(guanyun(), dict(reversed(facts.items())), event, on) == first
    assert facts == before
    assert msgspec.json.encode(first)
    for action in first.actions:
        assert action.timely or not action.open
        assert action.open or action.reasons
        assert all(reason.basis.article for reason in action.reasons)


@given(FACTS, DAYS)
def test_an_act_changes_what_it_says_it_changes(facts: dict[str, FactValue], on: date) -> None:
    for action in assess(guanyun(), facts, "", on).actions:
        if action.open and not action.form:
            outcome = enact(guanyun(), facts, action.code, {}, on)
            told = {name for name, (was, becomes) in outcome.changed.items() if was != becomes}
            assert told == {
                name for name in facts.keys() | outcome.facts.keys() if facts.get(name) != outcome.facts.get(name)
            }


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_larger_budget_is_never_in_a_lighter_tier(one: int, other: int) -> None:
    tiers = [at({"project_budget": amount}).tiers[0] for amount in sorted((one, other))]
    first, second = (ORDER.index(tier.code) for tier in tiers if tier)
    assert first <= second


@pytest.mark.parametrize(
    ("yuan", "tier", "papers"),
    [
        ("499,999.99", "filing", {"project_proposal"}),
        ("500,000", "joint_review", {"feasibility_report", "resource_catalogue"}),
        ("500,000.00", "joint_review", {"feasibility_report", "resource_catalogue"}),
        ("999,999.99", "joint_review", {"feasibility_report", "resource_catalogue"}),
        (
            "1,000,000",
            "estimate_review",
            {
                "project_proposal",
                "feasibility_report",
                "preliminary_design",
                "finance_reviewed_estimate",
                "resource_catalogue",
            },
        ),
    ],
)
def test_the_bounds_fall_where_the_law_says(yuan: str, tier: str, papers: set[str]) -> None:
    said = at(declaration(yuan))
    assert said.tiers[0].code == tier
    assert {paper.code for paper in said.papers} == papers
    assert all(
        used.unit == "fen" and used.value in (500_000 * YUAN, 1_000_000 * YUAN) for used in said.tiers[0].basis.used
    )


@pytest.mark.parametrize(
    ("total", "emergency", "papers"),
    [
        ("20,000,000", "", {"combined_proposal_and_feasibility", "preliminary_design"}),
        ("20,000,000.01", "", {"project_proposal", "feasibility_report", "preliminary_design"}),
        ("10,000,000", "on", {"combined_proposal_feasibility_and_design"}),
        ("10,000,000.01", "on", {"combined_proposal_and_feasibility", "preliminary_design"}),
    ],
)
def test_papers_may_be_merged_up_to_the_amounts_of_article_17(total: str, emergency: str, papers: set[str]) -> None:
    facts = declaration("2,000,000", total_investment=total, emergency=emergency, combines_documents="on")
    said = at(facts, "submit_for_joint_review")
    assert {paper.code for paper in said.papers} == papers | {"finance_reviewed_estimate"}


def test_a_draft_is_told_of_every_obstacle_at_once() -> None:
    said = at(declaration("700,000", government_app="on", builds_infrastructure="on", hosting="department_servers"))
    assert {block.code: block.strength for block in said.blocks} == {
        "government_app_prohibited": "absolute",
        "must_use_city_government_cloud": "absolute",
        "own_infrastructure": "in_principle",
    }
    submit = next(action for action in said.actions if action.code == "submit")
    assert {reason.code for reason in submit.reasons} >= {"government_app_prohibited", "must_use_city_government_cloud"}
    assert "own_infrastructure" not in {reason.code for reason in submit.reasons}


def test_what_is_assumed_is_told() -> None:
    said = at({"kind": "new_build"})
    assert "project_budget" in said.assumed
    assert "kind" not in said.assumed
    assert said.tiers[0].code == "estimate_review"


def test_the_law_is_in_force_from_its_first_day_to_its_last() -> None:
    days = [date(2025, 9, 5), date(2025, 9, 6), date(2027, 9, 5), date(2027, 9, 6)]
    assert [assess(guanyun(), {}, "", day).in_force for day in days] == [False, True, True, False]


def test_who_was_decided_by_is_named_in_chinese() -> None:
    (step,) = [step for step in at(declaration("700,000")).steps if step.code == "project_approval"]
    assert (step.by_label, step.basis.article) == ("县发改委", "第五条（二）")
