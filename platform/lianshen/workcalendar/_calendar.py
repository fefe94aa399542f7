"""A calendar with prefix sums: whether a day is worked, and the n-th working day after another, without walking."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, timedelta

from lianshen.workcalendar.types import Mark

_DAY = timedelta(days=1)


class Calendar:
    """Immutable. It knows the days from ``first`` to ``horizon``, the years whose notices it holds.

    Outside them every weekday counts as a working day, and whoever asks is told that the answer is provisional.
    """

    def __init__(self, marks: Mapping[date, Mark], first_year: int, last_year: int, version: str) -> None:
        self.version = version
        self.first = date(first_year, 1, 1)
        self.horizon = date(last_year, 12, 31)
        self._marks = dict(marks)
        known = (self.first + offset * _DAY for offset in range((self.horizon - self.first).days + 1))
        self._working = [day for day in known if self.works(day)]
        self._weekdays_before = _weekdays(self.first - _DAY)
        self._weekdays_to_horizon = _weekdays(self.horizon)

    def knows(self, day: date) -> bool:
        """Whether the notice for the day's year is held."""
        return self.first <= day <= self.horizon

    def mark(self, day: date) -> Mark | None:
        """What a notice says of the day, if anything."""
        return self._marks.get(day)

    def works(self, day: date) -> bool:
        """True for a working day."""
        mark = self._marks.get(day)
        return day.weekday() < 5 if mark is None else mark.works

    def rank(self, day: date) -> int:
        """How many working days there are from ``first`` up to and including ``day``; not above 0 before ``first``."""
        if day < self.first:
            return _weekdays(day) - self._weekdays_before
        if day > self.horizon:
            return len(self._working) + _weekdays(day) - self._weekdays_to_horizon
        return bisect_right(self._working, day)

    def after(self, day: date, count: int) -> date:
        """The ``count``-th working day after ``day``, which is not counted itself; 0 is the last one up to ``day``."""
        rank = self.rank(day) + count
        if rank < 1:
            return _weekday(self._weekdays_before + rank)
        if rank > len(self._working):
            return _weekday(self._weekdays_to_horizon + rank - len(self._working))
        return self._working[rank - 1]


def _weekdays(day: date) -> int:
    """How many Mondays to Fridays there are up to and including ``day``, from 0001-01-01, a Monday."""
    weeks, days = divmod(day.toordinal(), 7)
    return weeks * 5 + min(days, 5)


def _weekday(number: int) -> date:
    """The day on which ``_weekdays`` reaches ``number``."""
    weeks, days = divmod(number - 1, 5)
    return date.fromordinal(weeks * 7 + days + 1)
