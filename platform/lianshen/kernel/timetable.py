"""Periodic work of the instance: each beat is done by one process, by the database's clock.

One process leads, by a lease; what it writes carries the lease's token and is refused once another leads (D62).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from lianshen.kernel import _store
from lianshen.kernel.database import Fence, UnitOfWork

_LEASE = "timetable"
LEASE_SECONDS = 15.0
"""How long a leader that says nothing keeps the lead."""


async def lead(uow: UnitOfWork, holder: str) -> Fence | None:
    """Take the lead, or keep it; None while it is another's. What the leader writes carries the fence."""
    token = await _store.take_lease(uow, _LEASE, holder, LEASE_SECONDS)
    return None if token is None else Fence(_LEASE, token)


async def resign(uow: UnitOfWork, holder: str) -> None:
    """Give the lead up, so that nobody waits for its end."""
    await _store.end_lease(uow, _LEASE, holder)


async def claim(uow: UnitOfWork, name: str, following: Callable[[datetime], datetime]) -> bool:
    """True when a beat of ``name`` is due and this process has it; ``following`` gives the one after an instant.

    Compare and set: whoever moves the row to the next beat has the present one. Commit before doing the work; what a
    crash leaves undone is done at the next beat, since the work itself reads its duties from tables. A beat set for
    later than the next one is was set before the database's clock went back, and is due.
    """
    row = await _store.beat(uow, name)
    after = following(row.now)
    due = row.next_at <= row.now or row.next_at > after
    return due and await _store.move_beat(uow, name, row.next_at, after)


async def late(uow: UnitOfWork, seconds: float) -> list[str]:
    """Beats that nobody has begun so long after they were due: nobody leads, or one does not end (D60)."""
    return await _store.late_beats(uow, seconds)


async def note(uow: UnitOfWork, name: str, found: dict[str, Any]) -> None:
    """Keep what the beat ``name`` found, in numbers, for whoever asks how the instance is."""
    await _store.note_found(uow, name, found)


async def found(uow: UnitOfWork, name: str) -> dict[str, Any]:
    """What the beat ``name`` found last; nothing before the first time."""
    return await _store.found(uow, name) or {}
