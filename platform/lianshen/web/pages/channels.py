"""Ways out of a jurisdiction, for its system administrator; and what became of messages."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter

from lianshen.channels import commands, permissions, queries
from lianshen.channels.types import PERSONAL, SHARED, NewWay
from lianshen.kernel.errors import Invalid
from lianshen.kernel.messages import text
from lianshen.web._auth import UNKEPT, needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other

_MANAGE = needs(permissions.MANAGE)
_CHANNELS = (*PERSONAL, *SHARED)
_STATES = ("waiting", "leased", "held", "sent", "parked")
_Word = Annotated[str, QueryParameter(max_length=20)]


@get("/channels", opt=_MANAGE, include_in_schema=False)
async def ways(call: Asked, done: _Word = "") -> Response[str]:
    return await _page(call, done=done)


@post("/channels", opt=_MANAGE | UNKEPT, include_in_schema=False)
async def add(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    """The page that answers shows a hook's secret, this once."""
    typed = await form_of(request)
    kinds = [said for said in (await request.form()).getall("kinds", []) if isinstance(said, str)]
    channel = typed.get("channel", "")
    try:
        made = await commands.add(call.uow, call.actor, call.settings, channel, typed, kinds)
    except Invalid as refusal:
        return await _page(call, status=422, typed=typed, kinds=kinds, refusal=refusal)
    return await _page(call, made=made) if made.secret else see_other("/channels?done=add")


@post("/channels/quiet", opt=_MANAGE, include_in_schema=False)
async def set_quiet(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    typed = await form_of(request)
    try:
        await commands.set_quiet(call.uow, call.actor, typed.get("opens", ""), typed.get("closes", ""))
    except Invalid as refusal:
        return await _page(call, status=422, typed=typed, refusal=refusal)
    return see_other("/channels?done=quiet")


@post("/channels/{endpoint:uuid}/secret", opt=_MANAGE | UNKEPT, status_code=200, include_in_schema=False)
async def rotate(call: Asked, endpoint: FromPath[UUID]) -> Response[str]:
    return await _page(call, made=await commands.rotate(call.uow, call.actor, endpoint))


@post("/channels/{endpoint:uuid}/pause", opt=_MANAGE, include_in_schema=False)
async def pause(call: Asked, endpoint: FromPath[UUID]) -> Response[None]:
    await commands.pause(call.uow, call.actor, endpoint)
    return see_other("/channels?done=pause")


@post("/channels/{endpoint:uuid}/resume", opt=_MANAGE, include_in_schema=False)
async def resume(call: Asked, endpoint: FromPath[UUID]) -> Response[None]:
    await commands.resume(call.uow, call.actor, endpoint)
    return see_other("/channels?done=resume")


@post("/channels/{endpoint:uuid}/test", opt=_MANAGE, include_in_schema=False)
async def test(call: Asked, endpoint: FromPath[UUID]) -> Response[None]:
    await commands.test(call.uow, call.actor, endpoint)
    return see_other("/channels?done=test")


@post("/channels/{endpoint:uuid}/end", opt=_MANAGE, include_in_schema=False)
async def end(call: Asked, endpoint: FromPath[UUID]) -> Response[None]:
    await commands.end(call.uow, call.actor, endpoint)
    return see_other("/channels?done=end")


@get("/channels/messages", opt=_MANAGE, include_in_schema=False)
async def messages(
    call: Asked,
    standing: Annotated[str, QueryParameter(name="state", max_length=20)] = "",
    channel: _Word = "",
    done: _Word = "",
) -> Response[str]:
    state, channel = standing if standing in _STATES else "", channel if channel in _CHANNELS else ""
    return page(
        call,
        "channels_messages.html",
        messages=await queries.messages(call.uow, call.actor, state=state, channel=channel),
        state=state,
        channel=channel,
        states=_STATES,
        channels=_CHANNELS,
        done=done,
    )


@post("/channels/messages/{message:uuid}/again", opt=_MANAGE, include_in_schema=False)
async def again(call: Asked, message: FromPath[UUID]) -> Response[None]:
    await commands.again(call.uow, call.actor, message)
    return see_other("/channels/messages?done=again")


async def _page(
    call: Call,
    *,
    status: int = 200,
    typed: dict[str, str] | None = None,
    kinds: list[str] | None = None,
    refusal: Invalid | None = None,
    made: NewWay | None = None,
    done: str = "",
) -> Response[str]:
    errors = {item.field or "": item.message for item in refusal.items} if refusal else {}
    return page(
        call,
        "channels.html",
        status=status,
        ways=await queries.ways(call.uow, call.actor),
        quiet=await queries.quiet(call.uow, call.actor),
        channels={code: text(f"channel.{code}") for code in _CHANNELS},
        shared={code: text(f"kind.{code}") for code in commands.shared_kinds()},
        personal=PERSONAL,
        has_mail=bool(call.settings.mail_host),
        sms_host=commands.SMS_HOST,
        overlap=commands.OVERLAP.days,
        typed=typed or {},
        kinds=kinds or [],
        errors=errors,
        refusal=refusal,
        made=made,
        done=done,
    )


HANDLERS = (ways, add, set_quiet, rotate, pause, resume, test, end, messages, again)
