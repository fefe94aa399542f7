"""Why something of a pack is dead: for want of facts or, whatever the facts, for want of a day on which it could be."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec.structs import replace

from lianshen.rules._assess import opens
from lianshen.rules._days import Days
from lianshen.rules._declarations import Declarations, Roots
from lianshen.rules._pack import Pack
from lianshen.rules.types import Facts

_Wanted = frozenset[tuple[str, bool]]
_Holds = Callable[[Facts, date], bool]


class Dead(msgspec.Struct, frozen=True):
    """A place of the pack's answers (below zero: a recast, -1 the first) that never holds; ``said`` fills the fault."""

    place: int
    code: str = "never"
    said: Mapping[str, Any] = {}


class Why:
    """Looks for the reason among all facts that could be supposed: what no day lets be is not laid to the facts."""

    def __init__(self, pack: Pack, roots: Roots, declarations: Declarations, days: Days) -> None:
        self._pack, self._roots, self._declarations, self._days = pack, roots, declarations, days
        self._inside, self._outside = days.apart(pack.since), days.outside()

    def windows(self, closed: Collection[str]) -> list[Dead]:
        """The actions whose windows, being the same for all projects, hold no day of the law: it takes no search."""
        found = []
        for code in closed:
            window, on = self._pack.actions[code].window, self._pack.since
            if (
                window is None
                or self._pack.depends((*window.sources, *window.until)) & self._pack.vocabulary.facts.keys()
            ):
                continue
            if not any(window.open({}, self._pack.derived({}, day), day) for day in self._inside):
                found.append(self._shut(code, {}, on))
        return found

    def dead(self, slots: Sequence[int], closed: Sequence[str]) -> list[Dead]:
        """What no day lets be: whatever else is dead may be so on account of that."""
        found = [self._condition(slot) for slot in slots if slot in self._days.slots]
        found += [self._action(code) for code in closed]
        return [one for one in found if one is not None]

    def _condition(self, slot: int) -> Dead | None:
        wanted = self._roots.wants_of_slot[slot]
        return self._only_outside(slot, wanted, lambda facts, on: self._pack.answers(facts, on)[slot])

    def _action(self, code: str) -> Dead | None:
        pack, rule = self._pack, self._pack.actions[code]
        wanted, gates = self._roots.wants_of_action[code], self._roots.gates(rule)
        if not rule.window and self._days.slots.isdisjoint(slot for slot, _ in gates):
            return None
        if self._supposed(wanted, self._inside, lambda facts, on: opens(pack, code, facts, on)):
            return None
        free = replace(pack, actions={**pack.actions, code: replace(rule, window=None)})
        found = self._supposed(wanted, self._inside, lambda facts, on: opens(free, code, facts, on))
        if found and rule.window:
            return self._shut(code, *found)
        if self._each_on_some_day(wanted, gates):
            return Dead(rule.when, "never_same_day", {"name": rule.shut.label})
        return self._only_outside(rule.when, wanted, lambda facts, on: opens(pack, code, facts, on))

    def _shut(self, code: str, facts: Facts, on: date) -> Dead:
        rule = self._pack.actions[code]
        assert rule.window is not None, "no window to be shut"
        first, last = rule.window.days(facts, self._pack.derived(facts, on))
        said = {"name": rule.shut.label, "window": rule.window.label, "first": first or "…", "last": last or "…"}
        said |= {"since": self._pack.since, "until": self._pack.until or "…"}
        return Dead(rule.when, "never_window", said)

    def _only_outside(self, place: int, wanted: _Wanted, holds: _Holds) -> Dead | None:
        """The fault, if there are days when it would hold, all of them before or after the law's time."""
        if self._supposed(wanted, self._inside, holds):
            return None
        found = self._supposed(wanted, self._outside, holds)
        said = {"since": self._pack.since, "until": self._pack.until or "…"}
        return Dead(place, "never_day", {"day": found[1], **said}) if found else None

    def _supposed(self, wanted: _Wanted, days: Sequence[date], holds: _Holds) -> tuple[Facts, date] | None:
        """Facts and one of these days with which it holds."""

        def sometime(facts: Facts) -> bool:
            return any(holds(facts, on) for on in days)

        start = next(self._declarations.supposing(wanted, sometime), None)
        if start is None:
            return None
        facts = {**start.facts, **start.supposed}
        return facts, next(on for on in days if holds(facts, on))

    def _each_on_some_day(self, wanted: _Wanted, gates: Sequence[tuple[int, bool]]) -> bool:
        """Whether some facts let each gate be as it must on some day of the law, and all of them on none."""

        def apart(facts: Facts) -> bool:
            held = [self._pack.answers(facts, on) for on in self._inside]
            let = [[answers[slot] == way for slot, way in gates] for answers in held]
            return all(map(any, zip(*let, strict=True))) and not any(map(all, let))

        return bool(self._inside) and next(self._declarations.supposing(wanted, apart), None) is not None
