"""What a search for witnesses varies: the declarations of a pack, and what its conditions and actions ask about."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import product
from math import prod
from random import Random

import msgspec

from lianshen.rules._acts import ActionRule
from lianshen.rules._checks import OPINIONS
from lianshen.rules._form import KIND
from lianshen.rules._pack import Pack
from lianshen.rules._ruled import RuledAction
from lianshen.rules.types import Facts, FactValue, FormField, Option
from lianshen.workcalendar.queries import due_date

_LONG_AGO = timedelta(days=1200)
_COMBINED = 200
_AS_WANTED = 0.95
_AS_PLAIN = 0.6
_SUPPOSED = 400
_UNSTATED = ("unstated",)


class Start(msgspec.Struct, frozen=True):
    """A declaration, the facts in which it is unlike the plainest one, and what acts are supposed to bring about."""

    facts: Facts
    varied: frozenset[str]
    supposed: Facts = {}


class Declarations:
    """Answers worth giving to the questions of the declaration, and, supposed, to all others."""

    def __init__(self, pack: Pack, roots: "Roots", random: Random, on: date) -> None:
        self._pack, self._roots, self._random, self.on = pack, roots, random, on
        near = {value + step for value in pack.numbers for step in (1, -1, 0)}
        self.counts = (*sorted(near, reverse=True), 0)
        self._days: dict[date, tuple[str, ...]] = {}
        self._around = (1, *(bound + step for bound in pack.amounts for step in (1, -1, 0)))
        self.domains = {field.name: tuple(self.domain(field, self._around, on)) for field in pack.intake}
        self.domains |= {name: self._supposed(name) for name in sorted(pack.linked)}
        self.domains["documents"] = ((), tuple(pack.vocabulary.documents))
        self.plain = self._plain()

    def _plain(self) -> list[dict[str, FactValue]]:
        """The declarations that raise no obstacle: one for each band."""
        plain = {name: values[-1] for name, values in self.domains.items()}
        bands = [(axis.by, amount) for axis in self._pack.axes for amount in (1, *axis.starts)]
        return [plain | self._amounting_to(by, amount) for by, amount in bands] or [plain]

    def _amounting_to(self, by: str, amount: int) -> dict[str, FactValue]:
        """Answers by which a fact, or a figure, has that amount."""
        parts = sorted(self._roots.of(by) & self.domains.keys())
        adds = any(figure.adds for figure in self._pack.figures if figure.name == by)
        return {**dict.fromkeys(parts, 0 if adds else amount), **dict.fromkeys(parts[:1], amount)}

    def single(self) -> Iterator[Start]:
        bands = self.plain
        banded = frozenset[str]().union(*(self._roots.of(axis.by) for axis in self._pack.axes))
        yield from (Start(band, banded) for band in bands)
        dated = [field.name for field in self._pack.intake if field.kind == "date"]
        for day in self._days_around(self.on) if dated else ():
            yield from (Start(band | dict.fromkeys(dated, day), frozenset(dated)) for band in bands)
        for name, values in self.domains.items():
            yield from (Start(band | {name: value}, frozenset({name})) for value in values[:-1] for band in bands)

    def supposing(self, wanted: frozenset[tuple[str, bool]], holds: Callable[[Facts], bool]) -> Iterator[Start]:
        """Declarations that would do if acts brought the rest about: drawn with all that is asked, as it is wanted."""
        ways: dict[str, list[bool]] = {}
        for name, way in sorted(wanted):
            ways.setdefault(name, []).append(way)
        ways.pop("given", None)
        for _ in range(_SUPPOSED):
            band = self._random.choice(self.plain)
            supposed = {name: self._drawn(name, said, band) for name, said in ways.items()}
            if holds(band | supposed):
                declared = {name: value for name, value in supposed.items() if name in self.domains}
                rest = {name: value for name, value in supposed.items() if name not in self.domains}
                yield Start(band | declared, frozenset(declared), rest)

    def _drawn(self, name: str, ways: list[bool], band: Facts) -> FactValue:
        """A value for a fact: rather as it is wanted, if that is one way only, else rather the plain one."""
        chance = self._random.random()
        if chance < _AS_WANTED and len(ways) == 1 and self._pack.vocabulary.facts[name].type == "bool":
            return ways[0]
        if chance < _AS_PLAIN and name in band:
            return band[name]
        return self._random.choice(self.domains.get(name) or self._supposed(name))

    def redrawn(self, start: Start, names: frozenset[str], holds: Callable[[Facts], bool]) -> Start:
        """The declaration with some of the answers drawn anew, if it would still do."""
        open_to_change = sorted(names & self.domains.keys())
        some = self._random.sample(open_to_change, min(len(open_to_change), self._random.choice((1, 2, 3))))
        facts = {**start.facts, **{name: self._random.choice(self.domains[name]) for name in some}}
        return Start(facts, start.varied, start.supposed) if holds({**facts, **start.supposed}) else start

    def _supposed(self, name: str) -> tuple[FactValue, ...]:
        fact = self._pack.vocabulary.facts[name]
        if fact.type == "codes":
            return self._sets(name)
        options = tuple(Option(code, label) for code, label in fact.options.items())
        field = FormField(name, fact.label, KIND.get(fact.type, "text"), required=False, options=options)
        return tuple(self.domain(field, self._around, self.on))

    def _sets(self, name: str) -> tuple[FactValue, ...]:
        """No code, one of those that the pack may put into the set, or all."""
        codes = {
            "readings": [f"{rule.dispute.code}={way}" for rule in self._pack.disputes for way in ("reading", "other")],
            "exceptions": [rule.block.code for rule in self._pack.blocks],
            "documents": list(self._pack.vocabulary.documents),
        }.get(name, list(self._pack.vocabulary.bodies))
        return ((), *((code,) for code in codes), tuple(codes))

    def combined(self, asked: frozenset[str]) -> Iterator[Start]:
        """Declarations with every combination of the answers to some questions, or many at random."""
        names = sorted(asked & self.domains.keys())
        domains = [(*self.domains[name], *([_UNSTATED] if "given" in asked else [])) for name in names]
        for band in self.plain:
            for values in self._all_or_some(domains):
                facts = band | dict(zip(names, values, strict=True))
                yield Start({name: value for name, value in facts.items() if value != _UNSTATED}, frozenset(names))

    def _all_or_some(self, domains: list[tuple[FactValue, ...]]) -> Iterator[tuple[FactValue, ...]]:
        if prod(map(len, domains)) <= _COMBINED:
            yield from product(*domains)
        else:
            yield from (tuple(map(self._random.choice, domains)) for _ in range(_COMBINED))

    def at_random(self) -> Facts:
        some = min(self._random.choice((2, 4, 8, len(self.domains))), len(self.domains))
        names = self._random.sample(list(self.domains), some)
        return {name: self._random.choice(self.domains[name]) for name in names}

    def _days_around(self, on: date) -> tuple[str, ...]:
        """Days long ago, the day itself, and those from which a date that the law counts would be about that day."""
        if on not in self._days:
            found = {on, on - _LONG_AGO}
            for formula in self._pack.dates:
                if formula.yearly is None and formula.count:
                    calendar, first_day = self._pack.calendar, formula.first_day
                    start = due_date(calendar, on, -formula.count, formula.unit, first_day, "none").on
                    found |= {start + step * timedelta(days=1) for step in (-1, 0, 1)}
            self._days[on] = tuple(sorted(day.isoformat() for day in found))
        return self._days[on]

    def domain(self, field: FormField, amounts: tuple[int, ...], on: date) -> Iterator[FactValue]:
        """Answers worth trying on a day; the last is the one that raises no obstacle."""
        fact = self._pack.vocabulary.facts.get(field.name)
        match field.kind:
            case "bool":
                yield from (True, False) if fact is None or fact.neutral is False else (False, True)
            case "choice":
                yield from reversed([option.code for option in field.options])
                if fact is not None and not field.required:
                    yield str(fact.neutral)
            case "money":
                yield from _cuts(field, amounts)
                yield from amounts
            case "number":
                yield from _cuts(field, self.counts)
                yield from self.counts
                if fact is not None and isinstance(fact.neutral, int) and fact.neutral not in self.counts:
                    yield fact.neutral
            case "date":
                yield from self._days_around(on)
                if fact is not None and not field.required:
                    yield ""
            case _:
                if field.name in self._pack.program.reads:
                    yield field.name
                yield ""


def _cuts(field: FormField, values: Sequence[int]) -> Sequence[int]:
    """The same below zero, where that may be said."""
    return [-value for value in values if field.signed]


class Roots:
    """What conditions and actions ask about, down to the facts that figures, dates and bands are made of."""

    def __init__(self, pack: Pack) -> None:
        self._facts = pack.vocabulary.facts.keys() | {"given"}
        self._made_of: dict[str, tuple[str, ...]] = {figure.name: figure.of for figure in pack.figures}
        self._made_of |= {formula.name: formula.made_of for formula in pack.dates}
        self._made_of |= {axis.variable: (axis.by,) for axis in pack.axes}
        self._pack = pack
        self.of_slot = [self._down(reached) for reached in pack.program.reaches()]
        self.of_recasts = frozenset[str]().union(*map(self._down, pack.recasting.reaches()))
        self.wants_of_slot = [
            frozenset((part, way) for name, way in wanted for part in self._down((name,)))
            for wanted in pack.program.leanings()
        ]
        self.wants_of_action = {code: self._wanted_by(rule) for code, rule in pack.actions.items()}
        self.of_action = {code: frozenset(name for name, _ in wants) for code, wants in self.wants_of_action.items()}
        self._writes = {code: self._written(rule.rule) for code, rule in pack.actions.items()}

    def of(self, name: str) -> frozenset[str]:
        """The facts that a fact, a figure, a date or a band is made of."""
        return self._down((name,))

    def _down(self, names: frozenset[str] | tuple[str, ...]) -> frozenset[str]:
        return frozenset[str]().union(
            *(self._down(self._made_of[name]) if name in self._made_of else {name} & self._facts for name in names)
        )

    def makers(self, wanted: frozenset[tuple[str, bool]]) -> list[str]:
        """The actions that bring about something that is wanted to be."""
        there = {(name, way) for name, way in wanted if way}
        return [code for code, writes in self._writes.items() if writes & there]

    def useful(self, wanted: frozenset[tuple[str, bool]]) -> frozenset[str]:
        """The actions that help to bring about what is wanted, and those that help to open these."""
        left, wants, found = set(self._pack.actions), set(wanted), set[str]()
        while acts := [code for code in left if self._writes[code] & wants]:
            left.difference_update(acts)
            found.update(acts)
            wants.update((name, True) for code in acts for name, way in self.wants_of_action[code] if way)
        return frozenset(found)

    def _written(self, rule: ActionRule) -> frozenset[tuple[str, bool]]:
        """The facts that an action, or the end of a term that it starts, makes true or false, or states in any way."""
        ends = [self._pack.clocks[code].rule.on_expiry for code in rule.starts]
        sets = {*rule.sets.items()}.union(*(end.sets.items() for end in ends))
        names = {*rule.stamps, *rule.appends, *rule.adds, *rule.counts, *(field.fact for field in rule.form)}
        names.update(*(end.stamps for end in ends), OPINIONS if rule.asks or rule.effects else ())
        stated = {(name, way) for name in names if name is not None for way in (True, False)}
        return frozenset(sets | stated | {(name, False) for name in rule.clears})

    def gates(self, rule: RuledAction) -> list[tuple[int, bool]]:
        """The conditions on which an action depends, and whether it needs them to hold."""
        code, pack = rule.shut.code, self._pack
        gates = [(rule.when, True), *((slot, True) for slot, _ in rule.needs)]
        gates += [(block.when, False) for block in pack.blocks if code in block.closes]
        gates += [(paper.when, False) for paper in pack.papers if code in paper.needed_for]
        if rule.grants:
            gates += [(block.when, True) for block in pack.blocks if block.block.overridable_by in rule.shut.by]
        if rule.settles:
            gates += [(dispute.when, True) for dispute in pack.disputes if dispute.dispute.code]
        return gates

    def _wanted_by(self, rule: RuledAction) -> frozenset[tuple[str, bool]]:
        found = {(name, way == holds) for slot, holds in self.gates(rule) for name, way in self.wants_of_slot[slot]}
        days = (*rule.window.sources, *rule.window.until) if rule.window else ()
        return frozenset(found | {(name, True) for name in self._down(days)})
