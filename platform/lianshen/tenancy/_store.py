"""SQL of the register of jurisdictions."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.kernel.database import UnitOfWork
from lianshen.tenancy._tables import former_name, parent_edge, succession, tenant
from lianshen.tenancy.types import Edge, Parent, Placed, Succession, Tenant

_TREE = text("""
    SELECT t.tenant AS code, coalesce(f.name, t.name) AS name, t.level, t.state, e.parent
    FROM tenant t
    LEFT JOIN LATERAL (
        SELECT name FROM former_name f WHERE f.tenant = t.tenant AND f.until > :on ORDER BY f.until LIMIT 1
    ) f ON true
    LEFT JOIN parent_edge e ON e.tenant = t.tenant AND e.since <= :on AND (e.until IS NULL OR e.until > :on)
    ORDER BY t.tenant
""")

_ABOVE = text("""
    WITH RECURSIVE above (code, height) AS (
        SELECT parent, 1 FROM parent_edge WHERE tenant = :code AND since <= :on AND (until IS NULL OR until > :on)
        UNION ALL
        SELECT e.parent, a.height + 1 FROM above a
        JOIN parent_edge e ON e.tenant = a.code AND e.since <= :on AND (e.until IS NULL OR e.until > :on)
    )
    SELECT code FROM above ORDER BY height
""")

_PLANT = text("SELECT plant_canaries()")


async def all_tenants(uow: UnitOfWork) -> list[Tenant]:
    rows = await uow.execute(select(tenant).order_by(tenant.c.level == "platform", tenant.c.tenant))
    return [Tenant(code=row.tenant, name=row.name, level=row.level, state=row.state) for row in rows]


async def find(uow: UnitOfWork, code: str) -> Tenant | None:
    row = (await uow.execute(select(tenant).where(tenant.c.tenant == code))).one_or_none()
    return row and Tenant(code=row.tenant, name=row.name, level=row.level, state=row.state)


async def codes(uow: UnitOfWork, states: Sequence[str]) -> list[str]:
    statement = select(tenant.c.tenant).where(tenant.c.state.in_(states)).order_by(tenant.c.tenant)
    return list((await uow.execute(statement)).scalars())


async def tree(uow: UnitOfWork, on: date) -> list[Placed]:
    return [Placed(**row._mapping) for row in await uow.execute(_TREE, {"on": on})]


async def above(uow: UnitOfWork, code: str, on: date) -> list[str]:
    return list((await uow.execute(_ABOVE, {"code": code, "on": on})).scalars())


async def successions(uow: UnitOfWork) -> list[Succession]:
    rows = await uow.execute(select(succession).order_by(succession.c.since, succession.c.tenant))
    return [Succession(row.tenant, row.successor, row.since) for row in rows]


async def save(uow: UnitOfWork, item: Tenant) -> None:
    statement = upsert(tenant).values(tenant=item.code, name=item.name, level=item.level, state=item.state)
    await uow.execute(statement.on_conflict_do_nothing())


async def plant_canaries(uow: UnitOfWork) -> None:
    await uow.execute(_PLANT)


async def save_parent(uow: UnitOfWork, parent: Parent) -> None:
    row = {"tenant": uow.tenant, "parent": parent.tenant, "since": parent.since, "until": parent.until}
    statement = upsert(parent_edge).values(row)
    await uow.execute(statement.on_conflict_do_nothing(index_elements=["tenant", "parent", "since"]))


async def edges_from(uow: UnitOfWork, on: date) -> list[Parent]:
    """Edges of the current tenant that hold on ``on`` or later, locked, the earliest first."""
    mine = and_(parent_edge.c.tenant == uow.tenant, or_(parent_edge.c.until.is_(None), parent_edge.c.until > on))
    statement = select(parent_edge).where(mine).order_by(parent_edge.c.since).with_for_update()
    return [Parent(row.parent, row.since, row.until) for row in await uow.execute(statement)]


async def count_children(uow: UnitOfWork, on: date) -> int:
    """How many stand below the current tenant on ``on`` or later."""
    mine = and_(parent_edge.c.parent == uow.tenant, or_(parent_edge.c.until.is_(None), parent_edge.c.until > on))
    return int((await uow.execute(select(func.count()).where(mine))).scalar_one())


async def end_edge(uow: UnitOfWork, edge: Parent, until: date) -> None:
    mine = (parent_edge.c.tenant == uow.tenant) & (parent_edge.c.parent == edge.tenant)
    await uow.execute(update(parent_edge).where(mine, parent_edge.c.since == edge.since).values(until=until))


async def rename(uow: UnitOfWork, name: str, former: str, on: date) -> None:
    await uow.execute(insert(former_name).values(tenant=uow.tenant, until=on, name=former))
    await uow.execute(update(tenant).where(tenant.c.tenant == uow.tenant).values(name=name))


async def last_rename(uow: UnitOfWork) -> date | None:
    statement = select(func.max(former_name.c.until)).where(former_name.c.tenant == uow.tenant)
    last: date | None = (await uow.execute(statement)).scalar_one()
    return last


async def add_successor(uow: UnitOfWork, successor: str, since: date) -> None:
    await uow.execute(insert(succession).values(tenant=uow.tenant, successor=successor, since=since))


async def set_state(uow: UnitOfWork, code: str, state: str) -> None:
    await uow.execute(update(tenant).where(tenant.c.tenant == code).values(state=state))


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
