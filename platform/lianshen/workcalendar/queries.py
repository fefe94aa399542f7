"""Legal days: load a calendar once, then ask it."""

from functools import cache
from pathlib import Path

from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.settings import settings
from lianshen.workcalendar._calendar import Calendar
from lianshen.workcalendar._files import CalendarError, calendar_schema, load_calendar
from lianshen.workcalendar._terms import due_date, explain, working_days_left
from lianshen.workcalendar.types import DayReason, Due, Rolling, Unit


@cache
def _national(folder: Path) -> Calendar:
    return load_calendar(folder)


async def calendar_of(_uow: UnitOfWork) -> Calendar:
    """The calendar by which the transaction's tenant counts."""
    return _national(settings().tenants_dir / "_calendar")


__all__ = [
    "Calendar",
    "CalendarError",
    "DayReason",
    "Due",
    "Rolling",
    "Unit",
    "calendar_of",
    "calendar_schema",
    "due_date",
    "explain",
    "load_calendar",
    "working_days_left",
]
