"""Which days are worked: what counts, what is put up, what that moves, and dates that wait for somebody."""

from calendar import Calendar as Grid
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import Annotated, Any, Literal, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import PathParameter, QueryParameter

from lianshen.calendars import commands, permissions, queries
from lianshen.kernel.errors import Conflict, Invalid, Refusal
from lianshen.projects import queries as projects
from lianshen.tenancy import queries as register
from lianshen.tenancy.types import PLATFORM
from lianshen.web._auth import needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other
from lianshen.web._step_up import carried
from lianshen.workcalendar.commands import OutOfTurn
from lianshen.workcalendar.queries import Calendar, describe
from lianshen.workcalendar.types import Kind

_PlanId = Annotated[UUID, PathParameter(description="id")]
_SHORT = 45
"""Days to the end of the last published year below which the page says so."""


class Cell(msgspec.Struct, frozen=True):
    """One day of a month's grid: ``look`` says how it shows."""

    day: date
    look: Literal["work", "weekend", "off", "made-up", "still", "open"]
    said: str


@get("/calendar", opt=needs(permissions.READ), include_in_schema=False)
async def overview(call: Asked, year: Annotated[str, QueryParameter(max_length=4)] = "") -> Response[str]:
    return await _overview(call, year)


async def _overview(
    call: Call, year: str = "", typed: dict[str, str] | None = None, refused: Refusal | None = None
) -> Response[str]:
    made = call.law.calendar
    chosen = min(max(int(year) if year.isdecimal() else call.today.year, made.first.year), made.horizon.year + 1)
    left = (made.horizon - call.today).days
    return page(
        call,
        "calendar.html",
        status=refused.status if refused else 200,
        nation=call.actor.tenant == PLATFORM,
        made=made,
        left=left,
        short=left < _SHORT,
        year=chosen,
        years=range(made.first.year, made.horizon.year + 2),
        months=[(month, list(_month(made, chosen, month))) for month in range(1, 13)],
        runs=list(_runs(made, chosen)),
        editions=await queries.in_force(call.uow, call.actor),
        plans=await queries.plans(call.uow, call.actor),
        held=await queries.held(call.uow, call.actor),
        typed=typed or {},
        refused=refused,
        errors=_by_field(refused),
    )


def _by_field(refused: Refusal | None) -> dict[str, list[Any]]:
    items = refused.items if refused else ()
    return {name: [one for one in items if one.field == name] for name in {one.field or "" for one in items}}


def _month(made: Calendar, year: int, month: int) -> Iterator[list[Cell | None]]:
    for week in Grid(0).monthdatescalendar(year, month):
        yield [_cell(made, day) if day.month == month else None for day in week]


def _cell(made: Calendar, day: date) -> Cell:
    mark, said = made.mark(day), describe(made, day).label
    if mark is not None:
        return Cell(day, "still" if mark.stands_still else "made-up" if mark.works else "off", said)
    if not made.knows(day):
        return Cell(day, "open", said)
    return Cell(day, "work" if made.works(day) else "weekend", said)


def _runs(made: Calendar, year: int) -> Iterator[tuple[date, date, str, str]]:
    """The marked days of a year, those in a row of which the same is said drawn together."""
    marked = sorted((day, mark) for day, mark in made.marks.items() if day.year == year)

    def place(item: tuple[int, tuple[date, Any]]) -> tuple[int, str, str]:
        number, (day, mark) = item
        return day.toordinal() - number, mark.label, mark.source

    for (_, label, source), group in groupby(enumerate(marked), key=place):
        days = [day for _, (day, _) in group]
        yield days[0], days[-1], label, source


@post("/calendar/plans", opt=needs(permissions.LOAD), include_in_schema=False)
async def put_up(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    typed = await form_of(request)
    try:
        made = await commands.put_up(call.uow, call.actor, cast("Kind", typed.get("kind", "")), typed)
    except Invalid as refused:
        return await _overview(call, typed=typed, refused=refused)
    return see_other(f"/calendar/plans/{made}")


@get("/calendar/plans/{calendar_plan:uuid}", opt=needs(permissions.READ), include_in_schema=False)
async def one_plan(call: Asked, calendar_plan: _PlanId) -> Response[str]:
    return await _plan(call, calendar_plan)


@post("/calendar/plans/{calendar_plan:uuid}/approval", opt=needs(permissions.PUBLISH), include_in_schema=False)
async def publish(call: Asked, calendar_plan: _PlanId) -> Response[Any]:
    try:
        await commands.publish(call.uow, call.actor, calendar_plan)
    except (commands.SamePerson, commands.Changed, OutOfTurn, Conflict) as refused:
        return await _plan(call, calendar_plan, refused)
    return see_other(f"/calendar/plans/{calendar_plan}")


@post("/calendar/plans/{calendar_plan:uuid}/withdrawal", opt=needs(permissions.LOAD), include_in_schema=False)
async def withdraw(call: Asked, calendar_plan: _PlanId) -> Response[None]:
    await commands.withdraw(call.uow, call.actor, calendar_plan)
    return see_other("/calendar")


async def _plan(call: Call, id_: UUID, refused: Refusal | None = None) -> Response[str]:
    found = await queries.plan(call.uow, call.actor, id_)
    nation = call.actor.tenant == PLATFORM
    waiting = found.state in ("waiting", "counting")
    moving, total = await queries.moving(call.uow, call.actor, found) if waiting and not nation else ([], 0)
    names = {one.code: one.name for one in await register.tenants(call.uow)} if nation else {}
    return page(
        call,
        "calendar_plan.html",
        status=refused.status if refused else 200,
        refused=refused,
        plan=found,
        own=found.planned_by == call.actor.person,
        nation=nation,
        counts=await queries.counts(call.uow, call.actor, id_) if nation else [],
        names=names,
        moving=moving,
        numbers=await projects.numbers(call.uow, {one.was.project for one in moving}),
        total=total,
    )


@post("/calendar/held", opt=needs(permissions.DECIDE), include_in_schema=False)
async def decide(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    fields, _ = carried(await request.form())
    typed = dict(reversed(fields))
    chosen = [value.partition(" ") for name, value in fields if name == "chosen"]
    pairs = [(UUID(deadline), version) for deadline, _, version in chosen if version and len(deadline) == 36]
    try:
        moved, reason = typed.get("decision") == "moved", typed.get("reason", "")
        await commands.decide(call.uow, call.actor, call.law, pairs, moved=moved, reason=reason)
    except (Invalid, Conflict) as refused:
        return await _overview(call, typed=typed, refused=refused)
    return see_other("/calendar#held")


HANDLERS = (overview, put_up, one_plan, publish, withdraw, decide)
