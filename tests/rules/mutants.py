"""Packs with one thing shifted or turned round, made in memory: what a typing slip would do to the law."""

from collections.abc import Iterator, Set
from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules._entry import keys_of
from lianshen.rules._expression import tokens_in
from lianshen.rules._schema import Law

TURNED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
_PARTING = frozenset({"&&", "||", "?", ":", ",", "!"})


def turned(text: str, parameters: Set[str]) -> Iterator[str]:
    """The expression with one comparison against a parameter turned round, one after the other."""
    tokens = tokens_in(text)
    for place, sign in enumerate(tokens):
        if sign in TURNED and parameters & {*_side(tokens, place, -1), *_side(tokens, place, 1)}:
            yield " ".join([*tokens[:place], TURNED[sign], *tokens[place + 1 :]])


def _side(tokens: list[str], place: int, way: int) -> Iterator[str]:
    """What stands on one side of a comparison."""
    opening, closing = ("([", ")]") if way > 0 else (")]", "([")
    depth = 0
    for at in range(place + way, len(tokens) if way > 0 else -1, way):
        sign = tokens[at]
        if depth == 0 and (sign in closing or sign in _PARTING):
            return
        depth += (sign in opening) - (sign in closing)
        yield sign


def with_text(said: Any, spot: Spot, text: str) -> Any:
    """A pack, or a part of it, with other words at a spot."""
    if not spot:
        return text
    key, rest = spot[0], spot[1:]
    if isinstance(said, list):
        return [with_text(item, rest, text) if place == key else item for place, item in enumerate(said)]
    if isinstance(said, dict):
        return {**said, key: with_text(said[key], rest, text)}
    name = next(name for name, written in keys_of(type(said)) if written == key)
    return replace(said, **{name: with_text(getattr(said, name), rest, text)})


def shifted(law: Law) -> Iterator[tuple[str, Law]]:
    """Each number of the law one more and one less, each day of the year one day later and earlier."""
    for name, parameter in law.parameters.items():
        for step in (1, -1):
            parameters = {**law.parameters, name: replace(parameter, value=_beside(parameter.value, step))}
            yield name, replace(law, parameters=parameters)


def _beside(value: int | str, step: int) -> int | str:
    if isinstance(value, int):
        return value + step
    return f"{date.fromisoformat(f'2001-{value}') + timedelta(days=step):%m-%d}"
