"""Notices of a person."""

from lianshen.access.queries import require
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork
from lianshen.notifications import _store, permissions
from lianshen.notifications.types import Notice


async def notices(uow: UnitOfWork, actor: Actor, *, limit: int = 100) -> list[Notice]:
    """The actor's latest notices, newest first."""
    require(actor, permissions.READ)
    return await _store.of_person(uow, actor.person, limit)


async def unread(uow: UnitOfWork, actor: Actor) -> int:
    """How many notices the actor has not read."""
    return await _store.unread(uow, actor.person)
