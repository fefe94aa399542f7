"""A pack as it works: everything that can be known beforehand is, and conditions are places in one list of answers."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Any, Literal

import msgspec

from lianshen.rules._derived import DateFormula, Figure, add_up, derive, latest
from lianshen.rules._expression import Program
from lianshen.rules._release import Release
from lianshen.rules._ruled import (
    Axis,
    RuledAction,
    RuledBlock,
    RuledChoice,
    RuledClock,
    RuledContent,
    RuledDispute,
    RuledNotice,
    RuledPaper,
    RuledRecast,
    RuledStep,
    Scope,
    Sieve,
)
from lianshen.rules._schema import Law
from lianshen.rules._vocabulary import Vocabulary
from lianshen.rules.types import (
    Action,
    Basis,
    Facts,
    FactValue,
    FormField,
    Level,
    Recast,
    Tier,
)
from lianshen.workcalendar.queries import Calendar


class Pack(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One version of one jurisdiction's law, proved and compiled. ``ref`` (320723@2025-09-06) names it for ever.

    ``digest`` is the SHA-256 of all that it rests on, ``digests`` that of each part (see _release), ``written`` what
    stands in its files, ``release`` who stands for them. ``until``
    is the last day in force, ``term`` where that is said, ``effective`` the place of what a draft waits for.
    ``lineage`` tells, by address (``parameters.review_from``), which levels say what, nearest first. ``intake`` is the
    form of the declaration; ``parameters`` tell of each number of the law where it stands; ``amounts`` are all the
    law's amounts of money (fen), ``numbers`` its other numbers. ``of_unit`` are facts known of a unit; ``links`` maps
    each fact that names another project to the facts that are read there.
    """

    ref: str
    tenant: str
    version: str
    digest: str
    digests: Mapping[str, str]
    written: Law
    release: Release | None
    title: str
    number: str
    status: Literal["law", "draft"]
    since: date
    until: date | None
    term: Basis
    vocabulary: Vocabulary
    calendar: Calendar
    program: Program
    of_unit: frozenset[str]
    links: Mapping[str, Mapping[str, str]]
    recasting: Program
    recasts: tuple[RuledRecast, ...]
    neutral: Mapping[str, Any]
    axes: tuple[Axis, ...]
    figures: tuple[Figure, ...]
    dates: tuple[DateFormula, ...]
    parameters: Mapping[str, Basis]
    amounts: tuple[int, ...]
    numbers: tuple[int, ...]
    effective: int
    scope: Scope
    exclusions: tuple[tuple[int, Scope], ...]
    lineage: Mapping[str, tuple[Level, ...]]
    managements: Mapping[str, str]
    ways: tuple[tuple[int, str, Basis], ...]
    papers: tuple[RuledPaper, ...]
    choices: tuple[RuledChoice, ...]
    contents: tuple[RuledContent, ...]
    steps: tuple[RuledStep, ...]
    blocks: tuple[RuledBlock, ...]
    notices: tuple[RuledNotice, ...]
    disputes: tuple[RuledDispute, ...]
    clocks: Mapping[str, RuledClock]
    actions: Mapping[str, RuledAction]
    phases: tuple[tuple[int, str, str], ...]
    amendable: int
    intake: tuple[FormField, ...]

    @cached_property
    def held_papers(self) -> Sieve[RuledPaper]:
        return Sieve(self.papers)

    @cached_property
    def held_contents(self) -> Sieve[RuledContent]:
        return Sieve(self.contents)

    @cached_property
    def held_steps(self) -> Mapping[str, Sieve[RuledStep]]:
        """The way of the project under "", and under events those procedures that they name."""
        events = frozenset[str]().union(*[rule.events for rule in self.steps])
        named = {event: Sieve(rule for rule in self.steps if event in rule.events) for event in events}
        return named | {"": Sieve(rule for rule in self.steps if not rule.events)}

    @cached_property
    def held_blocks(self) -> Sieve[RuledBlock]:
        return Sieve(self.blocks)

    @cached_property
    def held_clocks(self) -> Sieve[RuledClock]:
        return Sieve(self.clocks.values())

    @cached_property
    def held_choices(self) -> Sieve[RuledChoice]:
        return Sieve(self.choices)

    @cached_property
    def held_notices(self) -> Mapping[str, Sieve[RuledNotice]]:
        """What is told in each question, and under "" whatever may be told."""
        known = {*self.vocabulary.events, *self.actions}
        told = {event: [one for one in self.notices if not one.events or event in one.events] for event in known}
        return {event: Sieve(rules) for event, rules in told.items()} | {"": Sieve(self.notices)}

    @cached_property
    def held_disputes(self) -> Sieve[RuledDispute]:
        return Sieve(self.disputes)

    @cached_property
    def held_actions(self) -> Sieve[RuledAction]:
        return Sieve(self.actions.values())

    @cached_property
    def hands_in(self) -> frozenset[str]:
        """The actions with which papers are handed in."""
        return frozenset().union(*[rule.handed_in_with for rule in self.papers])

    @cached_property
    def shut(self) -> tuple[Action, ...]:
        """All actions as while their stages have not come."""
        return tuple(rule.shut for rule in self.actions.values())

    @property
    def published(self) -> bool:
        """False for a version that nobody has published: it counts only where drafts are let in."""
        return self.release is not None and self.release.published

    @property
    def reviewed_until(self) -> date | None:
        """The last day for which a reviewer vouches that this is the law; None before any review."""
        return self.release.reviewed_until if self.release else None

    @property
    def linked(self) -> frozenset[str]:
        """Facts that are those of another project."""
        return frozenset(name for facts in self.links.values() for name in facts)

    def label_of(self, paper: str) -> str:
        """The Chinese name of a paper. Raises KeyError for an unknown code."""
        return self.vocabulary.documents[paper]

    def in_force(self, on: date) -> bool:
        """True from the first day to the last, both included."""
        return self.since <= on and (self.until is None or on <= self.until)

    def tiers_of(self, facts: Facts) -> tuple[Tier, ...]:
        """The band on each axis; an unstated amount (fen) counts as neutral, which claims no lighter tier."""
        figures = self._figures(facts)
        return tuple(
            axis.tier_at(figures[axis.by] if axis.by in figures else number(self, facts, axis.by)) for axis in self.axes
        )

    def tiers_in(self, values: Mapping[str, Any]) -> tuple[Tier, ...]:
        """The same, once ``values`` are known."""
        return tuple([tier for axis in self.axes for tier in axis.tiers if tier.code == values[axis.variable]])

    def _figures(self, facts: Facts) -> dict[str, int]:
        return add_up(self.figures, facts, lambda name: number(self, {}, name)) if self.figures else {}

    def answers(self, facts: Facts, on: date) -> list[bool]:
        """Every condition of the pack, answered once. Raises ExpressionError where one has no answer."""
        return self.program.answer(self.recast_values(facts, on))

    def recast_values(self, facts: Facts, on: date, wanted: frozenset[str] | None = None) -> dict[str, Any]:
        """What the conditions read, the facts being those that the project is treated as having.

        With ``wanted`` only what these names depend on need be there: it spares counting days.
        """
        values = self.values(facts, on, wanted)
        if self.recasts and (wanted is None or any(rule.recast.fact in wanted for rule in self.recasts)):
            values |= {rule.recast.fact: rule.recast.treated_as for rule in self._recast(values)}
        return values

    def values(self, facts: Facts, on: date, wanted: frozenset[str] | None = None) -> dict[str, Any]:
        """What the conditions read on the day ``on``, before anything is recast; of dates only those ``wanted``."""
        values = dict(self.neutral)
        for name, value in facts.items():
            if name in values:
                values[name] = list(value) if isinstance(value, tuple) else value
        if self.figures:
            values |= self._figures(facts)
        for axis in self.axes:
            amount = values[axis.by] if axis.by in values else number(self, facts, axis.by)
            values[axis.variable] = axis.tier_at(amount).code
        if dates := [one for one in self.dates if wanted is None or one.name in wanted]:
            values |= derive(dates, facts, on, self.calendar)
        values["today"] = on.isoformat()
        values["year"] = on.year
        values["given"] = list(facts)
        return values

    def recast(self, facts: Facts, on: date) -> tuple[Recast, ...]:
        """What the project is treated as besides what it says of itself."""
        return tuple(rule.recast for rule in self._recast(self.values(facts, on))) if self.recasts else ()

    def _recast(self, values: Mapping[str, Any]) -> list[RuledRecast]:
        held = self.recasting.answer(values)
        return [rule for rule in self.recasts if held[rule.when]]

    def dated(self, ruled: RuledClock, facts: Facts, on: date) -> date | None:
        """The day that a clock counts from, or ends on; None where it is not yet known. Without sources it is today."""
        return latest(ruled.sources, facts, self.derived(facts, on)) if ruled.sources else on

    @cached_property
    def dated_by_today(self) -> frozenset[str]:
        """The facts that decide something together with the day on which it is asked: once a term that they date is
        over, the same facts may let something else be done."""
        found = [names for reached in self.program.reaches() if "today" in (names := self.depends(reached))]
        windows = [
            self.depends((*rule.window.sources, *rule.window.until)) for rule in self.actions.values() if rule.window
        ]
        return frozenset[str]().union(*found, *windows) - {"today"}

    @cached_property
    def turning(self) -> frozenset[str]:
        """The clocks whose end, by itself or by what the day then decides, may change what is to be done."""
        return frozenset(
            code
            for code, ruled in self.clocks.items()
            if ruled.rule.on_expiry.code != "none" or not self.dated_by_today.isdisjoint(self.depends(ruled.sources))
        )

    def depends(self, names: Iterable[str]) -> frozenset[str]:
        """All that the answer of a condition over ``names`` depends on: they, and what figures, dates and bands are
        made of; ``today`` where the day itself counts.
        """
        made_of: dict[str, tuple[str, ...]] = {figure.name: figure.of for figure in self.figures}
        made_of |= {formula.name: formula.made_of or ("today",) for formula in self.dates}
        made_of |= {axis.variable: (axis.by,) for axis in self.axes} | {"year": ("today",)}
        found, todo = set[str](), list(names)
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += made_of.get(name, ())
        return frozenset(found)

    def derived(self, facts: Facts, on: date) -> dict[str, str]:
        """Every date that follows from others, as ISO text; "" where one of them is unstated."""
        return derive(self.dates, facts, on, self.calendar)


def number(pack: Pack, facts: Facts, name: str) -> int:
    """An amount (fen) or count among the facts; unstated, it is neutral."""
    value = facts.get(name, pack.vocabulary.facts[name].neutral)
    assert isinstance(value, int)
    return value


def stated(facts: Facts, name: str) -> tuple[str, ...]:
    """A set of codes among the facts; unstated, it is empty."""
    value: FactValue = facts.get(name, ())
    return tuple(value) if isinstance(value, tuple | list) else ()
