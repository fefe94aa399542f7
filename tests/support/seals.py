"""Rows that a test has put there or changed by SQL count again, as ``lianshen keys protect`` would have it."""

from datetime import UTC, datetime

from lianshen.kernel import integrity
from lianshen.kernel.database import Database, UnitOfWork


async def reseal(database: Database, tenant: str) -> None:
    """Give every guarded row of ``tenant`` its code anew; ``database`` is the worker's."""
    async with UnitOfWork(database, now=datetime.now(UTC), jobs_for=lambda _: (), request_id="reseal") as uow:
        await uow.enter(tenant)
        await integrity.protect_all(uow)
        await uow.commit()
