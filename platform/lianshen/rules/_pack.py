"""A pack as it works: everything that can be known beforehand is, and conditions are places in one list of answers."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import msgspec

from lianshen.rules._expression import Program
from lianshen.rules._schema import ActionRule, ClockRule
from lianshen.rules._vocabulary import Vocabulary
from lianshen.rules.types import (
    Action,
    Basis,
    Block,
    Choice,
    Clock,
    Dispute,
    Facts,
    FactValue,
    FormField,
    Notice,
    Paper,
    Reason,
    Step,
    Tier,
)


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
    step: Step
    before: frozenset[str]
    done: int


class RuledNotice(Ruled, frozen=True):
    notice: Notice
    value: bool | tuple[str, ...]
    events: frozenset[str]
    strength: str | None


class RuledChoice(Ruled, frozen=True):
    choice: Choice


class RuledDispute(Ruled, frozen=True):
    dispute: Dispute


class RuledAction(Ruled, frozen=True):
    """``shut`` is the action while its stage has not come; ``needs`` pairs conditions with what to say without them.

    ``grants`` names the field, if any, in which an exception is chosen: without one to choose, the stage has not come.
    ``events`` are what questions call the action, its own code among them.
    """

    rule: ActionRule
    shut: Action
    needs: tuple[tuple[int, Reason], ...]
    asks: tuple[tuple[int, str], ...]
    grants: str | None
    events: frozenset[str]


class RuledClock(Ruled, frozen=True):
    rule: ClockRule
    clock: Clock
    events: frozenset[str]


class Scope(msgspec.Struct, frozen=True):
    """Whether the law covers a project, and where it says so."""

    answer: Literal["yes", "no", "undetermined"]
    basis: Basis


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one jurisdiction's law, proved and compiled. ``ref`` (320723@2025-09-06) names it for ever.

    ``digest`` is the SHA-256 of its files; ``until`` is the last day in force. ``intake`` is the
    form of the declaration; ``amounts`` are all the law's amounts of money (fen).
    """

    ref: str
    tenant: str
    version: str
    digest: str
    title: str
    number: str
    status: str
    since: date
    until: date | None
    bodies: Mapping[str, str]
    vocabulary: Vocabulary
    program: Program
    neutral: Mapping[str, Any]
    tier_by: str
    tier_from: tuple[int, ...]
    tiers: tuple[Tier, ...]
    amounts: tuple[int, ...]
    scope: Scope
    exclusions: tuple[tuple[int, Scope], ...]
    ways: tuple[tuple[int, str], ...]
    papers: tuple[RuledPaper, ...]
    choices: tuple[RuledChoice, ...]
    steps: tuple[RuledStep, ...]
    blocks: tuple[RuledBlock, ...]
    notices: tuple[RuledNotice, ...]
    disputes: tuple[RuledDispute, ...]
    clocks: Mapping[str, RuledClock]
    actions: Mapping[str, RuledAction]
    phases: tuple[tuple[int, str, str], ...]
    amendable: int
    intake: tuple[FormField, ...]

    def label_of(self, paper: str) -> str:
        """The Chinese name of a paper. Raises KeyError for an unknown code."""
        return self.vocabulary.documents[paper]

    def in_force(self, on: date) -> bool:
        """True from the first day to the last, both included."""
        return self.since <= on and (self.until is None or on <= self.until)

    def tier_of(self, facts: Facts) -> Tier:
        """The band of the amount (fen); an unstated amount counts as neutral, which claims no lighter tier."""
        return self.tiers[bisect_right(self.tier_from, number(self, facts, self.tier_by))]

    def answers(self, facts: Facts, on: date) -> list[bool]:
        """Every condition of the pack, answered once. Raises ExpressionError where one has no answer."""
        values = dict(self.neutral)
        for name in values.keys() & facts.keys():
            value = facts[name]
            values[name] = list(value) if isinstance(value, tuple) else value
        values["tier"] = self.tier_of(facts).code
        values["today"] = on.isoformat()
        values["given"] = list(facts)
        return self.program.answer(values)


def number(pack: Pack, facts: Facts, name: str) -> int:
    """An amount (fen) or count among the facts; unstated, it is neutral."""
    value = facts.get(name, pack.vocabulary.facts[name].neutral)
    assert isinstance(value, int)
    return value


def stated(facts: Facts, name: str) -> tuple[str, ...]:
    """A set of codes among the facts; unstated, it is empty."""
    value: FactValue = facts.get(name, ())
    return tuple(value) if isinstance(value, tuple | list) else ()
