"""What can be proved of the words of a pack: people read Chinese, quotations are short, numbers are parameters."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _schema as s
from lianshen.rules._entry import Entry, entries, keys_of
from lianshen.rules._expression import Program, tokens_in
from lianshen.rules._faults import Both, nearest
from lianshen.rules._source import PackError, Source

LONGEST_QUOTATION = 40
_CHINESE = re.compile("[\u3400-\u9fff]")
NAMED_NUMBER = re.compile(r"\{(\w+)\}")
READ_BY_PEOPLE = frozenset(
    {"label", "remedy", "task", "help", "trigger", "point", "reading", "other", "title", "not_software", "note"}
) | {"disputed", "section"}
_OPTIONAL = frozenset({"task", "help", "note"})
_NAMES = frozenset({"bodies", "documents", "steps", "blocks", "events", "contents"}) | {
    "step_names",
    "block_names",
    "content_names",
    "managements",
}
_ALWAYS_ALLOWED = frozenset({"0", "1"})
_PARTS = {"percent": "100", "per_mille": "1000"}


def check_words(source: Source, said: Entry) -> Iterator[PackError]:
    """Whatever people read, in a pack or a vocabulary, is written in Chinese."""
    for spot, entry in entries(said):
        shape: type[Entry] = type(entry)
        for attribute, key in keys_of(shape):
            value = getattr(entry, attribute)
            labelled = attribute == "options" and isinstance(value, dict)
            if labelled or attribute in READ_BY_PEOPLE or (not spot and attribute in _NAMES):
                yield from _chinese(source, (*spot, key), value)


def _chinese(source: Source, spot: Spot, said: Any) -> Iterator[PackError]:
    if isinstance(said, dict):
        for name, label in said.items():
            yield from _chinese(source, (*spot, name), label)
    elif isinstance(said, str) and not _CHINESE.search(said) and not (said == "" and spot[-1] in _OPTIONAL):
        yield source.error(spot, "chinese", name=spot[-1], text=said)
    elif isinstance(said, str) and (name := NAMED_NUMBER.search(said)):
        word, home = Both("参数", "parameter"), Both("本规则包的 parameters ", "parameters of this pack")
        near = nearest(name[1], source.said.get("parameters", ()))
        yield source.error(spot, "unknown", kind=word, name=name[1], where=home, near=near)


def check_clauses(source: Source, law: s.Law) -> Iterator[PackError]:
    """Every clause quotes its article, shortly."""
    for name, clause in law.clauses.items():
        if not 0 < len(clause.quotation.strip()) <= LONGEST_QUOTATION:
            spot = ("clauses", name, "quotation")
            yield source.error(spot, "quotation_length", name=name, longest=LONGEST_QUOTATION)


def check_numbers(source: Source, law: s.Law, program: Program, written: list[tuple[Spot, str]]) -> Iterator[PackError]:
    """No condition holds a number of the law: those stand in the parameters, with the words that state them."""
    for spot, text in written:
        reached = program.reach(text)
        allowed = _ALWAYS_ALLOWED | {
            _PARTS[rule.unit] for name, rule in law.parameters.items() if name in reached and rule.unit in _PARTS
        }
        for before, sign in pairwise(["", *tokens_in(text)]):
            parity = before == "%" and sign == "2"
            if sign.isdecimal() and sign not in allowed and not parity:
                yield source.error(spot, "literal", text=sign)
