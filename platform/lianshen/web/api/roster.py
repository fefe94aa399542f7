"""Dates to be kept."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter

from lianshen.projects import permissions
from lianshen.roster import queries
from lianshen.roster.types import Asked as Wanted
from lianshen.roster.types import Late, PastDay, RosterPage, State, Whose
from lianshen.web._auth import needs
from lianshen.web._context import Asked
from lianshen.web.api._openapi import described
from lianshen.web.api._texts import PARAMETERS

_READ = needs(permissions.READ)


@get("/deadlines", **described("list_deadlines", _READ, problems=(404,)))
async def list_deadlines(
    call: Asked,
    whose: Annotated[Whose, QueryParameter(description=PARAMETERS["whose"])] = "mine",
    which: Annotated[State | None, QueryParameter(name="state", description=PARAMETERS["state"])] = None,
    office: Annotated[UUID | None, QueryParameter(description=PARAMETERS["owing"])] = None,
    since: Annotated[date | None, QueryParameter(description=PARAMETERS["due_since"])] = None,
    until: Annotated[date | None, QueryParameter(description=PARAMETERS["due_until"])] = None,
    cursor: Annotated[str | None, QueryParameter(description=PARAMETERS["cursor"], max_length=200)] = None,
    limit: Annotated[int, QueryParameter(description=PARAMETERS["limit"], ge=1, le=200)] = 50,
) -> RosterPage:
    wanted = Wanted(whose=whose, state=which, owing=office, since=since, until=until)
    return await queries.roster(call.uow, call.actor, call.law.calendar, wanted, cursor=cursor, limit=limit)


@get("/deadlines/late", **described("list_late", _READ))
async def list_late(call: Asked) -> tuple[Late, ...]:
    return await queries.late(call.uow, call.actor, call.law.calendar)


@get("/deadlines/past", **described("who_was_late", _READ))
async def who_was_late(call: Asked, on: Annotated[date, QueryParameter(description=PARAMETERS["past_day"])]) -> PastDay:
    return await queries.past(call.uow, call.actor, call.law.calendar, on)


HANDLERS = (list_deadlines, list_late, who_was_late)
