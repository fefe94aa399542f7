"""The ends of a stretch of amounts, numbers or days, in the words that the law has for them."""

from collections.abc import Iterator
from datetime import date

import msgspec

from lianshen.kernel.words import day, money
from lianshen.rules import _messages
from lianshen.rules._vary import Other, Variation
from lianshen.rules.types import Basis

_YUAN = 100


class Bound(msgspec.Struct, frozen=True):
    """``value`` is fen, a number or a day; ``word`` is 低于, 不超过, 达到, 超过, and of days 不早于, 不晚于.

    ``basis`` says where the law states the value, if it does.
    """

    word: str
    value: int | str
    basis: Basis | None


def bounds_of(variation: Variation, other: Other) -> tuple[Bound | None, Bound | None]:
    """The lower and the upper end, None where there is none."""
    return (
        None if other.low is None else _bound(variation, other.kind, other.low, lower=True),
        None if other.high is None else _bound(variation, other.kind, other.high, lower=False),
    )


def in_words(bound: Bound, kind: str) -> str:
    """The end as a sentence has it: 低于 1,000,000.00 元."""
    if isinstance(bound.value, str):
        return f"{bound.word}{day(bound.value)}"
    return f"{bound.word} {money(bound.value) if kind == 'money' else bound.value}"


def _bound(variation: Variation, kind: str, place: int, *, lower: bool) -> Bound:
    """Whether the end itself counts in follows from which of it and its neighbour the law names."""
    if kind == "date":
        return Bound(_messages.text("from_day" if lower else "to_day"), date.fromordinal(place).isoformat(), None)
    beyond = place - 1 if lower else place + 1
    included, excluded = ("reaching", "exceeding") if lower else ("up_to", "below")
    for value, basis in _stated(variation):
        if value == place:
            return Bound(_messages.text(included), place, basis)
        if value == beyond:
            return Bound(_messages.text(excluded), beyond, basis)
    if kind == "money" and place % _YUAN and not beyond % _YUAN:
        return Bound(_messages.text(excluded), beyond, None)
    return Bound(_messages.text(included), place, None)


def _stated(variation: Variation) -> Iterator[tuple[int | str, Basis]]:
    """The numbers of the law on which the subject depends, those of bands with what the band says."""
    pack, names = variation.pack, variation.subject.names
    for axis in pack.axes:
        if axis.variable in names:
            yield from ((start, tier.basis) for start, tier in zip(axis.starts, axis.tiers[1:], strict=True))
    yield from ((basis.used[0].value, basis) for name, basis in pack.parameters.items() if name in names)
