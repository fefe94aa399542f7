"""How terms of the law run: every rule of counting is the caller's to say, and none is supposed here."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from lianshen.kernel.messages import text
from lianshen.workcalendar._calendar import Calendar
from lianshen.workcalendar.types import DayReason, Due, FirstDay, Rolling, Unit

_DAY = timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """The same day number ``months`` later, or that month's last day where there is none (民法典 第二百零二条)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _end(calendar: Calendar, trigger_on: date, budget: int, unit: Unit, first_day: FirstDay) -> date:
    """The last day before any is moved. Where days stand still, a term forward takes as many more; a lead does not."""
    if unit == "date" or not budget:
        return trigger_on
    way = 1 if budget > 0 else -1
    eve = trigger_on - way * _DAY if first_day == "counted" else trigger_on
    if unit == "working_days":
        return calendar.after(eve, budget) if budget > 0 else calendar.after(eve - _DAY, budget + 1)
    if unit == "days":
        end = eve + budget * _DAY
    else:
        end = add_months(trigger_on, budget)
        if first_day == "counted" and end.day == trigger_on.day:  # else it is a month's last day, and stays that
            end -= way * _DAY
    return calendar.prolonged(eve, end) if budget > 0 else end


def due_date(
    calendar: Calendar, trigger_on: date, budget: int, unit: Unit, first_day: FirstDay, rolling: Rolling
) -> Due:
    """The last day in time of a term of ``budget`` units from ``trigger_on``; of unit ``date``, that day itself.

    A negative budget counts backward: what must be done so long before. ``first_day`` says whether the trigger's own
    day is the first; ``rolling`` next_working_day moves an end that falls on a day off.
    """
    end = _end(calendar, trigger_on, budget, unit, first_day)
    if rolling == "next_working_day" and not calendar.works(end):
        end = calendar.after(end, 1)
    known = calendar.knows(trigger_on) and calendar.knows(end)
    return Due(on=end, provisional=not known, calendar_version=calendar.version)


def explain(
    calendar: Calendar, trigger_on: date, budget: int, unit: Unit, first_day: FirstDay, rolling: Rolling
) -> tuple[DayReason, ...]:
    """Every day from the trigger (itself if it counts) to or back to the due date, and why it counts or not."""
    return tuple(_reasons(calendar, trigger_on, budget, unit, first_day, rolling))


def _reasons(
    calendar: Calendar, trigger_on: date, budget: int, unit: Unit, first_day: FirstDay, rolling: Rolling
) -> Iterator[DayReason]:
    end = _end(calendar, trigger_on, budget, unit, first_day)
    last = due_date(calendar, trigger_on, budget, unit, first_day, rolling).on
    number, way = 0, -1 if budget < 0 else 1
    first = 0 if first_day == "counted" and budget and unit != "date" else 1
    for offset in range(first, (last - trigger_on).days * way + 1):
        day = trigger_on + offset * way * _DAY
        mark = calendar.mark(day)
        rolled = day > end and way > 0
        stands = mark is not None and mark.stands_still and budget > 0
        counted = not rolled and not stands and (unit != "working_days" or calendar.works(day))
        number += counted
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
