"""Passwords and session tokens.

Argon2id with parameters of RFC 9106 section 4 (second choice: 64 MiB, 3 passes); a token is ``<tenant>.<256 bits>``:
the credential names the tenant, and nothing else of a request ever does.
"""

import hashlib
import secrets
from base64 import b64encode
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
_PLAIN = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_KIND = "argon2id"
UNUSABLE = "!"
"""In place of a hash: no password fits."""


def _hash_of_nothing(like: PasswordHasher) -> str:
    """A hash that no password has and that costs as much to try; making it costs nothing, unlike a real one."""
    salt, made = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (like.salt_len, like.hash_len))
    return f"${_KIND}$v=19$m={like.memory_cost},t={like.time_cost},p={like.parallelism}${salt}${made}"


_NOBODY = _hash_of_nothing(_HASHER)


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """True when ``password`` fits. Without a stored hash the same work is done, so timing tells nothing (D109)."""
    try:
        _HASHER.verify(stored or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    return _HASHER.check_needs_rehash(stored)


def new_token(tenant: str) -> str:
    return f"{tenant}.{secrets.token_urlsafe(32)}"


def new_form_key() -> str:
    return secrets.token_urlsafe(32)


def initial_secret() -> str:
    """Eighty random bits in letters and digits that nobody confuses, in groups: to be read out or printed once."""
    return "-".join("".join(secrets.choice(_PLAIN) for _ in range(4)) for _ in range(4))


def recovery_codes() -> list[str]:
    """Ten new codes of the same make."""
    return [initial_secret() for _ in range(10)]


def digest_of_code(tenant: str, person: UUID, code: str) -> bytes:
    """What is kept of a recovery code: its bits are random, so a plain SHA-256 bound to the person is enough."""
    typed = "".join(one for one in code.upper() if one.isalnum())
    return hashlib.sha256(f"{tenant}|{person}|{typed}".encode()).digest()


def split_token(token: str) -> tuple[str, bytes] | None:
    """Tenant and SHA-256 of the whole token; None when it is not shaped like one of ours."""
    tenant, dot, secret = token.partition(".")
    if not (dot and len(tenant) == 6 and tenant.isascii() and tenant.isdigit() and 40 <= len(secret) <= 60):
        return None
    return tenant, hashlib.sha256(token.encode()).digest()


def digest_of(token: str) -> bytes:
    """The same SHA-256 of a token that is one of ours."""
    parts = split_token(token)
    assert parts is not None, "a token of our own making"
    return parts[1]
