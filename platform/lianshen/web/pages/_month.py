"""A month as a calendar on the wall: weeks from Monday, days off and days made up for, dates as entries. Pure."""

from calendar import Calendar as Weeks
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from lianshen.roster.types import Line
from lianshen.workcalendar.queries import Calendar

FEW = 4
"""Entries that a day shows; the rest are a link away."""
_MONDAYS = Weeks(firstweekday=0)


class Day(msgspec.Struct, frozen=True):
    """A day of the month, or of the weeks at its edges. ``label`` is what a notice says of it."""

    on: date
    inside: bool
    today: bool
    works: bool
    label: str
    source: str
    lines: tuple[Line, ...]

    @property
    def shown(self) -> tuple[Line, ...]:
        return self.lines[:FEW]

    @property
    def more(self) -> int:
        return len(self.lines) - len(self.shown)


class Month(msgspec.Struct, frozen=True):
    """``published``: the notice for every day of it is held."""

    first: date
    weeks: tuple[tuple[Day, ...], ...]
    published: bool

    @property
    def days(self) -> tuple[Day, ...]:
        """The days of the month itself."""
        return tuple(day for week in self.weeks for day in week if day.inside)

    @property
    def before(self) -> date:
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def after(self) -> date:
        return (self.first + timedelta(days=31)).replace(day=1)


def span(first: date) -> tuple[date, date]:
    """The first and the last day that the sheet of a month shows."""
    days = [day for week in _MONDAYS.monthdatescalendar(first.year, first.month) for day in week]
    return days[0], days[-1]


def month_of(first: date, today: date, calendar: Calendar, lines: Iterable[Line]) -> Month:
    """The sheet of the month that begins on ``first``."""
    by_day: dict[date, list[Line]] = defaultdict(list)
    for line in lines:
        by_day[line.due_on].append(line)
    weeks = tuple(
        tuple(_day(on, first, today, calendar, by_day[on]) for on in week)
        for week in _MONDAYS.monthdatescalendar(first.year, first.month)
    )
    return Month(first, weeks, all(calendar.knows(day.on) for week in weeks for day in week if day.inside))


def _day(on: date, first: date, today: date, calendar: Calendar, lines: list[Line]) -> Day:
    mark = calendar.mark(on)
    label, source = (mark.label, mark.source) if mark else ("", "")
    return Day(on, on.month == first.month, on == today, calendar.works(on), label, source, tuple(lines))
