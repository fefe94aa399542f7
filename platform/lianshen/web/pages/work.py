"""What one has to do, and what one should know."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.params import PathParameter, QueryParameter
from litestar.response import ServerSentEvent

from lianshen.channels.types import KINDS
from lianshen.kernel.messages import text
from lianshen.notifications import commands as notifications
from lianshen.notifications import permissions as notice_rights
from lianshen.notifications import queries as notices
from lianshen.projects import permissions, queries
from lianshen.web._auth import needs
from lianshen.web._context import Asked, page, see_other

_LATEST = 8
_PAGE = 50


@get("/inbox", opt=needs(permissions.READ), include_in_schema=False)
async def inbox(call: Asked) -> Response[str]:
    tasks = await queries.inbox(call.uow, call.actor, call.law.calendar)
    latest = await notices.notices(call.uow, call.actor, limit=_LATEST)
    return page(call, "inbox.html", tasks=tasks, notices=latest, unread=await notices.unread(call.uow, call.actor))


@get("/notices", opt=needs(notice_rights.READ), include_in_schema=False)
async def all_notices(
    call: Asked,
    unread: Annotated[str, QueryParameter(max_length=1)] = "",
    kind: Annotated[str, QueryParameter(max_length=20)] = "",
    before: Annotated[str, QueryParameter(max_length=40)] = "",
) -> Response[str]:
    found = await notices.notices(
        call.uow,
        call.actor,
        limit=_PAGE + 1,
        unread=bool(unread),
        kind=kind if kind in KINDS else "",
        before=_instant(before),
    )
    shown = found[:_PAGE]
    return page(
        call,
        "notices.html",
        notices=shown,
        count=await notices.unread(call.uow, call.actor),
        unread=bool(unread),
        kind=kind if kind in KINDS else "",
        kinds={code: text(f"kind.{code}") for code in KINDS},
        next=shown[-1].at.isoformat() if len(found) > _PAGE else "",
    )


def _instant(said: str) -> datetime | None:
    """An instant of an address of ours; what is none is none."""
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return found if found.tzinfo else None


@get("/notices/stream", opt=needs(notice_rights.READ), include_in_schema=False)
async def stream(call: Asked) -> ServerSentEvent:
    """The count of unread notices, and again whenever it changes. That a page is open is no use of the session."""
    call.passive = True
    opened = call.services.live.open(call.actor)
    count = await notices.unread(call.uow, call.actor)
    return ServerSentEvent(call.services.live.events(opened, count), headers={"Cache-Control": "no-store"})


@post("/notices/read", opt=needs(notice_rights.READ), include_in_schema=False)
async def mark_read(call: Asked) -> Response[None]:
    await notifications.mark_read(call.uow, call.actor)
    return see_other("/notices")


@post("/notices/{notice:uuid}/read", opt=needs(notice_rights.READ), include_in_schema=False)
async def open_one(
    call: Asked,
    notice: Annotated[UUID, PathParameter(description="id")],
    stay: Annotated[str, QueryParameter(max_length=1)] = "",
) -> Response[None]:
    """Mark one as read, and lead where it leads, or ``stay``."""
    found = await notifications.open_one(call.uow, call.actor, notice)
    return see_other("/notices" if stay else found.path)


HANDLERS = (inbox, all_notices, stream, mark_read, open_one)
