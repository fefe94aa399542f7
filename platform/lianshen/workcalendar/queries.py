"""Legal days: load a calendar once, then ask it. What asks the database takes a unit of work; all else is pure."""

from lianshen.workcalendar._calendar import Calendar
from lianshen.workcalendar._current import Gone, calendar_at, calendar_for, calendar_of, with_edition
from lianshen.workcalendar._files import CalendarError, calendar_schema, load_calendar, read_year, shipped_years
from lianshen.workcalendar._made import calendar_from, digest_of
from lianshen.workcalendar._notice import Contradiction, read_days, read_notice
from lianshen.workcalendar._store import in_force, last_year, of_area, read
from lianshen.workcalendar._terms import add_months, describe, due_date, explain, working_days_left
from lianshen.workcalendar.types import CUT_OFF, NATION, DayReason, Due, Edition, FirstDay, Rolling, Unit

__all__ = [
    "CUT_OFF", "NATION", "Calendar", "CalendarError", "Contradiction", "DayReason", "Due", "Edition", "FirstDay",
    "Gone", "Rolling", "Unit", "add_months", "calendar_at", "calendar_for", "calendar_from", "calendar_of",
    "calendar_schema", "describe", "digest_of", "due_date", "explain", "in_force", "last_year", "load_calendar",
    "of_area", "read", "read_days", "read_notice", "read_year", "shipped_years", "with_edition", "working_days_left",
]  # fmt: skip
