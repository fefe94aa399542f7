"""An operator who looks into a tenant by its leave: the one place where a request changes the tenant it works in (D43).

The credential is two: the operator's own session, and the token that the tenant's approval made good. Only what asks
for a permission that operators do not have is answered so, and only to be read.
"""

from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from lianshen.access.queries import may
from lianshen.kernel.settings import Settings
from lianshen.rules.queries import law_of
from lianshen.tenancy.types import PLATFORM
from lianshen.visits.commands import note_look
from lianshen.visits.queries import actor_of
from lianshen.web._call import Call

_LONGEST = 500


def visit_cookie(settings: Settings, token: str) -> Cookie:
    """The cookie that carries a visit's token; an empty one removes it."""
    return Cookie(
        key=cookie_name(settings),
        value=token,
        max_age=None if token else 0,
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="strict",
    )


def cookie_name(settings: Settings) -> str:
    return "__Host-lianshen-visit" if settings.secure_cookies else "lianshen-visit"


async def enter_visit(call: Call, request: Request[Any, Any, Any], opt: dict[str, Any]) -> None:
    """Go on in the tenant that an operator visits, and record there what is looked at; nothing where there is no visit.

    The record is written before the answer leaves, and without it there is no answer (D122).
    """
    operator, permission = call.visitor, opt.get("permission")
    token = request.cookies.get(cookie_name(call.settings))
    if operator is None or operator.tenant != PLATFORM or token is None or "authorization" in request.headers:
        return
    if permission is None or may(operator, permission) or request.method not in ("GET", "HEAD"):
        return
    there = call.uow.beside(read_only=True)
    visitor = await actor_of(there, token, operator)
    if visitor is None or not may(visitor, permission):
        await there.close()
        return
    await call.uow.close()
    call.uow, call.operator, call.visitor = there, operator, visitor
    call.law = await law_of(there, call.services.law)
    query = request.url.query
    note_look(there, visitor, (f"{request.url.path}?{query}" if query else request.url.path)[:_LONGEST])
