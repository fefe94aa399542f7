"""Reading the register."""

from lianshen.kernel.database import UnitOfWork
from lianshen.tenancy import _store
from lianshen.tenancy.types import Tenant


async def tenants(uow: UnitOfWork) -> list[Tenant]:
    """All jurisdictions, by code. Public: needs no tenant in the transaction."""
    return await _store.all_tenants(uow)


async def codes(uow: UnitOfWork) -> list[str]:
    """Codes of all jurisdictions; the one column the relay's role may read."""
    return await _store.codes(uow)
