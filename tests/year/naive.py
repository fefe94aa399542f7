"""What must happen when, worked out by walking from day to day: the model that the simulated year is held against.

It shares no arithmetic with the product. Days off come from the year files as text, terms are counted one day after
another, and of the product's types only the shapes of what was entered are used.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

import yaml

from lianshen.deadlines.types import Entry, Rung, Start

DAY = timedelta(days=1)


class Days(NamedTuple):
    """Which days were known to be off or worked, at some time; ``last_year`` is the last one published."""

    off: frozenset[date]
    worked: frozenset[date]
    last_year: int
    still: frozenset[date] = frozenset()
    """Emergency days on which no term runs."""

    def works(self, day: date) -> bool:
        return day not in self.still and (day in self.worked or (day.weekday() < 5 and day not in self.off))

    def but_off(self, *days: date) -> "Days":
        """The same after a correction: these are off too."""
        return self._replace(off=self.off | set(days), worked=self.worked - set(days))

    def but_still(self, *days: date) -> "Days":
        """The same after an emergency: on these no term runs."""
        return self._replace(still=self.still | set(days))


def published(folder: Path, last_year: int) -> Days:
    """What the year files up to ``last_year`` say, read as plain text."""
    off: set[date] = set()
    worked: set[date] = set()
    for file in sorted(folder.glob("cn-*.yaml")):
        year = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)  # to YAML 1.1 "off" is no word
        if int(year["year"]) > last_year:
            continue
        for holiday in year["holidays"]:
            for key, days in (("off", off), ("worked", worked)):
                for said in holiday.get(key, ()):
                    first, _, last = said.partition("..")
                    at = date.fromisoformat(f"{year['year']}-{first}")
                    while at <= date.fromisoformat(f"{year['year']}-{last or first}"):
                        days.add(at)
                        at += DAY
    return Days(frozenset(off), frozenset(worked), last_year)


def corresponding(day: date, months: int) -> date:
    """The same day number so many months later, or the last day of a month that has none."""
    year, month, number = day.year, day.month, day.day
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        year, month = (year + 1, 1) if month > 12 else (year - 1, 12) if month < 1 else (year, month)
    while True:
        try:
            return date(year, month, number)
        except ValueError:
            number -= 1


def stepped(day: date, count: int, works: Callable[[date], bool]) -> date:
    """So many working days after ``day``, or before it."""
    way = DAY if count > 0 else -DAY
    while count:
        day += way
        if works(day):
            count -= 1 if count > 0 else -1
    return day


def last_day(start: Start, entries: Sequence[Entry], days: Days) -> date:
    """The last day in time after what was entered."""
    trigger, told = start.trigger_on, list(entries)
    restarts = [one for one in told if one.kind == "restarted"]
    if restarts:
        latest = max(restarts, key=lambda one: (one.on, one.at))
        trigger = latest.on
        told = [one for one in told if (one.on, one.at) > (latest.on, latest.at)]
    if start.budget is not None and start.budget < 0:
        return rolled(start, back(start, trigger, days), days, frozenset())
    named = [one.until for one in told if one.kind == "extended" and one.until]
    more = dict.fromkeys(("months", "days", "working_days"), 0)
    for one in told:
        if one.kind == "extended" and one.unit:
            more[one.unit] += one.amount or 0
    if start.budget is None:
        at = max([start.named_on or start.trigger_on, *named])
        at = corresponding(at, more["months"]) + more["days"] * DAY
        return rolled(start, stepped(at, more["working_days"], days.works), days, frozenset())
    more[start.unit] += start.budget
    held = held_days(told) | days.still
    counted = start.first_day == "counted"
    at = trigger - DAY if counted else trigger
    end = corresponding(trigger, more["months"]) if more["months"] else at
    if counted and more["months"] and end.day == trigger.day:
        end -= DAY
    left = (end - at).days + more["days"]
    while left > 0:
        at += DAY
        left -= at not in held
    left = more["working_days"]
    while left > 0:
        at += DAY
        left -= at not in held and days.works(at)
    return rolled(start, max([at, trigger, *named]), days, held)


def back(start: Start, trigger: date, days: Days) -> date:
    """A day so long before the trigger."""
    count, counted = start.budget or 0, start.first_day == "counted"
    if start.unit == "months":
        at = corresponding(trigger, count)
        return at + DAY if counted and at.day == trigger.day else at
    at = trigger + DAY if counted else trigger
    return stepped(at, count, days.works if start.unit == "working_days" else lambda _: True)


def held_days(told: Iterable[Entry]) -> frozenset[date]:
    """Days on which the term stood still; a pause that is still open holds none."""
    told = list(told)
    held: set[date] = set()
    for pause in told:
        ends = [one.on for one in told if one.kind == "resumed" and one.of == pause.id]
        if pause.kind == "paused" and ends:
            at = pause.on
            while at < min(ends):
                held.add(at)
                at += DAY
    return frozenset(held)


def rolled(start: Start, at: date, days: Days, held: frozenset[date]) -> date:
    if start.rolling == "next_working_day" and not days.works(at):
        while not days.works(at) or at in held:
            at += DAY
    return at


class Step(NamedTuple):
    """Something that must happen at the beginning of a day."""

    on: date
    rung: str


def steps(ladder: Sequence[Rung], due_on: date, since: date, days: Days) -> list[Step]:
    """When each rung is, in order; what would have been before the deadline was what it is, never was to be."""
    found = []
    for rung in ladder:
        runs = days.works if rung.unit == "working_days" else lambda day: day not in days.still or day < due_on
        on = stepped(due_on, rung.offset, runs)
        if rung.offset > 0 or on > since:
            found.append(Step(on, rung.code))
    return sorted([*found, Step(due_on + DAY, "expiry")])


class Told(Protocol):
    """A rung that fired, of which last day."""

    @property
    def due_on(self) -> date: ...


def moves(start: Start, entries: Sequence[Entry], fired: Iterable[Told], by: Days, now: Days, on: date) -> bool | None:
    """Whether other days, known from ``on``, move a last day by themselves; None where it is the same by them.

    Not one that is over, or of which a rung has told, and none to an earlier day unless it was provisional.
    """
    was, becomes = last_day(start, entries, by), last_day(start, entries, now)
    if was == becomes:
        return None
    restarts = [(one.on, one.at) for one in entries if one.kind == "restarted"]
    trigger = max(restarts)[0] if restarts else start.trigger_on
    provisional = max(was, trigger).year > by.last_year
    if was < on or any(one.due_on == was for one in fired):
        return False
    return becomes > was or (provisional and becomes >= on)


ENDS = {"met", "waived", "superseded", "cancelled"}


def standing(start: Start, entries: Sequence[Entry]) -> str:
    """Open, paused, or what ended it first."""
    for one in sorted(entries, key=lambda one: (one.at, one.on, one.kind, one.id)):
        if one.kind in ENDS or (one.kind == "expired" and start.on_expiry != "none"):
            return one.kind
    begun = [one for one in entries if one.kind == "restarted"]
    ended = {one.of for one in entries if one.kind == "resumed"}
    running = [one for one in entries if one.kind == "paused" and one.id not in ended]
    if begun:
        since = max((one.on, one.at) for one in begun)
        running = [one for one in running if (one.on, one.at) > since]
    return "paused" if running else "open"
