"""SQL of visits."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, RowMapping, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.kernel.database import UnitOfWork
from lianshen.visits._tables import visit
from lianshen.visits.types import Looked, Visit

_NAMES = Visit.__struct_fields__
_VIEW = [visit.c[name] for name in _NAMES]
_ENTER = text("SELECT * FROM enter_visit(:tenant, :digest, :operator, :now)")
_OF_EVENT = text("SELECT CAST(facts -> 'visit' ->> 1 AS uuid) FROM event WHERE tenant = :tenant AND id = :event")
_LOOKED = text("""
    SELECT e.at, e.note AS what FROM event e
    WHERE e.tenant = :tenant AND e.action = 'read.visit' AND e.facts -> 'visit' ->> 1 = :visit
    ORDER BY e.seq DESC LIMIT :limit
""")


async def enter(uow: UnitOfWork, tenant: str, digest: bytes, operator: UUID) -> Row[Any] | None:
    """Bind the transaction to ``tenant`` and find the open visit of this operator, in one round trip."""
    values = {"tenant": tenant, "digest": digest, "operator": operator, "now": uow.now}
    row = (await uow.execute(_ENTER, values)).one_or_none()
    uow.entered(tenant)
    return row


async def add(uow: UnitOfWork, one: Visit, digest: bytes, token: bytes | None) -> bool:
    """False when it is there already."""
    row = {name: getattr(one, name) for name in _NAMES} | {"digest": digest, "token": token}
    added = await uow.execute(
        upsert(visit).values(tenant=uow.tenant, **row).on_conflict_do_nothing().returning(visit.c.id)
    )
    return added.first() is not None


async def set_(uow: UnitOfWork, id_: UUID, **values: object) -> None:
    await uow.execute(update(visit).where(visit.c.tenant == uow.tenant, visit.c.id == id_).values(values))


async def find(uow: UnitOfWork, id_: UUID, *, lock: bool = False) -> Visit | None:
    statement = select(*_VIEW).where(visit.c.tenant == uow.tenant, visit.c.id == id_)
    row = (await uow.execute(statement.with_for_update() if lock else statement)).mappings().one_or_none()
    return None if row is None else _visit(row)


async def secrets(uow: UnitOfWork, id_: UUID) -> Row[Any]:
    """(digest, token) of a visit that is there."""
    mine = (visit.c.tenant == uow.tenant) & (visit.c.id == id_)
    return (await uow.execute(select(visit.c.digest, visit.c.token).where(mine))).one()


async def latest(uow: UnitOfWork, subject: str | None, limit: int) -> list[Visit]:
    statement = select(*_VIEW).where(visit.c.tenant == uow.tenant)
    if subject is not None:
        statement = statement.where(visit.c.subject == subject)
    rows = await uow.execute(statement.order_by(visit.c.asked_at.desc(), visit.c.id).limit(limit))
    return [_visit(row) for row in rows.mappings()]


async def of_event(uow: UnitOfWork, event: UUID) -> UUID | None:
    """The visit that an event is about."""
    return (await uow.execute(_OF_EVENT, {"tenant": uow.tenant, "event": event})).scalar_one_or_none()


async def looked(uow: UnitOfWork, id_: UUID, limit: int) -> list[Looked]:
    rows = await uow.execute(_LOOKED, {"tenant": uow.tenant, "visit": str(id_), "limit": limit})
    return [Looked(row.at, row.what) for row in rows]


def _visit(row: RowMapping) -> Visit:
    return msgspec.convert({str(name): value for name, value in row.items()}, Visit)
