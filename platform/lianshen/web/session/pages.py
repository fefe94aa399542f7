"""The sign-in page."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import QueryParameter

from lianshen.identity import commands as identity
from lianshen.identity.commands import SignInFailed
from lianshen.tenancy.queries import tenants
from lianshen.web._auth import PUBLIC, SIGNED_IN, local_path, session_cookie
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other
from lianshen.web.session._sign_in import sign_in


@get("/login", opt=PUBLIC, include_in_schema=False)
async def login(call: Asked, wanted: Annotated[str, QueryParameter(name="next")] = "/") -> Response[str]:
    return await _form(call, {"next": wanted})


@post("/login", opt=PUBLIC, include_in_schema=False)
async def enter(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    """A new session under a new secret, whatever cookie came along (D102)."""
    typed = await form_of(request)
    signed_in = await sign_in(call, typed.get("tenant", ""), typed.get("login", ""), typed.get("password", ""))
    if signed_in is None:
        return await _form(call, typed, failure=SignInFailed())
    return see_other(typed.get("next", "/"), session_cookie(call.settings, signed_in.token))


@post("/logout", opt=SIGNED_IN, include_in_schema=False)
async def leave(call: Asked) -> Response[None]:
    assert call.token is not None
    await identity.sign_out(call.uow, call.actor, call.token)
    return see_other("/login", session_cookie(call.settings, ""))


async def _form(call: Call, typed: dict[str, str], failure: SignInFailed | None = None) -> Response[str]:
    """The form with what was typed, but never a password."""
    return page(
        call,
        "login.html",
        status=failure.status if failure else 200,
        tenants=await tenants(call.uow),
        tenant=typed.get("tenant", ""),
        login=typed.get("login", ""),
        next=local_path(typed.get("next", "/")),
        failure=failure,
    )


HANDLERS = (login, enter, leave)
