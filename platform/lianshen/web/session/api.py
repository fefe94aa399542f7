"""Sessions for programs."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, delete, get, post
from litestar.params import BodyKwarg, PathParameter

from lianshen.identity import commands as identity
from lianshen.identity.commands import SignInFailed, Unfinished
from lianshen.identity.queries import posts_of, sessions_of
from lianshen.identity.types import Actor, Held, OwnSession, Shown, SignedIn
from lianshen.kernel.errors import Item
from lianshen.kernel.messages import text
from lianshen.web._auth import ANYONE_KNOWN, PUBLIC, SIGNED_IN, UNKEPT
from lianshen.web._call import Call
from lianshen.web._context import Asked
from lianshen.web._step_up import prove
from lianshen.web.api._openapi import described, examples
from lianshen.web.api._texts import PARAMETERS
from lianshen.web.session._sign_in import answer, sign_in, token_of


class Credentials(msgspec.Struct, frozen=True):
    """``code`` is asked of whoever has set up a second factor, ``post`` chooses among several posts."""

    tenant: Annotated[str, msgspec.Meta(pattern="^[0-9]{6}$")]
    login: str
    password: str
    code: str = ""
    post: UUID | None = None


class Proof(msgspec.Struct, frozen=True):
    """Who it is, once more: the code of whoever has a second factor, else the password."""

    password: str = ""
    code: str = ""


class Choice(msgspec.Struct, frozen=True):
    """The post to act in, one of one's own."""

    post: UUID


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
    posts: tuple[Held, ...]


class Session(msgspec.Struct, frozen=True):
    """``token`` is shown this once. It ends after ``idle_seconds`` without use, and at ``expires_at`` at the latest."""

    token: str
    expires_at: datetime
    idle_seconds: int
    me: Me


@post("/sessions", **described("open_session", PUBLIC, problems=(401, 422)))
async def open_session(
    call: Asked,
    request: Request[Any, Any, Any],
    data: Annotated[Credentials, BodyKwarg(examples=examples("open_session"))],
) -> Session:
    signed_in = await sign_in(call, request, data.tenant, data.login, data.password)
    if signed_in is not None and signed_in.actor.stage == "factor" and data.code:
        call.entrant, call.token = signed_in.actor, signed_in.token
        signed_in = await answer(call, Shown(code=data.code))
    if signed_in is None:
        raise SignInFailed
    if (stage := signed_in.actor.stage) != "open":
        raise Unfinished((Item(code=stage, message=text(f"stage.{stage}")),))
    if data.post is not None:
        signed_in = await identity.act_in(call.uow, signed_in.actor, signed_in.token, data.post, terms=call.terms)
    return await _session(call, signed_in)


@delete("/sessions/current", **described("close_session", SIGNED_IN))
async def close_session(call: Asked) -> None:
    await identity.sign_out(call.uow, call.actor, token_of(call))


@get("/sessions", **described("list_sessions", SIGNED_IN))
async def list_sessions(call: Asked) -> tuple[OwnSession, ...]:
    return await sessions_of(call.uow, call.actor)


@delete("/sessions/{session:uuid}", **described("end_session", SIGNED_IN, problems=(404,)))
async def end_session(call: Asked, session: Annotated[UUID, PathParameter(description=PARAMETERS["session"])]) -> None:
    await identity.end_session(call.uow, call.actor, session)


@post("/session/step-up", status_code=200, **described("step_up", SIGNED_IN | UNKEPT, problems=(422,)))
async def step_up(call: Asked, data: Annotated[Proof, BodyKwarg(examples=examples("step_up"))]) -> Session:
    signed_in = await prove(call, Shown(data.password, data.code))
    if signed_in is None:
        raise SignInFailed
    return await _session(call, signed_in)


@post("/session/post", status_code=200, **described("act_in", SIGNED_IN | UNKEPT, problems=(404, 422)))
async def act_in(call: Asked, data: Annotated[Choice, BodyKwarg(examples=examples("act_in"))]) -> Session:
    return await _session(
        call, await identity.act_in(call.uow, call.actor, token_of(call), data.post, terms=call.terms)
    )


@get("/me", **described("who_am_i", ANYONE_KNOWN))
async def who_am_i(call: Asked) -> Me:
    return await _me(call, call.actor)


async def _session(call: Call, signed_in: SignedIn) -> Session:
    actor = signed_in.actor
    mine = next(one for one in await sessions_of(call.uow, actor) if one.id == actor.session)
    return Session(
        token=signed_in.token,
        expires_at=mine.expires_at,
        idle_seconds=mine.idle,
        me=await _me(call, actor),
    )


async def _me(call: Call, actor: Actor) -> Me:
    shown = {name: getattr(actor, name) for name in Me.__struct_fields__ if name != "posts"}
    return Me(**shown, posts=await posts_of(call.uow, actor))


HANDLERS = (open_session, close_session, list_sessions, end_session, step_up, act_in, who_am_i)
