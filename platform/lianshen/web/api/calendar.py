"""Which days are worked, and under which notices, for programs that count days of their own."""

from datetime import date, timedelta
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter

from lianshen.calendars import permissions, queries
from lianshen.web._auth import needs
from lianshen.web._context import Asked
from lianshen.web.api._openapi import described
from lianshen.web.api._texts import PARAMETERS
from lianshen.workcalendar.queries import describe
from lianshen.workcalendar.types import Day, Published

_READ = needs(permissions.READ)


class InForce(msgspec.Struct, frozen=True):
    """The calendar that counts: ``version`` names what it is made of, ``horizon`` is the last day that a notice
    decides, ``days_left`` how many days away that is."""

    version: str
    first: date
    horizon: date
    days_left: int
    editions: list[Published]


class Year(msgspec.Struct, frozen=True):
    """Every day of a year. ``published``: whether its notice is held; else every weekday counts, provisionally."""

    year: int
    version: str
    published: bool
    days: list[Day]


@get("/calendar", **described("read_calendar", _READ))
async def read_calendar(call: Asked) -> InForce:
    made = call.law.calendar
    editions = await queries.in_force(call.uow, call.actor)
    return InForce(made.version, made.first, made.horizon, (made.horizon - call.today).days, editions)


@get("/calendar/days", **described("read_days", _READ))
async def read_days(
    call: Asked, year: Annotated[int, QueryParameter(description=PARAMETERS["calendar_year"], ge=2000, le=2100)]
) -> Year:
    made = call.law.calendar
    first = date(year, 1, 1)
    days = []
    for on in (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)):
        said, mark = describe(made, on), made.mark(on)
        days.append(Day(on, said.counted, said.label, said.source, mark is not None and mark.stands_still))
    return Year(year, made.version, made.knows(first), days)


HANDLERS = (read_calendar, read_days)
