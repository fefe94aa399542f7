"""What still quotes a number of a lower layer in whose place another one holds: no answer may cite repealed words."""

from collections.abc import Iterator, Mapping
from typing import Any

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _schema as s
from lianshen.rules._checks import axes_of, listed
from lianshen.rules._entry import Entry, entries, keys_of
from lianshen.rules._expression import Program
from lianshen.rules._numbers import stated
from lianshen.rules._source import PackError, Source
from lianshen.rules._wording import READ_BY_PEOPLE

_EXPRESSIONS = frozenset({"when", "done", "present", "computes"})


def check_superseded(source: Source, law: s.Law, program: Program) -> Iterator[PackError]:
    """Every inherited rule and every inherited text that states the former number of a parameter."""
    rules = list(_inherited(source, law)) if source.superseded else []
    for name, upper in source.superseded:
        old, new = upper.entry(("parameters", name), s.Parameter), law.parameters.get(name)
        if new is None or (new.value, new.unit) == (old.value, old.unit):
            continue
        said = {"ref": source.folder.name, "name": name, "old": old.text, "new": new.text}
        concerned: dict[Spot, frozenset[str]] = {}
        for spot, entry in rules:
            rests = _rests(law, program, entry)
            cited = str(getattr(entry, "clause", None))
            if name in rests or cited == old.clause:
                concerned[spot[:2]] = concerned.get(spot[:2], frozenset()) | rests
            same = {other for other in rests - {name} if law.parameters[other].clause == cited}
            stale = cited == old.clause or (name in rests and not _others(law, same, old))
            if stale and ("clauses", cited) in source.inherited and _states(law.clauses[cited].quotation, old):
                quotation = law.clauses[cited].quotation
                yield source.error((*spot, "clause"), "superseded_clause", clause=cited, quotation=quotation, **said)
        for spot, entry in rules:
            if spot[:2] in concerned and not _others(law, concerned[spot[:2]] - {name}, old):
                for key, text in _texts(entry):
                    if _states(text, old):
                        yield source.error((*spot, key), "superseded_words", text=text, **said)


def _inherited(source: Source, law: s.Law) -> Iterator[tuple[Spot, Entry]]:
    """Every entry that was taken over, but for the numbers and the clauses themselves."""
    for spot, entry in entries(law):
        taken = spot[:1] in source.inherited or spot[:2] in source.inherited
        if spot and taken and spot[0] not in ("clauses", "parameters"):
            yield spot, entry


def _rests(law: s.Law, program: Program, entry: Entry) -> frozenset[str]:
    """The parameters that an entry names, or that decide a band or a date which it names."""
    todo: list[str] = []
    for name, key in keys_of(type(entry)):
        value = getattr(entry, name)
        if isinstance(value, str) and key in _EXPRESSIONS:
            todo += program.reach(value)
        else:
            todo += _named(value)
    found, axes = set[str](), axes_of(law)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        if name in axes:
            todo += [bound for band in axes[name].bands for bound in (band.from_, band.below) if bound]
        if rule := law.dates.get(name):
            todo += [*listed(rule.from_), *listed(rule.after), *listed(rule.before), *listed(rule.yearly)]
    return frozenset(found & law.parameters.keys())


def _named(value: Any) -> list[str]:
    """What may be names among a text, a list or a map."""
    said = [*value, *value.values()] if isinstance(value, Mapping) else value if isinstance(value, list) else [value]
    return [name for name in said if isinstance(name, str)]


def _others(law: s.Law, names: frozenset[str] | set[str], old: s.Parameter) -> bool:
    """Another number that holds is the same: it may be that one which is stated."""
    return any((law.parameters[name].value, law.parameters[name].unit) == (old.value, old.unit) for name in names)


def _states(words: str, old: s.Parameter) -> bool:
    """The words state the number; a mere count is known by the words of the law alone."""
    return old.text in words if old.unit == "count" else old.value in stated(words, old.unit)


def _texts(entry: Entry) -> Iterator[tuple[str, str]]:
    for name, key in keys_of(type(entry)):
        value = getattr(entry, name)
        if name in READ_BY_PEOPLE and isinstance(value, str):
            yield key, value
