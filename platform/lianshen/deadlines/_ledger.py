"""A deadline is a start and what was entered since: state, last day, rungs and reasons are pure functions of these.

The order in which entries are handed over does not matter, only the days and instants that they bear. How they count:

- A term is so many months, then days, then working days after its trigger; extensions add to each of these.
- A pause holds from its day up to, not including, the day on which it ended; one that ended on its own day holds no
  day. Days on which any pause holds are not counted, however many pauses overlap. A term in months is prolonged by the
  days that were held. While a pause is open the deadline is ``paused``: its last day is the one it would have if the
  pause ended on the day it began.
- Days on which the calendar lets all terms stand still are held like those of a pause.
- A restart begins the whole term anew from its day: pauses and extensions before are spent, open ones have ended.
- A date that a person set, or that the calendar names, is not counted, so no pause moves it; an extension ``until`` a
  day replaces it by that day, if it is later. What is counted backward is moved by neither.
- An ``expired`` bears the last day that was over; behind a later last day the deadline is not overdue any more.
- The first entry that closes a deadline decides what became of it.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from lianshen.deadlines.types import Entry, Fired, Plan, Rung, Standing, Start, State
from lianshen.kernel.clock import day_of
from lianshen.kernel.messages import text
from lianshen.rules.types import EXPIRY, Clock
from lianshen.workcalendar.queries import Calendar, DayReason, add_months, describe, due_date, explain

_DAY = timedelta(days=1)
CLOSING = frozenset({"met", "waived", "superseded", "cancelled"})
"""Kinds of entries after which nothing is owed any more; ``expired`` is one where the law attaches something to it."""
_MOVING = frozenset({"started", "paused", "resumed", "restarted", "extended"})


def fold(start: Start, entries: Sequence[Entry], calendar: Calendar) -> State:
    """What has become of a deadline."""
    closed = min((one for one in entries if _closes(start, one)), key=_place, default=None)
    told = [one for one in entries if closed is None or _place(one) <= _place(closed)]
    term = _Term(start, told, calendar)
    state: Standing = _OUTCOMES[closed.kind] if closed else "paused" if term.paused else "open"
    due_on, _ = term.end()
    known = calendar.knows(term.trigger_on) and calendar.knows(due_on)
    since = max((day_of(one.at) for one in told if one.kind in _MOVING), default=start.trigger_on)
    return State(
        state=state,
        overdue=any(one.kind == "expired" and one.on == due_on for one in told),
        trigger_on=term.trigger_on,
        due_on=due_on,
        provisional=not known,
        calendar=calendar.version,
        rungs=rungs(start.ladder, due_on, since, calendar) if state == "open" else (),
    )


_OUTCOMES: dict[str, Standing] = {
    "met": "met", "waived": "waived", "superseded": "superseded", "cancelled": "cancelled", "expired": "expired",
}  # fmt: skip


def _closes(start: Start, entry: Entry) -> bool:
    return entry.kind in CLOSING or (entry.kind == "expired" and start.on_expiry != "none")


def _place(entry: Entry) -> tuple[datetime, date, str, UUID]:
    return (entry.at, entry.on, entry.kind, entry.id)


def _place_in_time(entry: Entry) -> tuple[date, datetime]:
    return (entry.on, entry.at)


def rungs(ladder: Sequence[Rung], due_on: date, since: date, calendar: Calendar) -> tuple[Plan, ...]:
    """When each rung is, in order. What would have been before the last day, at a time that the deadline was not yet
    so, is left out: nobody can be reminded in the past. What follows the last day is never left out."""
    found = []
    for rung in ladder:
        on = (
            due_on if rung.offset == 0 else due_date(calendar, due_on, rung.offset, rung.unit, "not_counted", "none").on
        )
        if rung.offset > 0 or on > since:
            found.append(Plan(on, rung.code))
    found.append(Plan(due_on + _DAY, EXPIRY))
    return tuple(sorted(found))


def ladder_of(clock: Clock) -> tuple[Rung, ...]:
    """The ladder that the law gives a clock."""
    return tuple(Rung(one.code, one.days, one.unit) for one in clock.ladder)


def outstanding(state: State, fired: Sequence[Fired]) -> tuple[Plan, ...]:
    """Rungs of the present last day that have not fired yet, in order."""
    gone = {one.rung for one in fired if one.due_on == state.due_on}
    return tuple(one for one in state.rungs if one.rung not in gone)


class _Term:
    """The arithmetic: what counts since the latest restart, and how far that reaches."""

    def __init__(self, start: Start, entries: Sequence[Entry], calendar: Calendar) -> None:
        self._start, self._calendar = start, calendar
        again = max((one for one in entries if one.kind == "restarted"), key=_place_in_time, default=None)
        self.trigger_on = again.on if again else start.trigger_on
        self._entries = [one for one in entries if again is None or _place_in_time(one) > _place_in_time(again)]
        counted = start.first_day == "counted" and start.budget is not None
        self.eve = self.trigger_on - _DAY if counted else self.trigger_on
        """The day after which counting begins."""
        self._moves = start.budget is not None and start.budget >= 0
        self._ends: dict[UUID | None, date] = {}
        for one in self._entries:
            if one.kind == "resumed":
                self._ends[one.of] = min(one.on, self._ends.get(one.of, one.on))
        self._held = self._pauses()
        self.days_until = self.trigger_on
        """Up to here calendar days count, from here on working days."""

    @property
    def paused(self) -> bool:
        """Whether a pause is open."""
        return any(one.kind == "paused" and one.id not in self._ends for one in self._entries)

    def _pauses(self) -> tuple[tuple[date, date], ...]:
        """From when up to before when days are not counted, in order; overlapping ones are joined."""
        joined: list[tuple[date, date]] = []
        closed = [
            (one.on, self._ends[one.id]) for one in self._entries if one.kind == "paused" and one.id in self._ends
        ]
        closed += self._calendar.stills
        for begin, end in sorted(span for span in closed if span[0] < span[1]):
            if joined and begin <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((begin, end))
        return tuple(joined)

    def end(self) -> tuple[date, date]:
        """The last day in time, and that day before it was moved to a working day."""
        end = self._unrolled()
        rolled = end
        if self._start.rolling == "next_working_day":
            while not self._calendar.works(rolled) or (rolled != end and self.holds(rolled)):
                rolled += _DAY
        return rolled, end

    def _unrolled(self) -> date:
        start = self._start
        if start.budget is not None and start.budget < 0:
            return due_date(self._calendar, self.trigger_on, start.budget, start.unit, start.first_day, "none").on
        more = {"months": 0, "days": 0, "working_days": 0}
        for one in self._entries:
            if one.kind == "extended" and one.amount is not None and one.unit is not None:
                more[one.unit] += one.amount
        named = [one.until for one in self._entries if one.kind == "extended" and one.until is not None]
        if start.budget is None:
            first = max([start.named_on or start.trigger_on, *named])
            months = add_months(first, more["months"], "not_counted")
            return self._working(months + more["days"] * _DAY, more["working_days"])
        more[start.unit] += start.budget
        months = add_months(self.trigger_on, more["months"], start.first_day) if more["months"] else self.eve
        days = self._past(self.eve, months + more["days"] * _DAY, working=False)
        return max([self._working(days, more["working_days"]), self.trigger_on, *named])

    def _working(self, day: date, count: int) -> date:
        """So many working days after ``day`` that are not held."""
        self.days_until = day
        return self._past(day, self._calendar.after(day, count), working=True) if count else day

    def _past(self, day: date, end: date, *, working: bool) -> date:
        """``end`` moved on by what was held after ``day`` and on the way to where that leads."""
        calendar = self._calendar
        for begin, resumed in self._held if self._moves else ():
            since = max(begin - _DAY, day)
            if since >= end:
                break
            upto = resumed - _DAY
            if upto > since and working:
                end = calendar.after(end, calendar.rank(upto) - calendar.rank(since))
            elif upto > since:
                end += upto - since
        return end

    def holds(self, day: date) -> bool:
        """True on a day that is not counted because of a pause."""
        return self._moves and any(begin <= day < end for begin, end in self._held)


def reasons(start: Start, entries: Sequence[Entry], calendar: Calendar) -> tuple[DayReason, ...]:
    """Why the last day is the one it is: every day from the trigger on, and whether it counts.

    Empty for a date that a person set or the calendar names, as long as nobody extended it.
    """
    closed = min((one for one in entries if _closes(start, one)), key=_place, default=None)
    told = [one for one in entries if closed is None or _place(one) <= _place(closed)]
    term = _Term(start, told, calendar)
    due_on, unrolled = term.end()
    if start.budget is not None and start.budget < 0:
        return explain(calendar, term.trigger_on, start.budget, start.unit, start.first_day, start.rolling)
    begin = term.eve if start.budget is not None else start.named_on or term.trigger_on
    return tuple(_reasons(term, calendar, begin, due_on, unrolled))


def _reasons(term: "_Term", calendar: Calendar, begin: date, due_on: date, unrolled: date) -> Iterator[DayReason]:
    number = 0
    for offset in range(1, (due_on - begin).days + 1):
        day = describe(calendar, begin + offset * _DAY)
        held, rolled = term.holds(day.on), day.on > unrolled
        counted = not held and not rolled and (day.on <= term.days_until or calendar.works(day.on))
        number += counted
        mark = calendar.mark(day.on)
        stands = mark is not None and mark.stands_still
        label = text("day.held") if held and not stands else text("day.rolled") if rolled and not held else day.label
        yield DayReason(day.on, counted, number if counted else None, label, "" if held and not stands else day.source)
