"""How terms of the law run: every rule of counting is the caller's to say, and none is supposed here."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from lianshen.kernel.messages import text
from lianshen.workcalendar._calendar import Calendar
from lianshen.workcalendar.types import DayReason, Due, FirstDay, Rolling, Unit

_DAY = timedelta(days=1)


def add_months(day: date, months: int, first_day: FirstDay) -> date:
    """Where so many months end: on the same day number, else on that month's last day (民法典 第二百零二条).

    If ``day`` itself counts, the day before the one of that number, toward ``day``; a month's last day stays that.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    found = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    if first_day == "counted" and months and found.day == day.day:
        found += _DAY if months < 0 else -_DAY
    return found


def _end(calendar: Calendar, trigger_on: date, budget: int, unit: Unit, first_day: FirstDay) -> date:
    """The last day before any is moved. Where days stand still, a term forward takes as many more; a lead does not."""
    if unit == "date" or not budget:
        return trigger_on
    way = 1 if budget > 0 else -1
    eve = trigger_on - way * _DAY if first_day == "counted" else trigger_on
    if unit == "working_days":
        return calendar.after(eve, budget) if budget > 0 else calendar.after(eve - _DAY, budget + 1)
    end = eve + budget * _DAY if unit == "days" else add_months(trigger_on, budget, first_day)
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
        told = describe(calendar, day)
        label = text("day.rolled") if rolled else told.label
        yield DayReason(day, counted, number if counted else None, label, told.source)


def describe(calendar: Calendar, day: date) -> DayReason:
    """What the calendar says of a day; ``counted`` is whether it is worked."""
    mark, works = calendar.mark(day), calendar.works(day)
    if mark is not None:
        return DayReason(day, works, None, mark.label, mark.source)
    code = "day.working" if works else "day.weekend"
    return DayReason(day, works, None, text(code if calendar.knows(day) else "day.unpublished"))


def working_days_left(calendar: Calendar, today: date, due_on: date) -> int:
    """Working days from tomorrow to the due date: 0 today, negative by as many as have passed since."""
    if due_on >= today:
        return calendar.rank(due_on) - calendar.rank(today)
    return -max(calendar.rank(today) - calendar.rank(due_on), 1)
