"""One's own account: password, second factor, sessions, the post one acts in; and who it is, once more."""

from typing import Annotated, Any, cast
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import PathParameter, QueryParameter

from lianshen.identity import commands as identity
from lianshen.identity.queries import kinds_of, own_account, setup_of
from lianshen.kernel.errors import Invalid, NotFound
from lianshen.providers import queries
from lianshen.roster.queries import feed_of
from lianshen.web._auth import SIGNED_IN, UNKEPT, local_path, session_cookie
from lianshen.web._call import Call, start_of
from lianshen.web._context import Asked, form_of, page, see_other
from lianshen.web.session._codes import qr_code, wrong_code
from lianshen.web.session._devices import device
from lianshen.web.session._sign_in import token_of

_FRESH = {**SIGNED_IN, "step_up": True}
_ONCE = _FRESH | UNKEPT
_Done = Annotated[str, QueryParameter(name="done", max_length=20)]


@get("/account", opt=SIGNED_IN, include_in_schema=False)
async def account(call: Asked, done: _Done = "") -> Response[str]:
    return page(
        call,
        "account.html",
        device=device,
        account=await own_account(call.uow, call.actor),
        required=call.terms.require_factor and (await call.terms.standing(call.uow, call.actor.roles)).factor,
        feed=await feed_of(call.uow, call.actor),
        done=done,
        providers=await queries.providers(call.uow),
        links={one.provider: one for one in await queries.own_links(call.uow, call.actor)},
    )


@get("/account/password", opt=SIGNED_IN, include_in_schema=False, sync_to_thread=False)
def password(call: Asked) -> Response[str]:
    return _password(call)


@post("/account/password", opt=SIGNED_IN, include_in_schema=False)
async def set_password(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    """A wrong present password is a failed attempt like any other, and is counted."""
    typed = await form_of(request)
    try:
        changed = await identity.set_password(
            call.uow,
            call.actor,
            token_of(call),
            terms=call.terms,
            current=typed.get("current", ""),
            new=typed.get("new", ""),
            repeated=typed.get("repeated", ""),
        )
    except Invalid as refusal:
        call.keep = True
        return _password(call, refusal)
    return see_other("/account?done=password", session_cookie(call.settings, changed.token))


@post("/account/factor", opt=_FRESH, include_in_schema=False)
async def begin_factor(call: Asked) -> Response[None]:
    await identity.begin_factor(call.uow, call.actor.person)
    return see_other("/account/factor")


@get("/account/factor", opt=_FRESH, include_in_schema=False)
async def factor(call: Asked) -> Response[Any]:
    return await _factor(call)


@post("/account/factor/confirm", opt=_ONCE, include_in_schema=False)
async def confirm_factor(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    """Take the new factor in use, and show the recovery codes, this once."""
    typed = await form_of(request)
    found = await identity.confirm_factor(call.uow, call.actor, token_of(call), typed.get("code", ""), terms=call.terms)
    if found is None:
        return await _factor(call, wrong_code())
    signed_in, codes = found
    cookie = session_cookie(call.settings, signed_in.token)
    return page(call, "recovery_codes.html", cookies=[cookie], codes=codes, onward="/account")


@post("/account/codes", opt=_ONCE, include_in_schema=False, status_code=200)
async def new_codes(call: Asked) -> Response[str]:
    codes = await identity.new_codes(call.uow, call.actor)
    return page(call, "recovery_codes.html", codes=codes, onward="/account")


@post("/account/post", opt=SIGNED_IN, include_in_schema=False)
async def act_in(call: Asked, request: Request[Any, Any, Any]) -> Response[None]:
    """Act in another post from now on, and begin with what is to be done there."""
    try:
        chosen = UUID((await form_of(request)).get("post", ""))
    except ValueError:
        raise NotFound from None
    changed = await identity.act_in(call.uow, call.actor, token_of(call), chosen, terms=call.terms)
    return see_other(start_of(changed.actor), session_cookie(call.settings, changed.token))


@post("/account/sessions/{session:uuid}/end", opt=SIGNED_IN, include_in_schema=False)
async def end_session(call: Asked, session: Annotated[UUID, PathParameter(description="id")]) -> Response[None]:
    await identity.end_session(call.uow, call.actor, session)
    return see_other("/account?done=session#sessions")


@post("/account/sessions/end", opt=SIGNED_IN, include_in_schema=False)
async def end_other_sessions(call: Asked) -> Response[None]:
    await identity.end_other_sessions(call.uow, call.actor, token_of(call))
    return see_other("/account?done=session#sessions")


@get("/again", opt=SIGNED_IN, include_in_schema=False)
async def again(
    call: Asked, wanted: Annotated[str, QueryParameter(name="next", max_length=2000)] = "/"
) -> Response[str]:
    """Who is it, before a page is shown that leads to a weighty act."""
    call.kinds = await kinds_of(call.uow, call.actor)
    return page(call, "again.html", problem=None, action="/again", fields=_again_fields(call, wanted), files=[])


@post("/again", opt=_FRESH, include_in_schema=False)
async def confirmed(request: Request[Any, Any, Any]) -> Response[None]:
    """The guard has taken the answer."""
    return see_other((await form_of(request)).get("next", "/"))


def _again_fields(call: Call, wanted: str) -> list[tuple[str, str]]:
    return [("_csrf", call.actor.form_key), ("next", local_path(wanted))]


def _password(call: Call, refusal: Invalid | None = None) -> Response[str]:
    return page(
        call,
        "password.html",
        status=refusal.status if refusal else 200,
        rules=call.terms.passwords,
        errors={cast("str", item.field): item.message for item in refusal.items} if refusal else {},
    )


async def _factor(call: Call, refusal: Invalid | None = None) -> Response[Any]:
    setup = await setup_of(call.uow, call.actor)
    if setup is None:
        return see_other("/account")
    return page(
        call,
        "factor.html",
        status=refusal.status if refusal else 200,
        setup=setup,
        qr=qr_code(setup.address),
        errors={cast("str", item.field): item.message for item in refusal.items} if refusal else {},
    )


HANDLERS = (
    account, password, set_password, begin_factor, factor, confirm_factor, new_codes, act_in, end_session,
    end_other_sessions, again, confirmed,
)  # fmt: skip
