"""What one has to do, and what one should know."""

from litestar import Response, get, post

from lianshen.notifications import commands as notifications
from lianshen.notifications import permissions as notice_rights
from lianshen.notifications import queries as notices
from lianshen.projects import permissions, queries
from lianshen.web._auth import needs
from lianshen.web._context import Asked, page, see_other

_LATEST = 8


@get("/inbox", opt=needs(permissions.READ), include_in_schema=False)
async def inbox(call: Asked) -> Response[str]:
    tasks = await queries.inbox(call.uow, call.actor, call.law.calendar)
    latest = await notices.notices(call.uow, call.actor, limit=_LATEST)
    return page(call, "inbox.html", tasks=tasks, notices=latest, unread=await notices.unread(call.uow, call.actor))


@get("/notices", opt=needs(notice_rights.READ), include_in_schema=False)
async def all_notices(call: Asked) -> Response[str]:
    return page(call, "notices.html", notices=await notices.notices(call.uow, call.actor))


@post("/notices/read", opt=needs(notice_rights.READ), include_in_schema=False)
async def mark_read(call: Asked) -> Response[None]:
    await notifications.mark_read(call.uow, call.actor)
    return see_other("/inbox")


HANDLERS = (inbox, all_notices, mark_read)
