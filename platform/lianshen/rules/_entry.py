"""What everything written in YAML has in common."""

from functools import cache

import msgspec

ALWAYS = "true"
NEVER = "false"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Anything written in YAML: an unknown key is an error."""


@cache
def keys_of(shape: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """Each attribute of an entry, and the key by which YAML writes it."""
    return tuple((field.name, field.encode_name) for field in msgspec.structs.fields(shape))
