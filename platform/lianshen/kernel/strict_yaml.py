"""YAML 1.2 without surprises: text, integers, true and false, lists and maps, each with its line.

Refused: duplicate keys, anchors and aliases, tags, floats, dates, null, and any other spelling of true, false and
integers (True, 010, 0x10), so that what is read is what is written.
"""

import re
from pathlib import Path
from typing import Any

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Spot = tuple[str | int, ...]
"""Where a value stands: the keys and places that lead to it."""

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
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


class _Direct(Composer):
    """Refuses anchors, aliases and tags while they can be told: nodes show no alias, and no tag like ``!!str``."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        if event.anchor is not None or getattr(event, "ctag", None) is not None:
            raise ComposerError(None, None, "anchors, aliases and tags are not allowed", event.start_mark)
        return super().compose_node(parent, index)


def load(path: Path) -> Document:
    """Read a file. Raises StrictYamlError with the line."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _Direct
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise StrictYamlError(path, error.object.count(b"\n", 0, error.start) + 1, "not UTF-8") from error
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise StrictYamlError(path, mark.line + 1 if mark else 1, problem) from error
    lines: dict[Spot, int] = {}
    return Document(None if root is None else _plain(path, root, (), lines), lines)


def spot_of(error: msgspec.ValidationError) -> Spot:
    """Where the value stands that msgspec did not accept; for an unknown key, where that is written."""
    problem, _, path = str(error).partition(" - at ")
    steps = tuple(name or int(place) for name, place in _STEP.findall(path))
    unknown = _UNKNOWN.search(problem)
    return (*steps, unknown[1]) if unknown else steps


def _plain(path: Path, node: Node, spot: Spot, lines: dict[Spot, int]) -> Any:
    lines.setdefault(spot, node.start_mark.line + 1)
    if isinstance(node, SequenceNode):
        return [_plain(path, item, (*spot, place), lines) for place, item in enumerate(node.value)]
    if isinstance(node, MappingNode):
        return _map(path, node, spot, lines)
    assert isinstance(node, ScalarNode)
    return _scalar(path, node)


def _map(path: Path, node: MappingNode, spot: Spot, lines: dict[Spot, int]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = _scalar(path, key) if isinstance(key, ScalarNode) else None
        if not isinstance(name, str):
            raise StrictYamlError(path, line, "a key must be text")
        if name in read:
            raise StrictYamlError(path, line, f"duplicate key {name!r}")
        lines[(*spot, name)] = line
        read[name] = _plain(path, value, (*spot, name), lines)
    return read


def _scalar(path: Path, node: ScalarNode) -> str | int | bool:
    text: str = node.value
    match str(node.tag).rpartition(":")[2]:
        case "str":
            return text
        case "int" if _INTEGER.fullmatch(text):
            return int(text)
        case "bool" if text in ("true", "false"):
            return text == "true"
        case kind:
            raise StrictYamlError(path, node.start_mark.line + 1, f"{kind} is not allowed here: {text!r}; quote it")
