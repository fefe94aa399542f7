"""A calendar as prefix tables: whether a day is worked, and the n-th working day after another, without walking."""

from array import array
from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import accumulate

from lianshen.workcalendar.types import Mark

_DAY = timedelta(days=1)


class Calendar:
    """Immutable. It knows the days from ``first`` to ``horizon``, the years whose notices it holds.

    Outside them every weekday counts as a working day, and whoever asks is told that the answer is provisional.
    ``version`` names what it was made of; the same version never says anything else.
    """

    def __init__(self, marks: Mapping[date, Mark], first_year: int, last_year: int, version: str) -> None:
        self.version = version
        self.first = date(first_year, 1, 1)
        self.horizon = date(last_year, 12, 31)
        self._marks = dict(marks)
        self._origin = self.first.toordinal()
        known = [self.first + offset * _DAY for offset in range((self.horizon - self.first).days + 1)]
        works = [self.works(day) for day in known]
        self._ranks = array("i", accumulate(works))
        self._working = [day for day, worked in zip(known, works, strict=True) if worked]
        self._stills = array("l", sorted(day.toordinal() for day, mark in marks.items() if mark.stands_still))
        self._weekdays_before = _weekdays(self._origin - 1)
        self._weekdays_to_horizon = _weekdays(self.horizon.toordinal())

    @property
    def marks(self) -> Mapping[date, Mark]:
        """Every day that its weekday does not tell."""
        return self._marks

    @property
    def stills(self) -> tuple[tuple[date, date], ...]:
        """The spans in which terms stand still, each from its first day up to the one after its last."""
        spans: list[tuple[date, date]] = []
        for day in map(date.fromordinal, self._stills):
            if spans and spans[-1][1] == day:
                spans[-1] = (spans[-1][0], day + _DAY)
            else:
                spans.append((day, day + _DAY))
        return tuple(spans)

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
        ordinal = day.toordinal()
        place = ordinal - self._origin
        if 0 <= place < len(self._ranks):
            return self._ranks[place]
        if place < 0:
            return _weekdays(ordinal) - self._weekdays_before
        return len(self._working) + _weekdays(ordinal) - self._weekdays_to_horizon

    def after(self, day: date, count: int) -> date:
        """The ``count``-th working day after ``day``, which is not counted itself; 0 is the last one up to ``day``."""
        rank = self.rank(day) + count
        if 0 < rank <= len(self._working):
            return self._working[rank - 1]
        if rank < 1:
            return _weekday(self._weekdays_before + rank)
        return _weekday(self._weekdays_to_horizon + rank - len(self._working))

    def prolonged(self, start: date, end: date) -> date:
        """``end``, later by as many days as terms stand still after ``start``, those of the delay among them."""
        if not self._stills:
            return end
        before, still = bisect_right(self._stills, start.toordinal()), 0
        while (found := bisect_right(self._stills, end.toordinal()) - before) > still:
            end += (found - still) * _DAY
            still = found
        return end


def _weekdays(ordinal: int) -> int:
    """How many Mondays to Fridays there are up to and including the day, from 0001-01-01, a Monday."""
    weeks, days = divmod(ordinal, 7)
    return weeks * 5 + min(days, 5)


def _weekday(number: int) -> date:
    """The day on which ``_weekdays`` reaches ``number``."""
    weeks, days = divmod(number - 1, 5)
    return date.fromordinal(weeks * 7 + days + 1)
