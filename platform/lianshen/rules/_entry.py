"""What everything written in YAML has in common."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from lianshen.kernel.strict_yaml import Spot

ALWAYS = "true"
NEVER = "false"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Anything written in YAML: an unknown key is an error."""


@cache
def keys_of(shape: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """Each attribute of an entry, and the key by which YAML writes it."""
    return tuple((field.name, field.encode_name) for field in msgspec.structs.fields(shape))


def keys_at(hint: Any, path: Sequence[str | int]) -> set[str]:
    """The keys that an entry may have which stands at a ``path`` within what is read as ``hint``."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        keys = {key: get_type_hints(hint)[name] for name, key in keys_of(hint)}
        if not path:
            return set(keys)
        return keys_at(keys[path[0]], path[1:]) if path[0] in keys else set()
    inner = get_args(hint)
    if get_origin(hint) in (list, dict):
        return keys_at(inner[-1], path[1:]) if path else set()
    return {key for one in inner for key in keys_at(one, path)}


def entries(said: Any, spot: Spot = ()) -> Iterator[tuple[Spot, Any]]:
    """Every entry of a pack or vocabulary, itself first, with where it stands."""
    if isinstance(said, Entry):
        yield spot, said
        for name, key in keys_of(type(said)):
            yield from entries(getattr(said, name), (*spot, key))
    elif isinstance(said, list):
        for place, item in enumerate(said):
            yield from entries(item, (*spot, place))
    elif isinstance(said, dict):
        for name, item in said.items():
            yield from entries(item, (*spot, name))
