"""Entering jurisdictions into the register."""

from collections.abc import Sequence

from lianshen.audit.commands import begin_chain
from lianshen.kernel.database import UnitOfWork
from lianshen.tenancy import _store
from lianshen.tenancy.types import Parent, Tenant


async def register(uow: UnitOfWork, item: Tenant) -> None:
    """Enter or rename a jurisdiction, with its ledger and canaries; repeating it changes nothing. The operator's."""
    await _store.save(uow, item)
    await begin_chain(uow)
    await _store.plant_canaries(uow)


async def place(uow: UnitOfWork, parents: Sequence[Parent]) -> None:
    """Record who stands above the current tenant, with dates. All named tenants must be registered."""
    for parent in parents:
        await _store.save_parent(uow, parent)
