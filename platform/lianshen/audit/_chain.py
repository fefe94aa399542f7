"""The frozen encoding of an event and its digests. Changing a byte here breaks every old proof (D124, D129).

Encoding: each field as 4-byte big-endian length and UTF-8 bytes, in the order of ``FIELDS``; facts as JSON with sorted
keys and no spaces. A digest is over 0x00 (leaf, RFC 9162 section 2.1.1), the predecessor's two digests, the encoding.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from lianshen.kernel.cipher import sm3

FIELDS = (
    "tenant", "seq", "id", "project", "at", "action", "label", "person", "post", "office", "actor", "article", "facts",
    "note", "request_id",
)  # fmt: skip
GENESIS = bytes(64)
_LEAF = b"\x00"


class Digests(msgspec.Struct, frozen=True):
    """SM3 (GB/T 32905) and SHA-256 over the same bytes: 32 bytes each."""

    sm3: bytes
    sha256: bytes

    @property
    def joined(self) -> bytes:
        """The 64 bytes the next event names as its predecessor."""
        return self.sm3 + self.sha256


def _plain(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case dict():
            return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        case _:
            return str(value)


def encode(record: Mapping[str, Any]) -> bytes:
    """The canonical bytes of ``record``, which holds every name of FIELDS."""
    parts = []
    for name in FIELDS:
        raw = _plain(record[name]).encode()
        parts += [len(raw).to_bytes(4, "big"), raw]
    return b"".join(parts)


def digest(previous: bytes, record: Mapping[str, Any]) -> Digests:
    """Digests of ``record`` behind ``previous`` (64 bytes; GENESIS for a tenant's first event)."""
    payload = _LEAF + previous + encode(record)
    return Digests(sm3(payload), hashlib.sha256(payload).digest())
