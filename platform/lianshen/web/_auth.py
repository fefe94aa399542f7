"""Who asks, and may they: one guard in front of every route (D27, D102, D103, D168).

Every handler states one of four marks in its ``opt``: ``needs(<permission>)``, ``SIGNED_IN``, ``ENTERING`` or
``PUBLIC``; ``GREETS`` is a public page that shows who is signed in. The tenant comes from the credential alone.
"""

from collections.abc import Iterable
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, FormMultiDict
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from lianshen.access.queries import may, ready, unchanged
from lianshen.access.strength import is_weighty, require_fresh
from lianshen.identity.commands import Unfinished
from lianshen.identity.queries import actor_of
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Busy, Forbidden, Item, NotFound, NotSignedIn, Refusal
from lianshen.kernel.messages import text
from lianshen.kernel.settings import Settings
from lianshen.rules.queries import law_of
from lianshen.systems.queries import actor_of as system_of
from lianshen.systems.queries import is_key
from lianshen.tenancy.types import PLATFORM
from lianshen.web._call import Call, call_of
from lianshen.web._limits import KINDS
from lianshen.web._replay import FORM_KEY_FIELD, claim_key
from lianshen.web._step_up import confirm_again, give_grace
from lianshen.web._visit import enter_visit

PUBLIC = {"public": True}
GREETS = {"public": True, "greets": True}
SIGNED_IN = {"signed_in": "person"}
ANYONE_KNOWN = {"signed_in": "anyone"}
"""Of ``SIGNED_IN`` the few that also answer another system with its key."""
ENTERING = {"entering": True, "unkept": True}
"""Pages of a sign-in that still asks for something, for nobody else."""
UNKEPT = {"unkept": True}
"""Besides one of these: an answer that holds what is shown once, and which no key may bring back."""
_SAFE = {"GET", "HEAD", "OPTIONS"}
_OURS = {"same-origin", "none"}
"""Sec-Fetch-Site of our own pages, and of what a person starts by hand."""


def needs(permission: str, *, step_up: bool = False) -> dict[str, Any]:
    """The mark of a handler that asks for ``permission``, and with ``step_up`` for who it is once more (D111).

    What a command requires of its actor asks by itself where ``policies/strength.csv`` says so. Mark the page of a form
    with files as well as what takes it: files cannot be kept while somebody is asked, so they are asked before.
    """
    return {"permission": permission} | ({"step_up": True} if step_up else {})


def limited(kind: str, *, asked_with: str = "") -> dict[str, Any]:
    """The mark, beside another, of a handler that may be asked only so often; ``kind`` names a setting (D177).

    With ``asked_with`` only requests that carry this query parameter count: a list is a search when words are given.
    """
    assert kind in KINDS
    return {"limited": kind, "asked_with": asked_with}


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
    return bool(opt.get("public") or opt.get("signed_in") or opt.get("entering") or opt.get("permission") in known)


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
    if opt.get("entering"):
        _ = call.entering
    else:
        _require_finished(call)
        await enter_visit(call, connection, opt)
        _require_mark(call.actor, opt)
    weighty = "step_up" in opt or is_weighty(opt.get("permission"))
    if "limited" in opt and (not opt["asked_with"] or connection.query_params.get(opt["asked_with"])):
        await _count(call, opt["limited"])
    if unsafe:
        call.asked = opt.get("permission")
        await _take_form(call, connection, opt, by_cookie=by_cookie, step_up=weighty)
    elif weighty:
        require_fresh(call.actor)


def _require_mark(actor: Actor, opt: dict[str, Any]) -> None:
    """Raise Forbidden for somebody without the permission, and for another system where only people have business."""
    permission = opt.get("permission")
    if (permission and not may(actor, permission)) or (actor.only is not None and opt.get("signed_in") == "person"):
        # the platform's operators are not told what there is in tenants (D43)
        raise NotFound if actor.tenant == PLATFORM else Forbidden


def _require_finished(call: Call) -> None:
    """Raise Unfinished for somebody whose sign-in still asks for something."""
    if call.entrant is not None:
        stage = call.entrant.stage
        raise Unfinished((Item(code=stage, message=text(f"stage.{stage}")),))


async def _take_form(
    call: Call, request: Request[Any, Any, Any], opt: dict[str, Any], *, by_cookie: bool, step_up: bool
) -> None:
    """Read the form, and raise Forged, StepUpRequired or what its key asks for."""
    call.form = form = await _form(call, request)
    try:
        if by_cookie:
            _require_form_key(call.entrant or call.actor, request, form)
            await confirm_again(call, form)
            give_grace(call, form)
        if step_up:
            require_fresh(call.actor)
        if request.method == "POST" and not opt.get("unkept"):
            await claim_key(call, request, form)
    except Exception:
        await form.close()
        raise


async def require_unchanged(uow: UnitOfWork, calls: list[Call]) -> None:
    """The last thing before COMMIT: whoever acts may still do so. Raises NotSignedIn, Forbidden, Busy (D40).

    An act waits at the end of its tenant's ledger, and so does what takes a right away, which is an act as well: what
    was committed before us is seen here, and what comes after waits for us.
    """
    for call in calls:
        found = await _holder(call, uow)
        if found is None:
            raise NotSignedIn
        if not unchanged(call.actor, found, call.asked or ""):
            raise Forbidden if found.rights == call.actor.rights else Busy


async def _form(call: Call, request: Request[Any, Any, Any]) -> FormMultiDict:
    """What the form says, empty for what is no form; the handler is given the same.

    While a large body arrives nothing of the database is held, and whether its sender still may is asked anew (D171).
    """
    if call.body is None or not call.body.to_come:
        return await request.form()
    await call.uow.close()
    form = await request.form()
    await _authenticate(call, request)
    if call.visitor is None and call.entrant is None:
        await form.close()
        raise NotSignedIn
    return form


async def _count(call: Call, kind: str) -> None:
    """Count a request of somebody known."""
    actor = call.actor
    await call.services.limits.count(kind, source=call.source, tenant=actor.tenant, account=str(actor.person))


async def _authenticate(call: Call, request: Request[Any, Any, Any]) -> None:
    """Find who holds the credential. A bearer token that does not hold is not made good by a cookie."""
    by_token = "authorization" in request.headers
    call.token = _bearer(request) if by_token else request.cookies.get(cookie_name(call.settings))
    found = await _holder(call, call.uow, by_token=by_token)
    if found is not None:
        await ready(call.uow, found)
        call.law = await law_of(call.uow, call.services.law, found.editions)
    open_ = found is not None and found.stage == "open"
    call.visitor, call.entrant = (found, None) if open_ else (None, found)
    if call.visitor is not None:
        await call.services.limits.count("any", tenant=call.visitor.tenant, account=str(call.visitor.person))


async def _holder(call: Call, uow: UnitOfWork, *, by_token: bool = True) -> Actor | None:
    """Who holds the call's credential now. A system's key is none in a cookie."""
    if not call.token:
        return None
    if by_token and is_key(call.token):
        return await system_of(uow, call.token)
    return await actor_of(uow, call.token, step_up_after=call.terms.step_up_after)


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
    "ANYONE_KNOWN", "ENTERING", "GREETS", "PUBLIC", "SIGNED_IN", "UNKEPT", "Forged", "UnguardedRoutes", "cookie_name",
    "guard", "limited", "local_path", "needs", "require_marks", "require_unchanged", "session_cookie",
]  # fmt: skip
