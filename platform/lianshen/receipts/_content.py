"""What a receipt's digests are over: a filing as one JSON text, keys sorted. Changing it breaks old ones.

The content begins with the name of this encoding, so that another one can come beside it.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lianshen.audit.verify import canonical
from lianshen.kernel.cipher import sm3

_ENCODING = "lianshen-filing 1"
_FIELDS = (
    "id", "number", "project", "project_number", "title", "event", "action", "label", "at", "actor", "office", "law",
    "facts", "papers",
)  # fmt: skip


def content(tenant: str, row: Mapping[str, Any]) -> bytes:
    """The bytes of a filing, from its row."""
    return canonical([_ENCODING, tenant, {name: _plain(row[name]) for name in _FIELDS}])


def digests(tenant: str, row: Mapping[str, Any]) -> tuple[str, str]:
    """SM3 and SHA-256 of a filing, hexadecimal."""
    said = content(tenant, row)
    return sm3(said).hex(), hashlib.sha256(said).hexdigest()


def instant(at: datetime) -> str:
    """An instant in UTC to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant(value)
    return value if isinstance(value, dict | list) else str(value)
