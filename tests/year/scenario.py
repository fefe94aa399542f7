"""What is known of days off, and when: notices of years to come, corrections after the fact, all by the seed."""

import random
from datetime import date, timedelta
from pathlib import Path

from tests.year.naive import Days, published

BEGINS = date(2025, 10, 1)
_KNOWN = 2026


def calendars(folder: Path, seed: int, years: int) -> list[tuple[date, Days]]:
    """(from which day, what is known then), the first from ``BEGINS`` on.

    The notice for 2026 came on 4 November 2025; those of later years are invented, and so are the corrections: days
    that are off after all or on which no term runs, told of days ahead, on the day, or afterwards.
    """
    dice = random.Random(f"days/{seed}")
    changes = {date(2025, 11, 4): published(folder, _KNOWN)}
    for year in range(_KNOWN + 1, BEGINS.year + years + 2):
        changes[date(year - 1, 11, dice.randint(1, 25))] = _notice(year)
    corrections = {
        (on := BEGINS + timedelta(days=dice.randint(40, 365 * years))): on + timedelta(days=dice.randint(-2, 20))
        for _ in range(4 * years)
    }
    found = [(BEGINS, published(folder, _KNOWN - 1))]
    for on in sorted({*changes, *corrections}):
        now = found[-1][1]
        if on in changes:
            more = changes[on]
            now = Days(now.off | more.off, now.worked | more.worked, max(now.last_year, more.last_year), now.still)
        if on in corrections:
            some = [corrections[on] + timedelta(days=number) for number in range(dice.randint(1, 6))]
            now = now.but_still(*some) if dice.random() < 0.4 else now.but_off(*some)
        found.append((on, now))
    return found


def _notice(year: int) -> Days:
    off = (
        {date(year, 1, 1)} | {date(year, 5, day) for day in range(1, 6)} | {date(year, 10, day) for day in range(1, 8)}
    )
    weekend = [date(year, 9, day) for day in range(20, 30) if date(year, 9, day).weekday() == 6]
    return Days(frozenset(off), frozenset(weekend[:1]), year)
