"""Starting, changing, closing and sweeping deadlines. Which act does what to which clock is decided by the law.

Whoever calls has locked the project: all that is written to its deadlines is written behind that lock.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec
from msgspec.structs import replace

from lianshen.access.queries import require
from lianshen.audit.commands import record
from lianshen.deadlines import _pulse_store, _store, permissions
from lianshen.deadlines._instant import due_at, planned
from lianshen.deadlines._ledger import fold, ladder_of, outstanding
from lianshen.deadlines.types import Due, Entry, Firing, Running, Start, State
from lianshen.identity.types import Actor
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Item, NotFound, Refusal
from lianshen.kernel.messages import text
from lianshen.rules.types import EXPIRY, Clock, ClockStart, ClockTurn
from lianshen.workcalendar.queries import Calendar

_MOST = 5
"""Failures after which the sweep sets a deadline aside."""
_PAUSE = 2.0
"""Seconds before it looks at one again that has failed; doubled each time."""


class Shortened(Refusal):
    """What was asked would end a term earlier than it does, or in the past (D67)."""

    status = 409
    code = "shortened"


async def start(
    uow: UnitOfWork, project: UUID, starts: Sequence[tuple[ClockStart, str]], calendar: Calendar
) -> dict[tuple[str, str], date]:
    """Open a deadline for each (clock, owing body); returns the due dates by (clock, body).

    A second open deadline of the same clock and body is refused by the database.
    """
    rows = [_row(uow, begun, owed_by, calendar) for begun, owed_by in starts]
    if rows:
        await _store.start(uow, project, rows)
    return {(row["clock"], row["owed_by"]): date.fromisoformat(row["due_on"]) for row in rows}


def _row(uow: UnitOfWork, begun: ClockStart, owed_by: str, calendar: Calendar) -> dict[str, Any]:
    clock = begun.clock
    began = Start(
        trigger_on=begun.trigger_on,
        budget=clock.budget,
        unit=clock.unit,
        first_day=clock.first_day,
        rolling=clock.rolling,
        named_on=begun.due_on or begun.trigger_on if clock.budget is None else None,
        on_expiry=clock.on_expiry,
        ladder=ladder_of(clock),
    )
    entry = Entry(id=uuid4(), kind="started", on=begun.trigger_on, at=uow.now)
    state = fold(began, (entry,), calendar)
    return {
        "id": str(uuid4()),
        "clock": clock.code,
        "label": clock.label,
        "article": clock.basis.article,
        "quotation": clock.basis.quotation,
        "owed_by": owed_by,
        "owed_to": clock.owed_to,
        "trigger_on": begun.trigger_on.isoformat(),
        "budget": clock.budget,
        "unit": clock.unit,
        "first_day": clock.first_day,
        "rolling": clock.rolling,
        "cut_off": clock.cut_off,
        "named_on": began.named_on and began.named_on.isoformat(),
        "on_expiry": clock.on_expiry,
        **copied(state, state.rungs, clock.cut_off),
    }


def copied(state: State, rungs: Sequence[Any], cut_off: str) -> dict[str, Any]:
    """The columns that copy what the entries come to."""
    return {
        "due_on": state.due_on.isoformat(),
        "due_at": due_at(state.due_on, cut_off).isoformat(),
        "provisional": state.provisional,
        "calendar": state.calendar,
        "plan": msgspec.to_builtins(planned(rungs, state.due_on, cut_off)),
    }


async def meet(uow: UnitOfWork, project: UUID, clocks: Sequence[str], on: date, *, owed_by: str | None = None) -> None:
    """Close the open deadlines of these clocks as met, of one owing body or of all."""
    await _store.close(uow, project, clocks, "met", on, owed_by)


async def cancel(
    uow: UnitOfWork, project: UUID, clocks: Sequence[str], on: date, *, owed_by: str | None = None
) -> None:
    """Close the open deadlines of these clocks, of one owing body or of all, without their duty having been done."""
    await _store.close(uow, project, clocks, "cancelled", on, owed_by)


async def waive(uow: UnitOfWork, project: UUID, deadline: UUID, clock: str, reason: str) -> None:
    """Release one deadline."""
    await _store.close(uow, project, [clock], "waived", day_of(uow.now), only=deadline, reason=reason)


async def turn(
    uow: UnitOfWork, project: UUID, turns: Sequence[ClockTurn], clocks: Mapping[str, Clock], calendar: Calendar
) -> dict[tuple[str, str], date | None]:
    """What an act does to clocks that run; a turn of a clock that does not run does nothing.

    Returns, by (clock, owing body), the new last day of what runs on, and None for what does not. Raises Shortened
    where the last day would come nearer and lie in the past.
    """
    on = day_of(uow.now)
    closing: dict[Literal["waived", "superseded"], list[str]] = {}
    entries: dict[UUID, list[Entry]] = {}
    found = {one.id: one for one in await _store.running(uow, project)}
    for one in turns:
        if one.kind in ("waived", "superseded"):
            closing.setdefault(one.kind, []).append(one.clock)
            continue
        for running in found.values():
            if running.clock == one.clock:
                entries.setdefault(running.id, []).extend(_entries(running, one, uow.now, on))
    for kind, names in closing.items():
        await _store.close(uow, project, names, kind, on)
    made = [(found[one], new) for one, new in entries.items() if new]
    states = await _enter(uow, made, clocks, calendar, "")
    became = {(found[one].clock, found[one].owed_by): state for one, state in states.items()}
    ended = {name for names in closing.values() for name in names}
    gone = {(one.clock, one.owed_by): None for one in found.values() if one.clock in ended}
    return {key: one.due_on if one.state == "open" else None for key, one in became.items()} | gone


def _entries(running: Running, turn: ClockTurn, at: datetime, on: date) -> list[Entry]:
    open_pauses = _open_pauses(running.entries)
    match turn.kind:
        case "paused":
            return [] if open_pauses else [Entry(id=uuid4(), kind="paused", on=on, at=at)]
        case "resumed":
            return [Entry(id=uuid4(), kind="resumed", on=on, at=at, of=one) for one in open_pauses]
        case "extended":
            return [Entry(id=uuid4(), kind="extended", on=on, at=at, amount=turn.amount, unit=turn.unit)]
        case _:
            return [Entry(id=uuid4(), kind="restarted", on=on, at=at)]


def _open_pauses(entries: Sequence[Entry]) -> list[UUID]:
    ended = {one.of for one in entries if one.kind == "resumed"}
    again = max((one.at for one in entries if one.kind == "restarted"), default=None)
    return [
        one.id for one in entries if one.kind == "paused" and one.id not in ended and (again is None or one.at > again)
    ]


async def extend(
    uow: UnitOfWork,
    found: Sequence[Running],
    until: date,
    clocks: Mapping[str, Clock],
    calendar: Calendar,
    reason: str,
) -> dict[UUID, date]:
    """Give these deadlines time until a day; their new last days by id. Raises Shortened where that is no later."""
    on = day_of(uow.now)
    made = [(one, [Entry(id=uuid4(), kind="extended", on=on, at=uow.now, until=until)]) for one in found]
    states = await _enter(uow, made, clocks, calendar, reason)
    if any(states[one.id].due_on <= one.due_on for one in found):
        raise Shortened((Item(code="shortened", message=text("shortened.not_later")),))
    return {one: state.due_on for one, state in states.items()}


async def _enter(
    uow: UnitOfWork,
    made: Sequence[tuple[Running, Sequence[Entry]]],
    clocks: Mapping[str, Clock],
    calendar: Calendar,
    reason: str,
) -> dict[UUID, State]:
    rows, written, states = [], [], {}
    for running, entries in made:
        ladder = ladder_of(clocks[running.clock]) if running.clock in clocks else ()
        state = fold(replace(running.start, ladder=ladder), (*running.entries, *entries), calendar)
        if state.due_on < running.due_on and state.due_on < day_of(uow.now):
            raise Shortened((Item(code="shortened", message=text("shortened.past", day=state.due_on.isoformat())),))
        states[running.id] = state
        row = {"id": str(running.id), "state": state.state, "overdue": state.overdue}
        rows.append(row | copied(state, outstanding(state, running.fired), running.cut_off))
        written += [
            {
                "deadline": str(running.id),
                "due_before": running.due_on.isoformat(),
                "due_after": state.due_on.isoformat(),
                **msgspec.to_builtins(one),
            }
            for one in entries
        ]
    if rows:
        await _store.enter(uow, rows, written, reason)
    return states


async def running(uow: UnitOfWork, project: UUID) -> tuple[Running, ...]:
    """The deadlines of the project that are open or paused, to be changed in this transaction."""
    return await _store.running(uow, project)


async def claim(uow: UnitOfWork, *, limit: int, only: Sequence[UUID] | None = None) -> list[Due]:
    """Deadlines of the tenant on which something is due by the database's clock, locked with their projects; ``now``
    of the transaction is that clock's from here on. What somebody is acting on is left out, and comes again."""
    ids, now = await _store.claim(uow, limit, only)
    if now is None:
        return []
    uow.now = now
    return await _store.due(uow, ids)


