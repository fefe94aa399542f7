"""Dates to be kept: one's own, the office's, all; by month; and who is late."""

from collections.abc import Callable
from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.params import QueryParameter

from lianshen.kernel.clock import day_of
from lianshen.projects import permissions
from lianshen.roster import queries
from lianshen.roster.types import Asked as Wanted
from lianshen.roster.types import State, Whose
from lianshen.web._auth import limited, needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, page
from lianshen.web.pages._month import month_of, span
from lianshen.workcalendar.queries import Calendar

_MOST = 2000
"""Entries of a month's sheet; whoever has more narrows the list."""
_Whose = Annotated[Whose, QueryParameter(name="whose")]
_State = Annotated[State | None, QueryParameter(name="state")]
_Office = Annotated[UUID | None, QueryParameter(name="office")]
_Day = Annotated[date | None, QueryParameter(name="on")]
_Words = Annotated[str | None, QueryParameter(name="q", max_length=100)]
_Cursor = Annotated[str | None, QueryParameter(name="cursor", max_length=200)]


@get("/roster", opt=needs(permissions.READ) | limited("search", asked_with="q"), include_in_schema=False)
async def roster(
    call: Asked,
    whose: _Whose = "mine",
    which: _State = None,
    office: _Office = None,
    on: _Day = None,
    q: _Words = None,
    cursor: _Cursor = None,
) -> Response[str]:
    wanted = Wanted(whose=whose, state=which, owing=office, words=q or None, since=on, until=on)
    found = await queries.roster(call.uow, call.actor, calendar_of(call), wanted, cursor=cursor)
    kept = {"whose": whose, "state": which, "office": office, "on": on, "q": q}
    return page(
        call,
        "roster.html",
        found=found,
        asked=wanted,
        kept={name: value for name, value in kept.items() if value},
        body=bodies(call),
    )


@get("/roster/late", opt=needs(permissions.READ), include_in_schema=False)
async def late(call: Asked) -> Response[str]:
    found = await queries.late(call.uow, call.actor, calendar_of(call))
    return page(call, "roster_late.html", found=found, body=bodies(call))


@get("/roster/month", opt=needs(permissions.READ), include_in_schema=False)
async def month(
    call: Asked,
    month: Annotated[str, QueryParameter(name="month", max_length=7)] = "",
    whose: _Whose = "mine",
) -> Response[str]:
    """``month`` is written 2026-03; anything else is the present one."""
    today = day_of(call.now)
    first = _first(month) or today.replace(day=1)
    since, until = span(first)
    wanted = Wanted(whose=whose, since=since, until=until)
    found = await queries.roster(call.uow, call.actor, calendar_of(call), wanted, limit=_MOST)
    sheet = month_of(first, today, calendar_of(call), found.items)
    return page(call, "roster_month.html", month=sheet, found=found, whose=whose, today=today, body=bodies(call))


def _first(month: str) -> date | None:
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        return None
    return first if date.min.year < first.year < date.max.year else None


def calendar_of(call: Call) -> Calendar:
    """The calendar of the visitor's jurisdiction."""
    return call.law.calendar


def bodies(call: Call) -> Callable[[str], str]:
    """What bodies of the law are called here."""
    latest = call.law.registry.latest(call.actor.tenant, call.today)
    names = latest.pack.vocabulary.bodies if latest else {}
    return lambda code: names.get(code, code)


HANDLERS = (roster, late, month)
