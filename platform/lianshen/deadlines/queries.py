"""Deadlines of a project, and the reason of each date day by day."""

from collections.abc import Collection, Sequence
from uuid import UUID

from lianshen.deadlines import _store
from lianshen.deadlines.types import Deadline
from lianshen.kernel.database import UnitOfWork
from lianshen.workcalendar.queries import Calendar, DayReason
from lianshen.workcalendar.queries import explain as explain_days


async def of_project(uow: UnitOfWork, project: UUID) -> list[Deadline]:
    """All deadlines of the project, oldest first."""
    return await _store.of_project(uow, project)


async def due(uow: UnitOfWork, *, but: Sequence[UUID] = (), limit: int = 200) -> list[tuple[str, UUID]]:
    """(tenant, deadline) of what has passed unnoticed, over all tenants, ``but`` these, fair between tenants.

    Only the relay's role may ask this.
    """
    return await _store.due(uow, but, limit)


async def unseen(uow: UnitOfWork, tenants: Collection[str]) -> list[str]:
    """Those of ``tenants`` whose canary the connected role does not see: it would miss their deadlines too (D25)."""
    return sorted(set(tenants) - await _store.sighted(uow, tenants))


def explain(calendar: Calendar, item: Deadline) -> tuple[DayReason, ...]:
    """Why the deadline falls on its day: every day after the trigger; empty for a date that a person set."""
    if item.budget is None:
        return ()
    return explain_days(calendar, item.trigger_on, item.budget, item.unit, item.first_day, item.rolling)
