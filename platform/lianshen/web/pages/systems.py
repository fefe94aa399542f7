"""Other systems and their keys, for the security administrator."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from lianshen.kernel.errors import Invalid
from lianshen.systems import commands, permissions, queries
from lianshen.systems.types import NewKey
from lianshen.web._auth import UNKEPT, needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other

_MANAGE = needs(permissions.MANAGE)


@get("/systems", opt=_MANAGE, include_in_schema=False)
async def systems(call: Asked) -> Response[str]:
    return await _page(call)


@post("/systems", opt=_MANAGE, include_in_schema=False)
async def register(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    typed = await form_of(request)
    office, said = _id(typed.get("office", "")), typed.get("person", "").strip()
    person = await queries.with_login(call.uow, call.actor, said) or _id(said)
    try:
        await commands.register(call.uow, call.actor, name=typed.get("name", ""), office=office, person=person)
    except Invalid as refusal:
        return await _page(call, status=422, typed=typed, refusal=refusal)
    return see_other("/systems")


@post("/systems/{system:uuid}/end", opt=_MANAGE, include_in_schema=False)
async def end(call: Asked, system: FromPath[UUID]) -> Response[None]:
    await commands.end(call.uow, call.actor, system)
    return see_other("/systems")


@post("/systems/{system:uuid}/keys", opt=_MANAGE | UNKEPT, include_in_schema=False)
async def issue(call: Asked, system: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """The page that answers shows the key, this once: there is no address under which it could be seen again."""
    form = await request.form()
    may = [value for value in form.getall("permissions", []) if isinstance(value, str)]
    days = str(form.get("days", ""))
    try:
        made = await commands.issue(
            call.uow, call.actor, system, may=may, days=int(days) if days.isdecimal() and len(days) < 5 else 0
        )
    except Invalid as refusal:
        return await _page(call, status=422, typed={"system": str(system)}, refusal=refusal)
    return await _page(call, made=made)


@post("/systems/{system:uuid}/keys/{key:uuid}/successor", opt=_MANAGE | UNKEPT, include_in_schema=False)
async def rotate(call: Asked, system: FromPath[UUID], key: FromPath[UUID]) -> Response[str]:
    return await _page(call, made=await commands.rotate(call.uow, call.actor, system, key))


@post("/systems/{system:uuid}/keys/{key:uuid}/end", opt=_MANAGE, include_in_schema=False)
async def revoke(call: Asked, system: FromPath[UUID], key: FromPath[UUID]) -> Response[None]:
    await commands.revoke(call.uow, call.actor, system, key)
    return see_other("/systems")


async def _page(
    call: Call,
    *,
    status: int = 200,
    typed: dict[str, str] | None = None,
    refusal: Invalid | None = None,
    made: NewKey | None = None,
) -> Response[str]:
    offices, people = await queries.choices(call.uow, call.actor)
    return page(
        call,
        "systems.html",
        status=status,
        systems=await queries.systems(call.uow, call.actor),
        offices=offices,
        people=people,
        grantable=queries.labels(),
        longest=commands.LONGEST_DAYS,
        overlap=commands.OVERLAP.days,
        typed=typed or {},
        refusal=refusal,
        made=made,
        now=call.now,
    )


def _id(said: str) -> UUID:
    """An id from a form; what is none names nothing."""
    try:
        return UUID(said)
    except ValueError:
        return UUID(int=0)


HANDLERS = (systems, register, end, issue, rotate, revoke)
