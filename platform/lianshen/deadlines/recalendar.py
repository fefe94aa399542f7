"""Deadlines under a calendar published since: which move by themselves, and of which somebody decides (D63, D64).

A last day moves by itself while nobody could rely on it: it is not over, no rung has told of it, and it does not come
nearer, unless it was called provisional and stays in the future. A day that a calendar would move and that does not
move by itself stays until a person decides; it never comes to lie before the day of that decision (D67).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Literal
from uuid import UUID, uuid4

import msgspec
from msgspec.structs import replace

from lianshen.deadlines import _recalendar_store, _store
from lianshen.deadlines._ledger import fold, ladder_of, outstanding
from lianshen.deadlines._recalendar_store import Counted
from lianshen.deadlines.commands import copied
from lianshen.deadlines.types import Entry, Start, State
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.schema import CANARY
from lianshen.rules.types import Clock
from lianshen.workcalendar.queries import Calendar

_MANY = 10_000
Verdict = Literal["same", "moves", "past", "told", "nearer"]


class Recount(msgspec.Struct, frozen=True):
    """One deadline counted anew: what it was, what it would be, and whether it moves by itself."""

    was: Counted
    state: State
    verdict: Verdict


def verdict(was: Counted, state: State, today: date) -> Verdict:
    """What becomes of a last day under another calendar."""
    if state.due_on == was.due_on:
        return "same"
    if was.over or was.overdue:
        return "past"
    if any(one.due_on == was.due_on for one in was.fired):
        return "told"
    if state.due_on < was.due_on and (not was.provisional or state.due_on < today):
        return "nearer"
    return "moves"


def _recounted(was: Counted, calendar: Calendar, today: date) -> Recount:
    state = fold(was.start, was.entries, calendar)
    return Recount(was, state, verdict(was, state, today))


async def each(uow: UnitOfWork, calendar: Calendar, *, batch: int = 500) -> AsyncIterator[Recount]:
    """Every deadline of the tenant that runs, as ``calendar`` would have it. Nothing is written."""
    after, today = CANARY, day_of(uow.now)
    while found := await _recalendar_store.counted(uow, after, batch):
        after = found[-1].id
        for one in found:
            yield _recounted(one, calendar, today)


async def of_project(uow: UnitOfWork, project: UUID, calendar: Calendar) -> list[Recount]:
    """Those of a project that were counted by another calendar; whoever changes them has locked the project."""
    found = await _recalendar_store.counted(uow, CANARY, _MANY, project)
    return [_recounted(one, calendar, day_of(uow.now)) for one in found if one.calendar != calendar.version]


async def note(uow: UnitOfWork, found: Sequence[Recount], clocks: Mapping[str, Clock], calendar: Calendar) -> None:
    """Note that these were counted anew and stay: what was provisional may not be so any more, and the rungs before
    and after the last day may lie on other days."""
    rows = []
    for one in found:
        state = fold(_with_ladder(one, clocks), one.was.entries, calendar)
        row = copied(state, outstanding(state, one.was.fired), one.was.cut_off)
        rows.append({"id": str(one.was.id)} | {name: row[name] for name in ("calendar", "provisional", "plan")})
    if rows:
        await _recalendar_store.note(uow, rows)


def _with_ladder(one: Recount, clocks: Mapping[str, Clock]) -> Start:
    return replace(one.was.start, ladder=ladder_of(clocks[one.was.clock]) if one.was.clock in clocks else ())


async def move(
    uow: UnitOfWork, found: Sequence[Recount], clocks: Mapping[str, Clock], calendar: Calendar, reason: str
) -> None:
    """Enter the new last days of these, each as an entry with the day before and after it."""
    rows, entries = [], []
    for one in found:
        entry = Entry(id=uuid4(), kind="recounted", on=day_of(uow.now), at=uow.now)
        state = fold(_with_ladder(one, clocks), (*one.was.entries, entry), calendar)
        row = {"id": str(one.was.id), "state": state.state, "overdue": state.overdue}
        rows.append(row | copied(state, outstanding(state, one.was.fired), one.was.cut_off))
        dates = {"due_before": one.was.due_on.isoformat(), "due_after": state.due_on.isoformat()}
        entries.append({"deadline": str(one.was.id), **msgspec.to_builtins(entry), **dates})
    await _store.enter(uow, rows, entries, reason)
