"""What can be proved of single conditions: each has an answer whatever the facts, also where nothing is stated."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise, product
from math import prod
from random import Random
from typing import Any

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _schema as s
from lianshen.rules._checks import axes_of
from lianshen.rules._expression import ExpressionError, Part, Program, tokens_in
from lianshen.rules._source import PackError, Source
from lianshen.rules._vocabulary import CEL_KIND, Vocabulary

_WORD = re.compile(r"[A-Za-z_]\w*|[\])]")
_ALWAYS_ANSWER = frozenset({"size", "has", "all", "exists", "exists_one", "filter", "map", "in"}) | {
    "startsWith",
    "endsWith",
    "contains",
}
_MOST = 2000
_DAY, _YEAR, _TEXT = "2026-01-31", 2026, "…"


def check_answers(
    source: Source,
    law: s.Law,
    vocabulary: Vocabulary,
    parameters: Mapping[str, int],
    program: Program,
    written: list[tuple[Spot, str]],
) -> Iterator[PackError]:
    """No condition divides by what may be zero, reads a date from an empty text, or takes what a list may not have.

    What might fail is tried with the values at which it would.
    """
    domains = _domains(law, vocabulary, parameters, program)
    for spot, text in written:
        if _may_fail(text):
            part = program.alone(text)
            if failed := _failed(part, domains):
                values, error = failed
                facts = "、".join(f"{name} = {said!r}" for name, said in values.items() if name not in parameters)
                yield source.error(spot, "may_fail", problem=error.problem, facts=facts)


def _may_fail(text: str) -> bool:
    tokens = tokens_in(text)
    if {"/", "%"} & {*tokens}:
        return True
    return any(
        sign in ("[", "(") and _WORD.fullmatch(before) is not None and before not in _ALWAYS_ANSWER
        for before, sign in pairwise(tokens)
    )


def _domains(
    law: s.Law, vocabulary: Vocabulary, parameters: Mapping[str, int], program: Program
) -> dict[str, tuple[Any, ...]]:
    """Values at which conditions may fail, for every name."""
    bounds = {bound + step for bound in parameters.values() for step in (-1, 0, 1)}
    kinds: dict[str, tuple[Any, ...]] = {
        "bool": (False, True),
        "int": (0, 1, -1),
        "str": ("", _DAY, _TEXT),
        "codes": ([], [_TEXT]),
    }
    found = {name: kinds[kind] for name, kind in program.variables.items()}
    found |= {name: (value,) for name, value in parameters.items()}
    for name, fact in vocabulary.facts.items():
        if CEL_KIND[fact.type] == "int":
            found[name] = (0, 1, -1, *sorted(bounds - {0, 1, -1}))
        elif fact.type == "date":
            found[name] = ("", _DAY)
        elif fact.type == "code":
            found[name] = (*dict.fromkeys((fact.neutral, *fact.options)),)
    found |= dict.fromkeys(law.dates, ("", _DAY))
    found |= {name: tuple(band.tier for band in axis.bands) for name, axis in axes_of(law).items()}
    return found | {"today": (_DAY,), "year": (_YEAR,)}


def _failed(part: Part, domains: Mapping[str, tuple[Any, ...]]) -> tuple[dict[str, Any], ExpressionError] | None:
    names = sorted(part.reads)
    wide = [domains[name] for name in names]
    # The first of each domain are those at which most fails; of more than can be tried, these and some at random.
    first = [values[:3] for values in wide]
    random = Random(0)  # noqa: S311 - samples, not secrets
    some = (tuple(map(random.choice, wide)) for _ in range(_MOST))
    tried = product(*wide) if prod(map(len, wide)) <= _MOST else some
    nothing = [tuple(values[0] for values in wide)]
    narrow = product(*first) if prod(map(len, first)) <= _MOST else iter(nothing)
    for chosen in (*nothing, *narrow, *tried):
        values = dict(zip(names, chosen, strict=True))
        try:
            part.answer(values)
        except ExpressionError as error:
            return values, error
    return None
