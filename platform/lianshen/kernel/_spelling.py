"""A row as PostgreSQL would spell it (``canon``), told before it is written: so that its code goes along with it.

Whoever writes compares what the database then says: its own spelling is the one that counts.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def foretell(row: Mapping[str, Any]) -> str:
    """The text of ``jsonb`` of a row: keys by length and bytes, without those that have no value."""
    return json.dumps(_ordered(row), ensure_ascii=False)


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (len(raw := key.encode()), raw))
        return {key: _ordered(value[key]) for key in keys if value[key] is not None}
    if isinstance(value, list | tuple):
        return [_ordered(one) for one in value]
    if isinstance(value, datetime):
        return _moment(value)
    return value if isinstance(value, bool | int | float | None) else str(value)


def _moment(at: datetime) -> str:
    """As ``to_jsonb`` spells a moment in UTC: a fraction only where there is one, without zeros at its end."""
    whole, _, fraction = at.astimezone(UTC).replace(tzinfo=None).isoformat().partition(".")
    return f"{whole}.{fraction.rstrip('0')}+00:00" if fraction else f"{whole}+00:00"
