"""What one has to do, and what one should know."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import PathParameter

from lianshen.notifications import commands as notifications
from lianshen.notifications import permissions as notice_rights
from lianshen.notifications import queries as notices
from lianshen.notifications.types import Notice
from lianshen.projects import permissions, queries
from lianshen.projects.types import Task
from lianshen.web._auth import needs
from lianshen.web._context import Asked
from lianshen.web.api._openapi import described


class Notices(msgspec.Struct, frozen=True):
    unread: int
    items: list[Notice]


@get("/inbox", **described("read_inbox", needs(permissions.READ)))
async def read_inbox(call: Asked) -> tuple[Task, ...]:
    return await queries.inbox(call.uow, call.actor, call.law.calendar)


@get("/notices", **described("read_notices", needs(notice_rights.READ)))
async def read_notices(call: Asked) -> Notices:
    items = await notices.notices(call.uow, call.actor)
    return Notices(unread=await notices.unread(call.uow, call.actor), items=items)


@post("/notices/read", status_code=204, **described("mark_notices_read", needs(notice_rights.READ), keyed=True))
async def mark_notices_read(call: Asked) -> None:
    await notifications.mark_read(call.uow, call.actor)


@post(
    "/notices/{notice:uuid}/read",
    status_code=204,
    **described("mark_notice_read", needs(notice_rights.READ), problems=(404,), keyed=True),
)
async def mark_notice_read(
    call: Asked, notice: Annotated[UUID, PathParameter(description="Id of the notice.")]
) -> None:
    await notifications.open_one(call.uow, call.actor, notice)


HANDLERS = (read_inbox, read_notices, mark_notices_read, mark_notice_read)
