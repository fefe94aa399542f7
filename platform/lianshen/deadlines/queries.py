"""Deadlines of a project, the reason of each date day by day, and how the sweep is."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec.structs import replace

from lianshen.access.queries import require
from lianshen.deadlines import _pulse_store, _store, permissions
from lianshen.deadlines._instant import planned
from lianshen.deadlines._ledger import fold, ladder_of, outstanding, reasons
from lianshen.deadlines.types import Deadline, Entry, Parked, Pulse, Running, Start
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork
from lianshen.rules.types import Clock
from lianshen.workcalendar.queries import Calendar, DayReason


async def of_project(uow: UnitOfWork, project: UUID) -> list[Deadline]:
    """All deadlines of the project, oldest first."""
    return await _store.of_project(uow, project)


async def histories(uow: UnitOfWork, project: UUID) -> Mapping[UUID, Running]:
    """What was entered of each deadline of the project, closed ones too, and which rungs have fired."""
    return {one.id: one for one in await _store.running(uow, project, closed=True)}


async def due_tenants(uow: UnitOfWork) -> list[str]:
    """The tenants in which something is due, the longest due first. Only the relay's role may ask this."""
    return await _store.due_tenants(uow)


async def unseen(uow: UnitOfWork, tenants: Collection[str]) -> list[str]:
    """Those of ``tenants`` whose canary the connected role does not see: it would miss their deadlines too (D25)."""
    return sorted(set(tenants) - await _store.sighted(uow, tenants))


def explain(calendar: Calendar, history: Running) -> tuple[DayReason, ...]:
    """Why the deadline falls on its day: every day after the trigger; empty for a date that a person set."""
    return reasons(history.start, history.entries, calendar)


def last_day(start: Start, entries: Sequence[Entry], calendar: Calendar) -> date:
    """The last day that a start and entries come to."""
    return fold(start, entries, calendar).due_on


def counted_from(start: Start, entries: Sequence[Entry], calendar: Calendar) -> date:
    """The day from which it is counted: that of its trigger, or of the latest restart."""
    return fold(start, entries, calendar).trigger_on


def ahead(history: Running, clock: Clock | None, calendar: Calendar) -> list[tuple[datetime, str]]:
    """When each rung that has not fired will, in order; empty for what is closed or paused."""
    start = replace(history.start, ladder=ladder_of(clock) if clock else ())
    state = fold(start, history.entries, calendar)
    return planned(outstanding(state, history.fired), state.due_on, history.cut_off)


async def pulse(uow: UnitOfWork) -> Pulse:
    """How the sweep is, as it said itself (D60)."""
    return await _pulse_store.read(uow)


async def parked(uow: UnitOfWork, actor: Actor) -> list[Parked]:
    """Deadlines of the tenant that the sweep has set aside, the longest first."""
    require(actor, permissions.ANSWER)
    return await _pulse_store.parked(uow)


async def all_parked(uow: UnitOfWork) -> dict[str, int]:
    """How many are set aside, by tenant: for the relay's role, so that somebody hears of them."""
    return await _pulse_store.parked_by_tenant(uow)
