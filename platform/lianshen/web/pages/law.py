"""Versions of the law, for those who look after them: what changed, what would change, and moving projects over."""

import time
from asyncio import to_thread
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import PathParameter, QueryParameter

from lianshen.kernel.errors import Conflict, Refusal
from lianshen.versions import commands, permissions, queries
from lianshen.web._auth import needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other

_SECONDS = 6.0
"""How long a page compares projects before it shows what it has."""
_YEARS = range(1970, 9999)
_Ref = Annotated[str, QueryParameter(description="320723@2025-09-06", max_length=40)]
_PlanId = Annotated[UUID, PathParameter(description="id")]


@get("/law", opt=needs(permissions.READ), include_in_schema=False)
async def law(call: Asked) -> Response[str]:
    return await _law(call)


@get("/law/diff", opt=needs(permissions.READ), include_in_schema=False)
async def diff(call: Asked, old: _Ref = "", new: _Ref = "") -> Response[Any]:
    if not (old and new):
        return see_other("/law")  # where the two are chosen
    found = await to_thread(queries.changes, call.actor, call.law, old, new)
    kinds = [(kind, list(changes)) for kind, changes in groupby(found.changes, key=lambda change: change.kind)]
    return page(call, "law_diff.html", found=found, kinds=kinds)


@get("/law/what-if", opt=needs(permissions.READ), include_in_schema=False)
async def what_if(
    call: Asked, draft: _Ref = "", against: _Ref = "", year: Annotated[str, QueryParameter(max_length=4)] = ""
) -> Response[Any]:
    """As many projects as can be compared while somebody waits; the command line compares them all."""
    if not (draft and against):
        return see_other("/law")
    old, new = (queries.version(call.actor, call.law, ref).pack for ref in (against, draft))
    ends = time.monotonic() + _SECONDS
    chosen = int(year) if year.isdecimal() and int(year) in _YEARS else None
    found = await queries.what_if(call.uow, call.actor, old, new, chosen, until=lambda: time.monotonic() > ends)
    return page(call, "law_what_if.html", found=found, year=chosen)


@post("/law/moves", opt=needs(permissions.MANAGE), include_in_schema=False)
async def plan(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    form = await form_of(request)
    try:
        made = await commands.plan_move(call.uow, call.actor, call.law, form.get("to", ""))
    except commands.NoTarget as refusal:
        return await _law(call, refusal)
    return see_other(f"/law/moves/{made}")


@get("/law/moves/{plan:uuid}", opt=needs(permissions.READ), include_in_schema=False)
async def moves(call: Asked, plan: _PlanId) -> Response[str]:
    return await _plan(call, plan)


@post("/law/moves/{plan:uuid}/approval", opt=needs(permissions.APPROVE), include_in_schema=False)
async def approve(call: Asked, plan: _PlanId) -> Response[Any]:
    try:
        await commands.approve_move(call.uow, call.actor, call.law, plan)
    except (commands.SamePerson, commands.NoTarget, Conflict) as refusal:
        return await _plan(call, plan, refusal)
    return see_other(f"/law/moves/{plan}")


async def _law(call: Call, refusal: Refusal | None = None) -> Response[str]:
    pins = await queries.pins(call.uow, call.actor, call.law)
    versions = queries.versions(call.actor, call.law)
    return page(
        call,
        "law.html",
        status=refusal.status if refusal else 200,
        refusal=refusal,
        versions=versions,
        pinned={pin.pack: pin.projects for pin in pins if pin.state == "kept"},
        broken=[pin for pin in pins if pin.state != "kept"],
        plans=await queries.plans(call.uow, call.actor),
        today=call.today,
    )


async def _plan(call: Call, plan_id: UUID, refusal: Refusal | None = None) -> Response[str]:
    found = await queries.plan(call.uow, call.actor, plan_id)
    return page(
        call,
        "law_moves.html",
        status=refusal.status if refusal else 200,
        refusal=refusal,
        plan=found.plan,
        items=found.items,
        own=found.plan.planned_by == call.actor.person,
    )


HANDLERS = (law, diff, what_if, plan, moves, approve)
