"""What follows from the facts before any condition is asked: amounts that count, and dates counted from others."""

from collections.abc import Callable, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, date

import msgspec

from lianshen.rules.types import Facts
from lianshen.workcalendar.queries import Calendar, FirstDay, Rolling, Unit, due_date


class Figure(msgspec.Struct, frozen=True):
    """The first of the amounts (fen) or counts ``of`` that is stated, or the sum of those that are.

    An unstated fact claims no privilege: where none is stated, either is the neutral value of the last.
    """

    name: str
    of: tuple[str, ...]
    adds: bool


class DateFormula(msgspec.Struct, frozen=True):
    """``count`` units after (below 0: before) the latest of ``sources``, counted and moved as the rules say.

    With ``yearly`` (month, day) it is that day, ``years`` after the year of the latest source or, without any, of
    today; or after the year that the fact ``year_of`` states, if that makes a year of the calendar (1 to 9999).
    """

    name: str
    sources: tuple[str, ...]
    unit: Unit = "days"
    count: int = 0
    first_day: FirstDay = "not_counted"
    rolling: Rolling = "none"
    yearly: tuple[int, int] | None = None
    years: int = 0
    year_of: str = ""

    @property
    def made_of(self) -> tuple[str, ...]:
        """The facts and dates that it follows from."""
        return (*self.sources, *((self.year_of,) if self.year_of else ()))


def add_up(figures: Sequence[Figure], facts: Facts, neutral: Callable[[str], int]) -> dict[str, int]:
    """Each figure; where none of its amounts is stated it is the last one's ``neutral`` value."""
    found: dict[str, int] = {}
    for figure in figures:
        known = [int(str(value)) for value in (found.get(n, facts.get(n)) for n in figure.of) if value is not None]
        found[figure.name] = sum(known if figure.adds else known[:1]) if known else neutral(figure.of[-1])
    return found


def derive(formulas: Sequence[DateFormula], facts: Facts, on: date, calendar: Calendar) -> dict[str, str]:
    """Each date as an ISO text, or "" while one that it follows from is unstated. Formulas follow their sources."""
    found: dict[str, str] = {}
    for formula in formulas:
        start = latest(formula.sources, facts, found) if formula.sources else on
        end = start and _end(formula, start, facts, calendar)
        found[formula.name] = end.isoformat() if end else ""
    return found


def _end(formula: DateFormula, start: date, facts: Facts, calendar: Calendar) -> date | None:
    if formula.yearly is not None:
        said = facts.get(formula.year_of, 0)
        years = [year + formula.years for year in (said, start.year) if isinstance(year, int) and year]
        return next((date(year, *formula.yearly) for year in years if MINYEAR <= year <= MAXYEAR), None)
    return due_date(calendar, start, formula.count, formula.unit, formula.first_day, formula.rolling).on


def latest(sources: Sequence[str], facts: Facts, derived: Mapping[str, str]) -> date | None:
    """The latest of the dates named, or None while one is unstated."""
    latest_known = None
    for name in sources:
        said = derived.get(name) or facts.get(name)
        if not said:
            return None
        day = date.fromisoformat(str(said))
        if latest_known is None or day > latest_known:
            latest_known = day
    return latest_known
