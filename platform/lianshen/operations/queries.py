"""What the operators' page shows: the register, counts, orders; nothing of a tenant's content."""

from datetime import date
from uuid import UUID

import msgspec

from lianshen.access.queries import require
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound
from lianshen.operations import _store, permissions
from lianshen.operations.types import Figures, Order
from lianshen.tenancy import queries as register
from lianshen.tenancy.types import PLATFORM, Placed

_LATEST = 50


class Line(msgspec.Struct, frozen=True):
    """A tenant on the page: where it stands today, its counts if taken, whether something is under way."""

    place: Placed
    parent_name: str
    figures: Figures | None
    order: Order | None


async def overview(uow: UnitOfWork, actor: Actor, on: date) -> list[Line]:
    """Every tenant but the platform's own, in the order of codes. Raises Forbidden."""
    require(actor, permissions.READ)
    places = await register.tree(uow, on)
    names = {one.code: one.name for one in places}
    figures = await _store.figures(uow)
    under_way = {
        one.subject: one
        for one in await _store.orders(uow, None, _LATEST)
        if one.state in ("ordered", "running") and one.withdrawn_at is None
    }
    return [
        Line(one, names.get(one.parent or "", ""), figures.get(one.code), under_way.get(one.code))
        for one in places
        if one.code != PLATFORM
    ]


async def orders(uow: UnitOfWork, actor: Actor, subject: str | None = None) -> list[Order]:
    """The latest orders, of one tenant or of all. Raises Forbidden."""
    require(actor, permissions.READ)
    return await _store.orders(uow, subject, _LATEST)


async def order(uow: UnitOfWork, actor: Actor, id_: UUID) -> Order:
    """Raises Forbidden, NotFound."""
    require(actor, permissions.READ)
    found = await _store.order(uow, id_)
    if found is None:
        raise NotFound
    return found


async def line(uow: UnitOfWork, actor: Actor, subject: str, on: date) -> Line:
    """One tenant of the overview. Raises Forbidden, NotFound."""
    for one in await overview(uow, actor, on):
        if one.place.code == subject:
            return one
    raise NotFound
