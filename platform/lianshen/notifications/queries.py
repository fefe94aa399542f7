"""Notices of a person."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lianshen.access.queries import require
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork
from lianshen.notifications import _store, permissions
from lianshen.notifications.types import Notice


async def notices(
    uow: UnitOfWork,
    actor: Actor,
    *,
    limit: int = 100,
    unread: bool = False,
    kind: str = "",
    before: datetime | None = None,
) -> list[Notice]:
    """The actor's latest notices, newest first: those not read alone, of one ``kind`` alone, older than ``before``."""
    require(actor, permissions.READ)
    return await _store.of_person(uow, actor.person, limit, unread=unread, kind=kind, before=before)


async def counts(uow: UnitOfWork, people: Sequence[UUID]) -> dict[UUID, int]:
    """How many notices each of ``people`` has not read, for pages that are kept up to date."""
    found = await _store.counts(uow, people)
    return {person: found.get(person, 0) for person in people}


async def unread(uow: UnitOfWork, actor: Actor) -> int:
    """How many notices the actor has not read."""
    return await _store.unread(uow, actor.person)
