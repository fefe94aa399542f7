"""Explanations keep their word: each change that is told changes the item, and one fen or one day less does not."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

import pytest

from lianshen.rules.queries import (
    Alteration,
    ExpressionError,
    Item,
    Pack,
    UnknownItem,
    assess,
    explain,
    items_of,
    standing,
)
from lianshen.rules.types import Facts, FactValue
from tests.rules.law import ON, YUAN, declaration, guanyun, packs

SAMPLES = 6
INCLUDED = ("达到", "不超过", "等于")


def declared(pack: Pack, random: Random) -> dict[str, FactValue]:
    """The answers of somebody who fills in the form at random, leaving some of it out; and some of the course."""
    facts: dict[str, FactValue] = {}
    around = [bound + step for bound in pack.amounts for step in (-1, 0, 1)] or [1]
    for field in pack.intake:
        match field.kind:
            case "bool":
                facts[field.name] = random.random() < 0.5
            case "choice":
                facts[field.name] = random.choice(field.options).code
            case "money":
                facts[field.name] = max(random.choice([*around, random.randrange(10**11)]), 0)
            case "number":
                facts[field.name] = random.choice([0, 1, 12, pack.since.year, *pack.numbers])
            case "date":
                facts[field.name] = (pack.since + timedelta(days=random.randrange(-900, 900))).isoformat()
    for action in random.sample(list(pack.actions.values()), len(pack.actions) // 3):
        facts |= action.rule.sets
        facts |= {name: pack.since.isoformat() for name in action.rule.stamps}
    return {name: value for name, value in facts.items() if random.random() < 0.7}


def items_told_of(pack: Pack, random: Random) -> list[Item]:
    """Items of every kind that rules of the pack speak of, whether they are there or not."""
    found = [Item("paper", rule.paper.code) for rule in pack.papers]
    found += [Item("step", rule.step.code) for rule in pack.steps]
    found += [Item("content", rule.content.code) for rule in pack.contents]
    found += [Item("block", rule.block.code) for rule in pack.blocks]
    found += [Item("notice", rule.notice.code, rule.notice.basis.rule) for rule in pack.notices]
    found += [Item("choice", rule.choice.code) for rule in pack.choices]
    found += [Item("clock", code) for code in pack.clocks]
    found += [Item("tier", tier.code) for axis in pack.axes for tier in axis.tiers]
    return random.sample(found, len(found) // 3)


class Asked:
    """A question, and what an assessment says when some of its facts are otherwise."""

    def __init__(self, pack: Pack, facts: Facts, event: str, on: date) -> None:
        self.pack, self.facts, self.event, self.on = pack, facts, event, on

    def standing(self, item: Item, changes: dict[str, FactValue]) -> object:
        return standing(assess(self.pack, *self.otherwise(changes)), item)

    def otherwise(self, changes: dict[str, FactValue]) -> tuple[Facts, str, date]:
        day = changes.get("today")
        facts = {**self.facts, **{name: value for name, value in changes.items() if name != "today"}}
        return facts, self.event, date.fromisoformat(str(day)) if day else self.on


def beyond(change: Alteration) -> Iterator[FactValue]:
    """The values just outside what the change says: its ends are included or not, as their words have it."""
    for end, step in ((change.low, -1), (change.high, 1)):
        if end is not None and isinstance(end.value, int):
            yield end.value + step if end.word in INCLUDED else end.value
        elif end is not None:
            yield (date.fromisoformat(str(end.value)) + timedelta(days=step)).isoformat()


def check(asked: Asked, item: Item) -> int:
    """Try everything that is told of an item; how many ways there were."""
    stood = asked.standing(item, {})
    found = explain(asked.pack, asked.facts, asked.event, asked.on, item)
    assert found.state == stood, item
    for way in found.ways:
        others = {change.fact: change.to[0] for change in way.changes}
        if item.kind in ("scope", "management"):
            after = assess(asked.pack, *asked.otherwise(others))
            by_scope = item.kind == "scope" or after.in_scope != "yes"
            decides = after.scope_basis if by_scope else after.management_basis
            stated = [end.basis for change in way.changes for end in (change.low, change.high) if end and end.basis]
            assert {change.basis for change in way.changes} <= {decides, *stated}, (item, way.sentence)
        for change in way.changes:
            for value in change.to:
                assert asked.standing(item, others | {change.fact: value}) != stood, (item, way.sentence)
            for value in beyond(change):
                try:
                    then = asked.standing(item, others | {change.fact: value})
                except ExpressionError:
                    continue
                assert then != way.then, (item, way.sentence, value)
    for part in found.parts:
        for way in part.ways:
            after = assess(asked.pack, *asked.otherwise({change.fact: change.to[0] for change in way.changes}))
            action = next(one for one in after.actions if one.code == item.code)
            assert action.timely, (item, way.sentence)
            assert (part.label, part.basis) not in {(reason.label, reason.basis) for reason in action.reasons}
    return len(found.ways) + sum(len(part.ways) for part in found.parts)


@pytest.mark.parametrize("pack", packs(), ids=lambda pack: pack.ref)
def test_what_is_told_is_so_for_every_item_of_every_pack(pack):
    random = Random(pack.ref)
    told = 0
    for _ in range(SAMPLES):
        on = pack.since + timedelta(days=random.randrange(300))
        event = random.choice(["", "", *pack.vocabulary.events, *pack.actions])
        asked = Asked(pack, declared(pack, random), event, on)
        try:
            items = list(items_of(assess(pack, asked.facts, event, on)))
        except ExpressionError:
            continue
        told += sum(check(asked, item) for item in [*items, Item("management"), *items_told_of(pack, random)])
    assert told > 20 * SAMPLES


def ways(said: str, facts: Facts, *, event: str = "", on: date = ON) -> list[str]:
    return [way.sentence for way in explain(guanyun(), facts, event, on, Item.named(said)).ways]


def test_the_bound_of_an_amount_is_told_to_the_fen_with_its_article():
    found = explain(guanyun(), declaration("1200000"), "", ON, Item.named("step:finance_estimate_review"))
    (way,) = [way for way in found.ways if way.changes[0].fact == "project_budget"]
    (change,) = way.changes
    assert way.sentence == "预算金额低于 1,000,000.00 元时，无需由县财政局办理“财政审核概算”。"
    assert (change.from_, change.to, change.low) == (1200000 * YUAN, (1000000 * YUAN - 1,), None)
    assert (change.high.word, change.high.value, change.high.basis.article) == (
        "低于",
        1000000 * YUAN,
        "第十六条（三）",
    )
    assert change.source == "declaration"


def test_a_band_between_two_amounts_has_two_ends():
    found = ways("tier:estimate_review", declaration("1200000"))
    assert (
        "预算金额达到 500,000.00 元、低于 1,000,000.00 元时，适用“预算50万元（含）以上、100万元以下：联审”。" in found
    )


def test_an_amount_that_is_included_is_told_as_such():
    """2000万元以下 includes 2000万元."""
    found = ways("choice:may_combine@GY-17-5", declaration("1200000"))
    assert any(said.startswith("总投资超过 20,000,000.00 元时") for said in found)


def test_what_only_the_course_of_the_project_sets_is_told_by_its_act():
    facts = {**declaration("600000"), "submitted": True}
    assert any(said.startswith("办理“") and "后" in said for said in ways("action:open_joint_review", facts))


def test_each_reason_that_shuts_an_action_is_explained_by_itself():
    facts = declaration("600000") | {"government_app": True, "in_approved_plan": False}
    found = explain(guanyun(), facts, "", ON, Item.named("action:submit"))
    assert found.state == "shut"
    assert found.remark
    sentences = {part.code: [way.sentence for way in part.ways] for part in found.parts}
    assert any("为“否”时" in said for said in sentences["government_app_prohibited"])
    assert any(said.startswith("提交“") for said in sentences["missing_paper"])


def test_an_item_that_nothing_touches_says_so():
    found = explain(guanyun(), declaration("600000"), "", ON, Item.named("clock:revise"))
    assert (found.ways, found.state) == ((), True)
    assert found.remark


def test_what_a_person_decides_is_not_told_as_excluded_and_each_exclusion_has_its_own_clause():
    pack = next(one for one in packs() if one.ref == "990001@2026-01-01")
    facts = {"kind": "new_build", "project_budget": 700000 * YUAN}
    told = {}
    for kind in ("scope", "management"):
        found = explain(pack, facts, "project_approval", date(2026, 3, 2), Item(kind))
        told[kind] = {way.sentence: way.changes[0].basis.rule for way in found.ways if way.then != "operations_track"}
    excluded = {
        "特定内容为“办公终端”时，不属于本办法管理范围。": "YL-2-2",
        "特定内容为“通用软件（成品）”时，是否属于本办法管理范围，条文未作定论，由人认定。": "YL-2-3",
    }
    assert told["scope"] == excluded
    assert told["management"] == excluded | {"预算金额低于 600,000.00 元时，管理方式为“仅备案”。": "YL-5-1"}


def test_what_is_excluded_by_clauses_of_several_articles_is_told_by_each():
    found = explain(guanyun(), declaration("600000"), "", ON, Item("management"))
    outside = [change for way in found.ways if way.then == "scope_no" for change in way.changes]
    scope = explain(guanyun(), declaration("600000"), "", ON, Item("scope"))
    clauses = {basis.rule for _, one in guanyun().exclusions for basis in [one.basis]}
    assert {change.basis.rule for change in outside} <= clauses
    assert outside
    assert [change for way in scope.ways for change in way.changes] == outside


def test_a_number_tells_where_it_stands_and_which_level_holds():
    found = explain(guanyun(), declaration("1200000"), "", ON, Item.named("clock:file_contract"))
    (origin,) = found.parameters
    used = origin.basis.used[0]
    assert (origin.name, used.value, used.unit, used.text) == (
        "contract_filing_term",
        10,
        "working_day",
        "10个工作日内",
    )
    assert origin.basis.article == "第二十五条"
    assert [level.holds for level in origin.levels] == [True]


@pytest.mark.parametrize(
    "said", ["paper:nothing", "nothing:contract", "action", "tier:nothing", "management:nothing", ""]
)
def test_an_item_that_the_pack_does_not_have_is_refused(said):
    with pytest.raises(UnknownItem):
        explain(guanyun(), {}, "", ON, Item.named(said))
