"""What was compared and counted, for the auditor's page."""

from lianshen.kernel.database import UnitOfWork
from lianshen.reckoning import _store
from lianshen.reckoning.types import Kind, Reconciliation, Tally


async def latest(uow: UnitOfWork, kind: Kind, *, limit: int) -> list[Reconciliation]:
    """The last comparisons of one kind, the newest first."""
    return await _store.latest(uow, kind, limit)


async def tallies(uow: UnitOfWork, *, limit: int) -> list[Tally]:
    """The totals of the last days, the newest first."""
    return await _store.tallies(uow, limit)
