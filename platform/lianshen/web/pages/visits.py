"""Looking into a tenant by its leave: the operators' side and that of the tenant's administrators."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import PathParameter

from lianshen.kernel.errors import Invalid
from lianshen.visits import commands, permissions, queries
from lianshen.web._auth import SIGNED_IN, needs
from lianshen.web._context import Asked, form_of, page, see_other
from lianshen.web._visit import visit_cookie
from lianshen.web.pages.operations import Code, tenant_page

_Visit = Annotated[UUID, PathParameter(description="id")]


@get("/visits", opt=needs(permissions.READ), include_in_schema=False)
async def visits(call: Asked) -> Response[str]:
    return page(call, "visits.html", visits=await queries.visits(call.uow, call.actor))


@get("/visits/{visit:uuid}", opt=needs(permissions.READ), include_in_schema=False)
async def visit(call: Asked, visit: _Visit) -> Response[str]:
    found, looks = await queries.looked(call.uow, call.actor, visit)
    return page(call, "visit.html", visit=found, looks=looks)


@post("/visits/{visit:uuid}/approve", opt=needs(permissions.ANSWER), include_in_schema=False)
async def approve(call: Asked, visit: _Visit) -> Response[None]:
    await commands.answer(call.uow, call.actor, visit, approve=True)
    return see_other("/visits")


@post("/visits/{visit:uuid}/refuse", opt=needs(permissions.ANSWER), include_in_schema=False)
async def refuse(call: Asked, visit: _Visit) -> Response[None]:
    await commands.answer(call.uow, call.actor, visit, approve=False)
    return see_other("/visits")


@post("/visits/{visit:uuid}/end", opt=needs(permissions.END), include_in_schema=False)
async def end(call: Asked, visit: _Visit) -> Response[None]:
    await commands.end(call.uow, call.actor, visit)
    return see_other("/visits")


@post("/operations/tenants/{tenant:str}/visits", opt=needs(permissions.ASK), include_in_schema=False)
async def ask(call: Asked, tenant: Code, request: Request[Any, Any, Any]) -> Response[Any]:
    typed = await form_of(request)
    hours = typed.get("hours", "")
    try:
        await commands.ask(
            call.uow, call.actor, tenant, typed.get("reason", ""), typed.get("ticket", ""),
            int(hours) if hours.isdecimal() and len(hours) < 4 else 0,
        )  # fmt: skip
    except Invalid as refused:
        return await tenant_page(call, tenant, typed, refused)
    return see_other(f"/operations/tenants/{tenant}#visits")


@post("/operations/visits/{visit:uuid}/enter", opt=needs(permissions.ASK), include_in_schema=False)
async def enter(call: Asked, visit: _Visit) -> Response[None]:
    """Begin looking: from now on pages of that tenant open beside the operators' own."""
    _, token = await commands.token_of(call.uow, call.actor, visit)
    return see_other("/projects", visit_cookie(call.settings, token))


@post("/operations/visits/{visit:uuid}/end", opt=needs(permissions.ASK), include_in_schema=False)
async def end_own(call: Asked, visit: _Visit) -> Response[None]:
    await commands.end(call.uow, call.actor, visit)
    return see_other("/operations", visit_cookie(call.settings, ""))


@post("/operations/leave", opt=SIGNED_IN, include_in_schema=False)
async def leave(call: Asked) -> Response[None]:
    """Go back to the operators' own pages; the visit stays open until it ends."""
    return see_other("/operations", visit_cookie(call.settings, ""))


HANDLERS = (visits, visit, approve, refuse, end, ask, enter, end_own, leave)
