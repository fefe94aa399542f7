"""Reading the register. It is public, needs no tenant in the transaction, and can be asked as of any day."""

from collections.abc import Sequence
from datetime import date

from lianshen.kernel.database import UnitOfWork
from lianshen.tenancy import _store
from lianshen.tenancy.types import Edge, Placed, Succession, Tenant


async def tenants(uow: UnitOfWork) -> list[Tenant]:
    """All jurisdictions, by code, under their present names; the platform's own tenant is the last."""
    return await _store.all_tenants(uow)


async def find(uow: UnitOfWork, code: str) -> Tenant | None:
    """The jurisdiction with this code."""
    return await _store.find(uow, code)


async def codes(uow: UnitOfWork, *, states: Sequence[str] = ("active",)) -> list[str]:
    """Codes of the jurisdictions in these states: those in which work goes on, unless others are asked for."""
    return await _store.codes(uow, states)


async def tree(uow: UnitOfWork, on: date) -> list[Placed]:
    """Every jurisdiction with its name and its parent as of ``on``."""
    return await _store.tree(uow, on)


async def above(uow: UnitOfWork, code: str, on: date) -> list[str]:
    """Who stood above ``code`` on ``on``, the nearest first."""
    return await _store.above(uow, code, on)


async def successions(uow: UnitOfWork) -> list[Succession]:
    """Every merger and split, the earliest first."""
    return await _store.successions(uow)


async def heirs(uow: UnitOfWork, code: str) -> list[Tenant]:
    """Where new business of ``code`` goes: itself while it is not closed, else whoever took its place in the end."""
    known = {one.code: one for one in await _store.all_tenants(uow)}
    after: dict[str, list[str]] = {}
    for one in await _store.successions(uow):
        after.setdefault(one.tenant, []).append(one.successor)
    found, waiting, seen = [], [code], set()
    while waiting:
        here = waiting.pop(0)
        if here in seen or here not in known:
            continue
        seen.add(here)
        if known[here].state == "closed":
            waiting += after.get(here, [])
        else:
            found.append(known[here])
    return found


async def parents(uow: UnitOfWork, on: date) -> list[str]:
    """Who stood directly above the current tenant on a day."""
    return await _store.parents(uow, on)


async def children(uow: UnitOfWork, since: date, until: date) -> list[Edge]:
    """Who stood directly below the current tenant on some day from ``since`` to ``until``."""
    return await _store.children(uow, since, until)
