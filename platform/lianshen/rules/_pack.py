"""A pack as it works: everything that can be known beforehand is, and conditions are places in one list of answers."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal

import msgspec

from lianshen.rules._acts import ActionRule
from lianshen.rules._derived import DateFormula, Figure, add_up, derive, latest
from lianshen.rules._expression import Program
from lianshen.rules._release import Release
from lianshen.rules._schema import ClockRule, Law
from lianshen.rules._vocabulary import Vocabulary
from lianshen.rules.types import (
    Action,
    Basis,
    Block,
    Choice,
    Clock,
    Content,
    Dispute,
    Facts,
    FactValue,
    FormField,
    Level,
    Notice,
    Paper,
    Reason,
    Recast,
    Step,
    Tier,
)
from lianshen.workcalendar.queries import Calendar


class Ruled(msgspec.Struct, frozen=True):
    """Something that holds when the condition at place ``when`` of the answers does.

    ``events`` of what is ruled are the questions in which it is told: events of the vocabulary, and actions.
    """

    when: int


class RuledPaper(Ruled, frozen=True):
    paper: Paper
    needed_for: frozenset[str]
    events: frozenset[str]
    handed_in_with: frozenset[str]
    missing: Reason | None


class RuledBlock(Ruled, frozen=True):
    block: Block
    granted: Block
    reason: Reason
    closes: frozenset[str]
    events: frozenset[str]
    decided_by: tuple[str, ...]


class RuledStep(Ruled, frozen=True):
    """With ``events`` it belongs to another procedure than the way of the project."""

    step: Step
    before: frozenset[str]
    events: frozenset[str]
    done: int


class RuledContent(Ruled, frozen=True):
    content: Content
    events: frozenset[str]
    present: int


class RuledNotice(Ruled, frozen=True):
    """``value`` answers a question; None where the answer at place ``computed`` does."""

    notice: Notice
    value: bool | int | tuple[str, ...] | None
    computed: int
    events: frozenset[str]
    strength: str | None


class RuledRecast(Ruled, frozen=True):
    """``when`` is a place of the answers about the facts as stated."""

    recast: Recast


class RuledWindow(msgspec.Struct, frozen=True):
    """Dates between which an action is open; ``until`` is one or none."""

    sources: tuple[str, ...]
    until: tuple[str, ...]
    label: str
    remedy: str
    basis: Basis

    def days(self, pack: "Pack", facts: Facts, on: date) -> tuple[date | None, date | None]:
        """The first and the last day, as far as they are known."""
        return pack.day(self.sources, facts, on), pack.day(self.until, facts, on)

    def open(self, pack: "Pack", facts: Facts, on: date) -> bool:
        """True on days between the first, which must be known, and the last."""
        first, last = self.days(pack, facts, on)
        return (not self.sources or (first is not None and first <= on)) and (last is None or on <= last)


class RuledChoice(Ruled, frozen=True):
    choice: Choice


class RuledDispute(Ruled, frozen=True):
    dispute: Dispute


class RuledAction(Ruled, frozen=True):
    """``shut`` is the action while its stage has not come; ``needs`` pairs conditions with what to say without them;
    ``checks`` do so for the fields of its form, once they are filled in.

    ``grants`` and ``settles`` name the field, if any, in which an exception or the reading of a disputed point is
    chosen: without one to choose, the stage has not come.
    ``events`` are what questions call the action, its own code among them.
    """

    rule: ActionRule
    shut: Action
    needs: tuple[tuple[int, Reason], ...]
    checks: tuple[tuple[int, str, Reason], ...]
    asks: tuple[tuple[int, str], ...]
    grants: str | None
    settles: str | None
    window: RuledWindow | None
    events: frozenset[str]


class RuledClock(Ruled, frozen=True):
    """``sources`` are what dates its trigger, or its end; none: the day of the act."""

    rule: ClockRule
    clock: Clock
    sources: tuple[str, ...]
    events: frozenset[str]


class Axis(msgspec.Struct, frozen=True):
    """A classification by an amount or a count: ``starts`` are the lower bounds of all bands but the lowest.

    ``of`` are the facts that the amount is taken from: itself, or those of a figure.
    """

    variable: str
    by: str
    of: tuple[str, ...]
    starts: tuple[int, ...]
    tiers: tuple[Tier, ...]


class Scope(msgspec.Struct, frozen=True):
    """Whether the law covers a project, and where it says so."""

    answer: Literal["yes", "no", "undetermined"]
    basis: Basis


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one jurisdiction's law, proved and compiled. ``ref`` (320723@2025-09-06) names it for ever.

    ``digest`` is the SHA-256 of its files, ``written`` what stands in them, ``release`` who stands for them. ``until``
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
    written: Law
    release: Release | None
    title: str
    number: str
    status: Literal["law", "draft"]
    since: date
    until: date | None
    term: Basis
    bodies: Mapping[str, str]
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
        return self._tiers(facts, self._figures(facts))

    def _tiers(self, facts: Facts, figures: Mapping[str, int]) -> tuple[Tier, ...]:
        amounts = [figures[axis.by] if axis.by in figures else number(self, facts, axis.by) for axis in self.axes]
        return tuple(
            axis.tiers[bisect_right(axis.starts, amount)] for axis, amount in zip(self.axes, amounts, strict=True)
        )

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
        for name in values.keys() & facts.keys():
            value = facts[name]
            values[name] = list(value) if isinstance(value, tuple) else value
        figures = self._figures(facts)
        values |= figures
        for axis, tier in zip(self.axes, self._tiers(facts, figures), strict=True):
            values[axis.variable] = tier.code
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
        return self.day(ruled.sources, facts, on) if ruled.sources else on

    def depends(self, names: Iterable[str]) -> frozenset[str]:
        """All that the answer of a condition over ``names`` depends on: they, and what figures, dates and bands are
        made of; ``today`` where the day itself counts.
        """
        made_of: dict[str, tuple[str, ...]] = {figure.name: figure.of for figure in self.figures}
        made_of |= {formula.name: formula.sources or ("today",) for formula in self.dates}
        made_of |= {axis.variable: (axis.by,) for axis in self.axes} | {"year": ("today",)}
        found, todo = set[str](), list(names)
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += made_of.get(name, ())
        return frozenset(found)

    def day(self, sources: Sequence[str], facts: Facts, on: date) -> date | None:
        """The latest of the dates named, facts or derived; None while one is unstated."""
        return latest(sources, facts, derive(self.dates, facts, on, self.calendar))


def number(pack: Pack, facts: Facts, name: str) -> int:
    """An amount (fen) or count among the facts; unstated, it is neutral."""
    value = facts.get(name, pack.vocabulary.facts[name].neutral)
    assert isinstance(value, int)
    return value


def stated(facts: Facts, name: str) -> tuple[str, ...]:
    """A set of codes among the facts; unstated, it is empty."""
    value: FactValue = facts.get(name, ())
    return tuple(value) if isinstance(value, tuple | list) else ()
