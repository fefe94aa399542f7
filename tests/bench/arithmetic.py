"""How long the calendar takes for a working day, and for a whole last day with its rules."""

import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random

from lianshen.workcalendar.queries import Calendar, due_date, load_calendar

_CASES = 200_000
_GOAL = 1000
"""Nanoseconds for the n-th working day after a day."""
_DAY = timedelta(days=1)


def report(tenants: Path, say: Callable[[str], None] = print) -> bool:
    """Print nanoseconds a call, over 200,000 at random from 1 to 60 working days; True when the goal is met.

    The limit is what the table spares: walking from day to day.
    """
    calendar, random = load_calendar(tenants / "_calendar"), Random(7)
    cases = [(date(2020, 1, 1) + timedelta(days=random.randrange(2500)), random.randint(1, 60)) for _ in range(_CASES)]
    after = _each(cases, calendar.after)
    whole = _each(cases, lambda day, n: due_date(calendar, day, n, "working_days", "not_counted", "next_working_day"))
    walked = _each(cases[:5000], lambda day, n: _walked(calendar, day, n))
    met = after < _GOAL
    say(
        f"n-th working day: {after:.0f} ns, by walking {walked:,.0f} ns, goal {_GOAL}: {'met' if met else 'MISSED'}; "
        f"a last day with its rules {whole:.0f} ns"
    )
    return met


def _each(cases: list[tuple[date, int]], act: Callable[[date, int], object]) -> float:
    began = time.perf_counter_ns()
    for day, count in cases:
        act(day, count)
    return (time.perf_counter_ns() - began) / len(cases)


def _walked(calendar: Calendar, day: date, count: int) -> date:
    while count:
        day += _DAY
        count -= calendar.works(day)
    return day
