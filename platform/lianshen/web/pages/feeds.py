"""One's own dates in one's own calendar: the address of a feed, and what it shows."""

import hashlib
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import PathParameter

from lianshen.kernel.errors import NotFound
from lianshen.projects import permissions
from lianshen.roster import commands, queries
from lianshen.web._auth import PUBLIC, UNKEPT, needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, page, see_other

_SUFFIX = ".ics"
_TYPE = "text/calendar"


@post("/account/feed", opt=needs(permissions.READ, step_up=True) | UNKEPT, include_in_schema=False, status_code=200)
async def make(call: Asked, request: Request[Any, Any, Any]) -> Response[str]:
    """The address is shown this once."""
    secret = await commands.make_feed(call.uow, call.actor)
    return page(call, "feed.html", address=f"{_base(call, request)}/feeds/{secret}{_SUFFIX}")


@post("/account/feed/end", opt=needs(permissions.READ), include_in_schema=False)
async def end(call: Asked) -> Response[None]:
    await commands.end_feed(call.uow, call.actor)
    return see_other("/account?done=feed#feed")


@get("/feeds/{address:str}", opt=PUBLIC, include_in_schema=False)
async def feed(
    call: Asked, request: Request[Any, Any, Any], address: Annotated[str, PathParameter(max_length=80)]
) -> Response[bytes | None]:
    """For programs that fetch calendars: the address alone opens it, and it opens nothing else."""
    secret = address.removesuffix(_SUFFIX)
    known = hashlib.sha256(secret.encode()).hexdigest()
    await call.services.limits.count("feed", source=call.source, account=known)
    if secret == address:
        raise NotFound
    said, unnoted = await queries.feed(call.uow, secret, _base(call, request))
    tag = f'"{hashlib.sha256(said).hexdigest()[:32]}"'
    if unnoted:
        await _note(call, secret)
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)
    return Response(said, media_type=_TYPE, headers=headers)


async def _note(call: Call, secret: str) -> None:
    """What only reads writes nothing, so this is written beside it."""
    tenant = call.uow.tenant
    await call.uow.close()
    async with call.uow.beside() as aside:
        await aside.enter(tenant)
        await commands.note_fetched(aside, secret)
        await aside.commit()


def _base(call: Call, request: Request[Any, Any, Any]) -> str:
    """This instance as it was asked for; the door has seen to it that the name is one of ours."""
    return f"{'https' if call.settings.secure_cookies else 'http'}://{request.headers['host']}"


HANDLERS = (make, end, feed)
"""Here ``make`` and ``end`` belong to the account's page, which shows whether there is a feed."""
