"""SQL of orders and figures, and of all tables that hold rows of a tenant, as the catalogue lists them."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.audit._tables import event
from lianshen.identity._tables import office, person
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.schema import CANARY
from lianshen.operations._tables import operator_order, tenant_figure
from lianshen.operations.types import Figures, Neighbour, Office, Order
from lianshen.projects._tables import project

_BATCH = 500
_VIEW = [operator_order.c[name] for name in Order.__struct_fields__]


class Held(msgspec.Struct, frozen=True):
    """A table that holds rows of tenants: its columns that are written, its key, and whether rows name one another."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    inward: bool


_HELD = text("""
    SELECT c.relname AS name,
           (SELECT array_agg(quote_ident(a.attname) ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
           (SELECT array_agg(quote_ident(a.attname) ORDER BY k.place) FROM pg_index i
            JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place) ON true
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
            WHERE i.indrelid = c.oid AND i.indisprimary) AS key,
           ARRAY(SELECT DISTINCT f.confrelid::regclass::text FROM pg_constraint f
                 WHERE f.conrelid = c.oid AND f.contype = 'f') AS refers
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped)
    ORDER BY c.relname
""")


class NoOrder(Exception):
    """Tables name one another in a circle, so that none can be filled first: a migration has to be corrected."""


async def held(uow: UnitOfWork) -> list[Held]:
    """Every table with a column ``tenant``, whoever declared it, each after those that it refers to."""
    rows = {row.name: row for row in await uow.execute(_HELD)}
    found: list[Held] = []
    done: set[str] = set()
    while len(found) < len(rows):
        free = [row for name, row in rows.items() if name not in done and not set(row.refers) - done - {name}]
        if not free:
            raise NoOrder(sorted(set(rows) - done))
        found += [Held(row.name, tuple(row.columns), tuple(row.key), row.name in row.refers) for row in free]
        done |= {row.name for row in free}
    return found


_UNSEEN = text("""
    SELECT name FROM (VALUES
        ('deadline', EXISTS (SELECT FROM deadline WHERE tenant = :tenant AND id = :canary)),
        ('outbox', EXISTS (SELECT FROM outbox WHERE tenant = :tenant AND id = :canary)),
        ('event', (SELECT count(*) FROM event WHERE tenant = :tenant)
                  = (SELECT seq FROM chain_head WHERE tenant = :tenant)),
        ('project', NOT EXISTS (
            SELECT FROM event e WHERE e.tenant = :tenant AND e.project IS NOT NULL
                AND NOT EXISTS (SELECT FROM project p WHERE p.tenant = :tenant AND p.id = e.project)))
    ) AS sight (name, seen) WHERE seen IS NOT TRUE
""")


async def unseen(uow: UnitOfWork) -> list[str]:
    """Tables of the current tenant of which this role does not see what it knows to be there (D25)."""
    return list((await uow.execute(_UNSEEN, {"tenant": uow.tenant, "canary": CANARY})).scalars())


async def begin_snapshot(uow: UnitOfWork) -> None:
    """Make this transaction see one instant throughout; it has to be its first statement."""
    await uow.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    await take_time(uow)


async def take_time(uow: UnitOfWork) -> None:
    """Lift the limits that keep a request short, for this transaction; write instants in one way."""
    await uow.take_time()
    await uow.execute(text("SET LOCAL timezone = 'UTC'"))


async def lines(uow: UnitOfWork, table: Held) -> AsyncIterator[list[bytes]]:
    """The tenant's rows as JSON, in the order of the key, a batch at a time; columns that are computed are left out."""
    columns, key = ", ".join(table.columns), ", ".join(table.key)
    query = f"SELECT {columns} FROM {table.name} WHERE tenant = '{uow.tenant}' ORDER BY {key}"  # noqa: S608
    cursor = f"DECLARE held NO SCROLL CURSOR FOR SELECT to_json(r)::text FROM ({query}) r"  # noqa: S608
    await uow.execute(text(cursor))
    while batch := (await uow.execute(text(f"FETCH {_BATCH} FROM held"))).scalars().all():
        yield [line.encode() for line in batch]
    await uow.execute(text("CLOSE held"))


async def write(uow: UnitOfWork, table: Held, rows: Sequence[bytes]) -> None:
    """Enter rows as ``lines`` gave them."""
    columns = ", ".join(table.columns)
    statement = (
        f"INSERT INTO {table.name} ({columns}) "  # noqa: S608 - names from the catalogue, quoted there
        f"SELECT {columns} FROM json_populate_recordset(NULL::{table.name}, CAST(:rows AS json))"
    )
    await uow.execute(text(statement), {"rows": (b"[" + b",".join(rows) + b"]").decode()})


async def erase(uow: UnitOfWork, table: Held, code: str) -> int:
    statement = text(f"DELETE FROM {table.name} WHERE tenant = :code")  # noqa: S608 - a name from the catalogue
    return (await uow.execute(statement, {"code": code})).rowcount


async def count(uow: UnitOfWork, table: Held, code: str) -> int:
    statement = text(f"SELECT count(*) FROM {table.name} WHERE tenant = :code")  # noqa: S608 - as above
    return int((await uow.execute(statement, {"code": code})).scalar_one())


async def walled(uow: UnitOfWork) -> set[str]:
    found = await uow.execute(text("SELECT relname FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p')"))
    return set(found.scalars())


async def revision(uow: UnitOfWork) -> str:
    return str((await uow.execute(text("SELECT version_num FROM alembic_version"))).scalar_one())


_NEIGHBOURS = text("""
    SELECT tenant, name, level FROM tenant WHERE tenant IN (
        SELECT parent FROM parent_edge WHERE tenant = :code UNION SELECT successor FROM succession WHERE tenant = :code)
    ORDER BY tenant
""")

