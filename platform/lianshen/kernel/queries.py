"""What a process asks the database about itself, which needs no tenant; and what became of a request."""

from uuid import UUID

from lianshen.kernel import _store
from lianshen.kernel._store import Outcome
from lianshen.kernel.database import UnitOfWork


async def ping(uow: UnitOfWork) -> None:
    """Return when the database answers; raises whatever keeps it from answering."""
    await _store.ping(uow)


async def excess_powers(uow: UnitOfWork) -> list[str]:
    """What the connected role could do that a serving role must not: pass or change the walls (D1). Empty is right."""
    return await _store.powers(uow)


async def lossy_settings(uow: UnitOfWork) -> list[str]:
    """Settings of this connection's server under which a commit it acknowledged can be lost (D49). Empty is right."""
    return await _store.lossy(uow)


async def outcome(uow: UnitOfWork, person: UUID, key: str) -> Outcome:
    """What became of the person's request that carried the idempotency key ``key`` (D47)."""
    return await _store.outcome(uow, person, key)


__all__ = ["Outcome", "excess_powers", "lossy_settings", "outcome", "ping"]
