"""What messages say, for whoever writes it; and what one hears of by which way, for everybody."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, PathParameter, QueryParameter

from lianshen.channels import commands, permissions, queries
from lianshen.channels.types import KINDS, PERSONAL, Template
from lianshen.kernel.errors import Invalid
from lianshen.kernel.messages import text
from lianshen.notifications import permissions as notices
from lianshen.web._auth import needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other

_WRITE = needs(permissions.WRITE)
_OWN = needs(notices.READ)
_Channel = Annotated[str, PathParameter(description="mail, sms, wecom, dingtalk", max_length=20)]
_Kind = Annotated[str, PathParameter(description="project, deadline, account, system", max_length=20)]
_Word = Annotated[str, QueryParameter(max_length=20)]


@get("/templates", opt=_WRITE, include_in_schema=False)
async def templates(call: Asked) -> Response[str]:
    return page(call, "templates.html", versions=await queries.template_versions(call.uow, call.actor))


@get("/templates/{channel:str}/{kind:str}", opt=_WRITE, include_in_schema=False)
async def template(call: Asked, channel: _Channel, kind: _Kind, done: _Word = "") -> Response[str]:
    return await _template(call, channel, kind, done=done)


@post("/templates/{channel:str}/{kind:str}", opt=_WRITE, include_in_schema=False)
async def publish(call: Asked, request: Request[Any, Any, Any], channel: _Channel, kind: _Kind) -> Response[Any]:
    """Publish what was typed; with the field ``preview`` only show it on a real case."""
    typed = await form_of(request)
    subject, body = typed.get("subject", ""), typed.get("body", "")
    try:
        if "preview" in typed:
            written = commands.check_template(channel, kind, subject, body)
            shown = await queries.preview(call.uow, call.actor, kind, written, call.settings.public_url)
            return await _template(call, channel, kind, typed=written, shown=shown, previewed=True)
        await commands.publish_template(call.uow, call.actor, channel, kind, subject, body)
    except Invalid as refusal:
        return await _template(call, channel, kind, typed=Template(subject, body), refusal=refusal)
    return see_other(f"/templates/{channel}/{kind}?done=publish")


async def _template(
    call: Call,
    channel: str,
    kind: str,
    *,
    typed: Template | None = None,
    shown: Template | None = None,
    previewed: bool = False,
    refusal: Invalid | None = None,
    done: str = "",
) -> Response[str]:
    holds, versions = await queries.template(call.uow, call.actor, channel, kind)
    return page(
        call,
        "template.html",
        status=refusal.status if refusal else 200,
        channel=channel,
        kind=kind,
        holds=holds,
        versions=versions,
        typed=typed or holds,
        shown=shown,
        previewed=previewed,
        slots=commands.slots_of(channel),
        errors={item.field: item.message for item in refusal.items} if refusal else {},
        done=done,
    )


@get("/account/notices", opt=_OWN, include_in_schema=False)
async def own(call: Asked, done: _Word = "") -> Response[str]:
    return await _own(call, done=done)


@post("/account/notices", opt=_OWN, include_in_schema=False)
async def prefer(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    form = await request.form()
    ways = {code: [said for said in form.getall(code, []) if isinstance(said, str)] for code in KINDS}
    try:
        await commands.prefer(call.uow, call.actor, ways, (await form_of(request)).get("digest_hour", ""))
    except Invalid as refusal:
        return await _own(call, refusal=refusal)
    return see_other("/account/notices?done=prefer")


@post("/account/notices/{channel:str}/resume", opt=_OWN, include_in_schema=False)
async def resume(call: Asked, channel: FromPath[str]) -> Response[None]:
    await commands.resume_address(call.uow, call.actor, channel)
    return see_other("/account/notices?done=resume")


async def _own(call: Call, *, refusal: Invalid | None = None, done: str = "") -> Response[str]:
    return page(
        call,
        "account_notices.html",
        status=refusal.status if refusal else 200,
        own=await queries.own(call.uow, call.actor),
        kinds=KINDS,
        channels={code: text(f"channel.{code}") for code in PERSONAL},
        errors={item.field: item.message for item in refusal.items} if refusal else {},
        done=done,
    )


HANDLERS = (templates, template, publish, own, prefer, resume)
