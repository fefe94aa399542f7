"""The language of packs as a list of keys: meaning, type, unit, and how packs write it; for ``tenants/KEYS.md``."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from lianshen.rules._checks import REFERENCES
from lianshen.rules._entry import Entry, keys_of
from lianshen.rules._notes import NOTES, UNITS
from lianshen.rules._schema import Law
from lianshen.rules._source import Source

_CONDITIONS = frozenset({"when", "done", "present", "amendable"})
_PLAIN = {bool: "bool", int: "int", str: "text", type(None): ""}
_LONGEST = 60
_HOMES = {"own_blocks": "blocks", "dated": "dates and date facts", "amounts": "figures and amount facts"}


class Key(msgspec.Struct, frozen=True):
    """A key of one kind of ``entry``: what it means, the ``kind`` of value, and ``example``, its first use in packs.

    ``units`` names, in Chinese and English, what an amount, a count or a length of time is counted in; "" elsewhere.
    """

    entry: str
    key: str
    zh: str
    en: str
    kind: str
    units: str
    required: bool
    example: str


class Part(msgspec.Struct, frozen=True):
    """A kind of entry: ``places`` where packs write it (``actions[].form[]``), and its keys."""

    entry: str
    places: tuple[str, ...]
    keys: tuple[Key, ...]


def reference(folders: Sequence[Path]) -> list[Part]:
    """Every kind of entry, the whole pack first; examples are of the packs in ``folders``. Raises PackError."""
    first: dict[tuple[type, str], Any] = {}
    for source in map(Source, folders):
        if source.faults:
            raise source.faults[0]
        for shape, key, said in _uses(Law, source.said):
            first.setdefault((shape, key), said)
    places: dict[type[Entry], list[str]] = {}
    for shape, place in _places(Law, ""):
        places.setdefault(shape, []).append(place)
    return [Part(shape.__name__, tuple(dict.fromkeys(at)), _keys(shape, first)) for shape, at in places.items()]


def _keys(shape: type[Entry], first: dict[tuple[type, str], Any]) -> tuple[Key, ...]:
    hints = get_type_hints(shape)
    made = []
    for field in msgspec.structs.fields(shape):
        key, name = field.encode_name, f"{shape.__name__}.{field.encode_name}"
        zh, en = NOTES.get(name) or NOTES[key]
        kind = _kind(shape, field.name, key, hints[field.name])
        example = _short(first[shape, key]) if (shape, key) in first else ""
        made.append(Key(shape.__name__, key, zh, en, kind, UNITS.get(name, ""), field.required, example))
    return tuple(made)


def _kind(shape: type, name: str, key: str, hint: Any) -> str:
    """The type of a value in short: codes are named by what they are codes of."""
    if key in _CONDITIONS:
        return "condition"
    if key == "computes":
        return "expression"
    code = "clauses" if key == "clause" else REFERENCES.get((shape, name), "")
    return _type(hint, f"code of {_HOMES.get(code, code)}" if code else "text")


def _type(hint: Any, text: str) -> str:
    inner = get_args(hint)
    if get_origin(hint) is Literal:
        return " / ".join(map(str, inner))
    if get_origin(hint) is list:
        return f"[{_type(inner[0], text)}]"
    if get_origin(hint) is dict:
        return f"{{{'name' if text == 'text' else text}: {_type(inner[1], 'text')}}}"
    if get_origin(hint) in (Union, UnionType):
        return " / ".join(dict.fromkeys(said for one in inner if (said := _type(one, text))))
    if hint is str:
        return text
    return _PLAIN[hint] if hint in _PLAIN else str(hint.__name__)


def _places(hint: Any, at: str) -> Iterator[tuple[type[Entry], str]]:
    if isinstance(hint, type) and issubclass(hint, Entry):
        yield hint, at
        hints = get_type_hints(hint)
        for name, key in keys_of(hint):
            yield from _places(hints[name], f"{at}.{key}" if at else key)
        return
    step = {list: "[]", dict: ".<…>"}.get(get_origin(hint), "")
    for inner in get_args(hint) if get_origin(hint) is not Literal else ():
        yield from _places(inner, at + step)


def _uses(hint: Any, said: Any) -> Iterator[tuple[type, str, Any]]:
    """Every key that is written, with the kind of entry and the value, in the order of the entries."""
    if isinstance(hint, type) and issubclass(hint, Entry):
        hints = get_type_hints(hint)
        for name, key in keys_of(hint) if isinstance(said, dict) else ():
            if key in said:
                yield hint, key, said[key]
                yield from _uses(hints[name], said[key])
        return
    inner = get_args(hint)
    if get_origin(hint) is list:
        for item in said if isinstance(said, list) else ():
            yield from _uses(inner[0], item)
    elif get_origin(hint) is dict:
        for item in said.values() if isinstance(said, dict) else ():
            yield from _uses(inner[1], item)
    elif get_origin(hint) is not Literal:
        for one in inner:
            yield from _uses(one, said)


def _short(said: Any) -> str:
    text = _written(said)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _written(said: Any) -> str:
    """A value as it stands in a pack, on one line."""
    match said:
        case bool():
            return str(said).lower()
        case dict():
            return "{" + ", ".join(f"{key}: {_written(value)}" for key, value in said.items()) + "}"
        case list():
            return "[" + ", ".join(map(_written, said)) + "]"
        case "" | "true" | "false":
            return f'"{said}"'
        case _:
            return str(said)
