"""How long the calendar takes for a working day, and for a whole last day, each with rules and provenance."""

import time
from datetime import date, timedelta
from random import Random

from lianshen.kernel.settings import Settings
from lianshen.workcalendar.queries import due_date, load_calendar

_CASES = 200_000


def measure() -> dict[str, float]:
    """Nanoseconds a call, amortised over 200,000 calls at random: ``after``, and ``due_date`` of ten working days."""
    calendar = load_calendar(Settings().tenants_dir / "_calendar")
    random = Random(7)
    days = [date(2020, 1, 1) + timedelta(days=random.randrange(2500)) for _ in range(_CASES)]
    counts = [random.randint(1, 60) for _ in range(_CASES)]
    began = time.perf_counter_ns()
    for day, count in zip(days, counts, strict=True):
        calendar.after(day, count)
    between = time.perf_counter_ns()
    for day, count in zip(days, counts, strict=True):
        due_date(calendar, day, count, "working_days", "not_counted", "next_working_day")
    ended = time.perf_counter_ns()
    return {"after": (between - began) / _CASES, "due_date": (ended - between) / _CASES}


if __name__ == "__main__":
    for name, nanoseconds in measure().items():
        print(f"{name}: {nanoseconds:.0f} ns")
