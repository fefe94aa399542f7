"""Legal days: load a calendar once, then ask it. Everything here is pure."""

from lianshen.workcalendar._calendar import Calendar
from lianshen.workcalendar._files import CalendarError, calendar_schema, load_calendar
from lianshen.workcalendar._terms import add_months, describe, due_date, explain, working_days_left
from lianshen.workcalendar.types import CUT_OFF, DayReason, Due, FirstDay, Rolling, Unit

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
    "calendar_schema",
    "describe",
    "due_date",
    "explain",
    "load_calendar",
    "working_days_left",
]
