"""Proof by witness that nothing in a pack is dead: every condition holds, and every action opens, for some project.

Declarations are varied one answer at a time, then in the answers that a condition still waiting asks about, amounts
around every bound of the pack. Projects then stroll through the open actions, rather to what is new; for what is still
to be seen, from declarations that would do if acts brought the rest about. At last every open action is done in every
way that its form allows, and declarations are drawn at random (seeded). It ends when everything has been seen, or when
nothing new comes up.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product
from random import Random

import msgspec

from lianshen.rules._assess import action_of, open_codes
from lianshen.rules._declarations import Declarations, Roots, Start
from lianshen.rules._enact import asked_of, begun, expire, facts_after
from lianshen.rules._entry import NEVER
from lianshen.rules._pack import Pack, number, stated
from lianshen.rules._ruled import RuledAction
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

_Step = tuple[Facts, tuple[str, ...]]
"""A project on its way, and the clocks that its last act may have started."""


def never(pack: Pack, witnesses: Sequence[Witness] = ()) -> list[int]:
    """Places of the answers that no project makes true; of an action that never opens, its stage. Empty if sound.

    Below zero they are ``recasts`` that never happen, -1 the first. What the ``witnesses`` show is not searched for.
    """
    return _Search(pack).run(witnesses)


def prove(pack: Pack) -> list[Witness]:
    """Projects that show together whatever in the pack can be shown, none in vain and each as plain as can be."""
    kept: list[Witness] = []
    # What one search does not come upon, another finds that looks for nothing else.
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


class _Target(msgspec.Struct, frozen=True):
    """Something not yet seen: the facts it asks about, how it wants them, and whether some facts would do.

    ``name`` is the place of a condition, the code of an action, or "" for what recasts.
    """

    name: int | str
    asked: frozenset[str]
    wanted: frozenset[tuple[str, bool]]
    holds: Callable[[Facts], bool]


class _Stroll(msgspec.Struct, frozen=True):
    """A way of one project: where it starts, the acts that are useful, and how often each has been done."""

    start: Start
    useful: frozenset[str]
    times: dict[str, int]


class _Search:
    def __init__(self, pack: Pack) -> None:
        self.pack, self.on = pack, pack.since
        self.random = Random(0)  # noqa: S311 - samples, not secrets
        self.roots = Roots(pack)
        self.declarations = Declarations(pack, self.roots, self.random)
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

    def run(self, witnesses: Sequence[Witness]) -> list[int]:
        for witness in witnesses:
            told = shown(self.pack, witness)
            self.waiting -= told
            self.closed -= told
            self.unseen = {recast: place for recast, place in self.unseen.items() if place not in told}
        if self._searching():
            self._search()
        return sorted(self.waiting | {self.pack.actions[code].when for code in self.closed} | {*self.unseen.values()})

    def _search(self) -> None:
        self.declarations.plain = [self._cleared(band) for band in self.declarations.plain]
        # A declaration that is the first to show a condition has the most to show on its way.
        single = sorted(self.declarations.single(), key=lambda start: not self._shows_more(start.facts))
        for slot in sorted(self.waiting):
            if self.roots.of_slot[slot] <= self.declarations.domains.keys() | {"given"}:
                self._combine(slot)
        self._walk_all(single, _PATIENCE)
        for _ in range(_ROUNDS):
            self._aim()
        if self._searching():
            self.seen.clear()
            questions = self._open_questions()
            combined = [start for target in questions for start in self.declarations.combined(target.asked)]
            supposed = [
                start for target in questions for start in self.declarations.supposing(target.wanted, target.holds)
            ]
            self._walk_all([*supposed, *single, *combined], _STEPS)
            for _ in range(_SAMPLES):
                self._shows_more(self.declarations.at_random())

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

    def _open_questions(self) -> list[_Target]:
        """Everything not yet seen."""
        roots = self.roots
        conditions = [
            _Target(slot, roots.of_slot[slot], roots.wants_of_slot[slot], self._holds(slot))
            for slot in sorted(self.waiting)
        ]
        actions = [self._act(code) for code in self.pack.actions if code in self.closed]
        both = frozenset(product(roots.of_recasts, (True, False)))
        recasts = [_Target("", roots.of_recasts, both, self._recasts)] if self.unseen else []
        return [*conditions, *actions, *recasts]

    def _holds(self, slot: int) -> Callable[[Facts], bool]:
        return lambda facts: self.pack.answers(facts, self.on)[slot]

    def _opens(self, code: str) -> Callable[[Facts], bool]:
        when = self.pack.actions[code].when

        def opens(facts: Facts) -> bool:
            held = self.pack.answers(facts, self.on)
            return held[when] and code in open_codes(self.pack, facts, self.on, held)

        return opens

    def _recasts(self, facts: Facts) -> bool:
        return not self.unseen.keys().isdisjoint(self.pack.recast(facts, self.on))

    def _combine(self, slot: int) -> None:
        """Look for a combination of the answers that a condition asks about that shows it."""
        for start in self.declarations.combined(self.roots.of_slot[slot]):
            if slot not in self.waiting:
                break
            self._shows_more(start.facts)

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
                    if shut := self._stroll(_Stroll(starts[place], useful, {})):
                        asked = frozenset[str]().union(*(self.roots.of_action[code] for code in shut))
                        starts[place] = self.declarations.redrawn(starts[place], asked, goal.holds)
                goal = self._behind(target)

    def _behind(self, target: _Target) -> _Target:
        """The target, or an act that brings it about, or one that leads up to that…"""
        goal = target
        while self.random.random() < _BACKWARD:
            ways = self.roots.makers(goal.wanted)
            goal = self._act(self.random.choice(ways)) if ways else goal
        return goal

    def _starts_for(self, goal: _Target) -> list[Start]:
        if goal.name not in self.starts:
            self.starts[goal.name] = list(islice(self.declarations.supposing(goal.wanted, goal.holds), _SUPPOSED))
        return self.starts[goal.name]

    def _act(self, code: str) -> _Target:
        return _Target(code, self.roots.of_action[code], self.roots.wants_of_action[code], self._opens(code))

    def _is_open(self, target: _Target) -> bool:
        return target.name in self.waiting or target.name in self.closed or (target.name == "" and bool(self.unseen))

    def _walk_all(self, starts: list[Start], patience: int) -> None:
        """Walk from the first, then from those with an answer that something not yet seen asks about.

        With patience for everything, from all the others too.
        """
        left = list(starts)
        place: int | None = 0
        while left and self._searching() and self.steps < _STEPS and place is not None:
            self._walk(left.pop(place).facts, patience)
            asked = frozenset[str]().union(*(target.asked for target in self._open_questions()))
            others = 0 if patience == _STEPS else None
            place = next((place for place, start in enumerate(left) if start.varied & asked), others)

    def _walk(self, start: Facts, patience: int) -> None:
        """Go every way from a declaration, until ``patience`` steps in a row have shown nothing new."""
        trail: list[Iterator[_Step]] = [iter([(start, ())])]
        left = patience
        while trail and left and self._searching() and self.steps < _STEPS:
            step = next(trail[-1], None)
            if step is None:
                trail.pop()
                continue
            facts, clocks = step
            self.steps += 1
            left = patience if self._shows_more(facts) else left - 1
            held = self.held
            # Projects for which every gate answers alike have the same future, but for what tells them apart besides.
            key = tuple([held[slot] for slot in self.gates]), self._apart(facts)
            if key not in self.seen:
                self.seen.add(key)
                trail.append(self._next(facts, held))
            if clocks:
                trail.append(self._expired(facts, clocks, held))

    def _stroll(self, stroll: _Stroll) -> set[str]:
        """Go some way at random, rather by acts that are useful; those of them whose time came and that stayed shut."""
        shut: set[str] = set()
        step: _Step | None = (stroll.start.facts, ())
        for _ in range(_STROLL):
            if step is None or not self._searching():
                break
            facts, clocks = step
            self._shows_more(facts)
            held = self.held
            shut |= {code for code in stroll.useful if held[self.pack.actions[code].when]}
            step = self._onward(stroll, facts, clocks, held)
        return shut - stroll.times.keys()

    def _onward(self, stroll: _Stroll, facts: Facts, clocks: tuple[str, ...], held: list[bool]) -> _Step | None:
        times, useful = stroll.times, stroll.useful
        expired = list(self._expired(facts, clocks, held))
        for late, _ in expired:
            self._shows_more(late)
        if expired and self.random.random() < _LATE:
            return self.random.choice(expired)
        codes = open_codes(self.pack, facts, self.on, held)
        weights = [_AGAIN ** times.get(code, 0) * (1 if code in useful else _ASIDE) for code in codes]
        self._opened(facts, codes)
        if not codes:
            return None
        code = self.random.choices(codes, weights)[0]
        times[code] = times.get(code, 0) + 1
        action = action_of(self.pack, code, facts, self.on, held)
        return self._outcome(action, facts, held, self._some_way(action, stroll.start.supposed))

    def _apart(self, facts: Facts) -> tuple[int, ...]:
        """What tells projects apart besides the gates: opinions to come, counts up to what any rule asks, windows."""
        counts = [min(number(self.pack, facts, name), self.declarations.counts[0]) for name in self.counted]
        derived = self.pack.derived(facts, self.on) if self.windows else {}
        opens = [window.open(facts, derived, self.on) for window in self.windows]
        return len(stated(facts, "opinions_pending")), *counts, *opens

    def _shows_more(self, facts: Facts) -> bool:
        self.held = held = self.pack.answers(facts, self.on)
        new = {slot for slot in self.waiting if held[slot]}
        self.waiting -= new
        if self.unseen:
            new |= {self.unseen.pop(recast) for recast in self.pack.recast(facts, self.on) if recast in self.unseen}
        if new:
            self.witnesses.append(witness_of(facts))
        return bool(new)

    def _opened(self, facts: Facts, codes: Sequence[str]) -> None:
        if not self.closed.isdisjoint(codes):
            self.closed.difference_update(codes)
            self.witnesses.append(witness_of(facts))

    def _next(self, facts: Facts, held: list[bool]) -> Iterator[_Step]:
        """Every way to go on, with the clocks that it may start; what raises no obstacle first."""
        codes = open_codes(self.pack, facts, self.on, held)
        self._opened(facts, codes)
        for code in reversed(codes):
            action = action_of(self.pack, code, facts, self.on, held)
            for inputs in self._ways(action, self.pack.actions[action.code]):
                yield self._outcome(action, facts, held, inputs)

    def _outcome(self, action: Action, facts: Facts, held: list[bool], inputs: dict[str, FactValue]) -> _Step:
        by = next(iter(stated(facts, "opinions_pending")), "")
        ruled = self.pack.actions[action.code]
        clocks = tuple(code for code in ruled.rule.starts if self._ends_in_something(code))
        done = facts_after(self.pack, facts, ruled, inputs, self.on, asked=asked_of(ruled, held), by=by)
        move = Move(act=action.code, inputs=msgspec.to_builtins(inputs), by=by)
        return after(facts, move, done), clocks

    def _some_way(self, action: Action, supposed: Facts) -> dict[str, FactValue]:
        """The form filled in at random, often as was supposed."""
        filled: dict[str, FactValue] = {}
        for field in action.form:
            domain = tuple(self.declarations.domain(field, self.pack.amounts or self.sums))
            as_supposed = field.name in supposed and self.random.random() < _AS_SUPPOSED
            filled[field.name] = supposed[field.name] if as_supposed else self.random.choice(domain)
        return filled

    def _ends_in_something(self, clock: str) -> bool:
        expiry = self.pack.clocks[clock].rule.on_expiry
        return bool(expiry.sets or expiry.stamps or expiry.starts)

    def _expired(self, facts: Facts, clocks: tuple[str, ...], held: list[bool]) -> Iterator[_Step]:
        for code in clocks:
            if begun(self.pack, code, facts, self.on, held):
                yield after(facts, Move(expires=code), expire(self.pack, facts, code, self.on).facts), ()

    def _ways(self, action: Action, ruled: RuledAction) -> Iterator[dict[str, FactValue]]:
        """Every way to fill in the form that makes a difference to the facts."""
        kept = {field.fact for field in ruled.rule.form} | {*ruled.rule.appends.values()}
        ways = []
        for field in action.form:
            values = tuple(self.declarations.domain(field, self.sums))
            ways.append([(field.name, value) for value in reversed(values if field.name in kept else values[-1:])])
        return (dict(inputs) for inputs in product(*ways))
