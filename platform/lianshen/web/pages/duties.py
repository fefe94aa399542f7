"""What was set aside, for the tenant's administrators."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from lianshen.duties import commands, permissions, queries
from lianshen.kernel.errors import Invalid
from lianshen.web._auth import needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other


@get("/duties", opt=needs(permissions.READ), include_in_schema=False)
async def parked(call: Asked) -> Response[str]:
    return await _page(call)


@post("/duties/{outbox:uuid}/retry", opt=needs(permissions.RESOLVE), include_in_schema=False)
async def retry(call: Asked, outbox: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    return await _resolve(call, commands.retry, outbox, request)


@post("/duties/{outbox:uuid}/close", opt=needs(permissions.RESOLVE), include_in_schema=False)
async def close(call: Asked, outbox: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    return await _resolve(call, commands.close, outbox, request)


async def _resolve(call: Call, decide: Any, message: UUID, request: Request[Any, Any, Any]) -> Response[Any]:
    try:
        await decide(call.uow, call.actor, message, (await form_of(request)).get("reason", ""))
    except Invalid as refusal:
        return await _page(call, status=422, refusal=refusal)
    return see_other("/duties")


async def _page(call: Call, *, status: int = 200, refusal: Invalid | None = None) -> Response[str]:
    found = await queries.parked(call.uow, call.actor)
    return page(call, "duties.html", status=status, parked=found, refusal=refusal)


HANDLERS = (parked, retry, close)
