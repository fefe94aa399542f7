"""How colleagues are reached: masked, and in full only with a reason, which is put on record."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import Body, PathParameter, QueryParameter

from lianshen.personal import commands, permissions, queries
from lianshen.personal.types import ContactPage, Unmasked
from lianshen.web._auth import UNKEPT, needs
from lianshen.web._context import Asked
from lianshen.web.api import _texts
from lianshen.web.api._openapi import described, examples

_PersonId = Annotated[UUID, PathParameter(description=_texts.PARAMETERS["person"])]


class Wish(msgspec.Struct, frozen=True):
    """``field`` is ``phone`` or ``email``."""

    field: str
    reason: str


@get("/contacts", **described("list_contacts", needs(permissions.CONTACTS), problems=(404,)))
async def list_contacts(
    call: Asked,
    after: Annotated[UUID | None, QueryParameter(description=_texts.PARAMETERS["cursor"])] = None,
    limit: Annotated[int, QueryParameter(description=_texts.PARAMETERS["limit"], ge=1, le=200)] = 50,
) -> ContactPage:
    return await queries.contacts(call.uow, call.actor, after=after, limit=limit)


@post(
    "/contacts/{person:uuid}/unmask",
    status_code=200,
    **described("unmask", needs(permissions.UNMASK) | UNKEPT, problems=(404, 422)),
)
async def unmask(call: Asked, person: _PersonId, data: Annotated[Wish, Body(examples=examples("unmask"))]) -> Unmasked:
    return await commands.unmask(call.uow, call.actor, person, data.field, data.reason)


HANDLERS = (list_contacts, unmask)
