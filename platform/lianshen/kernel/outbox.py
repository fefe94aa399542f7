"""Duties that follow from an act, kept in PostgreSQL until they are done; Redis only wakes whoever does them (D71–D77).

A message is written with its act. The relay publishes it, again after a while if it is not done; a worker counts the
attempt before it starts, and marks it done in the transaction of the effect. After ``MOST`` attempts it is parked with
its reason until a person looks at it.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec

from lianshen.kernel import _store
from lianshen.kernel.database import UnitOfWork

MOST = 5


class Waiting(msgspec.Struct, frozen=True):
    """What the relay sees of a message: no content."""

    tenant: str
    id: UUID
    request_id: str


class Attempt(msgspec.Struct, frozen=True):
    """An attempt about to be made; ``last`` means that a failure now parks the message."""

    event: UUID
    job: str
    last: bool


async def claim(uow: UnitOfWork, *, again_after: float, limit: int) -> Sequence[Waiting]:
    """Messages to publish now, marked as sent; other relays skip them. Over all tenants, for the relay's role alone.

    What was sent ``again_after`` seconds ago and is not done is among them (D75).
    """
    rows = await _store.claim_messages(uow, again_after, limit)
    return [Waiting(row.tenant, row.id, row.request_id) for row in rows]


async def begin(uow: UnitOfWork, message: UUID) -> Attempt | None:
    """Count an attempt; None when the message is done, parked, or parked now. Commit before starting the work (D76)."""
    row = await _store.begin_attempt(uow, message, MOST)
    if row is None or row.state == "parked":
        return None
    return Attempt(row.event, row.job, row.attempts == MOST)


async def hold(uow: UnitOfWork, message: UUID) -> bool:
    """Lock the message for the transaction of its effect; False when another worker has it or it is done (D74)."""
    return await _store.lock_message(uow, message)


async def finish(uow: UnitOfWork, message: UUID) -> None:
    """Mark it done, in the transaction of the effect."""
    await _store.set_message(uow, message, state="done", done_at=uow.now)


async def park(uow: UnitOfWork, message: UUID, reason: str) -> None:
    """Set it aside, with the reason, until a person resolves it (D77)."""
    await _store.set_message(uow, message, state="parked", reason=reason)


async def unseen(uow: UnitOfWork, tenants: Collection[str]) -> list[str]:
    """Those of ``tenants`` whose canary the connected role does not see: it would miss their messages too (D25)."""
    return sorted(set(tenants) - await _store.sighted(uow, tenants))


async def parked(uow: UnitOfWork) -> dict[str, int]:
    """How many messages are parked, by tenant: for the relay's role, so that somebody hears of them (D84)."""
    return {row.tenant: row.parked for row in await _store.parked_messages(uow)}
