"""The sign-in, one question a page: password, second factor, a password of one's own, a factor to set up, the post."""

from collections.abc import Sequence
from typing import Annotated, Any, cast, get_args
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import QueryParameter

from lianshen.identity import commands as identity
from lianshen.identity.commands import SignInFailed
from lianshen.identity.queries import ending_of, kinds_of, posts_of, setup_of
from lianshen.identity.types import Shown, SignedIn, Stage
from lianshen.kernel.errors import Invalid, NotFound, NotSignedIn, Refusal
from lianshen.tenancy.queries import tenants
from lianshen.web._auth import ENTERING, PUBLIC, SIGNED_IN, cookie_name, local_path, session_cookie
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other
from lianshen.web._problems import leading_back
from lianshen.web.session._codes import qr_code, wrong_code
from lianshen.web.session._sign_in import answer, sign_in, token_of

_Next = Annotated[str, QueryParameter(name="next", max_length=2000)]
_QUESTIONS = [f"/login/{stage}" for stage in get_args(Stage) if stage != "open"]
_SAID = ("displaced", "ended", "password", "reset")
"""Endings that the person did not bring about in this browser, so that they are told."""


@get("/login", opt=PUBLIC, include_in_schema=False)
async def login(call: Asked, request: Request[Any, Any, Any], wanted: _Next = "/") -> Response[str]:
    """The form; whoever comes with a session that was ended elsewhere is told so (D106)."""
    token = request.cookies.get(cookie_name(call.settings))
    ending = await ending_of(call.uow, token) if token else None
    return await sign_in_page(call, {"next": wanted}, ending=ending if ending and ending[1] in _SAID else None)


