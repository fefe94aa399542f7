"""Hooks of other systems, signed as Standard Webhooks has it. Pure."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

import msgspec

from lianshen.channels.types import Letter, Outcome

_PREFIX = "whsec_"
_GONE = 410


def new_secret() -> str:
    """A secret as receivers' libraries take it: ``whsec_`` and 32 bytes in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def body_of(letter: Letter) -> bytes:
    """What is sent: ids and the names of things, no person's. The same at every attempt."""
    item = letter.items[0]
    data = {
        "event": str(item.event),
        "tenant": letter.tenant,
        "kind": item.kind,
        "label": item.label,
        "article": item.article,
        "project": str(item.project) if item.project else None,
        "number": item.number or None,
        "title": item.title or None,
    }
    return msgspec.json.encode({"type": item.action, "timestamp": item.at.isoformat(), "data": data})


def headers_of(letter: Letter, body: bytes, now: datetime) -> dict[str, str]:
    """The id stays the same at every attempt, so that a receiver can tell; one signature for each valid secret."""
    stamp = str(int(now.timestamp()))
    return {
        "content-type": "application/json",
        "webhook-id": f"msg_{letter.id}",
        "webhook-timestamp": stamp,
        "webhook-signature": sign(letter.secrets, f"msg_{letter.id}", stamp, body),
    }


def sign(valid: Sequence[str], message: str, stamp: str, body: bytes) -> str:
    """``v1,<base64>`` for each secret, the present one first."""
    said = f"{message}.{stamp}.".encode() + body
    keys = (base64.b64decode(secret.removeprefix(_PREFIX)) for secret in valid)
    return " ".join("v1," + base64.b64encode(hmac.digest(key, said, hashlib.sha256)).decode() for key in keys)


def read(status: int) -> Outcome:
    """Anything but 2xx is a failure; 410 says that nobody is there for good."""
    if 200 <= status < 300:
        return Outcome("sent", f"HTTP {status}")
    return Outcome("broken" if status == _GONE else "later", f"HTTP {status}")
