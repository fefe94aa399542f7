"""Signing in through an OpenID provider, and linking one's account there.

Leaving is a POST whose page leads on, for the policy of our pages lets no form end elsewhere. The provider sends the
browser back with GET; the transaction that this opens writes, as no other GET's does.
"""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import PathParameter, QueryParameter

from lianshen.identity import commands as identity
from lianshen.kernel.errors import NotFound, NotSignedIn
from lianshen.kernel.settings import Settings
from lianshen.providers import commands, openid, queries
from lianshen.providers.types import Provider, Returned
from lianshen.web._auth import GREETS, PUBLIC, SIGNED_IN, UNKEPT, local_path, session_cookie
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other
from lianshen.web._problems import leading_back
from lianshen.web.session._sign_in import AGENT, TENANT
from lianshen.web.session.pages import sign_in_page

_RETURN = "/login/provider"
_LONGEST = 4000


@get("/login/providers", opt=PUBLIC, include_in_schema=False)
async def buttons(
    call: Asked,
    tenant: Annotated[str, QueryParameter(max_length=6)] = "",
    wanted: Annotated[str, QueryParameter(name="next", max_length=2000)] = "/",
) -> Response[str]:
    """A button for each provider of a jurisdiction, for the sign-in page."""
    found = []
    if TENANT.fullmatch(tenant):
        await call.uow.enter(tenant)
        found = await queries.providers(call.uow)
    return page(call, "_providers.html", providers=found, tenant=tenant, next=local_path(wanted))


@post("/login/provider", opt=PUBLIC, include_in_schema=False, status_code=200)
async def leave(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    """Go to a provider to sign in."""
    typed = await form_of(request)
    tenant = typed.get("tenant", "")
    if not TENANT.fullmatch(tenant):
        raise NotFound
    await call.services.limits.count("sign_in", source=call.source, tenant=tenant)
    await call.uow.enter(tenant)
    provider = await queries.provider(call.uow, _id(typed.get("provider", "")))
    try:
        return await _away(call, request, tenant, provider, local_path(typed.get("next", "/")))
    except openid.ProviderAway as refusal:
        return await sign_in_page(call, typed, failure=refusal)


@get(_RETURN, opt=GREETS, include_in_schema=False)
async def come_back(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    """Take what the provider says of who has signed in there; a failure leads to the sign-in page and says why."""
    said = request.query_params
    came = Returned(*(said.get(name, "")[:_LONGEST] for name in ("state", "code", "iss", "error")))
    tenant, _, secret = request.cookies.get(_cookie_name(call.settings), "").partition(".")
    try:
        if not TENANT.fullmatch(tenant) or not secret:
            raise commands.VisitLost
        return await _arrive(call, request, tenant, secret, came)
    except (
        commands.VisitLost, commands.NotLinked, commands.LinkTaken, openid.ProviderAway, openid.ProviderFailed,
        openid.ProviderDeclined, identity.SignInFailed,
    ) as refusal:  # fmt: skip
        await _begin_anew(call)
        return await sign_in_page(call, {"tenant": tenant}, failure=refusal, cookies=[_cookie(call.settings, "")])


@post("/account/providers", opt=SIGNED_IN | UNKEPT | {"step_up": True}, include_in_schema=False, status_code=200)
async def link(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    """Go to a provider to show which account there is one's own."""
    actor = call.actor
    await call.services.limits.count("sign_in", source=call.source, tenant=actor.tenant, account=str(actor.person))
    provider = await queries.provider(call.uow, _id((await form_of(request)).get("provider", "")))
    return await _away(call, request, actor.tenant, provider, "/account?done=linked", actor.person)


@post("/account/providers/{link:uuid}/end", opt=SIGNED_IN | {"step_up": True}, include_in_schema=False)
async def unlink(call: Asked, link: Annotated[UUID, PathParameter(description="id")]) -> Response[None]:
    await commands.unlink_own(call.uow, call.actor, link)
    return see_other("/account?done=unlinked")


async def _away(
    call: Call, request: Request[Any, Any, Any], tenant: str, provider: Provider, wanted: str, who: UUID | None = None
) -> Response[Any]:
    """The page that leads to the provider. While it is asked where that is, nothing of the database is held."""
    await call.uow.close()
    departure = await openid.depart(tenant, provider, _back(call, request))
    await call.uow.enter(tenant)
    await commands.begin(call.uow, provider, departure.secret, wanted, who)
    cookie = _cookie(call.settings, f"{tenant}.{departure.secret}")
    answer = page(call, "provider.html", cookies=[cookie], provider=provider, address=departure.address)
    answer.headers["refresh"] = f"0;url={departure.address}"
    return answer


async def _arrive(
    call: Call, request: Request[Any, Any, Any], tenant: str, secret: str, came: Returned
) -> Response[Any]:
    await call.services.limits.count("sign_in", source=call.source, tenant=tenant)
    await _begin_anew(call)
    await call.uow.enter(tenant)
    visit = await commands.come_back(call.uow, secret, came.state)
    await call.uow.commit()  # a state counts once, whatever comes of it
    await _begin_anew(call)
    claims = await openid.claims_of(tenant, visit, came, _back(call, request), call.now)
    await call.uow.enter(tenant)
    gone = _cookie(call.settings, "")
    if visit.person is not None:
        if call.visitor is None or call.visitor.tenant != tenant:
            raise NotSignedIn
        await commands.link_own(call.uow, call.visitor, visit, claims)
        return see_other(visit.wanted, gone)
    agent = request.headers.get("user-agent", "")[:AGENT]
    signed_in = await commands.sign_in(
        call.uow, visit, claims, terms=call.terms, came=identity.Came(call.source, agent), choose=True
    )
    stage = signed_in.actor.stage
    onward = visit.wanted if stage == "open" else leading_back(f"/login/{stage}", visit.wanted)
    return see_other(onward, session_cookie(call.settings, signed_in.token), gone)


async def _begin_anew(call: Call) -> None:
    """A transaction that writes in place of the present one, which is given up."""
    await call.uow.close()
    call.uow = call.uow.beside()


def _back(call: Call, request: Request[Any, Any, Any]) -> str:
    """Our own address for providers, under the name by which we were asked, which is one of ours."""
    scheme = "https" if call.settings.secure_cookies else "http"
    return f"{scheme}://{request.headers.get('host', '')}{_RETURN}"


def _id(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError:
        raise NotFound from None


def _cookie_name(settings: Settings) -> str:
    return "__Host-lianshen-provider" if settings.secure_cookies else "lianshen-provider"


def _cookie(settings: Settings, value: str) -> Cookie:
    """What binds a visit to this browser, for as long as it may take; empty removes it."""
    return Cookie(
        key=_cookie_name(settings),
        value=value,
        max_age=int(commands.LASTS.total_seconds()) if value else 0,
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


HANDLERS = (buttons, leave, come_back, link, unlink)
