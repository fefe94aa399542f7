"""SQL of the register of jurisdictions."""

from datetime import date

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from lianshen.kernel.database import UnitOfWork
from lianshen.tenancy._tables import parent_edge, tenant
from lianshen.tenancy.types import Edge, Parent, Tenant

_PLANT = text("SELECT plant_canaries()")


async def all_tenants(uow: UnitOfWork) -> list[Tenant]:
    rows = await uow.execute(select(tenant).order_by(tenant.c.tenant))
    return [Tenant(code=row.tenant, name=row.name, level=row.level) for row in rows]


async def codes(uow: UnitOfWork) -> list[str]:
    return list((await uow.execute(select(tenant.c.tenant).order_by(tenant.c.tenant))).scalars())


async def save(uow: UnitOfWork, item: Tenant) -> None:
    row = {"name": item.name, "level": item.level}
    statement = insert(tenant).values(tenant=item.code, **row)
    await uow.execute(statement.on_conflict_do_update(index_elements=["tenant"], set_=row))


async def plant_canaries(uow: UnitOfWork) -> None:
    await uow.execute(_PLANT)


async def save_parent(uow: UnitOfWork, parent: Parent) -> None:
    row = {"tenant": uow.tenant, "parent": parent.tenant, "since": parent.since, "until": parent.until}
    await uow.execute(insert(parent_edge).values(row).on_conflict_do_nothing())


async def parents(uow: UnitOfWork, on: date) -> list[str]:
    edge = parent_edge.c
    held = (edge.since <= on) & (edge.until.is_(None) | (edge.until > on))
    statement = select(edge.parent).where(edge.tenant == uow.tenant, held).order_by(edge.parent)
    return list((await uow.execute(statement)).scalars())


async def children(uow: UnitOfWork, since: date, until: date) -> list[Edge]:
    edge = parent_edge.c
    held = (edge.since <= until) & (edge.until.is_(None) | (edge.until > since))
    statement = select(edge.tenant, tenant.c.name, edge.since, edge.until).join(tenant, tenant.c.tenant == edge.tenant)
    rows = await uow.execute(statement.where(edge.parent == uow.tenant, held).order_by(edge.tenant, edge.since))
    return [Edge(row.tenant, row.name, row.since, row.until) for row in rows]
