"""Legal days: load a calendar once, then ask it."""

from functools import cache
from pathlib import Path

from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.settings import settings
from lianshen.workcalendar._calendar import Calendar
from lianshen.workcalendar._files import CalendarError, calendar_schema, load_calendar
from lianshen.workcalendar._terms import add_months, describe, due_date, explain, working_days_left
from lianshen.workcalendar.types import CUT_OFF, DayReason, Due, FirstDay, Rolling, Unit


@cache
def _national(folder: Path) -> Calendar:
    return load_calendar(folder)


async def calendar_of(_uow: UnitOfWork) -> Calendar:
    """The calendar by which the transaction's tenant counts."""
    return _national(settings().tenants_dir / "_calendar")


__all__ = [
    "CUT_OFF",
    "Calendar",
    "CalendarError",
    "DayReason",
    "Due",
    "FirstDay",
    "Rolling",
    "Unit",
    "add_months",
    "calendar_of",
    "calendar_schema",
    "describe",
    "due_date",
    "explain",
    "load_calendar",
    "working_days_left",
]
