"""Rules as they work: each with the place of its condition in the one list of answers."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import compress
from operator import itemgetter
from typing import Generic, Literal, TypeVar

import msgspec

from lianshen.rules._acts import ActionRule
from lianshen.rules._derived import latest
from lianshen.rules._schema import ClockRule
from lianshen.rules.types import (
    Action,
    Basis,
    Block,
    Choice,
    Clock,
    ClockTurn,
    Content,
    Dispute,
    Facts,
    Notice,
    Paper,
    Reason,
    Recast,
    Step,
    Tier,
)


class Ruled(msgspec.Struct, frozen=True):
    """Something that holds when the condition at place ``when`` of the answers does.

    ``events`` of what is ruled are the questions in which it is told: events of the vocabulary, and actions.
    """

    when: int


R = TypeVar("R", bound=Ruled)


class Sieve(Generic[R]):
    """Picks those of many rules that hold, at the speed of C: most of a pack's rules do not hold for a project."""

    def __init__(self, rules: Iterable[R]) -> None:
        self.rules = tuple(rules)
        places = [rule.when for rule in self.rules]
        self._answers = itemgetter(*places, 0, 0)  # two more: a single answer would come bare

    def __call__(self, held: Sequence[bool]) -> Iterator[R]:
        """The rules whose conditions hold, in their order."""
        return compress(self.rules, self._answers(held))

    def places(self, held: Sequence[bool]) -> Iterator[int]:
        """Where these rules stand among all."""
        return compress(range(len(self.rules)), self._answers(held))


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

    def days(self, facts: Facts, derived: Mapping[str, str]) -> tuple[date | None, date | None]:
        """The first and the last day, as far as they are known; ``derived`` as the pack derives them."""
        return latest(self.sources, facts, derived), latest(self.until, facts, derived)

    def holds(self, first: date | None, last: date | None, on: date) -> bool:
        """True on days between the first, which must be known, and the last."""
        return (not self.sources or (first is not None and first <= on)) and (last is None or on <= last)

    def open(self, facts: Facts, derived: Mapping[str, str], on: date) -> bool:
        """Whether the day ``on`` lies in it."""
        return self.holds(*self.days(facts, derived), on)


class RuledChoice(Ruled, frozen=True):
    choice: Choice


class RuledDispute(Ruled, frozen=True):
    dispute: Dispute


class RuledAction(Ruled, frozen=True):
    """``shut`` is the action while its stage has not come, ``ready`` when nothing is missing.

    ``needs`` pairs conditions with what to say without them; ``checks`` do so for the fields of its form, once they are
    filled in.

    ``grants`` and ``settles`` name the field, if any, in which an exception or the reading of a disputed point is
    chosen: without one to choose, the stage has not come.
    ``turns`` are what it does to clocks that run.
    ``events`` are what questions call the action, its own code among them.
    """

    rule: ActionRule
    shut: Action
    ready: Action
    needs: tuple[tuple[int, Reason], ...]
    checks: tuple[tuple[int, str, Reason], ...]
    asks: tuple[tuple[int, str], ...]
    grants: str | None
    settles: str | None
    turns: tuple[ClockTurn, ...]
    window: RuledWindow | None
    events: frozenset[str]

    @property
    def offers(self) -> bool:
        """True where the choices of its form depend on the project."""
        return self.grants is not None or self.settles is not None


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

    def tier_at(self, amount: int) -> Tier:
        """The band in which an amount (fen) or a count lies."""
        return self.tiers[bisect_right(self.starts, amount)]


class Scope(msgspec.Struct, frozen=True):
    """Whether the law covers a project, and where it says so."""

    answer: Literal["yes", "no", "undetermined"]
    basis: Basis
