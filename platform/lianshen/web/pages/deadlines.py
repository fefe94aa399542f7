"""What a person may do about one deadline, and what the sweep has set aside."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import PathParameter

from lianshen.deadlines import commands as deadlines
from lianshen.deadlines import permissions, queries
from lianshen.kernel.errors import Conflict, Invalid
from lianshen.projects import commands
from lianshen.web._auth import needs
from lianshen.web._context import Asked, form_of, page, see_other
from lianshen.web.pages.desk import shown
from lianshen.web.pages.projects import ProjectId

DeadlineId = Annotated[UUID, PathParameter(description="id")]
_REFUSALS = (Invalid, Conflict, commands.NotExtendable, commands.NotWaivable, deadlines.Shortened)


@post(
    "/projects/{project:uuid}/deadlines/{deadline:uuid}/extension",
    opt=needs(permissions.EXTEND),
    include_in_schema=False,
)
async def extend(
    call: Asked, project: ProjectId, deadline: DeadlineId, request: Request[Any, Any, Any]
) -> Response[Any]:
    raw = await form_of(request)
    try:
        await commands.extend(call.uow, call.actor, call.law, project, deadline, raw)
    except _REFUSALS as refusal:
        return await shown(call, project, refused=f"extend-{deadline}", refusal=refusal, raw=raw)
    return see_other(f"/projects/{project}#deadlines")


@post(
    "/projects/{project:uuid}/deadlines/{deadline:uuid}/waiver",
    opt=needs(permissions.WAIVE),
    include_in_schema=False,
)
async def waive(
    call: Asked, project: ProjectId, deadline: DeadlineId, request: Request[Any, Any, Any]
) -> Response[Any]:
    raw = await form_of(request)
    try:
        await commands.waive(call.uow, call.actor, call.law, project, deadline, raw)
    except _REFUSALS as refusal:
        return await shown(call, project, refused=f"waive-{deadline}", refusal=refusal, raw=raw)
    return see_other(f"/projects/{project}#deadlines")


@get("/deadlines/parked", opt=needs(permissions.ANSWER), include_in_schema=False)
async def parked(call: Asked) -> Response[str]:
    """What the sweep has set aside, and how the sweep is."""
    found = await queries.parked(call.uow, call.actor)
    return page(call, "deadlines_parked.html", found=found, pulse=await queries.pulse(call.uow))


@post("/deadlines/{deadline:uuid}/release", opt=needs(permissions.ANSWER), include_in_schema=False)
async def release(call: Asked, deadline: DeadlineId) -> Response[Any]:
    await deadlines.release(call.uow, call.actor, deadline)
    return see_other("/deadlines/parked")


HANDLERS = (extend, waive, parked, release)
