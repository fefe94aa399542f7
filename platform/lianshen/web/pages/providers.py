"""OpenID providers and links, for the security administrator."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import PathParameter

from lianshen.kernel.errors import Invalid, Refusal
from lianshen.providers import commands, permissions, queries
from lianshen.providers.types import Provider
from lianshen.web._auth import UNKEPT, needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other

_MANAGE = needs(permissions.MANAGE)
_Id = Annotated[UUID, PathParameter(description="id")]
_NOBODY = UUID(int=0)


@get("/providers", opt=_MANAGE, include_in_schema=False)
async def providers(call: Asked) -> Response[str]:
    return await _page(call)


@post("/providers", opt=_MANAGE | UNKEPT, include_in_schema=False)
async def set_provider(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    """No key brings the answer back, for the form holds a secret."""
    typed = await form_of(request)
    said = Provider(
        id=_NOBODY,
        name=typed.get("name", "").strip(),
        issuer=typed.get("issuer", "").strip(),
        client_id=typed.get("client_id", "").strip(),
        hosts=tuple(typed.get("hosts", "").split()),
        private="private" in typed,
        amr=tuple(typed.get("amr", "").split()),
        acr=tuple(typed.get("acr", "").split()),
    )
    try:
        await commands.set_provider(call.uow, call.actor, said, typed.get("client_secret") or None)
    except Invalid as refusal:
        return await _page(call, typed, refusal)
    return see_other("/providers")


@post("/providers/{provider:uuid}/end", opt=_MANAGE, include_in_schema=False)
async def end_provider(call: Asked, provider: _Id) -> Response[None]:
    await commands.end_provider(call.uow, call.actor, provider)
    return see_other("/providers")


@post("/providers/{provider:uuid}/links", opt=_MANAGE, include_in_schema=False)
async def link(call: Asked, provider: _Id, request: Request[Any, Any, Any]) -> Response[Any]:
    """Say who somebody is here before they sign in through the provider for the first time."""
    typed = await form_of(request)
    login, subject = typed.get("login", "").strip(), typed.get("subject", "").strip()
    try:
        await commands.link(call.uow, call.actor, provider, login=login, subject=subject)
    except (Invalid, commands.LinkTaken) as refusal:
        return await _page(call, {}, refusal)
    return see_other("/providers")


@post("/providers/links/{link:uuid}/end", opt=_MANAGE, include_in_schema=False)
async def unlink(call: Asked, link: _Id) -> Response[None]:
    await commands.unlink(call.uow, call.actor, link)
    return see_other("/providers")


async def _page(call: Call, typed: dict[str, str] | None = None, refusal: Refusal | None = None) -> Response[str]:
    return page(
        call,
        "providers.html",
        status=refusal.status if refusal else 200,
        providers=await queries.providers(call.uow),
        links=await queries.links(call.uow, call.actor),
        typed=typed or {},
        refusal=refusal,
    )


HANDLERS = (providers, set_provider, end_provider, link, unlink)
