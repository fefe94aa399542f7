"""SQL of the register of jurisdictions."""

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from lianshen.kernel.database import UnitOfWork
from lianshen.tenancy._tables import parent_edge, tenant
from lianshen.tenancy.types import Parent, Tenant

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
