"""Proof by witness that nothing in a pack is dead: every condition holds, and every action opens, for some project.

Declarations are varied one answer at a time and at random (seeded), amounts around every bound of the pack; from those
that vary in one answer every open action is done in every way that its form allows. It ends when everything has been
seen, or when nothing new comes up.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from random import Random

from lianshen.rules._assess import assess
from lianshen.rules._enact import enact, expire
from lianshen.rules._form import KIND
from lianshen.rules._pack import Pack, number, stated
from lianshen.rules.types import Action, Facts, FactValue, FormField, Option, Outcome
from lianshen.workcalendar.queries import due_date

_LONG_AGO = timedelta(days=1200)
_SAMPLES = 1500
_STATES = 5000


def never(pack: Pack) -> list[int]:
    """Places of the answers that no project makes true; of an action that never opens, its stage. Empty if sound.

    Below zero they are ``recasts`` that never happen, -1 the first.
    """
    return _Search(pack).run()


class _Search:
    def __init__(self, pack: Pack) -> None:
        self.pack, self.on = pack, pack.since
        self.waiting = set(range(len(pack.answers({}, pack.since))))
        self.closed = set(pack.actions)
        self.unseen = {rule.recast: -1 - place for place, rule in enumerate(pack.recasts)}
        self.held: list[bool] = []
        self.gates = [
            *(rule.when for ruled in (pack.papers, pack.blocks, pack.actions.values()) for rule in ruled),
            *(slot for rule in pack.actions.values() for slot, _ in (*rule.needs, *rule.asks)),
        ]
        near = {value + step for value in pack.numbers for step in (1, -1, 0)}
        self.counts = (*sorted(near, reverse=True), 0)
        self.counted = sorted({name for rule in pack.actions.values() for name in rule.rule.counts})
        self.windows = [rule.window for rule in pack.actions.values() if rule.window]
        self.days = self._days()
        self.random = Random(0)  # noqa: S311 - samples, not secrets
        self.sums = (min(pack.amounts, default=1), max(pack.amounts, default=1))
        around = (1, *(bound + step for bound in pack.amounts for step in (1, -1, 0)))
        self.domains = {field.name: tuple(self._domain(field, around)) for field in pack.intake}
        for name in sorted(pack.linked):
            fact = pack.vocabulary.facts[name]
            kind = KIND.get(fact.type, "text")
            options = tuple(Option(code, label) for code, label in fact.options.items())
            field = FormField(name, fact.label, kind, required=False, options=options)
            self.domains[name] = tuple(self._domain(field, around))
        self.domains["documents"] = ((), tuple(pack.vocabulary.documents))

    def run(self) -> list[int]:
        # A declaration that is the first to show a condition has the most to show on its way.
        starts = sorted(self._single_variations(), key=lambda facts: not self._shows_more(facts))
        for _ in range(_SAMPLES):
            self._shows_more(self._random_variation())
        seen: set[tuple[tuple[bool, ...], tuple[int, ...]]] = set()
        for start in starts:
            self._walk(start, seen)
        return sorted(self.waiting | {self.pack.actions[code].when for code in self.closed} | {*self.unseen.values()})

    def _walk(self, start: Facts, seen: set[tuple[tuple[bool, ...], tuple[int, ...]]]) -> None:
        todo = [start]
        while todo and (self.waiting or self.closed) and len(seen) < _STATES:
            facts = todo.pop()
            self._shows_more(facts)
            # Projects for which every gate answers alike have the same future, but for the opinions to come.
            key = tuple(self.held[slot] for slot in self.gates), self._apart(facts)
            if key not in seen:
                seen.add(key)
                todo.extend(self._next(facts))

    def _apart(self, facts: Facts) -> tuple[int, ...]:
        """What tells projects apart besides the gates: opinions to come, counts up to what any rule asks, windows."""
        counts = [min(number(self.pack, facts, name), self.counts[0]) for name in self.counted]
        opens = [window.open(self.pack, facts, self.on) for window in self.windows]
        return len(stated(facts, "opinions_pending")), *counts, *opens

    def _shows_more(self, facts: Facts) -> bool:
        self.held = self.pack.answers(facts, self.on)
        shown = {slot for slot in self.waiting if self.held[slot]}
        self.waiting -= shown
        if self.unseen:
            shown |= {self.unseen.pop(recast) for recast in self.pack.recast(facts, self.on) if recast in self.unseen}
        return bool(shown)

    def _next(self, facts: Facts) -> Iterator[Facts]:
        for action in assess(self.pack, facts, "", self.on).actions:
            if action.open:
                self.closed.discard(action.code)
                for outcome in self._outcomes(action, facts):
                    yield outcome.facts
                    for begun in outcome.starts:
                        yield expire(self.pack, outcome.facts, begun.clock.code, self.on).facts

    def _outcomes(self, action: Action, facts: Facts) -> Iterator[Outcome]:
        by = next(iter(stated(facts, "opinions_pending")), "")
        ways = [[(field.name, value) for value in self._domain(field, self.sums)] for field in action.form]
        for inputs in product(*ways):
            yield enact(self.pack, facts, action.code, dict(inputs), self.on, by=by)

    def _single_variations(self) -> Iterator[Facts]:
        plain = {name: values[-1] for name, values in self.domains.items()}
        bands = [plain | {axis.of[0]: amount} for axis in self.pack.axes for amount in (1, *axis.starts)] or [plain]
        yield from bands
        dated = [field.name for field in self.pack.intake if field.kind == "date"]
        yield from (band | dict.fromkeys(dated, day) for band in bands for day in self.days if dated)
        for name, values in self.domains.items():
            yield from (band | {name: value} for value in values[:-1] for band in bands)

    def _random_variation(self) -> Facts:
        some = min(self.random.choice((2, 4, 8, len(self.domains))), len(self.domains))
        names = self.random.sample(list(self.domains), some)
        return {name: self.random.choice(self.domains[name]) for name in names}

    def _days(self) -> tuple[str, ...]:
        """Days long ago, today, and those from which a date that the law counts would be about today."""
        found = {self.on, self.on - _LONG_AGO}
        for formula in self.pack.dates:
            if formula.yearly is None and formula.count:
                start = due_date(self.pack.calendar, self.on, -formula.count, formula.unit, "none").on
                found |= {start + step * timedelta(days=1) for step in (-1, 0, 1)}
        return tuple(sorted(day.isoformat() for day in found))

    def _domain(self, field: FormField, amounts: tuple[int, ...]) -> Iterator[FactValue]:
        """Answers worth trying; the last is the one that raises no obstacle."""
        fact = self.pack.vocabulary.facts.get(field.name)
        match field.kind:
            case "bool":
                yield from (True, False) if fact is None or fact.neutral is False else (False, True)
            case "choice":
                yield from reversed([option.code for option in field.options])
                if fact is not None and not field.required:
                    yield str(fact.neutral)
            case "money":
                yield from amounts
            case "number":
                yield from self.counts
            case "date":
                yield from self.days
                if fact is not None and not field.required:
                    yield ""
            case _:
                if field.name in self.pack.program.reads:
                    yield field.name
                yield ""