async def settle(uow: UnitOfWork, swept: Sequence[Due], firings: Sequence[Firing], closed: set[UUID]) -> None:
    """Write what fired of the ``swept`` deadlines, and which of them are ``closed`` by what the law attaches."""
    gone: dict[UUID, set[str]] = {}
    for one in firings:
        gone.setdefault(one.due.id, set()).add(one.rung)
    rows = []
    for due in swept:
        fired = gone.get(due.id, set())
        left = [] if due.id in closed else [step for step in due.plan if step[1] not in fired]
        row = {"plan": msgspec.to_builtins(left), "over": EXPIRY in fired, "closes": due.id in closed}
        rows.append({"id": str(due.id), **row})
    await _store.settle(uow, rows, [_fired(one) for one in firings])


def _fired(one: Firing) -> dict[str, Any]:
    return {
        "deadline": str(one.due.id),
        "rung": one.rung,
        "due_on": one.due.due_on.isoformat(),
        "planned_at": one.planned_at.isoformat(),
        "late": one.late,
        "event": str(one.event),
        "told": str(one.told),
        "tell": list(one.tell),
    }


async def stumble(uow: UnitOfWork, deadline: UUID, reason: str) -> bool:
    """Note that sweeping a deadline failed: it comes again after a pause, and is set aside after five times. True when
    it is set aside now."""
    return await _store.stumble(uow, deadline, reason, _MOST, _PAUSE)


async def beat(uow: UnitOfWork) -> None:
    """Say that a sweep has looked, and what it left. For the relay's role."""
    await _pulse_store.beat(uow)


async def release(uow: UnitOfWork, actor: Actor, deadline: UUID) -> None:
    """Let a deadline that the sweep set aside be swept again, on record. Raises NotFound."""
    require(actor, permissions.ANSWER)
    row = await _store.release(uow, deadline)
    if row is None:
        raise NotFound
    label = text("act.release_deadline", label=row.label)
    record(uow, "deadlines.release", label=label, by=actor.by, project=row.project)
