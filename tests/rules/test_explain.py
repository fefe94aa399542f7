"""Explanations keep their word: each change that is told changes the item, and one fen or one day less does not."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

import pytest

from lianshen.rules.queries import (
    Change,
    ExpressionError,
    Pack,
    assess,
    explain,
    items_of,
    standing,
)
from lianshen.rules.types import Facts, FactValue
from tests.rules.law import packs

SAMPLES = 25
FEN = 1


def declared(pack: Pack, random: Random) -> dict[str, FactValue]:
    """The answers of somebody who fills in the form at random, leaving some of it out; and some of the course."""
    facts: dict[str, FactValue] = {}
    around = [bound + step for bound in pack.amounts for step in (-FEN, 0, FEN)] or [FEN]
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


def applied(facts: Facts, on: date, changes: dict[str, FactValue]) -> tuple[Facts, date]:
    day = changes.get("today")
    return {**facts, **{n: v for n, v in changes.items() if n != "today"}}, date.fromisoformat(str(day)) if day else on


def beyond(change: Change) -> Iterator[FactValue]:
    """The values just outside what the change says: its ends are included or not, as their words have it."""
    for end, step in ((change.low, -1), (change.high, 1)):
        if end is not None and isinstance(end.value, int):
            yield end.value + step if end.word in ("达到", "不超过", "等于") else end.value
        elif end is not None:
            yield (date.fromisoformat(str(end.value)) + timedelta(days=step)).isoformat()


def check(pack: Pack, facts: Facts, event: str, on: date) -> int:
    told = 0
    before = assess(pack, facts, event, on)
    for item in items_of(before):
        found = explain(pack, facts, event, on, item)
        stood = standing(before, item)
        assert found.state == stood, item
        for way in found.ways:
            told += 1
            others = {change.fact: change.to[0] for change in way.changes}
            for change in way.changes:
                for value in change.to:
                    then = assess(pack, *_put(facts, event, on, others | {change.fact: value}))
                    assert standing(then, item) != stood, (str(item), way.sentence, facts)
                for value in beyond(change):
                    try:
                        then = assess(pack, *_put(facts, event, on, others | {change.fact: value}))
                    except ExpressionError:
                        continue
                    assert standing(then, item) != way.then, (str(item), way.sentence, value, facts)
    return told


def _put(facts: Facts, event: str, on: date, changes: dict[str, FactValue]) -> tuple[Facts, str, date]:
    after, day = applied(facts, on, changes)
    return after, event, day


@pytest.mark.parametrize("pack", packs(), ids=lambda pack: pack.ref)
def test_what_is_told_is_so_for_every_item_of_every_pack(pack):
    random = Random(pack.ref)
    told = 0
    for _ in range(SAMPLES):
        facts, on = declared(pack, random), pack.since + timedelta(days=random.randrange(300))
        event = random.choice(["", "", *pack.vocabulary.events, *pack.actions])
        try:
            told += check(pack, facts, event, on)
        except ExpressionError:
            continue
    assert told > 10 * SAMPLES
