"""How colleagues are reached: masked, and in full only with a reason, which is put on record."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import PathParameter, QueryParameter

from lianshen.kernel.errors import Invalid
from lianshen.personal import commands, permissions, queries
from lianshen.web._auth import UNKEPT, needs
from lianshen.web._context import Asked, form_of, page

_Field = Annotated[str, PathParameter(description="phone, email", max_length=10)]
_PersonId = Annotated[UUID, PathParameter(description="id")]


@get("/contacts", opt=needs(permissions.CONTACTS), include_in_schema=False)
async def contacts(call: Asked, after: Annotated[UUID | None, QueryParameter()] = None) -> Response[str]:
    return page(call, "contacts.html", found=await queries.contacts(call.uow, call.actor, after=after), phone="")


@post("/contacts/search", status_code=200, opt=needs(permissions.CONTACTS) | UNKEPT, include_in_schema=False)
async def search(call: Asked, request: Request[Any, Any, Any]) -> Response[str]:
    """Sent as a form, so that a number is part of no address that is kept somewhere."""
    phone = (await form_of(request)).get("phone", "")
    found = await queries.contacts(call.uow, call.actor, phone or None)
    return page(call, "contacts.html", found=found, phone=phone)


@get("/contacts/{person:uuid}/{field:str}", opt=needs(permissions.UNMASK), include_in_schema=False)
async def ask(call: Asked, person: _PersonId, field: _Field) -> Response[str]:
    found = await queries.contact(call.uow, call.actor, person, field)
    return page(call, "unmask.html", contact=found, field=field, value=None, remark="", reason="")


@post(
    "/contacts/{person:uuid}/{field:str}",
    status_code=200,
    opt=needs(permissions.UNMASK) | UNKEPT,
    include_in_schema=False,
)
async def unmask(call: Asked, request: Request[Any, Any, Any], person: _PersonId, field: _Field) -> Response[str]:
    reason = (await form_of(request)).get("reason", "")
    found = await queries.contact(call.uow, call.actor, person, field)
    try:
        shown = await commands.unmask(call.uow, call.actor, person, field, reason)
    except Invalid as refusal:
        remark = refusal.items[0].message
        return page(
            call, "unmask.html", status=422, contact=found, field=field, value=None, remark=remark, reason=reason
        )
    return page(call, "unmask.html", contact=found, field=field, value=shown.value, remark="", reason=reason)


HANDLERS = (contacts, search, ask, unmask)
