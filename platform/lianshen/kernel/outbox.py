"""Duties that follow from an act, kept in PostgreSQL until they are done; Redis only wakes whoever does them (D71–D77).

A message is written with its act. The relay publishes it, again after a while if it is not done. A worker counts the
attempt before it starts, has the message for ``LEASE`` seconds and as long as the transaction of the effect lasts, and
marks it done in that transaction. The number of the attempt is its fencing token: a worker that was thought dead finds
a later one and writes nothing. After ``MOST`` attempts the message is parked with its reason until a person looks at
it. All times are the database's.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec

from lianshen.kernel import _store
from lianshen.kernel.database import UnitOfWork

MOST = 5
LEASE = 15.0
"""Seconds from the start of an attempt until another may begin, unless a transaction holds the message."""
PAUSES = (2.0, 10.0, 30.0, 60.0)
"""Seconds after the first, second … failed attempt until the next."""
_FARTHEST = 120.0
"""No ``next_at`` lies further ahead than this, in seconds; one that does was written before the clock went back."""


class Waiting(msgspec.Struct, frozen=True):
    """What the relay sees of a message: no content."""

    tenant: str
    id: UUID
    request_id: str


class Attempt(msgspec.Struct, frozen=True):
    """An attempt about to be made, the ``number``-th; ``parked`` when it was one too many and is not to be made."""

    event: UUID
    job: str
    number: int
    parked: bool

    @property
    def last(self) -> bool:
        """A failure now parks the message."""
        return self.number == MOST


class Backlog(msgspec.Struct, frozen=True):
    """Messages not done, over all tenants that the role sees; ``oldest`` in seconds, 0.0 when none waits."""

    waiting: int
    oldest: float
    parked: int


async def claim(uow: UnitOfWork, *, again_after: float, limit: int) -> Sequence[Waiting]:
    """Messages to publish now, marked as sent; other relays skip them. Over all tenants, for the relay's role alone.

    Tenants take turns, so that the long queue of one delays no other (D83). What was sent ``again_after`` seconds ago
    and is not done is among them, and what a worker began and neither ended nor holds (D75).
    """
    rows = await _store.claim_messages(uow, again_after, max(_FARTHEST, 2 * again_after), limit)
    return [Waiting(row.tenant, row.id, row.request_id) for row in rows]


async def begin(uow: UnitOfWork, message: UUID) -> Attempt | None:
    """Count an attempt; None when the message is done, parked, or another's. Commit before starting the work (D76)."""
    row = await _store.begin_attempt(uow, message, MOST, LEASE)
    return None if row is None else Attempt(row.event, row.job, row.attempts, row.state == "parked")


async def hold(uow: UnitOfWork, message: UUID, attempt: Attempt) -> bool:
    """Lock the message for the transaction of its effect; False when this attempt is over or not the latest (D74)."""
    return await _store.lock_attempt(uow, message, attempt.number)


async def finish(uow: UnitOfWork, message: UUID, attempt: Attempt) -> None:
    """Mark it done, in the transaction of the effect, which holds it."""
    await _store.end_attempt(uow, message, attempt.number, "done")


async def fail(uow: UnitOfWork, message: UUID, attempt: Attempt, reason: str) -> bool:
    """Let it be sent anew after a pause, or after the last attempt set it aside with the reason (D77). True when it was
    set aside."""
    if attempt.last:
        return await park(uow, message, attempt, f"{reason} at the last attempt")
    await _store.end_attempt(uow, message, attempt.number, "pending", pause=PAUSES[attempt.number - 1])
    return False


async def park(uow: UnitOfWork, message: UUID, attempt: Attempt, reason: str) -> bool:
    """Set it aside, with the reason, until a person resolves it. False when the attempt is not the latest any more."""
    return await _store.end_attempt(uow, message, attempt.number, "parked", reason=reason)


async def release(uow: UnitOfWork, message: UUID | None = None) -> int:
    """Let a parked message of this tenant (None: each) go on, its attempts counted anew; how many."""
    return await _store.release(uow, message)


async def close(uow: UnitOfWork, message: UUID, reason: str) -> bool:
    """Leave a parked message undone for good, for the reason that a person gives. False when it is not parked."""
    return await _store.release(uow, message, close=reason) == 1


async def backlog(uow: UnitOfWork) -> Backlog:
    """What waits, of all tenants for the relay's role, of the tenant entered for any other (D84)."""
    row = await _store.backlog(uow)
    return Backlog(row.waiting, row.oldest, row.parked)


async def unseen(uow: UnitOfWork, tenants: Collection[str]) -> list[str]:
    """Those of ``tenants`` whose canary the connected role does not see: it would miss their messages too (D25)."""
    return sorted(set(tenants) - await _store.sighted(uow, tenants))


async def parked(uow: UnitOfWork) -> dict[str, int]:
    """How many messages are parked, by tenant: for the relay's role, so that somebody hears of them (D84)."""
    return {row.tenant: row.parked for row in await _store.parked_messages(uow)}
