"""Proof by witness that nothing in a pack is dead: every condition holds, and every action opens, for some project.

Declarations are varied one answer at a time, then in the answers that a condition still waiting asks about, amounts
around every bound of the pack; from them every open action is done in every way that its form allows, first where a
declaration has an answer that something still waiting asks about. At last declarations are drawn at random (seeded).
It ends when everything has been seen, or when nothing new comes up.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import product
from math import prod
from random import Random

import msgspec

from lianshen.rules._acts import ActionRule
from lianshen.rules._assess import open_actions
from lianshen.rules._checks import OPINIONS
from lianshen.rules._enact import asked_of, begun, expire, facts_after
from lianshen.rules._entry import NEVER
from lianshen.rules._form import KIND
from lianshen.rules._pack import Pack, RuledAction, number, stated
from lianshen.rules.types import Action, Facts, FactValue, FormField, Option
from lianshen.workcalendar.queries import due_date

_LONG_AGO = timedelta(days=1200)
_SAMPLES = 1500
_STATES = 5000
_COMBINED = 200
_PATIENCE = 40
_STROLLS = 300
_STROLL = 60
_LATE = 0.3
_BEHIND = 0.5
_ONE_ANSWER = 0.5
_BACKWARD = 0.5
_UNSTATED = ("unstated",)


def never(pack: Pack) -> list[int]:
    """Places of the answers that no project makes true; of an action that never opens, its stage. Empty if sound.

    Below zero they are ``recasts`` that never happen, -1 the first.
    """
    return _Search(pack).run()


_Step = tuple[Facts, tuple[str, ...]]
"""A project on its way, and the clocks that its last act may have started."""


class _Start(msgspec.Struct, frozen=True):
    """A declaration, and the facts in which it is unlike the plainest one."""

    facts: Facts
    varied: frozenset[str]


class _Search:
    def __init__(self, pack: Pack) -> None:
        self.pack, self.on = pack, pack.since
        self.roots = _Roots(pack)
        self.waiting = set(range(len(self.roots.of_slot)))
        # A station that is never passed is meant so: those of other procedures than the way of the project.
        self.waiting -= {pack.program.place(NEVER)}
        self.closed = set(pack.actions)
        self.unseen = {rule.recast: -1 - place for place, rule in enumerate(pack.recasts)}
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
        self.seen: set[tuple[tuple[bool, ...], tuple[int, ...]]] = set()

    def run(self) -> list[int]:
        # A declaration that is the first to show a condition has the most to show on its way.
        starts: dict[bool, list[_Start]] = {True: [], False: []}
        for start in self._single_variations():
            starts[self._shows_more(start.facts)].append(start)
        for slot in sorted(self.waiting):
            if self.roots.of_slot[slot] <= self.domains.keys() | {"given", "readings"}:
                starts[True] += self._combine(slot)
        single = [*starts[True], *starts[False]]
        self._walk_all(single, _PATIENCE)
        for _ in range(_STROLLS if self._searching() else 0):
            self._stroll(single)
        combined = [start for asked in self._open_questions() for start in self._combined(asked)]
        self.seen.clear()
        self._walk_all([*single, *combined], _STATES)
        for _ in range(_SAMPLES if self._searching() else 0):
            self._shows_more(self._random_variation())
        return sorted(self.waiting | {self.pack.actions[code].when for code in self.closed} | {*self.unseen.values()})

    def _searching(self) -> bool:
        return bool(self.waiting or self.closed or self.unseen)

    def _open_questions(self) -> list[frozenset[str]]:
        """For everything not yet seen, what it asks about."""
        conditions = [self.roots.of_slot[slot] for slot in sorted(self.waiting)]
        actions = [self.roots.of_action[code] for code in self.pack.actions if code in self.closed]
        return [*conditions, *actions, *([self.roots.of_recasts] if self.unseen else [])]

    def _walk_all(self, starts: list[_Start], patience: int) -> None:
        """Walk from the first, then from those with an answer that something not yet seen asks about.

        With patience for everything, from all the others too.
        """
        left = list(starts)
        place: int | None = 0
        while left and self._searching() and place is not None:
            self._walk(left.pop(place).facts, patience)
            asked = frozenset[str]().union(*self._open_questions())
            others = 0 if patience == _STATES else None
            place = next((place for place, start in enumerate(left) if start.varied & asked), others)

    def _walk(self, start: Facts, patience: int) -> None:
        """Go every way from a declaration, until ``patience`` steps in a row have shown nothing new."""
        trail: list[Iterator[_Step]] = [iter([(start, ())])]
        left = patience
        while trail and left and self._searching() and len(self.seen) < _STATES:
            step = next(trail[-1], None)
            if step is None:
                trail.pop()
                continue
            facts, clocks = step
            left = patience if self._shows_more(facts) else left - 1
            held = self.held
            # Projects for which every gate answers alike have the same future, but for what tells them apart besides.
            key = tuple([held[slot] for slot in self.gates]), self._apart(facts)
            if key not in self.seen:
                self.seen.add(key)
                trail.append(self._next(facts, held))
            if clocks:
                trail.append(self._expired(facts, clocks, held))

    def _stroll(self, starts: list[_Start]) -> None:
        """Go some way at random, from a declaration that has to do with something not yet seen: rather what is new."""
        questions = [asked for asked in self._open_questions() if asked]
        if not questions:
            return
        asked = self.random.choice(questions)
        near = self._behind if self.random.random() < _BEHIND else partial(self._near, starts)
        step: _Step | None = (near(asked), ())
        times: dict[str, int] = {}
        for _ in range(_STROLL):
            if step is None or not self._searching():
                return
            facts, clocks = step
            self._shows_more(facts)
            step = self._onward(facts, clocks, self.held, times)

    def _behind(self, asked: frozenset[str]) -> Facts:
        """A declaration with a few answers at random to what is asked about, or to what may lead up to it."""
        near, far = (sorted(names & self.domains.keys()) for names in (asked, self.roots.behind(asked)))
        names = near if near and self.random.random() < _ONE_ANSWER else far
        some = self.random.sample(names, min(len(names), self.random.choice((0, 0, 1, 2, 3))))
        return self.random.choice(self._plain()) | {name: self.random.choice(self.domains[name]) for name in some}

    def _near(self, starts: list[_Start], asked: frozenset[str]) -> Facts:
        """A declaration unlike the plainest in one answer to the questions ``asked``, or at random in all of them.

        Often it is about what an act asks that brings those facts about, or about what leads up to that act.
        """
        while self.random.random() < _BACKWARD:
            ways = [self.roots.of_action[code] for code, makes in self.roots.made_by.items() if makes & asked]
            asked = self.random.choice(ways) if ways else asked
        near = [start for start in starts if start.varied & asked]
        if near and self.random.random() < _ONE_ANSWER:
            return self.random.choice(near).facts
        some = {name: self.random.choice(self.domains[name]) for name in sorted(asked & self.domains.keys())}
        return self.random.choice(self._plain()) | some

    def _onward(self, facts: Facts, clocks: tuple[str, ...], held: list[bool], times: dict[str, int]) -> _Step | None:
        expired = list(self._expired(facts, clocks, held)) if clocks and self.random.random() < _LATE else []
        if expired:
            return self.random.choice(expired)
        actions = open_actions(self.pack, facts, self.on, held)
        self.closed.difference_update(action.code for action in actions)
        if not actions:
            return None
        action = self.random.choices(actions, [0.2 ** times.get(action.code, 0) for action in actions])[0]
        times[action.code] = times.get(action.code, 0) + 1
        return self._some_outcome(action, facts, held)

    def _apart(self, facts: Facts) -> tuple[int, ...]:
        """What tells projects apart besides the gates: opinions to come, counts up to what any rule asks, windows."""
        counts = [min(number(self.pack, facts, name), self.counts[0]) for name in self.counted]
        opens = [window.open(self.pack, facts, self.on) for window in self.windows]
        return len(stated(facts, "opinions_pending")), *counts, *opens

    def _shows_more(self, facts: Facts) -> bool:
        self.held = held = self.pack.answers(facts, self.on)
        shown = {slot for slot in self.waiting if held[slot]}
        self.waiting -= shown
        if self.unseen:
            shown |= {self.unseen.pop(recast) for recast in self.pack.recast(facts, self.on) if recast in self.unseen}
        return bool(shown)

    def _next(self, facts: Facts, held: list[bool]) -> Iterator[_Step]:
        """Every way to go on, with the clocks that it may start; what raises no obstacle first."""
        actions = open_actions(self.pack, facts, self.on, held)
        self.closed.difference_update(action.code for action in actions)
        for action in reversed(actions):
            yield from self._outcomes(action, facts, held)

    def _outcomes(self, action: Action, facts: Facts, held: list[bool]) -> Iterator[_Step]:
        ruled = self.pack.actions[action.code]
        for inputs in product(*self._ways(action, ruled, self.sums)):
            yield self._outcome(ruled, facts, held, dict(inputs))

    def _some_outcome(self, action: Action, facts: Facts, held: list[bool]) -> _Step:
        ruled = self.pack.actions[action.code]
        ways = self._ways(action, ruled, self.pack.amounts or self.sums)
        return self._outcome(ruled, facts, held, dict(map(self.random.choice, ways)))

    def _outcome(self, ruled: RuledAction, facts: Facts, held: list[bool], inputs: dict[str, FactValue]) -> _Step:
        by = next(iter(stated(facts, "opinions_pending")), "")
        clocks = tuple(code for code in ruled.rule.starts if self._ends_in_something(code))
        return facts_after(self.pack, facts, ruled, inputs, self.on, asked=asked_of(ruled, held), by=by), clocks

    def _ends_in_something(self, clock: str) -> bool:
        expiry = self.pack.clocks[clock].rule.on_expiry
        return bool(expiry.sets or expiry.stamps or expiry.starts)

    def _expired(self, facts: Facts, clocks: tuple[str, ...], held: list[bool]) -> Iterator[_Step]:
        for code in clocks:
            if begun(self.pack, code, facts, self.on, held):
                yield expire(self.pack, facts, code, self.on).facts, ()

    def _ways(self, action: Action, ruled: RuledAction, amounts: tuple[int, ...]) -> list[list[tuple[str, FactValue]]]:
        """For each field of the form, every answer that makes a difference to the facts."""
        kept = {field.fact for field in ruled.rule.form} | {*ruled.rule.appends.values()}
        ways = []
        for field in action.form:
            values = tuple(self._domain(field, amounts))
            ways.append([(field.name, value) for value in reversed(values if field.name in kept else values[-1:])])
        return ways

    def _plain(self) -> list[dict[str, FactValue]]:
        """The declarations that raise no obstacle: one for each band."""
        plain = {name: values[-1] for name, values in self.domains.items()}
        bands = [(axis.by, amount) for axis in self.pack.axes for amount in (1, *axis.starts)]
        return [plain | self._amounting_to(by, amount) for by, amount in bands] or [plain]

    def _amounting_to(self, by: str, amount: int) -> dict[str, FactValue]:
        """Answers by which a fact, or a figure, has that amount."""
        parts = sorted(self.roots.of(by) & self.domains.keys())
        return {**dict.fromkeys(parts, 0), **dict.fromkeys(parts[:1], amount)}

    def _single_variations(self) -> Iterator[_Start]:
        bands = self._plain()
        banded = frozenset[str]().union(*(self.roots.of(axis.by) for axis in self.pack.axes))
        yield from (_Start(band, banded) for band in bands)
        dated = [field.name for field in self.pack.intake if field.kind == "date"]
        for day in self.days if dated else ():
            yield from (_Start(band | dict.fromkeys(dated, day), frozenset(dated)) for band in bands)
        for name, values in self.domains.items():
            yield from (_Start(band | {name: value}, frozenset({name})) for value in values[:-1] for band in bands)

    def _combine(self, slot: int) -> Iterator[_Start]:
        """Declarations that show a condition, if some combination of the answers that it asks about does."""
        for start in self._combined(self.roots.of_slot[slot]):
            if slot not in self.waiting:
                break
            if self._shows_more(start.facts):
                yield start

    def _combined(self, asked: frozenset[str]) -> Iterator[_Start]:
        """Declarations with every combination of the answers to some questions, or many at random."""
        names = sorted(asked & self.domains.keys())
        domains = [(*self.domains[name], *([_UNSTATED] if "given" in asked else [])) for name in names]
        for band in self._plain():
            for values in self._all_or_some(domains):
                facts = band | dict(zip(names, values, strict=True))
                yield _Start({name: value for name, value in facts.items() if value != _UNSTATED}, frozenset(names))

    def _all_or_some(self, domains: list[tuple[FactValue, ...]]) -> Iterator[tuple[FactValue, ...]]:
        if prod(map(len, domains)) <= _COMBINED:
            yield from product(*domains)
        else:
            yield from (tuple(map(self.random.choice, domains)) for _ in range(_COMBINED))

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
                if fact is not None and isinstance(fact.neutral, int) and fact.neutral not in self.counts:
                    yield fact.neutral
            case "date":
                yield from self.days
                if fact is not None and not field.required:
                    yield ""
            case _:
                if field.name in self.pack.program.reads:
                    yield field.name
                yield ""


class _Roots:
    """What conditions and actions ask about, down to the facts that figures, dates and bands are made of."""

    def __init__(self, pack: Pack) -> None:
        self._facts = pack.vocabulary.facts.keys() | {"given"}
        self._made_of: dict[str, tuple[str, ...]] = {figure.name: figure.of for figure in pack.figures}
        self._made_of |= {formula.name: formula.sources for formula in pack.dates}
        self._made_of |= {axis.variable: (axis.by,) for axis in pack.axes}
        self.of_slot = [self._down(reached) for reached in pack.program.reaches()]
        self.of_recasts = frozenset[str]().union(*map(self._down, pack.recasting.reaches()))
        self.of_action = {code: self._of_action(pack, rule) for code, rule in pack.actions.items()}
        self.made_by = {code: self._writes(pack, rule.rule) for code, rule in pack.actions.items()}

    def of(self, name: str) -> frozenset[str]:
        """The facts that a fact, a figure, a date or a band is made of."""
        return self._down((name,))

    def behind(self, asked: frozenset[str]) -> frozenset[str]:
        """What is asked about, and whatever the acts ask about that could answer it."""
        left = set(self.made_by)
        found = set(asked)
        while acts := [code for code in left if self.made_by[code] & found]:
            found.update(*(self.of_action[code] for code in acts))
            left.difference_update(acts)
        return frozenset(found)

    def _writes(self, pack: Pack, rule: ActionRule) -> frozenset[str]:
        names = {*rule.sets, *rule.stamps, *rule.clears, *rule.appends, *rule.adds, *rule.counts}
        names |= {field.fact for field in rule.form if field.fact} | ({*OPINIONS} if rule.asks else set())
        for code in rule.starts:
            expiry = pack.clocks[code].rule.on_expiry
            names |= {*expiry.sets, *expiry.stamps}
        return frozenset(names)

    def _down(self, names: frozenset[str] | tuple[str, ...]) -> frozenset[str]:
        return frozenset[str]().union(
            *(self._down(self._made_of[name]) if name in self._made_of else {name} & self._facts for name in names)
        )

    def _of_action(self, pack: Pack, rule: RuledAction) -> frozenset[str]:
        code = rule.shut.code
        slots = {rule.when, *(slot for slot, _ in rule.needs)}
        slots |= {paper.when for paper in pack.papers if code in paper.needed_for}
        slots |= {
            block.when
            for block in pack.blocks
            if code in block.closes or (rule.grants and block.block.overridable_by in rule.shut.by)
        }
        if rule.settles:
            slots |= {dispute.when for dispute in pack.disputes if dispute.dispute.code}
        window = self._down((*rule.window.sources, *rule.window.until)) if rule.window else frozenset[str]()
        return window.union(*(self.of_slot[slot] for slot in slots))