_NAMED_BY = text("""
    SELECT tenant FROM parent_edge WHERE parent = :code UNION SELECT tenant FROM succession WHERE successor = :code
    ORDER BY tenant
""")


async def neighbours(uow: UnitOfWork, code: str) -> tuple[Neighbour, ...]:
    """Whom the register's rows of ``code`` name."""
    return tuple(Neighbour(row.tenant, row.name, row.level) for row in await uow.execute(_NEIGHBOURS, {"code": code}))


async def named_by(uow: UnitOfWork, code: str) -> list[str]:
    """Whose rows of the register name ``code``."""
    return list((await uow.execute(_NAMED_BY, {"code": code})).scalars())


async def offices(uow: UnitOfWork) -> list[Office]:
    """The offices of the tenant entered."""
    statement = select(office.c.code, office.c.name, office.c.body).where(office.c.tenant == uow.tenant)
    return [Office(row.code, row.name, row.body) for row in await uow.execute(statement.order_by(office.c.code))]


async def figures_of(uow: UnitOfWork) -> tuple[int, int, datetime | None]:
    """People who may sign in, projects, and the last event of the tenant entered."""
    people = select(func.count()).where(person.c.tenant == uow.tenant, person.c.active).scalar_subquery()
    projects = select(func.count()).where(project.c.tenant == uow.tenant).scalar_subquery()
    last = select(event.c.at).where(event.c.tenant == uow.tenant).order_by(event.c.seq.desc()).limit(1)
    row: Any = (await uow.execute(select(people, projects, last.scalar_subquery()))).one()
    found: tuple[int, int, datetime | None] = tuple(row)
    return found


async def keep_figures(uow: UnitOfWork, figures: Figures) -> None:
    row = msgspec.structs.asdict(figures)
    statement = upsert(tenant_figure).values(tenant=uow.tenant, **row)
    del row["subject"]
    await uow.execute(statement.on_conflict_do_update(index_elements=["tenant", "subject"], set_=row))


async def forget_figures(uow: UnitOfWork, subject: str) -> None:
    mine = (tenant_figure.c.tenant == uow.tenant) & (tenant_figure.c.subject == subject)
    await uow.execute(tenant_figure.delete().where(mine))


async def figures(uow: UnitOfWork) -> dict[str, Figures]:
    statement = select(tenant_figure).where(tenant_figure.c.tenant == uow.tenant)
    return {
        row.subject: Figures(*[getattr(row, name) for name in Figures.__struct_fields__])
        for row in await uow.execute(statement)
    }


async def add_order(uow: UnitOfWork, values: dict[str, Any]) -> None:
    await uow.execute(insert(operator_order).values(tenant=uow.tenant, state="ordered", progress="", **values))


async def open_order(uow: UnitOfWork, subject: str) -> bool:
    """Whether something ordered for ``subject`` is not finished yet; orders for it wait for one another from here."""
    lock = text("SELECT pg_advisory_xact_lock(hashtext('operator_order'), hashtext(:tenant))")
    await uow.execute(lock, {"tenant": subject})
    mine = (operator_order.c.tenant == uow.tenant) & (operator_order.c.subject == subject)
    waiting = operator_order.c.state.in_(("ordered", "running")) & operator_order.c.withdrawn_at.is_(None)
    return (await uow.execute(select(operator_order.c.id).where(mine, waiting).limit(1))).first() is not None


def _order(row: Row[Any] | None) -> Order | None:
    return None if row is None else Order(**row._mapping)


async def order(uow: UnitOfWork, id_: UUID, *, lock: bool = False) -> Order | None:
    statement = select(*_VIEW).where(operator_order.c.tenant == uow.tenant, operator_order.c.id == id_)
    return _order((await uow.execute(statement.with_for_update() if lock else statement)).one_or_none())


async def orders(uow: UnitOfWork, subject: str | None, limit: int) -> list[Order]:
    statement = select(*_VIEW).where(operator_order.c.tenant == uow.tenant)
    if subject is not None:
        statement = statement.where(operator_order.c.subject == subject)
    rows = await uow.execute(statement.order_by(operator_order.c.requested_at.desc()).limit(limit))
    return [Order(**row._mapping) for row in rows]


async def set_order(uow: UnitOfWork, id_: UUID, **values: Any) -> None:
    mine = (operator_order.c.tenant == uow.tenant) & (operator_order.c.id == id_)
    await uow.execute(update(operator_order).where(mine).values(values))


_NEXT = text("""
    WITH next AS MATERIALIZED (
        SELECT id FROM operator_order
        WHERE tenant = :tenant AND withdrawn_at IS NULL AND (kind <> 'delete' OR approved_by IS NOT NULL)
          AND (state = 'ordered' OR (state = 'running' AND started_at < :lost))
        ORDER BY requested_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE operator_order o SET state = 'running', started_at = :now
    FROM next WHERE o.tenant = :tenant AND o.id = next.id RETURNING o.id
""")
"""Materialized: in a join the planner may run the limited query once for each row, and so claim more than one."""


async def claim(uow: UnitOfWork, lost: datetime) -> UUID | None:
    """The next order that may be carried out, now running; one whose process was lost since ``lost`` is taken anew."""
    values = {"tenant": uow.tenant, "now": uow.now, "lost": lost}
    return (await uow.execute(_NEXT, values)).scalar_one_or_none()


async def secrets(uow: UnitOfWork, id_: UUID) -> list[dict[str, str]]:
    mine = (operator_order.c.tenant == uow.tenant) & (operator_order.c.id == id_)
    return (await uow.execute(select(operator_order.c.secrets).where(mine))).scalar_one() or []
