"""Clocks while they run: what acts do to them, who may give leave, when people are reminded."""

from collections.abc import Callable, Iterator
from typing import Literal

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _schema as s
from lianshen.rules._acts import ActionRule
from lianshen.rules._checks import unknown
from lianshen.rules._source import PackError, Source
from lianshen.rules.types import EXPIRY, ClockTurn, Rung

Span = Literal["working_days", "days", "months"]
SPANS: dict[str, tuple[Span, int]] = {
    "working_day": ("working_days", 1),
    "day": ("days", 1),
    "month": ("months", 1),
    "year": ("months", 12),
}
"""As what, and how many of it, the calendar counts a parameter of each unit that is a length of time."""
LENGTHS = frozenset(SPANS)


def turns_of(rule: ActionRule, span: Callable[[str], tuple[Span, int]]) -> tuple[ClockTurn, ...]:
    """What an act does to clocks that run; ``span`` is the length that a parameter names."""
    found = [ClockTurn("restarted", clock) for clock in rule.restarts]
    found += [ClockTurn("paused", clock) for clock in rule.pauses]
    found += [ClockTurn("resumed", clock) for clock in rule.resumes]
    for clock, more in rule.extends.items():
        unit, amount = span(more)
        found.append(ClockTurn("extended", clock, amount, unit))
    found += [ClockTurn("waived", clock) for clock in rule.waives]
    return (*found, *(ClockTurn("superseded", clock) for clock in rule.supersedes))


def rungs_of(law: s.Law, ladder: str | None) -> tuple[Rung, ...]:
    """The steps of a ladder, from the earliest on."""
    if ladder is None:
        return ()
    said = law.ladders[ladder]
    return tuple(
        Rung(one.rung, one.label, one.days, _UNITS[one.unit], tuple(one.to), said.changed_by)
        for one in sorted(said.rungs, key=lambda one: one.days)
    )


_UNITS: dict[str, Literal["working_days", "days"]] = {"working_day": "working_days", "day": "days"}


def check_turns(source: Source, law: s.Law) -> Iterator[PackError]:
    """What cannot be right of them."""
    yield from _ladders(source, law)
    yield from _leave(source, law)
    yield from _pauses(source, law)
    yield from _others(source, law)


def _ladders(source: Source, law: s.Law) -> Iterator[PackError]:
    for name, ladder in law.ladders.items():
        rungs = [rung.rung for rung in ladder.rungs]
        for place, rung in enumerate(rungs):
            if rung in (*rungs[:place], EXPIRY):
                yield source.error(("ladders", name, "rungs", place), "twice", name=rung)


def _leave(source: Source, law: s.Law) -> Iterator[PackError]:
    for place, clock in enumerate(law.clocks):
        spot: Spot = ("clocks", place, "extension")
        leave = clock.extension
        if leave is None:
            continue
        if leave.most is not None and clock.budget is None:
            yield source.error((*spot, "most"), "not_counted", name=clock.clock)
        yield from _typed(source, law, (*spot, "most"), leave.most, LENGTHS)
        yield from _typed(source, law, (*spot, "times"), leave.times, frozenset({"count"}))


def _typed(source: Source, law: s.Law, spot: Spot, name: str | None, units: frozenset[str]) -> Iterator[PackError]:
    if name in law.parameters and law.parameters[name].unit not in units:
        yield source.error(spot, "type", name=name, wanted=" | ".join(sorted(units)))


def _pauses(source: Source, law: s.Law) -> Iterator[PackError]:
    """Only what is counted forward is paused, and what is paused goes on by an act."""
    counted = {rule.clock for rule in law.clocks if rule.budget and rule.direction == "after" and not rule.standing}
    paused = {clock for action in law.actions for clock in action.pauses}
    going_on = {clock for action in law.actions for clock in (*action.resumes, *action.restarts)}
    for place, action in enumerate(law.actions):
        said = {"pauses": action.pauses, "resumes": action.resumes, "restarts": action.restarts}
        for key, clock in ((key, clock) for key, clocks in said.items() for clock in clocks):
            if clock not in counted:
                yield source.error(("actions", place, key), "not_counted", name=clock)
            if key == "pauses" and clock not in going_on:
                yield source.error(("actions", place, key), "never_resumes", name=clock)
            if key == "resumes" and clock not in paused:
                yield source.error(("actions", place, key), "never_pauses", name=clock)


def _others(source: Source, law: s.Law) -> Iterator[PackError]:
    standing = {rule.clock for rule in law.clocks if rule.standing}
    for place, action in enumerate(law.actions):
        for clock in (*action.extends, *action.waives, *action.supersedes):
            if clock in standing:
                yield source.error(("actions", place), "standing", name=clock)
        for clock, more in action.extends.items():
            spot: Spot = ("actions", place, "extends", clock)
            if more not in law.parameters:
                yield unknown(source, spot, "parameters", more, law.parameters)
            yield from _typed(source, law, spot, more, LENGTHS)
