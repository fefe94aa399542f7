"""Reading the register."""

from datetime import date

from lianshen.kernel.database import UnitOfWork
from lianshen.tenancy import _store
from lianshen.tenancy.types import Edge, Tenant


async def tenants(uow: UnitOfWork) -> list[Tenant]:
    """All jurisdictions, by code. Public: needs no tenant in the transaction."""
    return await _store.all_tenants(uow)


async def codes(uow: UnitOfWork) -> list[str]:
    """Codes of all jurisdictions; the one column the relay's role may read."""
    return await _store.codes(uow)


async def parents(uow: UnitOfWork, on: date) -> list[str]:
    """Who stood directly above the current tenant on a day."""
    return await _store.parents(uow, on)


async def children(uow: UnitOfWork, since: date, until: date) -> list[Edge]:
    """Who stood directly below the current tenant on some day from ``since`` to ``until``."""
    return await _store.children(uow, since, until)
