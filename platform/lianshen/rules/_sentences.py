"""Explanations in words: 预算金额低于 1,000,000.00 元时，无需提交投资概算。"""

from collections.abc import Sequence
from itertools import groupby

from lianshen.kernel.words import day
from lianshen.rules._bounds import Bound, in_words
from lianshen.rules._messages import text
from lianshen.rules._origin import Source
from lianshen.rules._pack import Pack, stated
from lianshen.rules._subjects import State
from lianshen.rules._vary import TODAY, Other, Variation

Stem = tuple[str, str]
"""What would be so, and the word that follows: 时, 后, 起."""
_FEW = 4


def sentence(stems: Sequence[Stem], consequence: str) -> str:
    """All of it as one sentence."""
    parts = [text("and").join(said for said, _ in group) + end for end, group in groupby(stems, key=lambda one: one[1])]
    return text("sentence", conditions=text("besides").join(parts), consequence=consequence)


def label_of(pack: Pack, name: str) -> str:
    """What a fact is called."""
    return text("today") if name == TODAY else pack.vocabulary.facts[name].label


def stem(
    variation: Variation, other: Other, ends: tuple[Bound | None, Bound | None], by: tuple[Source, tuple[str, ...]]
) -> Stem:
    """One change in words; ``by`` says who makes it."""
    source, acts = by
    if other.name in ("documents", "exceptions"):
        return _of_set(variation, other)
    names = text("or").join(_name_of_act(variation.pack, source, act) for act in acts[:_FEW])
    if source in ("act", "term"):
        return text(f"by_{source}", acts=names), text("after")
    if other.name == TODAY:
        return _of_today(ends)
    said = _said(variation, other, ends)
    if source == "form":
        said = text("in_form", acts=names, said=said)
    elif source == "project":
        said = text("of_project", said=said)
    return said, text("when")


def _name_of_act(pack: Pack, source: Source, act: str) -> str:
    return text("quoted", said=pack.clocks[act].clock.label if source == "term" else pack.actions[act].shut.label)


def _of_set(variation: Variation, other: Other) -> Stem:
    """A paper that is handed in or not, an exception that is granted or not."""
    words = variation.pack.vocabulary
    labels = words.documents if other.name == "documents" else words.blocks
    before, after = set(stated(variation.facts, other.name)), set(_codes(other.values[0]))
    more = "more" if after > before else "less"
    named = text("list").join(text("quoted", said=labels[code]) for code in sorted(before ^ after))
    return text(f"{other.name}_{more}", named=named), text("after" if more == "more" else "when")


def _codes(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _of_today(ends: tuple[Bound | None, Bound | None]) -> Stem:
    low, high = (None if end is None else day(str(end.value)) for end in ends)
    if low and high:
        return text("between_days", low=low, high=high), ""
    return (text("since_day", low=low), "") if low else (text("until_day", high=high), "")


def _said(variation: Variation, other: Other, ends: tuple[Bound | None, Bound | None]) -> str:
    label, value = label_of(variation.pack, other.name), other.values[0]
    if other.kind == "bool":
        return text("bool_is", label=label, value=text("yes" if value else "no"))
    if other.kind == "code":
        return _code(variation, other, label)
    if value in ("", ()):
        return text("unstated", label=label)
    found = [in_words(end, other.kind) for end in ends if end is not None]
    if ends[0] and ends[1] and other.low == other.high:
        found = [in_words(Bound(text("equal"), _plain(other), None), other.kind)]
    if found:
        return label + text("list").join(found)
    return text("stated", label=label)


def _plain(other: Other) -> int | str:
    value = other.values[0]
    return value if isinstance(value, int | str) else ""


def _code(variation: Variation, other: Other, label: str) -> str:
    """One of some codes; where those are all the others, not the present one."""
    options, now = variation.options(other.name), variation.value(other.name)
    but_now = now in options and len(other.values) > 1 and {*other.values, now} == {*options}
    which, codes = ("none_of", (now,)) if but_now else ("one_of", other.values)
    named = text("list").join(text("quoted", said=options[str(code)]) for code in codes)
    return text(which, label=label, named=named)


def then(variation: Variation, state: State) -> str:
    """What follows when the subject stands so."""
    subject, pack = variation.subject, variation.pack
    kind = "reason" if subject.reason else subject.item.kind
    if isinstance(state, bool):
        return text(f"then_{kind}_{'yes' if state else 'no'}", label=subject.label)
    if kind == "management":
        return (
            text("then_management", label=pack.managements[state])
            if state in pack.managements
            else text(f"then_{state}")
        )
    if kind == "tier":
        labels = {tier.code: tier.label for axis in pack.axes for tier in axis.tiers}
        return text("then_tier", label=labels[state])
    return text(f"then_{kind}_{state}", label=subject.label)
