"""What can be proved of the codes in conditions: a text that is compared with a code is one that the code can be."""

from collections.abc import Iterator, Mapping, Set

import msgspec

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _acts as a
from lianshen.rules import _schema as s
from lianshen.rules._checks import UNIVERSAL_BODIES, axes_of, supplied
from lianshen.rules._expression import Program
from lianshen.rules._faults import nearest, some
from lianshen.rules._source import PackError, Source
from lianshen.rules._syntax import Call, Items, Loop, Name, Node, Text
from lianshen.rules._vocabulary import Vocabulary

_COMPARES = frozenset({"_==_", "_!=_", "@in"})
_EITHER, _ONE_OF = "_?_:_", "_[_]"

Domains = Mapping[str, Set[str]]
"""The codes that a variable can be or, of a set, can hold; no entry for what may be any text."""


class _Values(msgspec.Struct, frozen=True):
    """What one side of a comparison can be: the codes of these variables, and texts that stand there themselves."""

    names: tuple[str, ...]
    codes: Set[str]


def check_compared(
    source: Source, law: s.Law, vocabulary: Vocabulary, program: Program, written: list[tuple[Spot, str]]
) -> Iterator[PackError]:
    """No condition asks whether something is a code that it can never be."""
    domains = _domains(law, vocabulary)
    for spot, text in written:
        for said, values in _strangers(program.tree(text), domains):
            names = "、".join(values.names)
            near = nearest(said, values.codes)
            yield source.error(spot, "no_code", text=said, name=names, known=some(values.codes), near=near)


def _domains(law: s.Law, vocabulary: Vocabulary) -> dict[str, Set[str]]:
    bodies = UNIVERSAL_BODIES | law.bodies.keys()
    codes = {name: {*fact.options, fact.neutral} for name, fact in vocabulary.facts.items() if fact.type == "code"}
    bands = {name: {band.tier for band in axis.bands} for name, axis in axes_of(law).items()}
    decided = {rule.code for rule in law.disputes if rule.code}
    return {
        **{name: frozenset(map(str, known)) for name, known in codes.items()},
        **bands,
        **_chosen(law, vocabulary),
        "documents": vocabulary.documents.keys(),
        "readings": {f"{code}={reading}" for code in decided for reading in ("other", "reading")},
        "exceptions": {rule.block for rule in law.blocks if rule.strength == "in_principle"},
        "opinions_asked": bodies,
        "opinions_pending": bodies,
        "given": supplied(law) & vocabulary.facts.keys(),
    }


def _chosen(law: s.Law, vocabulary: Vocabulary) -> dict[str, Set[str]]:
    """The codes that acts append to sets of the pack's own, where all of these are chosen from a list."""
    found: dict[str, Set[str]] = {}
    for name in (name for name, fact in vocabulary.facts.items() if fact.type == "codes"):
        fields = [_field(action, action.appends[name]) for action in law.actions if name in action.appends]
        if fields and all(field is not None and field.options for field in fields):
            found[name] = {code for field in fields if field is not None for code in field.options}
    return found


def _field(action: a.ActionRule, name: str) -> a.Field | None:
    return next((field for field in action.form if name in (field.name, field.fact)), None)


def _strangers(node: Node, domains: Domains) -> Iterator[tuple[str, _Values]]:
    """Each text that is compared with what it can never be."""
    match node:
        case Call(function, operands):
            if function in _COMPARES:
                left, right = operands
                yield from _against(left, _values(right, domains))
                yield from _against(right, _values(left, domains))
            for operand in operands:
                yield from _strangers(operand, domains)
        case Items(items):
            for item in items:
                yield from _strangers(item, domains)
        case Loop(variable, over, parts):
            each = _values(over, domains)
            within = {name: codes for name, codes in domains.items() if name != variable}
            if each is not None:
                within[variable] = each.codes
            for part in (over, *parts):
                yield from _strangers(part, domains if part is over else within)


def _against(side: Node, values: _Values | None) -> Iterator[tuple[str, _Values]]:
    if values is not None and values.names:
        yield from ((said, values) for said in _texts(side) if said not in values.codes)


def _texts(node: Node) -> Iterator[str]:
    """The texts that a side of a comparison may be or, a list, holds."""
    match node:
        case Text(said):
            yield said
        case Items(items):
            for item in items:
                yield from _texts(item)
        case Call(function, operands) if function == _EITHER:
            for operand in operands[-2:]:
                yield from _texts(operand)


def _values(node: Node, domains: Domains) -> _Values | None:
    """What a side of a comparison can be; None where it may be any text."""
    match node:
        case Text(said):
            return _Values((), frozenset({said}))
        case Name(name):
            return _Values((name,), domains[name]) if name in domains else None
        case Items(items):
            return _united(items, domains)
        case Call(function, operands) if function == _EITHER:
            return _united(operands[-2:], domains)
        case Call(function, (over, _)) if function == _ONE_OF:
            return _values(over, domains)
    return None


def _united(nodes: tuple[Node, ...], domains: Domains) -> _Values | None:
    names: list[str] = []
    codes: set[str] = set()
    for node in nodes:
        values = _values(node, domains)
        if values is None:
            return None
        names += values.names
        codes |= values.codes
    return _Values(tuple(dict.fromkeys(names)), codes)
