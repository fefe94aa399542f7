"""Sessions for programs."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.params import BodyKwarg

from lianshen.identity import commands as identity
from lianshen.identity.commands import SignInFailed
from lianshen.identity.types import Actor
from lianshen.web._auth import PUBLIC, SIGNED_IN
from lianshen.web._context import Asked
from lianshen.web.api._openapi import described, examples
from lianshen.web.session._sign_in import sign_in


class Credentials(msgspec.Struct, frozen=True):
    tenant: Annotated[str, msgspec.Meta(pattern="^[0-9]{6}$")]
    login: str
    password: str


class Me(msgspec.Struct, frozen=True):
    """Who acts with this credential, in which post."""

    tenant: str
    person: UUID
    name: str
    post: UUID
    office: UUID
    office_name: str
    body: str
    roles: tuple[str, ...]


class Session(msgspec.Struct, frozen=True):
    """``token`` is shown this once. It ends at ``expires_at``, and before that after ``idle_seconds`` without use."""

    token: str
    expires_at: datetime
    idle_seconds: int
    me: Me


@post("/sessions", **described("open_session", PUBLIC, problems=(401, 422)))
async def open_session(
    call: Asked, data: Annotated[Credentials, BodyKwarg(examples=examples("open_session"))]
) -> Session:
    signed_in = await sign_in(call, data.tenant, data.login, data.password)
    if signed_in is None:
        raise SignInFailed
    settings = call.settings
    return Session(
        token=signed_in.token,
        expires_at=call.now + timedelta(seconds=settings.session_lifetime),
        idle_seconds=settings.session_idle,
        me=_me(signed_in.actor),
    )


@delete("/sessions/current", **described("close_session", SIGNED_IN))
async def close_session(call: Asked) -> None:
    assert call.token is not None
    await identity.sign_out(call.uow, call.actor, call.token)


@get("/me", **described("who_am_i", SIGNED_IN), sync_to_thread=False)
def who_am_i(call: Asked) -> Me:
    return _me(call.actor)


def _me(actor: Actor) -> Me:
    return Me(**{name: getattr(actor, name) for name in Me.__struct_fields__})


HANDLERS = (open_session, close_session, who_am_i)
