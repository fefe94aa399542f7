"""Where things come from: who sets a fact, and which level of the law states a number, in which words."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from lianshen.rules._acts import ActionRule
from lianshen.rules._checks import OPINIONS
from lianshen.rules._pack import Pack
from lianshen.rules._subjects import Subject
from lianshen.rules._vary import TODAY
from lianshen.rules.types import Basis, FactValue, Level

Source = Literal["declaration", "papers", "act", "form", "term", "project", "day", "course"]
"""Stated in the declaration; a paper handed in; set by an act, or in its form; by the end of a term; read from another
project; the day itself; by the course of the project in some other way."""


class Origin(msgspec.Struct, frozen=True):
    """A number of the law: ``basis`` holds value, unit, words and article. ``levels`` are all that state it.

    Nearest first; those that do not hold are shadowed by the one that does.
    """

    name: str
    basis: Basis
    levels: tuple[Level, ...]


def origins_of(pack: Pack, subject: Subject) -> tuple[Origin, ...]:
    """The numbers of the law on which a subject depends."""
    bands = [tier.basis for axis in pack.axes if axis.variable in subject.names for tier in axis.tiers]
    used = {used.name for basis in (*subject.bases, *bands) for used in basis.used} | subject.names
    return tuple(
        Origin(name, basis, pack.lineage.get(f"parameters.{name}", ()))
        for name, basis in pack.parameters.items()
        if name in used
    )


def source_of(pack: Pack, name: str, value: FactValue) -> tuple[Source, tuple[str, ...]]:
    """Who makes ``value`` of a fact, and the actions, or the clocks of a term, that do."""
    found: tuple[Source, tuple[str, ...]] = ("course", ())
    rules = [ruled.rule for ruled in pack.actions.values()]
    neutral = pack.vocabulary.facts[name].neutral if name != TODAY else None
    if name == TODAY:
        found = "day", ()
    elif any(field.name == name for field in pack.intake):
        found = "declaration", ()
    elif name == "documents":
        found = "papers", ()
    elif name in pack.linked:
        found = "project", ()
    elif acts := tuple(rule.action for rule in rules if _sets(rule, name, value, neutral)):
        found = "act", acts
    elif acts := tuple(rule.action for rule in rules if name in _asked(rule)):
        found = "form", acts
    elif clocks := tuple(clock.clock.code for clock in pack.clocks.values() if name in clock.rule.on_expiry.sets):
        found = "term", clocks
    return found


def _sets(rule: ActionRule, name: str, value: FactValue, neutral: object) -> bool:
    return (
        (name in rule.sets and rule.sets[name] == value)
        or (name in rule.clears and value == neutral)
        or (name in rule.stamps and value != "")
        or (name in rule.counts and value != 0)
        or (name in OPINIONS and (bool(rule.asks) if value else "record_opinion" in rule.effects))
    )


def _asked(rule: ActionRule) -> Iterator[str]:
    yield from (field.fact for field in rule.form if field.fact)
    yield from (*rule.appends, *rule.adds)
