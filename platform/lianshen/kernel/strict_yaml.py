"""YAML 1.2 without surprises: text, integers, true and false, lists and maps, each with its line.

Refused: duplicate keys, anchors and aliases, tags, directives, tabs, floats, dates, null (unless it is asked for), and
any other spelling of true, false and integers (True, 010, 0x10), so that what is read is what is written. libyaml
splits the text into events; what they mean is decided here.
"""

import re
from pathlib import Path
from typing import Any

import msgspec
from yaml import CLoader, MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

Spot = tuple[str | int, ...]
"""Where a value stands: the keys and places that lead to it."""

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_NO_TEXT = re.compile(
    r"(?P<null>~|null|Null|NULL|)"
    r"|(?P<bool>true|True|TRUE|false|False|FALSE)"
    r"|(?P<int>[-+]?(?:[0-9][0-9_]*|0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+))"
    r"|(?P<float>[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9_]+)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
    r"|(?P<timestamp>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9:. \tZ+-]*)?)"
    r"|(?P<merge><<)|(?P<value>=)"
)
"""What plain words mean to YAML, other than text."""
_UNSEEN = re.compile("[\t\u0085\u2028\u2029]")
"""Tabs, and what libyaml, but not YAML 1.2, takes for the end of a line."""
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_UNKNOWN = re.compile(r"unknown field `(\w+)`")


class StrictYamlError(Exception):
    """The file does not read. ``line`` counts from 1; ``problem`` is for developers."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")
        self.path, self.line, self.problem = path, line, problem


class Document(msgspec.Struct, frozen=True):
    """What the file says, and the line of every key and item in it."""

    data: Any
    lines: dict[Spot, int]

    def line(self, spot: Spot) -> int:
        """The line of ``spot``, or of the nearest thing that contains it."""
        while spot and spot not in self.lines:
            spot = spot[:-1]
        return self.lines.get(spot, 1)


def load(path: Path, *, null: bool = False) -> Document:
    """Read a file; with ``null`` that word may stand in it. Raises StrictYamlError with the line."""
    return parse(path, path.read_bytes(), null=null)


def parse(path: Path, raw: bytes, *, null: bool = False) -> Document:
    """Read what stands, or is to stand, in the file ``path``. Raises StrictYamlError with the line."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise StrictYamlError(path, raw.count(b"\n", 0, error.start) + 1, "not UTF-8") from error
    if found := _UNSEEN.search(text):
        problem = f"the character {found[0]!r} is not allowed"
        raise StrictYamlError(path, text.count("\n", 0, found.start()) + 1, problem)
    try:
        return _Reader(path, text, null=null).document()
    except MarkedYAMLError as error:
        # What is never closed is noticed behind the last line.
        line = min(error.problem_mark.line, text.rstrip("\n").count("\n")) + 1
        raise StrictYamlError(path, line, error.problem) from error
    except YAMLError as error:
        line = raw.count(b"\n", 0, getattr(error, "position", 0)) + 1
        raise StrictYamlError(path, line, getattr(error, "reason", None) or str(error)) from error


def spot_of(error: msgspec.ValidationError) -> Spot:
    """Where the value stands that msgspec did not accept; for an unknown key, where that is written."""
    problem, _, path = str(error).partition(" - at ")
    steps = tuple(name or int(place) for name, place in _STEP.findall(path))
    unknown = _UNKNOWN.search(problem)
    return (*steps, unknown[1]) if unknown else steps


class _Reader:
    """One file on its way from events to data."""

    def __init__(self, path: Path, text: str, *, null: bool) -> None:
        self._path, self._null = path, null
        loader = CLoader(text)
        self._next: Any = loader.get_event
        self._lines: dict[Spot, int] = {}

    def document(self) -> Document:
        self._next()
        start = self._next()
        if type(start) is StreamEndEvent:
            return Document(None, {})
        assert type(start) is DocumentStartEvent
        if start.version or start.tags:
            raise self._error(start, "directives are not allowed")
        data = self._value(self._next(), ())
        self._next()
        if type(more := self._next()) is not StreamEndEvent:
            raise self._error(more, "only one document is allowed")
        return Document(data, self._lines)

    def _value(self, event: Any, spot: Spot) -> Any:
        self._lines.setdefault(spot, event.start_mark.line + 1)
        kind = self._plain(event)
        if kind is ScalarEvent:
            return self._scalar(event)
        return self._list(spot) if kind is SequenceStartEvent else self._map(spot)

    def _plain(self, event: Any) -> type[Event]:
        """The type of an event that is no alias and has neither anchor nor tag."""
        kind: type[Event] = type(event)
        if kind is AliasEvent or event.anchor is not None or event.tag is not None:
            raise self._error(event, "anchors, aliases and tags are not allowed")
        return kind

    def _list(self, spot: Spot) -> list[Any]:
        read: list[Any] = []
        while type(event := self._next()) is not SequenceEndEvent:
            read.append(self._value(event, (*spot, len(read))))
        return read

    def _map(self, spot: Spot) -> dict[str, Any]:
        read: dict[str, Any] = {}
        while type(event := self._next()) is not MappingEndEvent:
            name = self._scalar(event) if self._plain(event) is ScalarEvent else None
            if not isinstance(name, str):
                raise self._error(event, "a key must be text")
            if name in read:
                raise self._error(event, f"duplicate key {name!r}")
            self._lines[*spot, name] = event.start_mark.line + 1
            read[name] = self._value(self._next(), (*spot, name))
        return read

    def _scalar(self, event: Any) -> str | int | bool | None:
        text: str = event.value
        found = _NO_TEXT.fullmatch(text) if event.implicit[0] else None
        if found is None:
            return text
        kind = found.lastgroup
        if kind == "int" and _INTEGER.fullmatch(text):
            return int(text)
        if kind == "bool" and text in ("true", "false"):
            return text == "true"
        if self._null and text == "null":
            return None
        raise self._error(event, f"{kind} is not allowed here: {text!r}; quote it")

    def _error(self, event: Event, problem: str) -> StrictYamlError:
        return StrictYamlError(self._path, event.start_mark.line + 1, problem)