@post("/login", opt=PUBLIC, include_in_schema=False)
async def enter(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    """A new session under a new secret, whatever cookie came along (D102)."""
    typed = await form_of(request)
    given = [typed.get(name, "") for name in ("tenant", "login", "password")]
    signed_in = await sign_in(call, request, *given, choose=True)
    if signed_in is None:
        return await sign_in_page(call, typed, failure=SignInFailed())
    return onward(call, signed_in, typed)


@get(_QUESTIONS, opt=ENTERING, include_in_schema=False)
async def question(call: Asked, request: Request[Any, Any, Any], wanted: _Next = "/") -> Response[Any]:
    """What the sign-in asks now, whichever question was opened."""
    now = f"/login/{call.entering.stage}"
    return await _asked(call, wanted) if request.url.path == now else see_other(leading_back(now, local_path(wanted)))


@post("/login/factor", opt=ENTERING, include_in_schema=False)
async def factor(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    _require_stage(call, "factor")
    typed = await form_of(request)
    signed_in = await answer(call, Shown(code=typed.get("code", ""), passkey=typed.get("passkey", "")), choose=True)
    if signed_in is None:
        return await _asked(call, typed.get("next", "/"), failure=SignInFailed())
    return onward(call, signed_in, typed)


@post("/login/password", opt=ENTERING, include_in_schema=False)
async def password(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    _require_stage(call, "password")
    typed = await form_of(request)
    try:
        changed = await identity.set_password(
            call.uow, call.entering, token_of(call), terms=call.terms, new=typed.get("new", ""),
            repeated=typed.get("repeated", ""),
        )  # fmt: skip
    except Invalid as refusal:
        return await _asked(call, typed.get("next", "/"), refusal=refusal)
    return await _go_on(call, changed, typed)


@post("/login/enroll", opt=ENTERING, include_in_schema=False)
async def enroll(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    """Take the factor in use, and show the recovery codes, this once."""
    _require_stage(call, "enroll")
    typed = await form_of(request)
    try:
        confirmed, codes = await _enrolled(call, typed)
    except Invalid as refusal:
        call.keep = True
        return await _asked(call, typed.get("next", "/"), refusal=refusal)
    signed_in = await _next_session(call, confirmed)
    cookie = session_cookie(call.settings, signed_in.token)
    return page(call, "recovery_codes.html", cookies=[cookie], codes=codes, onward=_address(signed_in, typed))


async def _enrolled(call: Call, typed: dict[str, str]) -> tuple[SignedIn, list[str]]:
    """With a passkey, or with the code of an authenticator that was set up. Raises Invalid."""
    if answer := typed.get("passkey"):
        return await identity.add_passkey(
            call.uow,
            call.entering,
            token_of(call),
            terms=call.terms,
            name=typed.get("name", ""),
            answer=answer[: identity.LONGEST_ANSWER],
        )
    found = await identity.confirm_factor(
        call.uow, call.entering, token_of(call), typed.get("code", ""), terms=call.terms
    )
    if found is None:
        raise wrong_code()
    return found


@post("/login/post", opt=ENTERING, include_in_schema=False)
async def choose(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    _require_stage(call, "post")
    typed = await form_of(request)
    try:
        chosen = UUID(typed.get("post", ""))
    except ValueError:
        raise NotFound from None
    signed_in = await identity.go_on(call.uow, call.entering, token_of(call), terms=call.terms, post=chosen)
    if signed_in is None:
        raise NotFound
    return onward(call, signed_in, typed)


@post("/logout", opt=SIGNED_IN, include_in_schema=False)
async def leave(call: Asked) -> Response[None]:
    await identity.sign_out(call.uow, call.actor, token_of(call))
    return see_other("/login", session_cookie(call.settings, ""))


@post("/login/cancel", opt=ENTERING, include_in_schema=False)
async def cancel(call: Asked) -> Response[None]:
    """Leave a sign-in unfinished."""
    await identity.sign_out(call.uow, call.entering, token_of(call))
    return see_other("/login", session_cookie(call.settings, ""))


def _require_stage(call: Call, stage: str) -> None:
    """Raise NotFound for an answer to what is not asked."""
    if call.entering.stage != stage:
        raise NotFound


async def _go_on(call: Call, changed: SignedIn, typed: dict[str, str]) -> Response[None]:
    return onward(call, await _next_session(call, changed), typed)


async def _next_session(call: Call, changed: SignedIn) -> SignedIn:
    signed_in = await identity.go_on(call.uow, changed.actor, changed.token, terms=call.terms, choose=True)
    if signed_in is None:
        raise NotSignedIn
    return signed_in


def onward(call: Call, signed_in: SignedIn, typed: dict[str, str]) -> Response[None]:
    return see_other(_address(signed_in, typed), session_cookie(call.settings, signed_in.token))


def _address(signed_in: SignedIn, typed: dict[str, str]) -> str:
    """The page that was wanted, or the next question, which leads there."""
    wanted, stage = local_path(typed.get("next", "/")), signed_in.actor.stage
    return wanted if stage == "open" else leading_back(f"/login/{stage}", wanted)


async def _asked(
    call: Call, wanted: str, *, failure: SignInFailed | None = None, refusal: Invalid | None = None
) -> Response[str]:
    """The page of the present question."""
    actor = call.entering
    context: dict[str, Any] = {}
    match actor.stage:
        case "factor":
            call.kinds = await kinds_of(call.uow, actor)
        case "enroll":
            setup = await setup_of(call.uow, actor)
            assert setup is not None, "begun when the sign-in came to it"
            context = {"setup": setup, "qr": qr_code(setup.address)}
        case "post":
            context = {"posts": await posts_of(call.uow, actor)}
        case "password":
            context = {"rules": call.terms.passwords}
    refused = failure or refusal
    return page(
        call,
        f"login_{actor.stage}.html",
        status=refused.status if refused else 200,
        entrant=actor,
        next=local_path(wanted),
        failure=failure,
        errors={cast("str", item.field): item.message for item in refusal.items} if refusal else {},
        **context,
    )


async def sign_in_page(
    call: Call,
    typed: dict[str, str],
    *,
    failure: Refusal | None = None,
    ending: Any = None,
    cookies: Sequence[Cookie] = (),
) -> Response[str]:
    """The form with what was typed, but never a password."""
    return page(
        call,
        "login.html",
        status=failure.status if failure else 200,
        cookies=cookies,
        tenants=await tenants(call.uow),
        tenant=typed.get("tenant", ""),
        login=typed.get("login", ""),
        next=local_path(typed.get("next", "/")),
        failure=failure,
        ending=ending,
    )


HANDLERS = (login, enter, question, factor, password, enroll, choose, cancel, leave)
