"""How terms run, told a second time: by walking from day to day, with nothing of what is tested."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

DAY = timedelta(days=1)


class Days:
    """Which days are worked and on which terms stand still, by two plain lists; else by the weekday."""

    def __init__(self, works: Mapping[date, bool], stills: frozenset[date] = frozenset()) -> None:
        self.listed, self.stills = works, stills

    def works(self, day: date) -> bool:
        return day not in self.stills and self.listed.get(day, day.isoweekday() < 6)


def last_of_month(day: date) -> bool:
    return (day + DAY).month != day.month


def forward(days: Days, trigger: date, budget: int, unit: str, counted: bool) -> date:
    """Walk until the budget is used up; what stood still on the way is walked again at the end."""
    day = trigger - DAY if counted else trigger
    if unit == "months":
        months, wanted = budget, trigger.day - counted
        if wanted == 0:
            months, wanted = budget - 1, 31
        total = trigger.year * 12 + trigger.month - 1 + months
        owed = 0
        while True:
            if day.year * 12 + day.month - 1 == total and (
                day.day == wanted or (last_of_month(day) and day.day < wanted)
            ):
                break
            day += DAY
            owed += day in days.stills
        while owed:
            day += DAY
            owed -= day not in days.stills
        return day
    while budget:
        day += DAY
        budget -= days.works(day) if unit == "working_days" else day not in days.stills
    return day


def backward(days: Days, trigger: date, budget: int, unit: str, counted: bool) -> date:
    """What has to be done so long before: a lead is not longer for days on which terms stand still."""
    if unit == "months":
        total, day = trigger.year * 12 + trigger.month - 1 - budget, trigger
        while day.year * 12 + day.month - 1 != total or not (
            day.day == trigger.day or (last_of_month(day) and day.day < trigger.day)
        ):
            day -= DAY
        return day + DAY if counted and day.day == trigger.day else day
    day = trigger + DAY if counted else trigger
    while budget:
        day -= DAY
        budget -= days.works(day) if unit == "working_days" else 1
    return day


def end(days: Days, trigger: date, budget: int, unit: str, first_day: str, rolling: str) -> date:
    """The last day in time."""
    day, counted = trigger, first_day == "counted"
    if unit != "date" and budget:
        walk = forward if budget > 0 else backward
        day = walk(days, trigger, abs(budget), unit, counted)
    while rolling == "next_working_day" and not days.works(day):
        day += DAY
    return day


def later(known: Sequence[date]) -> date:
    """The later of events, by walking from the first on."""
    day = known[0]
    while any(other > day for other in known):
        day += DAY
    return day


def of_year(year: int, month: int, day: int) -> date:
    """A fixed day of a year, by walking through it."""
    found = date(year, 1, 1)
    while (found.month, found.day) != (month, day):
        found += DAY
    return found


def open_days(opens: date | None, closes: date | None, around: date, within: int) -> Iterator[tuple[date, bool]]:
    """Every day around ``around``, and whether it lies between a first and a last day, both included."""
    for offset in range(-within, within + 1):
        day = around + offset * DAY
        early = opens is not None and (opens - day).days > 0
        late = closes is not None and (day - closes).days > 0
        yield day, not (early or late)
