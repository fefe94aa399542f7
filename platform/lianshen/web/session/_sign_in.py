"""What pages and API share of signing in."""

import re
from datetime import timedelta

from lianshen.identity import commands as identity
from lianshen.identity.types import SignedIn
from lianshen.web._call import Call

_TENANT = re.compile(r"[0-9]{6}")
_LONGEST = 256
"""Characters of a login or password; hashing more is work for whoever sends it (D171)."""


async def sign_in(call: Call, tenant: str, login: str, password: str) -> SignedIn | None:
    """Open a session, or None. The failure is committed with the refusal, or it would not count (D100)."""
    if not _TENANT.fullmatch(tenant) or max(len(login), len(password)) > _LONGEST:
        return None
    await call.services.limits.count("sign_in", source=call.source, tenant=tenant, account=login)
    settings = call.settings
    signed_in = await identity.sign_in(
        call.uow,
        tenant,
        login,
        password,
        idle=timedelta(seconds=settings.session_idle),
        lifetime=timedelta(seconds=settings.session_lifetime),
    )
    call.keep = signed_in is None
    return signed_in
