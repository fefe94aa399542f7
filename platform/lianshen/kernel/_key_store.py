"""SQL of the data keys and of what they protect."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Row,
    Table,
    Text,
    Update,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.kernel.schema import data_key

if TYPE_CHECKING:
    from lianshen.kernel.database import UnitOfWork

_ACTIVE = text("SELECT id, wrapped FROM active_key(:purpose)")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('data_key'), CAST(CAST(:tenant AS text) AS int))")
_HEAD = (2, 16)
"""Where the id of its key stands in a protected value, as SQL's substr counts."""


async def active(uow: "UnitOfWork", purpose: str) -> Row[Any] | None:
    """The active key, with the tenant's advisory lock held shared until COMMIT, in one round trip."""
    return (await uow.execute(_ACTIVE, {"purpose": purpose})).one_or_none()


async def add(uow: "UnitOfWork", key: UUID, purpose: str, algorithm: str, wrapped: bytes) -> None:
    row = {"id": key, "purpose": purpose, "algorithm": algorithm, "state": "active", "wrapped": wrapped}
    statement = upsert(data_key).values(tenant=uow.tenant, created_at=uow.now, **row)
    await uow.execute(
        statement.on_conflict_do_nothing(index_elements=["tenant", "purpose"], index_where=text("state = 'active'"))
    )


async def wrapped(uow: "UnitOfWork", key: UUID) -> bytes | None:
    statement = select(data_key.c.wrapped).where(data_key.c.tenant == uow.tenant, data_key.c.id == key)
    return (await uow.execute(statement)).scalar_one_or_none()


async def lock(uow: "UnitOfWork") -> None:
    """Wait for every transaction of the tenant that is protecting something, and keep others waiting until COMMIT."""
    await uow.execute(_LOCK, {"tenant": uow.tenant})


async def give_up_active(uow: "UnitOfWork") -> list[str]:
    """Let the active keys only open from now on; their purposes."""
    mine = (data_key.c.tenant == uow.tenant) & (data_key.c.state == "active")
    statement = update(data_key).where(mine).values(state="outgoing").returning(data_key.c.purpose)
    return list((await uow.execute(statement)).scalars())


async def in_state(uow: "UnitOfWork", *states: str) -> list[Row[Any]]:
    statement = select(data_key).where(data_key.c.tenant == uow.tenant, data_key.c.state.in_(states))
    return list(await uow.execute(statement))


async def opening(uow: "UnitOfWork", purpose: str) -> list[UUID]:
    """Keys of that purpose under which values may be found."""
    statement = select(data_key.c.id).where(
        data_key.c.tenant == uow.tenant, data_key.c.purpose == purpose, data_key.c.state.in_(("active", "outgoing"))
    )
    return list((await uow.execute(statement)).scalars())


async def set_key(uow: "UnitOfWork", key: UUID, **values: Any) -> None:
    await uow.execute(update(data_key).where(data_key.c.tenant == uow.tenant, data_key.c.id == key).values(values))


def _rest_of_key(table: Table) -> list[Column[Any]]:
    return [column for column in table.primary_key.columns if column.name != "tenant"]


def row_id(table: Table, row: Row[Any]) -> str:
    """How a row is named in the place of a sealed value."""
    return "/".join(str(row._mapping[column.name]) for column in _rest_of_key(table))


def _under(table: Table, column: Column[Any], keys: Sequence[UUID]) -> Any:
    return (table.c.tenant == literal_column("current_tenant()")) & func.substr(column, *_HEAD).in_(
        [key.bytes for key in keys]
    )


async def rows_under(
    uow: "UnitOfWork", table: Table, column: Column[Any], keys: Sequence[UUID], limit: int
) -> list[Row[Any]]:
    """Rows whose ``value`` is under one of ``keys``, locked; the sealed ``source`` of an index; ``canon`` of a code."""
    source = table.c[column.info["of"]] if "of" in column.info else column
    spelled = [canon(table).label("canon")] if column.name == "mac" else []
    statement = (
        select(*_rest_of_key(table), column.label("value"), source.label("source"), *spelled)
        .where(_under(table, column, keys))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(await uow.execute(statement))


async def is_used(uow: "UnitOfWork", table: Table, column: Column[Any], key: UUID) -> bool:
    return bool(
        (await uow.execute(select(select(table.c.tenant).where(_under(table, column, [key])).exists()))).scalar_one()
    )


async def set_value(uow: "UnitOfWork", table: Table, column: Column[Any], row: Row[Any], value: bytes) -> None:
    mine = table.c.tenant == uow.tenant
    for part in _rest_of_key(table):
        mine &= part == row._mapping[part.name]
    await uow.run(update(table).where(mine).values({column: value}))


async def set_codes(uow: "UnitOfWork", table: Table, rows: Sequence[Row[Any]], codes: Sequence[bytes]) -> None:
    """``set_value`` of many rows' codes at once."""
    mine, rest = table.c.tenant == uow.tenant, _rest_of_key(table)
    for part in rest:
        mine &= part == bindparam(f"key_{part.name}")
    values = [
        {f"key_{part.name}": row._mapping[part.name] for part in rest} | {"given": code}
        for row, code in zip(rows, codes, strict=True)
    ]
    await uow.run(update(table).where(mine).values(mac=bindparam("given")), values)


def spelling(table: Table, row: str) -> str:
    """SQL: the one spelling of a whole ``row`` of ``table``, for its integrity; see SQL functions ``canon``."""
    outside = ", ".join(table.c.mac.info["outside"])
    return f"canon({row}, '{{{outside}}}')" if outside else f"canon({row})"


def canon(table: Table) -> Any:
    """The same as an expression."""
    return literal_column(spelling(table, table.name), Text)


_WRITTEN_HERE = text("xmin = pg_current_xact_id()::xid")


async def rows_written_here(uow: "UnitOfWork", table: Table) -> list[Row[Any]]:
    """Rows of ``table`` that this very transaction has written."""
    statement = select(*_rest_of_key(table), canon(table).label("canon")).where(
        table.c.tenant == uow.tenant, _WRITTEN_HERE
    )
    return list(await uow.execute(statement))


async def rows_to_change(uow: "UnitOfWork", table: Table, statement: Update, values: Any) -> list[Row[Any]]:
    """The rows that an UPDATE is about to change, locked."""
    found = select(*_rest_of_key(table), table.c.mac.label("value"), canon(table).label("canon"))
    if statement.whereclause is not None:
        found = found.where(statement.whereclause)
    return list(await uow.run(found.with_for_update(), values))


async def batches(
    uow: "UnitOfWork", table: Table, *, locked: bool = False, size: int = 500
) -> AsyncIterator[Sequence[Row[Any]]]:
    """All rows of the tenant in order of their key, so many at once that memory does not grow with their number."""
    key = _rest_of_key(table)
    statement = select(*key, table.c.mac.label("value"), canon(table).label("canon"))
    statement = statement.where(table.c.tenant == uow.tenant).order_by(*key).limit(size)
    statement = statement.with_for_update() if locked else statement
    rows = (await uow.execute(statement)).all()
    while rows:
        yield rows
        if len(rows) < size or not key:
            return
        last = tuple_(*[literal(rows[-1]._mapping[part.name], part.type) for part in key])
        rows = (await uow.execute(statement.where(tuple_(*key) > last))).all()
