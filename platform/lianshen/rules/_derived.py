"""What follows from the facts before any condition is asked: amounts that count, and dates counted from others."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import msgspec

from lianshen.rules.types import Facts
from lianshen.workcalendar.queries import Calendar, Unit, due_date


class Figure(msgspec.Struct, frozen=True):
    """The first of the amounts (fen) or counts ``of`` that is stated, or the sum of those that are."""

    name: str
    of: tuple[str, ...]
    adds: bool


class DateFormula(msgspec.Struct, frozen=True):
    """``count`` units after (below 0: before) the latest of ``sources``.

    With ``yearly`` (month, day) it is that day, ``years`` after the year of the latest source or, without any, of
    today.
    """

    name: str
    sources: tuple[str, ...]
    unit: Unit = "days"
    count: int = 0
    yearly: tuple[int, int] | None = None
    years: int = 0


def add_up(figures: Sequence[Figure], facts: Facts, neutral: Callable[[str], int]) -> dict[str, int]:
    """Each figure; where none of its amounts is stated it is the last one's ``neutral`` value, and a sum is 0."""
    found: dict[str, int] = {}
    for figure in figures:
        known = [int(str(value)) for value in (found.get(n, facts.get(n)) for n in figure.of) if value is not None]
        found[figure.name] = sum(known) if figure.adds else known[0] if known else neutral(figure.of[-1])
    return found


def derive(formulas: Sequence[DateFormula], facts: Facts, on: date, calendar: Calendar) -> dict[str, str]:
    """Each date as an ISO text, or "" while one that it follows from is unstated. Formulas follow their sources."""
    found: dict[str, str] = {}
    for formula in formulas:
        start = latest(formula.sources, facts, found) if formula.sources else on
        end = start and _end(formula, start, calendar)
        found[formula.name] = end.isoformat() if end else ""
    return found


def _end(formula: DateFormula, start: date, calendar: Calendar) -> date:
    if formula.yearly is not None:
        return date(start.year + formula.years, *formula.yearly)
    return due_date(calendar, start, formula.count, formula.unit, "none").on


def latest(sources: Sequence[str], facts: Facts, derived: Mapping[str, str]) -> date | None:
    """The latest of the dates named, or None while one is unstated."""
    said = [derived.get(name) or str(facts.get(name, "")) for name in sources]
    return max(map(date.fromisoformat, said)) if said and all(said) else None
