"""Who asks, and may they: one guard in front of every route (D27, D102, D103, D168).

Every handler states one of three marks in its ``opt``: ``needs(<permission>)``, ``SIGNED_IN`` or ``PUBLIC``; ``GREETS``
is a public page that shows who is signed in. The tenant comes from the credential alone.
"""

from collections.abc import Iterable
from datetime import timedelta
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, FormMultiDict
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from lianshen.access.queries import ready, require
from lianshen.identity.queries import actor_of
from lianshen.identity.types import Actor
from lianshen.kernel.errors import Refusal
from lianshen.kernel.settings import Settings
from lianshen.web._call import Call, call_of
from lianshen.web._replay import FORM_KEY_FIELD, claim_key

PUBLIC = {"public": True}
GREETS = {"public": True, "greets": True}
SIGNED_IN = {"signed_in": True}
_SAFE = {"GET", "HEAD", "OPTIONS"}
_OURS = {"same-origin", "none"}
"""Sec-Fetch-Site of our own pages, and of what a person starts by hand."""


def needs(permission: str) -> dict[str, Any]:
    """The mark of a handler that asks for ``permission``."""
    return {"permission": permission}


class Forged(Refusal):
    """The request does not come from a page of this session."""

    status = 403
    code = "forged"


class UnguardedRoutes(Exception):
    """Routes without a mark: the process refuses to start."""


def require_marks(app: Litestar, permissions: Iterable[str]) -> None:
    """Raise UnguardedRoutes naming every route with no mark, or with a permission that no module declares."""
    known = set(permissions)
    bare = sorted(
        f"{route.path} {handler}"
        for route in app.routes
        for handler in (route.route_handlers if isinstance(route, HTTPRoute) else [route.route_handler])
        if not (_is_options(handler) or _is_marked(handler.opt, known))
    )
    if bare:
        raise UnguardedRoutes("; ".join(bare))


def _is_marked(opt: dict[str, Any], known: set[str]) -> bool:
    return bool(opt.get("public") or opt.get("signed_in") or opt.get("permission") in known)


def _is_options(handler: BaseRouteHandler) -> bool:
    """Litestar's own answer to OPTIONS: it names the methods and does nothing."""
    return getattr(handler, "http_methods", None) == {"OPTIONS"}


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Litestar's guard for the whole application. Raises NotSignedIn, Forbidden, Forged, or what a key asks for."""
    if _is_options(handler):
        return
    assert isinstance(connection, Request), "there are no web sockets here"
    call, opt = call_of(connection.scope), handler.opt
    unsafe = connection.method not in _SAFE
    by_cookie = "authorization" not in connection.headers
    if unsafe and by_cookie:
        _require_our_origin(connection)
    if not opt.get("public") or opt.get("greets"):
        await _authenticate(call, connection)
    if opt.get("public"):
        return
    actor = call.actor
    if permission := opt.get("permission"):
        require(actor, permission)
    if unsafe:
        form = await connection.form()  # empty for what is no form; the handler is given the same
        try:
            if by_cookie:
                _require_form_key(actor, connection, form)
            if connection.method == "POST":
                await claim_key(call, connection, form)
        except Exception:
            await form.close()
            raise


async def _authenticate(call: Call, request: Request[Any, Any, Any]) -> None:
    """Find who holds the credential. A bearer token that does not hold is not made good by a cookie."""
    by_token = "authorization" in request.headers
    call.token = _bearer(request) if by_token else request.cookies.get(cookie_name(call.settings))
    if call.token:
        idle = timedelta(seconds=call.settings.session_idle)
        found = await actor_of(call.uow, call.token, idle=idle)
        if found is not None:
            await ready(call.uow, found)
        call.visitor = found


def _bearer(request: Request[Any, Any, Any]) -> str:
    scheme, _, token = request.headers["authorization"].partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _require_our_origin(request: Request[Any, Any, Any]) -> None:
    """What no script of another site can forge. A caller that sends neither header is no browser."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        ours = site in _OURS
    else:
        ours = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not ours:
        raise Forged


def _require_form_key(actor: Actor, request: Request[Any, Any, Any], form: FormMultiDict) -> None:
    given = request.headers.get("x-csrf-token") or form.get(FORM_KEY_FIELD)
    if not isinstance(given, str) or not compare_digest(given.encode(), actor.form_key.encode()):
        raise Forged


def cookie_name(settings: Settings) -> str:
    return "__Host-lianshen" if settings.secure_cookies else "lianshen"


def session_cookie(settings: Settings, token: str) -> Cookie:
    """The cookie that carries a session for as long as the browser is open; an empty token removes it."""
    return Cookie(
        key=cookie_name(settings),
        value=token,
        max_age=None if token else 0,
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def local_path(wanted: str) -> str:
    """``wanted`` when it is a path of ours, else the start page: a sign-in leads nowhere else."""
    plain = wanted.isprintable() and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and not wanted.startswith("//") else "/"


__all__ = [
    "GREETS", "PUBLIC", "SIGNED_IN", "Forged", "UnguardedRoutes", "cookie_name", "guard", "local_path", "needs",
    "require_marks", "session_cookie",
]  # fmt: skip
