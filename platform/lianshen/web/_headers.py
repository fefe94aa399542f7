"""What every answer carries, refusals and errors included (D166, D167, D170)."""

import re
from collections.abc import Iterable
from uuid import uuid4

_CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""No inline script or style anywhere; ``data:`` images because Tabler's style sheet draws its icons so."""
_ALWAYS = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_HSTS = "max-age=31536000; includeSubDomains"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

Raw = tuple[bytes, bytes]


def request_id(given: str | None) -> str:
    """The caller's X-Request-Id when it is a harmless word, else a new one."""
    return given if given and _REQUEST_ID.fullmatch(given) else uuid4().hex


def dressed(headers: Iterable[Raw], *, secure: bool, reference: str) -> list[Raw]:
    """``headers`` with ours. Only Cache-Control may be set by the handler: the default is no-store."""
    ours = _ALWAYS | {"x-request-id": reference}
    if secure:
        ours["strict-transport-security"] = _HSTS
    names = {name.encode() for name in ours}
    kept = [(name.lower(), value) for name, value in headers if name.lower() not in names]
    if all(name != b"cache-control" for name, _ in kept):
        ours["cache-control"] = "no-store"
    return [*kept, *((name.encode(), value.encode()) for name, value in ours.items())]
