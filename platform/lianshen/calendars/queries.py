"""Reading calendars: what counts, what is put up, what it would move, what waits for a decision."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from lianshen.access.queries import require
from lianshen.calendars import _store, permissions
from lianshen.calendars.types import Count, Held, Horizon, Plan
from lianshen.deadlines import recalendar
from lianshen.deadlines.recalendar import Recount
from lianshen.identity.types import Actor
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound
from lianshen.workcalendar import queries as calendar
from lianshen.workcalendar.queries import with_edition
from lianshen.workcalendar.types import Published

_LATEST = 50
_SHOWN = 300


async def in_force(uow: UnitOfWork, actor: Actor) -> list[Published]:
    """The editions of which the calendar is made, in the order in which they hold."""
    require(actor, permissions.READ)
    return await calendar.read(uow, await calendar.in_force(uow, uow.tenant, day_of(uow.now)))


async def plans(uow: UnitOfWork, actor: Actor) -> list[Plan]:
    """What was put up, the latest first."""
    require(actor, permissions.READ)
    return await _store.plans(uow, _LATEST)


async def plan(uow: UnitOfWork, actor: Actor, id_: UUID) -> Plan:
    """Raises NotFound."""
    require(actor, permissions.READ)
    found = await _store.plan(uow, id_)
    if found is None:
        raise NotFound
    return found


async def counts(uow: UnitOfWork, actor: Actor, id_: UUID) -> list[Count]:
    """What a plan of the nation would move, by jurisdiction: numbers alone."""
    require(actor, permissions.READ)
    return await _store.counts(uow, id_)


async def moving(uow: UnitOfWork, actor: Actor, one: Plan) -> tuple[list[Recount], int]:
    """The deadlines of the tenant that a plan would move or leave waiting, as many as are shown; how many in all."""
    require(actor, permissions.READ)
    made, found, total = await with_edition(uow, one.edition_of), list[Recount](), 0
    async for recount in recalendar.each(uow, made):
        if recount.verdict != "same":
            total += 1
            if len(found) < _SHOWN:
                found.append(recount)
    return found, total


async def held(uow: UnitOfWork, actor: Actor) -> list[Held]:
    """Last days that wait for a decision, then those decided."""
    require(actor, permissions.READ)
    return await _store.held(uow, _SHOWN)


async def horizon(uow: UnitOfWork, today: date) -> Horizon:
    """How far the published years reach; for whoever watches the instance."""
    day = date(await calendar.last_year(uow), 12, 31)
    return Horizon(day, (day - today).days)


async def uncounted(uow: UnitOfWork) -> list[Plan]:
    """Plans of the transaction's tenant of which nobody knows yet what they move."""
    return await _store.uncounted(uow)


async def stale(uow: UnitOfWork, version: str, *, limit: int, but: Sequence[UUID] = ()) -> list[UUID]:
    """Projects of the tenant with deadlines that were counted by another calendar than ``version``."""
    return await _store.stale_projects(uow, version, limit, but)
