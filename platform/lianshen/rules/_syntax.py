"""What CEL has read in an expression: its syntax tree, decoded from the form in which CEL hands it out.

cel-expr-python shows no tree, but serialises one: a ``cel.expr.CheckedExpr`` of Protocol Buffers, whose field numbers
never change. Only what the checks of packs ask about is decoded.
"""

from collections.abc import Iterator

import msgspec

_LENGTHS = {1: 8, 5: 4}
"""Of values of fixed size, by how they are written."""


class Text(msgspec.Struct, frozen=True):
    """A string as it stands in an expression."""

    said: str


class Name(msgspec.Struct, frozen=True):
    """A fact, a parameter or whatever else has a name."""

    name: str


class Call(msgspec.Struct, frozen=True):
    """An operator (``_==_``, ``@in``, ``_?_:_``, …) or a function, and what it is used on."""

    function: str
    operands: tuple["Node", ...]


class Items(msgspec.Struct, frozen=True):
    """A list that the expression spells out."""

    items: tuple["Node", ...]


class Loop(msgspec.Struct, frozen=True):
    """``over.exists(variable, …)`` and its like; ``parts`` are what is asked of each."""

    variable: str
    over: "Node"
    parts: tuple["Node", ...]


class Other(msgspec.Struct, frozen=True):
    """Anything else: a number, a yes or no, a field."""


Node = Text | Name | Call | Items | Loop | Other


def tree_of(serialized: bytes) -> Node:
    """The tree of an expression as CEL serialises it."""
    (checked,) = _all(serialized, 2)
    (tree,) = _all(checked, 4)
    return _node(tree)


def _node(written: bytes) -> Node:
    for field, value in _fields(written):
        match field:
            case 3:  # a constant; 6 is that of a string
                return next((Text(said.decode()) for said in _all(value, 6)), Other())
            case 4:
                return Name(_text(value, 1))
            case 6:  # a call: on what, which, and with what
                return Call(_text(value, 2), _nodes(value, 1, 3))
            case 7:
                return Items(_nodes(value, 1))
            case 9:  # a loop: its variable, over what, and four expressions that it asks
                (over,) = _nodes(value, 2)
                return Loop(_text(value, 1), over, _nodes(value, 4, 5, 6, 7))
    return Other()


def _nodes(written: bytes, *fields: int) -> tuple[Node, ...]:
    return tuple(_node(one) for field in fields for one in _all(written, field))


def _text(written: bytes, field: int) -> str:
    (said,) = _all(written, field)
    return said.decode()


def _all(written: bytes, wanted: int) -> list[bytes]:
    return [value for field, value in _fields(written) if field == wanted]


def _fields(written: bytes) -> Iterator[tuple[int, bytes]]:
    """Each field of a message that holds a message or a text, by its number."""
    at = 0
    while at < len(written):
        key, at = _number(written, at)
        field, kind = key >> 3, key & 7
        if kind == 0:
            _, at = _number(written, at)
        elif kind == 2:
            length, at = _number(written, at)
            yield field, written[at : at + length]
            at += length
        else:
            at += _LENGTHS[kind]


def _number(written: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where what follows it begins."""
    value = shift = 0
    while True:
        byte = written[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
