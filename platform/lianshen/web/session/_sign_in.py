"""What pages and API share of signing in."""

import re
from typing import Any

from litestar import Request

from lianshen.identity import commands as identity
from lianshen.identity.queries import LONGEST
from lianshen.identity.types import Shown, SignedIn
from lianshen.web._call import Call
from lianshen.web._step_up import within_bounds

TENANT = re.compile(r"[0-9]{6}")
AGENT = 200
"""Characters kept of what a caller's program calls itself."""


async def sign_in(
    call: Call, request: Request[Any, Any, Any], tenant: str, login: str, password: str, *, choose: bool = False
) -> SignedIn | None:
    """Open a session, or None. The failure is committed with the refusal, or it would not count (D100)."""
    if not TENANT.fullmatch(tenant) or max(len(login), len(password)) > LONGEST:
        return None
    await call.services.limits.count("sign_in", source=call.source, tenant=tenant, account=login)
    came = identity.Came(call.source, request.headers.get("user-agent", "")[:AGENT])
    signed_in = await identity.sign_in(call.uow, tenant, login, password, terms=call.terms, came=came, choose=choose)
    call.keep = signed_in is None
    return signed_in


async def answer(call: Call, shown: Shown, *, choose: bool = False) -> SignedIn | None:
    """Go on with a sign-in that asks for the second factor, or None; the failure is committed likewise."""
    actor, token = call.entering, token_of(call)
    await call.services.limits.count("sign_in", source=call.source, tenant=actor.tenant, account=str(actor.person))
    given = within_bounds(shown)
    signed_in = await identity.answer(call.uow, actor, token, terms=call.terms, shown=given, choose=choose)
    call.keep = signed_in is None
    return signed_in


def token_of(call: Call) -> str:
    """The credential of whoever asks, where the guard has found one."""
    assert call.token is not None
    return call.token
