"""Proof by witness that nothing in a pack is dead: every condition holds, and every action opens, for some project.

Declarations are varied one answer at a time, then in the answers that a condition still waiting asks about, amounts
around every bound of the pack. Projects then stroll through the open actions, rather to what is new; for what is still
to be seen, from declarations that would do if acts brought the rest about. Where the day counts, the same is done on
other days than the first of the law, and projects wait for days to come. At last every open action is done in every
way that its form allows, and declarations are drawn at random (seeded). It ends when all is seen, or nothing new comes.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice, product
from random import Random

import msgspec

from lianshen.rules._assess import action_of, open_codes, opens
from lianshen.rules._days import Days
from lianshen.rules._dead import Dead, Why
from lianshen.rules._declarations import Declarations, Roots, Start
from lianshen.rules._enact import asked_of, begun, expire, facts_after
from lianshen.rules._entry import NEVER
from lianshen.rules._pack import Pack, number, stated
from lianshen.rules._ruled import RuledAction
from lianshen.rules._targets import Stroll, Target
from lianshen.rules._witness import Move, Shown, Witness, after, plainest, shown, witness_of
from lianshen.rules.types import Action, Facts, FactValue

_SAMPLES = 1500
_STEPS = 25_000
_STROLL = 60
_ROUNDS = 4
_PATIENCE = 20
_TRIES = 15
_SUPPOSED = 4
_LATE = 0.3
_AGAIN = 0.2
_ASIDE = 0.03
_CLEARING = 60
_BACKWARD = 0.5
_AS_SUPPOSED = 0.7
_WAIT = 0.2

_Step = tuple[Facts, tuple[str, ...], date]
"""A project on its way, the clocks that its last act may have started, and the day."""
_Beginning = tuple[Declarations, list[Start]]
"""What can be declared on a day, and one declaration for each answer."""


def never(pack: Pack, witnesses: Sequence[Witness] = ()) -> list[Dead]:
    """The answers that no project makes true; of an action that never opens, its stage. Empty if the pack is sound.

    What the ``witnesses`` show is not searched for.
    """
    search = _Search(pack)
    # What one search does not come upon, another finds that looks for nothing else.
    return search.run(witnesses) and _Search(pack).run([*witnesses, *search.witnesses])


def prove(pack: Pack) -> list[Witness]:
    """Projects that show together whatever in the pack can be shown, none in vain and each as plain as can be."""
    kept: list[Witness] = []
    while (more := _found(pack, kept)) != kept:
        kept = more
    return kept


def _found(pack: Pack, kept: Sequence[Witness]) -> list[Witness]:
    """The witnesses kept, and those that one search finds of what they do not show."""
    search = _Search(pack)
    search.run(kept)
    told = frozenset[Shown]().union(*(shown(pack, witness) for witness in kept))
    left, found = set(search.everything - told), list(kept)
    # What is shown late needs the longest way, on which much else is shown.
    for witness in sorted(search.witnesses, key=lambda witness: -len(witness.moves)):
        if new := left & shown(pack, witness):
            found.append(plainest(pack, witness, new))
            left -= shown(pack, found[-1])
    return found


class _Search:
    def __init__(self, pack: Pack) -> None:
        self.pack, self.on = pack, pack.since
        self.days, self.dawns, self.waits = Days(pack), [self.on], False
        self.random = Random(0)  # noqa: S311 - samples, not secrets
        self.roots = Roots(pack)
        self.declarations = Declarations(pack, self.roots, self.random, self.on)
        self.waiting = set(range(len(self.roots.of_slot)))
        # A station that is never passed is meant so: those of other procedures than the way of the project.
        self.waiting -= {pack.program.place(NEVER)}
        self.closed = set(pack.actions)
        self.unseen = {rule.recast: -1 - place for place, rule in enumerate(pack.recasts)}
        self.gates = [
            *(rule.when for ruled in (pack.papers, pack.blocks, pack.actions.values()) for rule in ruled),
            *(slot for rule in pack.actions.values() for slot, _ in (*rule.needs, *rule.asks)),
            *(rule.when for rule in pack.disputes if rule.dispute.code),
        ]
        self.counted = sorted({name for rule in pack.actions.values() for name in rule.rule.counts})
        self.windows = [rule.window for rule in pack.actions.values() if rule.window]
        self.sums = (min(pack.amounts, default=1), max(pack.amounts, default=1))
        self.everything: frozenset[Shown] = frozenset({*self.waiting, *self.closed, *self.unseen.values()})
        self.witnesses: list[Witness] = []
        self.starts: dict[int | str, list[Start]] = {}
        self.steps = 0
        self.seen: set[tuple[tuple[bool, ...], tuple[int, ...]]] = set()
        self.most = _STEPS

    def run(self, witnesses: Sequence[Witness]) -> list[Dead]:
        for witness in witnesses:
            told = shown(self.pack, witness)
            self.waiting -= told
            self.closed -= told
            self.unseen = {recast: place for recast, place in self.unseen.items() if place not in told}
        if not self._searching():
            return []
        why = Why(self.pack, self.roots, self.declarations, self.days)
        if shut := why.windows(self.closed):
            return shut
        self._search()
        return why.dead(sorted(self.waiting), [code for code in self.pack.actions if code in self.closed]) or [
            Dead(place) for place in sorted({*self.waiting, *self.unseen.values(), *self._stages_of_closed()})
        ]

    def _stages_of_closed(self) -> set[int]:
        return {self.pack.actions[code].when for code in self.closed}

    def _search(self) -> None:
        begun = [self._look(Declarations(self.pack, self.roots, self.random, self.on))]
        if self._searching() and self.days.count:
            self.dawns, self.waits = self.days.apart(self.on), True
            begun = [self._look(Declarations(self.pack, self.roots, self.random, day), 1) for day in self.dawns]
        for place, beginning in enumerate(begun):
            if self._searching():
                self._look_everywhere(beginning, len(begun) - place)

    def _begin(self, declarations: Declarations) -> None:
        """Let projects begin with these declarations, on their day."""
        self.declarations, self.on = declarations, declarations.on
        self.starts.clear()
        self.seen.clear()

    def _look(self, declarations: Declarations, rounds: int = _ROUNDS) -> _Beginning:
        """Look where most is to be seen; what was declared."""
        self._begin(declarations)
        declarations.plain = [self._cleared(band) for band in declarations.plain]
        # A declaration that is the first to show a condition has the most to show on its way.
        single = sorted(declarations.single(), key=lambda start: not self._shows_more(self._first(start), self.on))
        for slot in sorted(self.waiting):
            if self.roots.of_slot[slot] <= declarations.domains.keys() | {"given"}:
                self._combine(slot)
        self._walk_all(single, _PATIENCE)
        for _ in range(rounds):
            self._aim()
        return declarations, single

    def _look_everywhere(self, beginning: _Beginning, parts: int) -> None:
        """Go every way, with one of so many parts of the patience that is left."""
        declarations, single = beginning
        self._begin(declarations)
        self.most = self.steps + (_STEPS - self.steps) // parts
        questions = self._open_questions()
        combined = [start for target in questions for start in declarations.combined(target.asked)]
        supposed = [start for target in questions for start in declarations.supposing(target.wanted, target.holds)]
        self._walk_all([*supposed, *single, *combined], _STEPS)
        for _ in range(_SAMPLES // parts):
            self._shows_more(self._first(Start(declarations.at_random(), frozenset())), self.on)

    def _first(self, start: Start) -> Facts:
        """The facts with which a project begins, on its day."""
        return start.facts if self.on == self.pack.since else after(start.facts, Move(until=self.on), start.facts)

    def _cleared(self, band: Facts) -> dict[str, FactValue]:
        """The declaration with answers drawn anew until everything is open whose time has come, as far as can be."""
        shut = self._shut(band)
        for _ in range(_CLEARING):
            if not shut:
                break
            asked = frozenset[str]().union(*(self.roots.of_action[code] for code in shut))
            other = self.declarations.redrawn(Start(band, frozenset()), asked, lambda _: True).facts
            if len(still := self._shut(other)) < len(shut):
                band, shut = other, still
        return dict(band)

    def _shut(self, facts: Facts) -> set[str]:
        held = self.pack.answers(facts, self.on)
        opened = {*open_codes(self.pack, facts, self.on, held)}
        return {code for code, rule in self.pack.actions.items() if held[rule.when]} - opened

    def _searching(self) -> bool:
        return bool(self.waiting or self.closed or self.unseen)

    def _open_questions(self) -> list[Target]:
        """Everything not yet seen."""
        roots = self.roots
        conditions = [
            Target(slot, roots.of_slot[slot], roots.wants_of_slot[slot], self._holds(slot))
            for slot in sorted(self.waiting)
        ]
        actions = [self._act(code) for code in self.pack.actions if code in self.closed]
        both = frozenset(product(roots.of_recasts, (True, False)))
        recasts = [Target("", roots.of_recasts, both, self._recasts)] if self.unseen else []
        return [*conditions, *actions, *recasts]

    def _holds(self, slot: int) -> Callable[[Facts], bool]:
        days = self._days_to_come() if slot in self.days.slots else [self.on]
        return lambda facts: any(self.pack.answers(facts, day)[slot] for day in days)

    def _opens(self, code: str) -> Callable[[Facts], bool]:
        rule = self.pack.actions[code]
        dated = rule.window or not self.days.slots.isdisjoint(slot for slot, _ in self.roots.gates(rule))
        days = self._days_to_come() if dated else [self.on]
        return lambda facts: any(opens(self.pack, code, facts, day) for day in days)

    def _recasts(self, facts: Facts) -> bool:
        days = self._days_to_come()
        return any(not self.unseen.keys().isdisjoint(self.pack.recast(facts, day)) for day in days)

    def _days_to_come(self) -> list[date]:
        """The day on which projects begin, and those to which they may come."""
        return [self.on, *(day for day in self.dawns if day > self.on)]

    def _combine(self, slot: int) -> None:
        """Look for a combination of the answers that a condition asks about that shows it."""
        for start in self.declarations.combined(self.roots.of_slot[slot]):
            if slot not in self.waiting:
                break
            self._shows_more(self._first(start), self.on)

    def _aim(self) -> None:
        """For each thing not yet seen, stroll from declarations that would do if acts brought the rest about."""
        for target in self._open_questions():
            useful = self.roots.useful(target.wanted) if self._is_open(target) else frozenset()
            goal = target
            for _ in range(_TRIES):
                if not self._is_open(target):
                    break
                if starts := self._starts_for(goal):
                    place = self.random.randrange(len(starts))
                    # Where a useful act stayed shut, the answers that shut it may be given otherwise.
                    if shut := self._stroll(Stroll(starts[place], useful, {})):
                        asked = frozenset[str]().union(*(self.roots.of_action[code] for code in shut))
                        starts[place] = self.declarations.redrawn(starts[place], asked, goal.holds)
                goal = self._behind(target)

    def _behind(self, target: Target) -> Target:
        """The target, or an act that brings it about, or one that leads up to that…"""
        goal = target
        while self.random.random() < _BACKWARD:
            ways = self.roots.makers(goal.wanted)
            goal = self._act(self.random.choice(ways)) if ways else goal
        return goal

    def _starts_for(self, goal: Target) -> list[Start]:
        if goal.name not in self.starts:
            self.starts[goal.name] = list(islice(self.declarations.supposing(goal.wanted, goal.holds), _SUPPOSED))
        return self.starts[goal.name]

    def _act(self, code: str) -> Target:
        return Target(code, self.roots.of_action[code], self.roots.wants_of_action[code], self._opens(code))

    def _is_open(self, target: Target) -> bool:
        return target.name in self.waiting or target.name in self.closed or (target.name == "" and bool(self.unseen))

    def _walk_all(self, starts: list[Start], patience: int) -> None:
        """Walk from the first, then from those with an answer that something not yet seen asks about.

        With patience for everything, from all the others too.
        """
        left = list(starts)
        place: int | None = 0
        while left and self._searching() and self.steps < self.most and place is not None:
            self._walk(self._first(left.pop(place)), patience)
            asked = frozenset[str]().union(*(target.asked for target in self._open_questions()))
            others = 0 if patience == _STEPS else None
            place = next((place for place, start in enumerate(left) if start.varied & asked), others)

    def _walk(self, start: Facts, patience: int) -> None:
        """Go every way from a declaration, until ``patience`` steps in a row have shown nothing new."""
        trail: list[Iterator[_Step]] = [iter([(start, (), self.on)])]
        left = patience
        while trail and left and self._searching() and self.steps < self.most:
            step = next(trail[-1], None)
            if step is None:
                trail.pop()
                continue
            facts, clocks, on = step
            self.steps += 1
            left = patience if self._shows_more(facts, on) else left - 1
            held = self.held
            # Projects for which every gate answers alike have the same future, but for what tells them apart besides.
            key = tuple([held[slot] for slot in self.gates]), self._apart(facts, on)
            if key not in self.seen:
                self.seen.add(key)
                trail.append(self._next(facts, on, held))
            if clocks:
                trail.append(self._expired(step, held))

    def _stroll(self, stroll: Stroll) -> set[str]:
        """Go some way at random, rather by acts that are useful; those of them whose time came and that stayed shut."""
        shut: set[str] = set()
        step: _Step | None = (self._first(stroll.start), (), self.on)
        for _ in range(_STROLL):
            if step is None or not self._searching():
                break
            facts, _, on = step
            self._shows_more(facts, on)
            held = self.held
            shut |= {code for code in stroll.useful if held[self.pack.actions[code].when]}
            step = self._onward(stroll, step, held)
        return shut - stroll.times.keys()

    def _onward(self, stroll: Stroll, step: _Step, held: list[bool]) -> _Step | None:
        times, useful = stroll.times, stroll.useful
        facts, _, on = step
        expired = list(self._expired(step, held))
        for late, _, _ in expired:
            self._shows_more(late, on)
        if expired and self.random.random() < _LATE:
            return self.random.choice(expired)
        codes = open_codes(self.pack, facts, on, held)
        weights = [_AGAIN ** times.get(code, 0) * (1 if code in useful else _ASIDE) for code in codes]
        self._opened(facts, codes)
        if self.waits and (not codes or self.random.random() < _WAIT) and (days := self.days.later(facts, on)):
            day = self.random.choice(days)
            return after(facts, Move(until=day), facts), (), day
        if not codes:
            return None
        code = self.random.choices(codes, weights)[0]
        times[code] = times.get(code, 0) + 1
        action = action_of(self.pack, code, facts, on, held)
        return self._outcome(action, step, held, self._some_way(action, stroll.start.supposed, on))

    def _apart(self, facts: Facts, on: date) -> tuple[int, ...]:
        """What tells projects apart besides the gates: opinions to come, counts up to what any rule asks, windows."""
        counts = [min(number(self.pack, facts, name), self.declarations.counts[0]) for name in self.counted]
        derived = self.pack.derived(facts, on) if self.windows else {}
        opens = [window.open(facts, derived, on) for window in self.windows]
        return len(stated(facts, "opinions_pending")), *counts, *opens

    def _shows_more(self, facts: Facts, on: date) -> bool:
        self.held = held = self.pack.answers(facts, on)
        new = {slot for slot in self.waiting if held[slot]}
        self.waiting -= new
        if self.unseen:
            new |= {self.unseen.pop(recast) for recast in self.pack.recast(facts, on) if recast in self.unseen}
        if new:
            self.witnesses.append(witness_of(facts))
        return bool(new)

    def _opened(self, facts: Facts, codes: Sequence[str]) -> None:
        if not self.closed.isdisjoint(codes):
            self.closed.difference_update(codes)
            self.witnesses.append(witness_of(facts))

    def _next(self, facts: Facts, on: date, held: list[bool]) -> Iterator[_Step]:
        """Every way to go on, with the clocks that it may start; what raises no obstacle first."""
        codes = open_codes(self.pack, facts, on, held)
        self._opened(facts, codes)
        for code in reversed(codes):
            action = action_of(self.pack, code, facts, on, held)
            for inputs in self._ways(action, self.pack.actions[action.code], on):
                yield self._outcome(action, (facts, (), on), held, inputs)

    def _outcome(self, action: Action, step: _Step, held: list[bool], inputs: dict[str, FactValue]) -> _Step:
        facts, _, on = step
        by = next(iter(stated(facts, "opinions_pending")), "")
        ruled = self.pack.actions[action.code]
        clocks = tuple(code for code in ruled.rule.starts if self._ends_in_something(code))
        done = facts_after(self.pack, facts, ruled, inputs, on, asked=asked_of(ruled, held), by=by)
        move = Move(act=action.code, inputs=msgspec.to_builtins(inputs), by=by)
        return after(facts, move, done), clocks, on

    def _some_way(self, action: Action, supposed: Facts, on: date) -> dict[str, FactValue]:
        """The form filled in at random, often as was supposed."""
        filled: dict[str, FactValue] = {}
        for field in action.form:
            domain = tuple(self.declarations.domain(field, self.pack.amounts or self.sums, on))
            as_supposed = field.name in supposed and self.random.random() < _AS_SUPPOSED
            filled[field.name] = supposed[field.name] if as_supposed else self.random.choice(domain)
        return filled

    def _ends_in_something(self, clock: str) -> bool:
        expiry = self.pack.clocks[clock].rule.on_expiry
        return bool(expiry.sets or expiry.stamps or expiry.starts)

    def _expired(self, step: _Step, held: list[bool]) -> Iterator[_Step]:
        facts, clocks, on = step
        for code in clocks:
            if begun(self.pack, code, facts, on, held):
                yield after(facts, Move(expires=code), expire(self.pack, facts, code, on).facts), (), on

    def _ways(self, action: Action, ruled: RuledAction, on: date) -> Iterator[dict[str, FactValue]]:
        """Every way to fill in the form that makes a difference to the facts."""
        kept = {field.fact for field in ruled.rule.form} | {*ruled.rule.appends.values()}
        ways = []
        for field in action.form:
            values = tuple(self.declarations.domain(field, self.sums, on))
            ways.append([(field.name, value) for value in reversed(values if field.name in kept else values[-1:])])
        return (dict(inputs) for inputs in product(*ways))
