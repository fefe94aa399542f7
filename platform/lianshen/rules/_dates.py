"""Dates that follow from others: a line that must not be passed, the start of a window, the end of a year."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec

from lianshen.rules.types import Facts
from lianshen.workcalendar.queries import add_months


class DateFormula(msgspec.Struct, frozen=True):
    """``months`` and ``days`` after the latest of ``sources``; or each year on ``yearly`` (month, day)."""

    name: str
    sources: tuple[str, ...]
    months: int = 0
    days: int = 0
    yearly: tuple[int, int] | None = None
    years: int = 0


def derive(formulas: Sequence[DateFormula], facts: Facts, on: date) -> dict[str, str]:
    """Each date as an ISO text, or "" while one that it follows from is unstated. Formulas follow their sources."""
    found: dict[str, str] = {}
    for formula in formulas:
        if formula.yearly is not None:
            found[formula.name] = date(on.year + formula.years, *formula.yearly).isoformat()
            continue
        start = latest(formula.sources, facts, found)
        end = start and add_months(start, formula.months) + timedelta(days=formula.days)
        found[formula.name] = end.isoformat() if end else ""
    return found


def latest(sources: Sequence[str], facts: Facts, derived: Mapping[str, str]) -> date | None:
    """The latest of the dates named, or None while one is unstated."""
    said = [derived.get(name) or str(facts.get(name, "")) for name in sources]
    return max(map(date.fromisoformat, said)) if said and all(said) else None
