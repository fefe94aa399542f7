"""Which providers there are, and who is who there."""

from uuid import UUID

from lianshen.access.queries import require
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound
from lianshen.providers import _store, permissions
from lianshen.providers.types import Link, Provider


async def providers(uow: UnitOfWork) -> list[Provider]:
    """Those that one may sign in through; the sign-in page shows their names to everybody."""
    return await _store.providers(uow)


async def provider(uow: UnitOfWork, which: UUID) -> Provider:
    """Raises NotFound."""
    row = await _store.find(uow, which)
    if row is None:
        raise NotFound
    return _store.provider_of(row)


async def links(uow: UnitOfWork, actor: Actor) -> list[Link]:
    """Every link of the tenant."""
    require(actor, permissions.MANAGE)
    return await _store.links(uow)


async def own_links(uow: UnitOfWork, actor: Actor) -> list[Link]:
    return await _store.links(uow, actor.person)
