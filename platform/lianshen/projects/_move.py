"""What becomes of a project under another version of its law: a pure function, for the dry run and for doing it.

The facts of a project are its past and stay as they are. What changes is which law reads them from now on: its papers,
blocks, acts and phase, and the terms that are running, which are counted anew from the day on which they began.
"""

from collections.abc import Sequence
from datetime import date

from lianshen.projects.types import Move, Running, TermMoved, Verdict
from lianshen.rules import queries as rules
from lianshen.rules.queries import ExpressionError, Pack
from lianshen.rules.types import Assessment, ClockStart, Facts
from lianshen.workcalendar.queries import Calendar, due_date


def move_of(
    old: Pack, new: Pack, calendar: Calendar, facts: Facts, running: Sequence[Running], *, decided: bool, on: date
) -> Move:
    """What moving a project from ``old`` to ``new`` on the day ``on`` does; ``decided``: it has been approved."""
    try:
        before, after = rules.assess(old, facts, "", on), rules.assess(new, facts, "", on)
    except ExpressionError:
        return Move("unanswered")
    if not _has_work(before):
        return Move("closed")
    if decided:
        return Move("decided")
    differences = tuple(rules.compared(old, before, new, after))
    terms = tuple(_term(new, calendar, one) for one in running if not one.overdue)
    verdict: Verdict = "moves"
    if after.in_scope == "no":
        verdict = "outside"
    elif not _has_work(after):
        verdict = "stranded"
    elif any(one.after is not None and one.after < on for one in terms):
        verdict = "late"
    return Move(verdict, differences, terms)


def starts_of(new: Pack, move: Move, running: Sequence[Running]) -> list[tuple[ClockStart, str]]:
    """The terms to begin under the new law in place of those that were running, with who owes them."""
    began = {(one.clock, one.owed_by): one for one in running}
    return [
        (_start(new, began[term.clock, term.owed_by]), term.owed_by) for term in move.terms if term.after is not None
    ]


def _has_work(assessment: Assessment) -> bool:
    return any(action.timely and action.task for action in assessment.actions) or assessment.amendable


def _start(new: Pack, one: Running) -> ClockStart:
    """From the day on which it began, or until the day that a person set."""
    clock = new.clocks[one.clock].clock
    return ClockStart(clock, one.trigger_on, one.due_on if clock.budget is None else None)


def _term(new: Pack, calendar: Calendar, one: Running) -> TermMoved:
    if one.clock not in new.clocks:
        return TermMoved(one.clock, one.label, one.owed_by, one.due_on, None)
    begun = _start(new, one)
    clock = begun.clock
    due = due_date(
        calendar, begun.due_on or begun.trigger_on, clock.budget or 0, clock.unit, clock.first_day, clock.rolling
    )
    return TermMoved(one.clock, clock.label, one.owed_by, one.due_on, due.on)
