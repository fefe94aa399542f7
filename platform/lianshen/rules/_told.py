"""What can be proved of what projects meet: rules are told, answers are read, dates are known when compared."""

import re
from collections.abc import Iterator

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _acts as a
from lianshen.rules import _schema as s
from lianshen.rules._checks import axes_of, listed, supplied
from lianshen.rules._expression import ExpressionError, Program
from lianshen.rules._faults import Both
from lianshen.rules._source import PackError, Source
from lianshen.rules._vocabulary import Vocabulary

_NAME_IN_QUOTES = re.compile(r"""['"]([a-z_]\w*)['"]""")
_DECIDE_IN_ACTS = frozenset({"bool"})
_DECIDE_IN_DECLARATIONS = frozenset({"bool", "code", "int", "money", "date"})
_TRUE_BEFORE = {"<": 0, "<=": 0, ">": 1, ">=": 1}
"""The side of a comparison on which an unstated date, being "", makes it true."""


def check_told(source: Source, law: s.Law) -> Iterator[PackError]:
    """Every block, paper and content is told at some event or action."""
    told: dict[str, tuple[Both, list[tuple[str, bool]]]] = {
        "blocks": (Both("限制", "block"), [(rule.block, bool(rule.closes or rule.at)) for rule in law.blocks]),
        "papers": (Both("材料", "paper"), [(rule.paper, bool(rule.for_ or rule.at)) for rule in law.papers]),
        "contents": (Both("内容", "content"), [(rule.content, bool(rule.at)) for rule in law.contents]),
    }
    for key, (kind, rules) in told.items():
        for place, (name, somewhere) in enumerate(rules):
            if not somewhere:
                yield source.error((key, place), "untold", kind=kind, name=name)


def check_read(
    source: Source, law: s.Law, vocabulary: Vocabulary, written: list[tuple[Spot, str]], program: Program
) -> Iterator[PackError]:
    """Every fact that the declaration asks decides something, but for texts, and so does what an act ticks.

    Whatever else an act asks is its record.
    """
    read = {name for _, text in written for token in program.tokens(text) for name in _names(token)}
    read |= {name for rule in law.figures.values() for name in (*rule.first_of, *rule.sum_of)}
    read |= {name for rule in law.dates.values() for name in (*listed(rule.from_), *listed(rule.year_of))}
    read |= {name for rule in law.clocks for name in listed(rule.from_)}
    read |= {axis.by for axis in axes_of(law).values()}
    read |= {name for rule in law.links.values() for pair in rule.facts.items() for name in pair}
    windows = [action.window for action in law.actions if action.window]
    read |= {name for window in windows for name in (*listed(window.from_), *listed(window.until))}
    read |= {name for action in law.actions for name in action.adds.values()}
    for spot, field in _fields(law):
        fact = vocabulary.facts.get(field.fact or "")
        decides = _DECIDE_IN_DECLARATIONS if spot[0] == "intake" else _DECIDE_IN_ACTS
        if fact is not None and fact.type in decides and field.fact not in read:
            yield source.error((*spot, "fact"), "unread", name=field.fact)


def check_facts(
    source: Source, law: s.Law, vocabulary: Vocabulary, written: list[tuple[Spot, str]], program: Program
) -> Iterator[PackError]:
    """Every fact of the pack's own words is stated or read, and whatever is counted from has a source."""
    stated = supplied(law)
    counted: list[tuple[Spot, str]] = []
    for key, rules in (("figures", law.figures), ("dates", law.dates)):
        for name, rule in rules.items():
            counted += [((key, name), part) for part in _made_of(rule) if (key, name) not in source.inherited]
    for axis, tiers in axes_of(law).items():
        counted.append((("tiers", "by") if axis == "tier" else ("axes", axis.removeprefix("tier_"), "by"), tiers.by))
    for spot, name in counted:
        if name in vocabulary.facts and name not in stated:
            yield source.error(spot, "unset", name=name)
    read = {name for _, text in written for name in program.reach(text)} | {name for _, name in counted} | stated
    read |= {rule.year_of for rule in law.dates.values() if rule.year_of}
    read |= {name for clock in law.clocks for name in listed(clock.from_)} | {rule.fact for rule in law.recasts}
    read |= {name for action in law.actions for name in (*action.clears, *action.adds.values())}
    read |= {name for rule in law.links.values() for name in rule.facts.values()} | law.links.keys()
    for name in law.facts.keys() - read:
        if ("facts", name) not in source.inherited:
            yield source.error(("facts", name), "unused", kind=Both("事实", "fact"), name=name)


