"""Lists of people: brought, entered, empowered; and the list of who holds what, for review."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import PathParameter

from lianshen.kernel.errors import Invalid, Item, Refusal, TooLarge
from lianshen.kernel.messages import text
from lianshen.staff import commands, permissions, queries
from lianshen.web._auth import UNKEPT, limited, needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, page, see_other

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST = 4 * 1024 * 1024
"""Bytes of a list."""
_ENTERED_AT_ONCE, _EMPOWERED_AT_ONCE = 200, 20
"""How many rows one request works off; making a first password takes its time on purpose."""
_Digest = Annotated[str, PathParameter(description="SHA-256", pattern="^[0-9a-f]{64}$")]


@get("/staff/lists", opt=needs(permissions.READ), include_in_schema=False)
async def lists(call: Asked) -> Response[str]:
    return await _lists(call)


@post("/staff/lists", opt=needs(permissions.CREATE), include_in_schema=False)
async def bring(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    sent = (await request.form()).get("file")
    try:
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise Invalid((Item(code="invalid", message=text("field.file"), field="file"),))
        body = await sent.read()
        if len(body) > LONGEST:
            raise TooLarge(limit=LONGEST // (1024 * 1024))
        found = await commands.bring(call.uow, call.actor, sent.filename, body)
    except (Invalid, TooLarge, commands.Unreadable) as refusal:
        return await _lists(call, refusal)
    return see_other(f"/staff/lists/{found.digest}")


@get("/staff/lists/{digest:str}", opt=needs(permissions.READ), include_in_schema=False)
async def one(call: Asked, digest: _Digest) -> Response[str]:
    found = await queries.brought(call.uow, call.actor, digest)
    return page(call, "staff_list.html", found=found, names=await queries.role_names(call.uow))


@post("/staff/lists/{digest:str}/entry", opt=needs(permissions.CREATE), include_in_schema=False)
async def enter(call: Asked, digest: _Digest) -> Response[None]:
    await commands.enter_rows(call.uow, call.actor, digest, limit=_ENTERED_AT_ONCE)
    return see_other(f"/staff/lists/{digest}")


@post("/staff/lists/{digest:str}/empowerment", opt=needs(permissions.EMPOWER) | UNKEPT, include_in_schema=False)
async def empower(call: Asked, digest: _Digest) -> Response[str]:
    secrets, left = await commands.empower_rows(call.uow, call.actor, digest, limit=_EMPOWERED_AT_ONCE)
    return page(call, "staff_secrets.html", secrets=secrets, left=left, digest=digest)


@get("/staff/template.xlsx", opt=needs(permissions.CREATE), include_in_schema=False)
async def template(call: Asked) -> Response[bytes]:
    return workbook(await commands.template(call.uow, call.actor), "people.xlsx")


@post("/staff/review", opt=needs(permissions.READ) | UNKEPT | limited("export"), include_in_schema=False)
async def review(call: Asked) -> Response[bytes]:
    """A POST, because that somebody took the list away is an event."""
    return workbook(await commands.review(call.uow, call.actor), f"posts-{call.today.isoformat()}.xlsx")


def workbook(body: bytes, filename: str) -> Response[bytes]:
    """A workbook to be saved."""
    headers = {"content-disposition": f'attachment; filename="{filename}"'}
    return Response(body, status_code=200, media_type=XLSX, headers=headers)


async def _lists(call: Call, refusal: Refusal | None = None) -> Response[str]:
    found = await queries.imports(call.uow, call.actor)
    return page(call, "staff_lists.html", status=refusal.status if refusal else 200, refusal=refusal, lists=found)


HANDLERS = (lists, bring, one, enter, empower, template, review)
