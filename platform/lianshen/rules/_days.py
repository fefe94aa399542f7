"""The days on which a search looks at a project: those around every day that the law or the facts name."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from lianshen.rules._pack import Pack
from lianshen.rules.types import Facts

_DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])")
"""A day as conditions may hold it, of those that every month has."""
_DAY = timedelta(days=1)
_YEAR = timedelta(days=366)


class Days:
    """The first day of the law, and those on which a project may fare otherwise although its facts are the same."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._written = {said for said in pack.program.literals if _DATE.fullmatch(said)}
        windows = [rule.window for rule in pack.actions.values() if rule.window]
        self._dated = pack.program.reads.union(*((*window.sources, *window.until) for window in windows))
        self.slots = frozenset(
            slot for slot, names in enumerate(pack.program.reaches()) if "today" in pack.depends(names)
        )
        """The places of the answers that depend on the day."""
        recasting = any("today" in pack.depends(names) for names in pack.recasting.reaches())
        self.count = bool(self.slots or windows or recasting)
        """Whether anything depends on the day."""

    def apart(self, on: date) -> list[date]:
        """Days of the law from ``on``, one of each order in which a day and those that are the same for all can be."""
        return self._kinds(on, [day for day in self._near({}, on) if self._pack.in_force(day)])

    def outside(self) -> list[date]:
        """The same of days before and after the law's time."""
        first, last = self._pack.since, self._pack.until or self._pack.since
        found = {*self._near({}, first - _YEAR), *self._near({}, first), *self._near({}, last)}
        return self._kinds(first, [day for day in sorted(found) if not self._pack.in_force(day)])[1:]

    def later(self, facts: Facts, on: date) -> list[date]:
        """Days of the law after ``on`` around every date that these facts have."""
        return [day for day in self._near(facts, on) if on < day and self._pack.in_force(day)]

    def _kinds(self, on: date, days: list[date]) -> list[date]:
        written = sorted(self._written)
        kinds: dict[tuple[int, ...], date] = {}
        for day in (on, *days):
            derived, text = self._pack.derived({}, day), day.isoformat()
            said = [*(one for name, one in sorted(derived.items()) if name in self._dated), *written]
            kinds.setdefault(tuple((text > one) - (text < one) for one in said), day)
        return [*kinds.values()]

    def _near(self, facts: Facts, on: date) -> list[date]:
        """The days before, on and after each date that counts, this year and the next."""
        return sorted(
            {near for day in (on, on + _YEAR) for date_ in self._named(facts, day) for near in _around(date_)}
        )

    def _named(self, facts: Facts, on: date) -> Iterator[date]:
        types = self._pack.vocabulary.facts
        dates = {name: said for name, said in facts.items() if name in types and types[name].type == "date"}
        for name, said in {**dates, **self._pack.derived(facts, on)}.items():
            if said and name in self._dated:
                yield date.fromisoformat(str(said))
        yield from map(date.fromisoformat, self._written)


def _around(day: date) -> Iterator[date]:
    """The day and its neighbours, as far as there are such."""
    for step in (-_DAY, timedelta(0), _DAY):
        if (step >= timedelta(0) or day > date.min) and (step <= timedelta(0) or day < date.max):
            yield day + step
