"""Passkeys: what a browser is asked to sign, signing in with one, and one's own list of them.

What asks is JSON for ``static/passkeys.js``; what is answered comes back in a form like everything else.
"""

from typing import Annotated, Any, cast
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import PathParameter

from lianshen.identity import commands as identity
from lianshen.identity.commands import SignInFailed
from lianshen.identity.types import SignedIn
from lianshen.kernel.errors import Invalid, NotFound
from lianshen.web._auth import ENTERING, PUBLIC, SIGNED_IN, UNKEPT, session_cookie
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other
from lianshen.web.session._sign_in import AGENT, TENANT, token_of
from lianshen.web.session.pages import onward, sign_in_page

_ONCE = SIGNED_IN | UNKEPT | {"step_up": True}


@post("/login/passkey/challenge", opt=PUBLIC, include_in_schema=False, status_code=200)
async def ask_anybody(call: Asked, request: Request[Any, Any, Any]) -> Response[bytes]:
    """For whoever wants to sign in at a jurisdiction."""
    tenant = (await form_of(request)).get("tenant", "")
    if not TENANT.fullmatch(tenant):
        raise NotFound
    await call.services.limits.count("sign_in", source=call.source, tenant=tenant)
    await call.uow.enter(tenant)
    return _json(await identity.ask_to_prove(call.uow, None, _origin(call)))


@post("/login/passkey", opt=PUBLIC, include_in_schema=False)
async def enter(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    """Sign in as whoever's passkey answers, whatever cookie came along."""
    typed = await form_of(request)
    signed_in = await _sign_in(call, request, typed)
    call.keep = signed_in is None
    if signed_in is None:
        return await sign_in_page(call, typed, failure=SignInFailed())
    return onward(call, signed_in, typed)


async def _sign_in(call: Call, request: Request[Any, Any, Any], typed: dict[str, str]) -> SignedIn | None:
    tenant, answer = typed.get("tenant", ""), typed.get("passkey", "")
    if not TENANT.fullmatch(tenant) or len(answer) > identity.LONGEST_ANSWER:
        return None
    await call.services.limits.count("sign_in", source=call.source, tenant=tenant)
    came = identity.Came(call.source, request.headers.get("user-agent", "")[:AGENT])
    return await identity.sign_in_by_passkey(call.uow, tenant, answer, terms=call.terms, came=came, choose=True)


@post("/login/challenge", opt=ENTERING, include_in_schema=False, status_code=200)
async def ask_entrant(call: Asked) -> Response[bytes]:
    """For whoever has given a password: to show a passkey, or to make the first."""
    actor, origin = call.entering, _origin(call)
    await call.services.limits.count("sign_in", source=call.source, tenant=actor.tenant, account=str(actor.person))
    match actor.stage:
        case "factor":
            return _json(await identity.ask_to_prove(call.uow, actor.person, origin))
        case "enroll":
            return _json(await identity.ask_to_enter(call.uow, actor, origin))
    raise NotFound


@post("/again/challenge", opt=SIGNED_IN | UNKEPT, include_in_schema=False, status_code=200)
async def ask_again(call: Asked) -> Response[bytes]:
    """For whoever shows once more who they are."""
    actor = call.actor
    await call.services.limits.count("sign_in", source=call.source, tenant=actor.tenant, account=str(actor.person))
    return _json(await identity.ask_to_prove(call.uow, actor.person, _origin(call)))


@get("/account/passkeys/new", opt=SIGNED_IN | {"step_up": True}, include_in_schema=False, sync_to_thread=False)
def new(call: Asked) -> Response[str]:
    return _new(call, "")


@post("/account/passkeys/challenge", opt=_ONCE, include_in_schema=False, status_code=200)
async def ask_to_enter(call: Asked) -> Response[bytes]:
    return _json(await identity.ask_to_enter(call.uow, call.actor, _origin(call)))


@post("/account/passkeys", opt=_ONCE, include_in_schema=False)
async def add(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    """Keep a new passkey; recovery codes, if there were none, are shown this once."""
    _origin(call)
    typed = await form_of(request)
    answer = typed.get("passkey", "")[: identity.LONGEST_ANSWER]
    name = typed.get("name", "")
    try:
        signed_in, codes = await identity.add_passkey(
            call.uow, call.actor, token_of(call), terms=call.terms, name=name, answer=answer
        )
    except Invalid as refusal:
        call.keep = True
        return _new(call, name, refusal)
    cookie = session_cookie(call.settings, signed_in.token)
    if codes:
        return page(call, "recovery_codes.html", cookies=[cookie], codes=codes, onward="/account?done=passkey")
    return see_other("/account?done=passkey", cookie)


@post("/account/passkeys/{passkey:uuid}/end", opt=SIGNED_IN | {"step_up": True}, include_in_schema=False)
async def end(call: Asked, passkey: Annotated[UUID, PathParameter(description="id")]) -> Response[None]:
    await identity.end_passkey(call.uow, call.actor, token_of(call), passkey)
    return see_other("/account?done=no_passkey")


def _new(call: Call, name: str, refusal: Invalid | None = None) -> Response[str]:
    _origin(call)
    errors = {cast("str", item.field): item.message for item in refusal.items} if refusal else {}
    status = refusal.status if refusal else 200
    return page(call, "passkey_new.html", status=status, name=name, errors=errors)


def _origin(call: Call) -> str:
    """Where passkeys count. Raises NotFound where there are none."""
    if not call.terms.origin:
        raise NotFound
    return call.terms.origin


def _json(said: str) -> Response[bytes]:
    return Response(said.encode(), media_type="application/json")


HANDLERS = (ask_anybody, enter, ask_entrant, ask_again, new, ask_to_enter, add, end)
