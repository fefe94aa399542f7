"""A calendar with prefix sums: whether a day is worked, and the n-th working day after another, without walking."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, timedelta

from lianshen.workcalendar.types import Mark

_DAY = timedelta(days=1)


class Calendar:
    """Immutable. ``horizon`` is the last day of the last year whose notice is published.

    Beyond it weekdays count as working days, and whoever asks is told that the answer is provisional. Days before
    ``first`` cannot be asked.
    """

    _AHEAD_YEARS = 15
    """How far beyond the horizon a term may reach."""

    def __init__(self, marks: Mapping[date, Mark], first_year: int, last_year: int, version: str) -> None:
        self.version = version
        self.first = date(first_year, 1, 1)
        self.horizon = date(last_year, 12, 31)
        self._marks = dict(marks)
        last = date(last_year + self._AHEAD_YEARS, 12, 31)
        self._working = [
            day for offset in range((last - self.first).days + 1) if self._works(day := self.first + offset * _DAY)
        ]

    def _works(self, day: date) -> bool:
        mark = self._marks.get(day)
        return day.weekday() < 5 if mark is None else mark.works

    def mark(self, day: date) -> Mark | None:
        """What a notice says of the day, if anything."""
        return self._marks.get(day)

    def works(self, day: date) -> bool:
        """True for a working day. Raises ValueError before the first year that is known."""
        if day < self.first:
            raise ValueError(f"the calendar begins on {self.first}")
        return self._works(day)

    def rank(self, day: date) -> int:
        """How many working days there are up to and including ``day``."""
        return bisect_right(self._working, day)

    def after(self, day: date, count: int) -> date:
        """The ``count``-th working day after ``day``, which is not counted itself."""
        return self._working[self.rank(day) + count - 1]