def _made_of(rule: s.FigureRule | s.DateRule) -> tuple[str, ...]:
    return (*rule.first_of, *rule.sum_of) if isinstance(rule, s.FigureRule) else listed(rule.from_)


def _names(token: str) -> tuple[str, ...]:
    quoted = _NAME_IN_QUOTES.fullmatch(token)
    return (quoted[1],) if quoted else (token,)


def _fields(law: s.Law) -> Iterator[tuple[Spot, a.Field]]:
    for place, section in enumerate(law.intake):
        yield from (((("intake", place, "fields", at)), field) for at, field in enumerate(section.fields))
    for place, action in enumerate(law.actions):
        yield from (((("actions", place, "form", at)), field) for at, field in enumerate(action.form))


def check_stated(source: Source, law: s.Law, vocabulary: Vocabulary, program: Program) -> Iterator[PackError]:
    """No comparison holds because a date is not stated yet: a condition asks for that first."""
    dates = {name for name, fact in vocabulary.facts.items() if fact.type == "date"} | law.dates.keys()
    known_by = _known_by(law)
    for spot, context, text in _uses(law):
        try:
            tokens, around = program.tokens(text), set(program.tokens(context))
        except ExpressionError:
            continue
        asked = _asked_for(program.tokens(f"({context}) && ({text})"))
        for place in range(1, len(tokens) - 1):
            side = _TRUE_BEFORE.get(tokens[place])
            name = "" if side is None else tokens[place + (1 if side else -1)]
            if name in dates and not _guarded(law, name, asked, known_by, {*tokens, *around}):
                yield source.error(spot, "unstated", name=name)


def _uses(law: s.Law) -> Iterator[tuple[Spot, str, str]]:
    """Every condition that decides something, and what holds already where it is asked."""
    for key in ("papers", "choices", "contents", "steps", "blocks", "notices", "disputes", "clocks", "recasts"):
        for place, rule in enumerate(getattr(law, key)):
            yield (key, place, "when"), "true", rule.when
    for key, asked in (("notices", "computes"), ("contents", "present"), ("steps", "done")):
        for place, rule in enumerate(getattr(law, key)):
            yield (key, place, asked), rule.when, getattr(rule, asked) or "true"
    yield ("amendable",), "true", law.amendable
    for place, action in enumerate(law.actions):
        yield ("actions", place, "when"), "true", action.when
        for key in ("requires", "checks", "asks"):
            for at, need in enumerate(getattr(action, key)):
                yield ("actions", place, key, at, "when"), action.when, need.when
    for key in ("exclusions", "ways"):
        for place, rule in enumerate(getattr(law.scope, key)):
            yield ("scope", key, place, "when"), "true", rule.when


def _asked_for(tokens: list[str]) -> set[str]:
    """The names of which it is asked whether they are stated: ``name != ""``, ``name == ""``, ``"name" in given``."""
    found = set()
    for left, sign, right in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if sign in ("!=", "==") and right in ('""', "''"):
            found.add(left)
        if sign == "in" and right == "given":
            found.add(left[1:-1])
    return found


def _guarded(law: s.Law, name: str, asked: set[str], known_by: dict[str, set[str]], tokens: set[str]) -> bool:
    if name in asked or known_by.get(name, set()) & tokens:
        return True
    rule = law.dates.get(name)
    return rule is not None and all(_guarded(law, part, asked, known_by, tokens) for part in listed(rule.from_))


def _known_by(law: s.Law) -> dict[str, set[str]]:
    """For each date, the yes-or-no facts that only acts set which state the date too."""
    declared = {field.fact for section in law.intake for field in section.fields if field.required and field.fact}
    settings: dict[str, list[set[str]]] = {}
    for action in law.actions:
        known = {*action.stamps, *(field.fact for field in action.form if field.fact and field.required)}
        known |= declared if action.complete else set()
        for fact, value in action.sets.items():
            settings.setdefault(fact, []).extend([known] if value else [])
    for clock in law.clocks:
        for fact, value in clock.on_expiry.sets.items():
            settings.setdefault(fact, []).extend([{*clock.on_expiry.stamps}] if value else [])
    asked = {field.fact for _, field in _fields(law)}
    found: dict[str, set[str]] = {}
    for fact, ways in settings.items():
        if ways and fact not in asked:
            for date in set.intersection(*ways):
                found.setdefault(date, set()).add(fact)
    return found
