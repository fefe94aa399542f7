"""Marking notices as read."""

from lianshen.access.queries import require
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork
from lianshen.notifications import _store, permissions


async def mark_read(uow: UnitOfWork, actor: Actor) -> None:
    """Mark all notices of the actor as read."""
    require(actor, permissions.READ)
    await _store.mark_read(uow, actor.person)
