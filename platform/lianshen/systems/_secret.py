"""The key itself: ``ls_<tenant>_<256 bits>``, so that one that leaked into a file can be found by its shape (D42)."""

import hashlib
import re
import secrets

_SHAPE = re.compile(r"ls_([0-9]{6})_[A-Za-z0-9_-]{43}")


def new(tenant: str) -> str:
    return f"ls_{tenant}_{secrets.token_urlsafe(32)}"


def split(token: str) -> tuple[str, bytes] | None:
    """Tenant and SHA-256 of the whole; None when it is not shaped like a key."""
    found = _SHAPE.fullmatch(token)
    return None if found is None else (found[1], digest(token))


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
