"""What pages say that commands and queries do not: pure, from views to lines."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import msgspec

from lianshen.kernel.words import day, money
from lianshen.rules.queries import Pack
from lianshen.rules.types import FormField
from lianshen.workcalendar.queries import DayReason


class Run(msgspec.Struct, frozen=True):
    """Days in a row for which the same is said. ``numbers`` are the first and last place in the count, if counted."""

    first: date
    last: date
    label: str
    source: str
    numbers: tuple[int, int] | None


def fold(days: Sequence[DayReason]) -> list[Run]:
    """The reasons of a date, with days in a row of which the same is said drawn together."""
    return [_run(list(group)) for _, group in groupby(days, key=lambda one: (one.counted, one.label, one.source))]


def _run(days: list[DayReason]) -> Run:
    first, last = days[0], days[-1]
    numbers = (first.number, last.number) if first.number is not None and last.number is not None else None
    return Run(first.on, last.on, first.label, first.source, numbers)


def sections(form: Iterable[FormField]) -> list[tuple[str, list[FormField]]]:
    """The fields of a form under their headings, in order."""
    return [(name, list(fields)) for name, fields in groupby(form, key=lambda field: field.section)]


class Said(msgspec.Struct, frozen=True):
    """One fact in words, before and after an act."""

    label: str
    before: str
    after: str


def changes(pack: Pack, facts: dict[str, tuple[Any, Any]]) -> list[Said]:
    """What an event changed, in the vocabulary's words."""
    return [
        Said(name_of(pack, name), in_words(pack, name, before), in_words(pack, name, after))
        for name, (before, after) in facts.items()
    ]


def name_of(pack: Pack, code: str) -> str:
    """The Chinese name of a fact, paper, body, block or action; the code itself for one that the pack no longer has."""
    words = pack.vocabulary
    if code in words.facts:
        return words.facts[code].label
    if code in pack.actions:
        return pack.actions[code].shut.label
    return next((names[code] for names in (words.documents, words.bodies, words.blocks) if code in names), code)


def in_words(pack: Pack, name: str, value: Any) -> str:
    """A fact's value as people read it; a dash for one that is not set."""
    fact = pack.vocabulary.facts.get(name)
    if value in (None, "", []):
        said = "—"
    elif isinstance(value, bool):
        said = "是" if value else "否"
    elif isinstance(value, list):
        said = "、".join(name_of(pack, code) for code in value)
    elif fact is not None and fact.type in _WRITTEN:
        said = _WRITTEN[fact.type](value)
    else:
        said = fact.options.get(value, str(value)) if fact is not None else str(value)
    return said


_WRITTEN: dict[str, Callable[[Any], str]] = {"money": money, "date": day}
