"""One key of a pack changed at a time: where entries stand in what is written, and other values for a key."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from lianshen.rules import _schema
from lianshen.rules._entry import Entry

Said = dict[str, Any]
EXPRESSIONS = ("when", "done", "present", "computes", "amendable")
_REMOVED = object()


def structs(hint: Any, found: list[type]) -> list[type]:
    """The structs that a type is made of, itself first."""
    if isinstance(hint, type) and issubclass(hint, Entry) and hint not in found:
        found.append(hint)
        for inner in get_type_hints(hint).values():
            structs(inner, found)
    for inner in get_args(hint):
        structs(inner, found)
    return found


KEYS = [(struct, field.encode_name) for struct in structs(_schema.Law, []) for field in msgspec.structs.fields(struct)]
"""Every key of the language."""


def places(struct: type, said: Any, hint: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where entries of ``struct`` stand in what is written, which is read as ``hint``."""
    if isinstance(hint, type) and issubclass(hint, Entry):
        if hint is struct and isinstance(said, dict):
            yield at
        inside = [(field.encode_name, get_type_hints(hint)[field.name]) for field in msgspec.structs.fields(hint)]
        for key, inner in inside if isinstance(said, dict) else ():
            if key in said:
                yield from places(struct, said[key], inner, (*at, key))
        return
    for inner in get_args(hint):
        for step, item in _items(said, get_origin(hint)):
            yield from places(struct, item, inner, (*at, *step))


def _items(said: Any, container: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if container is list and isinstance(said, list):
        yield from (((place,), item) for place, item in enumerate(said))
    elif container is dict and isinstance(said, dict):
        yield from (((name,), item) for name, item in said.items())
    elif container not in (list, dict):
        yield (), said


def changes(written: Said, struct: type, key: str) -> Iterator[Said]:
    """What is written, with one value under the key changed."""
    if made := BY_HAND.get((struct.__name__, key)):
        changed = deepcopy(written)
        made(changed)
        yield changed
        return
    for spot in places(struct, written, _schema.Law):
        if key not in _at(written, spot):
            continue
        for value in _others(written, struct, key, _at(written, spot)[key]):
            changed = deepcopy(written)
            if value is _REMOVED:
                del _at(changed, spot)[key]
            else:
                _at(changed, spot)[key] = value
            yield changed


def _at(said: Any, spot: tuple[Any, ...]) -> Any:
    for step in spot:
        said = said[step]
    return said


def _others(written: Said, struct: type, key: str, value: Any) -> Iterator[Any]:
    """Other values for the key, as far as its type tells."""
    field = next(one for one in msgspec.structs.fields(struct) if one.encode_name == key)
    yield from (choice for choice in _choices(get_type_hints(struct)[field.name]) if choice != value)
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        yield from _other_texts(written, struct, key, value)
    elif isinstance(value, list):
        yield value[:-1]
        yield from ([*value, item] for item in elsewhere(written, struct, key) if item not in value)
    elif isinstance(value, dict):
        yield dict(list(value.items())[:-1])
    if not field.required:
        yield _REMOVED


def _other_texts(written: Said, struct: type, key: str, value: str) -> Iterator[str]:
    if key in EXPRESSIONS:
        yield from (f"!({value})", "true", "false")
    elif any("一" <= sign <= "鿿" for sign in value):
        yield value + "（改）"
    else:
        yield from (other for other in elsewhere(written, struct, key) if other != value)


def _choices(hint: Any) -> list[Any]:
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    inside = get_args(hint) if get_origin(hint) not in (list, dict) else ()
    return [choice for inner in inside for choice in _choices(inner)]


def elsewhere(written: Said, struct: type, key: str) -> list[Any]:
    """What stands under the same key in other entries."""
    found: dict[Any, None] = {}
    for spot in places(struct, written, _schema.Law):
        value = _at(written, spot).get(key)
        found |= dict.fromkeys(value if isinstance(value, list) else [value] if isinstance(value, str) else [])
    return list(found)


BY_HAND: dict[tuple[str, str], Callable[[Said], object]] = {}
"""Changes that no rule of thumb finds, for they must agree with something else."""
