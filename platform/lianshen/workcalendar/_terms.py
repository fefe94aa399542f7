"""How terms of the law run. The day of the trigger is not counted (民法典 第二百零一条)."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from lianshen.kernel.messages import text
from lianshen.workcalendar._calendar import Calendar
from lianshen.workcalendar.types import DayReason, Due, Rolling, Unit

_DAY = timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """The same day number ``months`` later, or that month's last day where there is none (民法典 第二百零二条)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _end(calendar: Calendar, trigger_on: date, budget: int, unit: Unit) -> date:
    match unit:
        case "working_days" if budget < 0:
            return calendar.after(trigger_on - _DAY, budget + 1)
        case "working_days":
            return calendar.after(trigger_on, budget) if budget else trigger_on
        case "days":
            return trigger_on + budget * _DAY
        case "months":
            return add_months(trigger_on, budget)
        case "date":
            return trigger_on


def due_date(calendar: Calendar, trigger_on: date, budget: int, unit: Unit, rolling: Rolling) -> Due:
    """The last day in time of a term of ``budget`` units after ``trigger_on``; of unit ``date``, that day itself.

    A negative budget counts backward: what must be done so long before. ``next_working_day`` moves an end that falls on
    a day off (民法典 第二百零三条).
    """
    end = _end(calendar, trigger_on, budget, unit)
    if rolling == "next_working_day" and not calendar.works(end):
        end = calendar.after(end, 1)
    known = calendar.knows(trigger_on) and calendar.knows(end)
    return Due(on=end, provisional=not known, calendar_version=calendar.version)


def explain(calendar: Calendar, trigger_on: date, budget: int, unit: Unit, rolling: Rolling) -> tuple[DayReason, ...]:
    """Every day next to the trigger up to (or back to) the due date, and why it counts or not."""
    return tuple(_reasons(calendar, trigger_on, budget, unit, rolling))


def _reasons(calendar: Calendar, trigger_on: date, budget: int, unit: Unit, rolling: Rolling) -> Iterator[DayReason]:
    end = _end(calendar, trigger_on, budget, unit)
    last = due_date(calendar, trigger_on, budget, unit, rolling).on
    number, way = 0, -1 if end < trigger_on else 1
    for offset in range(1, abs((last - trigger_on).days) + 1):
        day = trigger_on + offset * way * _DAY
        rolled = (day - end).days * way > 0
        counted = not rolled and (unit != "working_days" or calendar.works(day))
        number += counted
        mark = calendar.mark(day)
        label = text("day.rolled") if rolled else _label(calendar, day)
        yield DayReason(day, counted, number if counted else None, label, mark.source if mark else "")


def _label(calendar: Calendar, day: date) -> str:
    mark = calendar.mark(day)
    if mark is not None:
        return mark.label
    if not calendar.knows(day):
        return text("day.unpublished")
    return text("day.working" if calendar.works(day) else "day.weekend")


def working_days_left(calendar: Calendar, today: date, due_on: date) -> int:
    """Working days from tomorrow to the due date: 0 today, negative by as many as have passed since."""
    if due_on >= today:
        return calendar.rank(due_on) - calendar.rank(today)
    return -max(calendar.rank(today) - calendar.rank(due_on), 1)
