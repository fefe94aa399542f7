"""A comparison that somebody asked for."""

from uuid import UUID

from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.settings import settings
from lianshen.reckoning.commands import compare


async def reconcile(uow: UnitOfWork, _event: UUID) -> None:
    """Compare everything now and keep what was found."""
    await compare(uow, settings())
