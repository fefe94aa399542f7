"""What its ledger makes of a deadline's date and state. Pure; as everywhere, the day of an event is not counted."""

from collections.abc import Sequence
from datetime import date, timedelta

from lianshen.deadlines.types import Entry, State
from lianshen.workcalendar.queries import Calendar, Due, Rolling, Unit, due_date


def due(
    calendar: Calendar,
    trigger_on: date,
    budget: int | None,
    unit: Unit,
    rolling: Rolling,
    fixed_on: date | None,
    entries: Sequence[Entry],
) -> Due:
    """The last day in time of ``budget`` units after ``trigger_on``, or ``fixed_on`` where a person set the date.

    Extensions add to the budget. A pause takes out the days after it began up to the one on which it ended: working
    days from a term of working days, calendar days from one of days or months; a date that was set is no term, and
    stays. Rolling comes last. A pause that lasts has taken out nothing yet: the date is then the earliest there can be.
    """
    more = sum(entry.days or 0 for entry in entries)
    if fixed_on is not None:
        end = fixed_on + timedelta(days=more)
    else:
        end = due_date(calendar, trigger_on, (budget or 0) + more, unit, "none").on
        for paused, resumed in _pauses(entries)[0]:
            begin = max(paused, trigger_on)
            if begin < min(resumed, end):
                end = _put_off(calendar, end, unit, begin, resumed)
    return due_date(calendar, trigger_on, (end - trigger_on).days, "days", rolling)


def state(entries: Sequence[Entry]) -> State:
    """Where the deadline stands: what closed it first is final, but what has expired can still be met or let off."""
    for entry in entries:
        if entry.kind in ("met", "waived", "cancelled"):
            return entry.kind
    if any(entry.kind == "expired" for entry in entries):
        return "expired"
    return "paused" if _pauses(entries)[1] else "open"


def _put_off(calendar: Calendar, end: date, unit: Unit, begin: date, resumed: date) -> date:
    if unit != "working_days":
        return end + (resumed - begin)
    return due_date(calendar, end, calendar.rank(resumed) - calendar.rank(begin), unit, "none").on


def _pauses(entries: Sequence[Entry]) -> tuple[list[tuple[date, date]], bool]:
    """The pauses that have ended, in order and apart from each other, and whether one lasts.

    Pauses that overlap are one, from the first beginning to the last end, in whatever order they were entered. An end
    without a beginning says nothing.
    """
    ended: list[tuple[date, date]] = []
    running: list[date] = []
    for on, kind in sorted((entry.on, entry.kind) for entry in entries):  # on one day "paused" before "resumed"
        if kind == "paused":
            running.append(on)
        elif kind == "resumed" and running:
            begin = running.pop()
            if not running:
                ended.append((begin, on))
    return ended, bool(running)
