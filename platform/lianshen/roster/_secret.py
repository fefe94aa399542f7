"""The secret part of a feed's address: ``lf_<tenant>_<256 bits>``; only its SHA-256 is kept."""

import hashlib
import re
import secrets

_SHAPE = re.compile(r"lf_([0-9]{6})_[A-Za-z0-9_-]{43}")


def new(tenant: str) -> str:
    return f"lf_{tenant}_{secrets.token_urlsafe(32)}"


def split(secret: str) -> tuple[str, bytes] | None:
    """Tenant and SHA-256 of the whole; None when it is not shaped like one."""
    found = _SHAPE.fullmatch(secret)
    return None if found is None else (found[1], digest(secret))


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
