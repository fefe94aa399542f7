"""Telling people, and marking notices as read."""

from collections.abc import Sequence
from uuid import UUID

from lianshen.access.queries import require
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound
from lianshen.notifications import _store, permissions
from lianshen.notifications.types import Notice


async def tell(uow: UnitOfWork, event: UUID, people: Sequence[UUID], subject: str, body: str) -> None:
    """Write a notice of ``event``, which is about no project, for each of ``people``; twice adds nothing.

    It also leaves by every other way by which they want to hear of such things.
    """
    rows = [{"event": event, "person": one, "project": None, "subject": subject, "body": body} for one in people]
    if rows:
        await _store.add(uow, rows)


async def mark_read(uow: UnitOfWork, actor: Actor) -> None:
    """Mark all notices of the actor as read."""
    require(actor, permissions.READ)
    await _store.mark_read(uow, actor.person)


async def open_one(uow: UnitOfWork, actor: Actor, notice: UUID) -> Notice:
    """Mark one notice of the actor as read, and return it. Raises NotFound."""
    require(actor, permissions.READ)
    found = await _store.one(uow, actor.person, notice)
    if found is None:
        raise NotFound
    await _store.mark_read(uow, actor.person, notice)
    return found
