"""What could be otherwise about a project: every fact that an item depends on, and the values worth trying."""

from collections.abc import Iterator
from datetime import MAXYEAR, date

import msgspec

from lianshen.rules._expression import ExpressionError
from lianshen.rules._lines import Stretch, stretches
from lianshen.rules._pack import Pack, stated
from lianshen.rules._subjects import State, Subject
from lianshen.rules.types import Basis, Facts, FactValue

TODAY = "today"
"""The name under which the day of the question is varied, as if it were a date fact."""
_MOST = {"money": 10**15 - 1, "int": 10**9 - 1}
"""As much as a form takes: fen, and whole numbers."""
_DAYS = 4096
_ON_A_LINE = frozenset({"money", "int", "date"})
_SOMETHING = "…"
_AGES = 2
_AT_ONCE = 6


class Other(msgspec.Struct, frozen=True):
    """A fact as it might be: any of ``values``; of a number or a day the nearest of those from ``low`` to ``high``."""

    name: str
    kind: str
    values: tuple[FactValue, ...]
    state: State
    low: int | None = None
    high: int | None = None


class Variation:
    """The facts and the day of a question, and what the subject would be if some of them were otherwise."""

    def __init__(self, pack: Pack, subject: Subject, facts: Facts, on: date) -> None:
        self.pack, self.subject, self.facts, self.on = pack, subject, facts, on
        self.now = subject.state(facts, on)
        known = pack.vocabulary.facts
        asked = [field.name for field in pack.intake]
        varied = [name for name in dict.fromkeys((*asked, *known)) if name in subject.names and name in known]
        self.kinds = {name: known[name].type for name in varied}
        if TODAY in subject.names:
            self.kinds[TODAY] = "date"

    def value(self, name: str) -> FactValue:
        """A fact as stated, or neutral."""
        if name == TODAY:
            return self.on.isoformat()
        value = self.facts.get(name, self.pack.vocabulary.facts[name].neutral)
        return tuple(value) if isinstance(value, list) else value

    def with_(self, changes: dict[str, FactValue]) -> tuple[Facts, date]:
        """The facts and the day with some of them changed."""
        day = changes.get(TODAY)
        facts = {**self.facts, **{name: value for name, value in changes.items() if name != TODAY}}
        return facts, date.fromisoformat(str(day)) if day else self.on

    def state(self, changes: dict[str, FactValue]) -> State | None:
        """How the subject would stand; None where its conditions have no answer."""
        try:
            return self.subject.state(*self.with_(changes))
        except ExpressionError:
            return None

    def ground(self, changes: dict[str, FactValue]) -> Basis:
        """The clause that decides after ``changes`` (which have an answer), or what decided before."""
        subject = self.subject
        return subject.ground(*self.with_(changes)) or subject.ground(self.facts, self.on) or subject.bases[0]

    def differs(self, state: State | None) -> bool:
        return state is not None and self.subject.differs(self.now, state)

    def others(self, name: str, given: dict[str, FactValue] | None = None) -> Iterator[Other]:
        """Every way in which ``name`` alone (what is ``given`` being so) makes the subject stand otherwise."""
        kind, given = self.kinds[name], given or {}
        found: dict[tuple[State, Basis], list[FactValue]] = {}
        for value in self.alternatives(name):
            changes = given | {name: value}
            state = self.state(changes)
            if state is not None and self.differs(state):
                found.setdefault((state, self.ground(changes)), []).append(value)
        yield from (Other(name, kind, tuple(values), state) for (state, _), values in found.items())
        if kind in _ON_A_LINE:
            start = self._place(name)
            near = self.on.toordinal() if start is None else start
            for one in self._stretches(name, given):
                if isinstance(one.answer, bool | str) and self.differs(one.answer):
                    value = _value(kind, one.near(near))
                    yield Other(name, kind, (value,), one.answer, one.low, one.high)

    def alternatives(self, name: str) -> list[FactValue]:
        """Values that stand in no order; of a number or a day that it is not stated."""
        kind, now = self.kinds[name], self.value(name)
        match kind:
            case "bool":
                return [value for value in (True, False) if value is not now or name not in self.facts]
            case "code":
                return [code for code in self.options(name) if code != now or name not in self.facts]
            case "codes":
                return list(self._sets(name))
            case "text":
                return ["" if now else _SOMETHING]
            case "date" if name != TODAY and now:
                return [""]
        return []

    def few(self, name: str) -> list[FactValue]:
        """The values worth trying together with another fact's."""
        kind, now = self.kinds[name], self.value(name)
        if kind not in _ON_A_LINE:
            values = self.alternatives(name)
            told = [value for value in values if value in self.subject.literals]
            rest = [value for value in values if value not in self.subject.literals]
            return [*told, *rest[:1]] if kind == "code" else values
        start = self._place(name)
        near = [point for point in self._bounds(name, (-1, 1)) if point != start]
        near.sort(key=lambda point: abs(point - (start or 0)))
        return [_value(kind, point) for point in near[:_AT_ONCE]] + ([""] if kind == "date" and now else [])

    def _stretches(self, name: str, given: dict[str, FactValue]) -> list[Stretch]:
        kind = self.kinds[name]
        points = [*self._bounds(name), *self._ends(name), *self._spread(name)]
        return stretches(lambda point: self.state(given | {name: _value(kind, point)}), points)

    def _place(self, name: str) -> int | None:
        """Where a fact stands on its line; None for a day that is not stated."""
        value = self.value(name)
        if isinstance(value, str):
            return date.fromisoformat(value).toordinal() if value else None
        return int(str(value))

    def _ends(self, name: str) -> tuple[int, int]:
        start = self._place(name)
        if name == TODAY:
            since, until = self.pack.since.toordinal(), (self.pack.until or date(MAXYEAR, 1, 1)).toordinal()
            today = self.on.toordinal()
            return min(today, max(since, today - _DAYS)), max(today, min(until, today + _DAYS))
        if self.kinds[name] == "date":
            middle = start or self.on.toordinal()
            return middle - _DAYS, middle + _DAYS
        most = _MOST[self.kinds[name]]
        return -most if start is not None and start < 0 else 0, most

    def _spread(self, name: str) -> Iterator[int]:
        low, high = self._ends(name)
        if (start := self._place(name)) is not None:
            yield start
        steps = [2**power for power in range(_DAYS.bit_length())]
        if self.kinds[name] == "date":
            points = [self.on.toordinal() + way * step for step in steps for way in (1, -1)]
        else:
            points = [10**power for power in range(len(str(high)))] + [2**power for power in range(10)]
            points += [-point for point in points] if low < 0 else []
        yield from (point for point in points if low <= point <= high)

    def _bounds(self, name: str, steps: tuple[int, ...] = (-1, 0, 1)) -> list[int]:
        """Numbers and days that may decide: those of the law, those of other facts, and their neighbours."""
        low, high = self._ends(name)
        kind, found = self.kinds[name], set[int]()
        if kind == "date":
            found |= {self.on.toordinal(), *(self._place(one) or 0 for one, of in self.kinds.items() if of == "date")}
            found |= {date(self.on.year + age, 1, 1).toordinal() for age in (0, 1)}
        else:
            used = [self.pack.parameters[one].used[0] for one in self.subject.names & self.pack.parameters.keys()]
            found |= {one.value for one in used if isinstance(one.value, int)}
            axes = [axis for axis in self.pack.axes if axis.variable in self.subject.names]
            found |= {start for axis in axes for start in axis.starts}
            others = [one for one, of in self.kinds.items() if of == kind and one != name]
            found |= {int(str(self.value(one))) for one in others}
            found |= {0} | ({self.on.year + age for age in range(-_AGES, _AGES + 1)} if kind == "int" else set())
        return sorted({point + step for point in found for step in steps if low <= point + step <= high})

    def options(self, name: str) -> dict[str, str]:
        """The codes that a fact may have, with their labels: those that the declaration offers."""
        for field in self.pack.intake:
            if field.name == name:
                return {option.code: option.label for option in field.options}
        return self.pack.vocabulary.facts[name].options

    def _sets(self, name: str) -> Iterator[FactValue]:
        """The set with one code more or less, or without any."""
        now, words = stated(self.facts, name), self.pack.vocabulary
        codes = {"documents": words.documents, "exceptions": words.blocks}.get(name, words.bodies)
        known = self.subject.literals & codes.keys()
        if name not in ("documents", "exceptions"):
            known |= set(now)
            if now:
                yield ()
        for code in sorted(known):
            yield tuple(one for one in now if one != code) if code in now else (*now, code)


def _value(kind: str, point: int) -> FactValue:
    return date.fromordinal(point).isoformat() if kind == "date" else point
