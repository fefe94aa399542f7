"""SQL of comparisons and totals."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
from sqlalchemy import RowMapping, func, insert, select, text

from lianshen.kernel.database import UnitOfWork
from lianshen.reckoning._tables import reconciliation, tally
from lianshen.reckoning.types import Counted, Fault, Kind, Numbers, Reconciliation, Tally

T = TypeVar("T")

_COUNT = text("""
    WITH state AS (
        SELECT p.id, p.number, CASE
            WHEN NOT p.disclosed THEN 'drafts'
            WHEN p.phase = 'withdrawn' THEN 'withdrawn'
            WHEN EXISTS (SELECT FROM project_duty d
                         WHERE d.tenant = :tenant AND d.project = p.id AND d.duty = 'approve') THEN 'decided'
            ELSE 'submitted' END AS state
        FROM project p WHERE p.tenant = :tenant
    ), declared AS (
        SELECT e.project AS id FROM event e WHERE e.tenant = :tenant AND e.action = 'projects.declare'
    )
    SELECT (SELECT h.seq FROM chain_head h WHERE h.tenant = :tenant) AS seq,
           (SELECT count(*) FROM declared) AS created,
           (SELECT count(*) FROM state WHERE state = 'drafts') AS drafts,
           (SELECT count(*) FROM state WHERE state = 'submitted') AS submitted,
           (SELECT count(*) FROM state WHERE state = 'withdrawn') AS withdrawn,
           (SELECT count(*) FROM state WHERE state = 'decided') AS decided,
           (SELECT count(*) FROM filing f WHERE f.tenant = :tenant) AS filings,
           (SELECT coalesce(sum(c.last), 0)::bigint FROM counter c
            WHERE c.tenant = :tenant AND c.kind = 'project') AS numbered,
           ARRAY(SELECT d.id FROM declared d WHERE NOT EXISTS (SELECT FROM state s WHERE s.id = d.id)
                 ORDER BY d.id) AS gone,
           ARRAY(SELECT s.number FROM state s WHERE NOT EXISTS (SELECT FROM declared d WHERE d.id = s.id)
                 ORDER BY s.number) AS unknown
""")
"""In one statement, so that all of it is of one instant."""

_DECLARED_SINCE = text("""
    SELECT count(*) FROM event e
    WHERE e.tenant = :tenant AND e.action = 'projects.declare' AND e.seq > :since AND e.seq <= :until
""")


def _made(kind: type[T], row: RowMapping) -> T:
    return msgspec.convert({str(name): value for name, value in row.items()}, kind)


async def count(uow: UnitOfWork) -> Counted:
    row = (await uow.execute(_COUNT, {"tenant": uow.tenant})).one()
    numbers = Numbers(**{name: getattr(row, name) for name in Numbers.__struct_fields__})
    return Counted(numbers, row.numbered, tuple(row.gone), tuple(row.unknown))


async def declared_between(uow: UnitOfWork, since: int, until: int) -> int:
    values = {"tenant": uow.tenant, "since": since, "until": until}
    return int((await uow.execute(_DECLARED_SINCE, values)).scalar_one())


async def add(uow: UnitOfWork, kind: Kind, seen: int, faults: list[Fault]) -> None:
    row = {"id": uuid4(), "kind": kind, "at": uow.now, "seen": seen, "faults": [list(one) for one in faults]}
    await uow.execute(insert(reconciliation).values(tenant=uow.tenant, **row))


async def latest(uow: UnitOfWork, kind: Kind, limit: int) -> list[Reconciliation]:
    names = [reconciliation.c[name] for name in Reconciliation.__struct_fields__]
    mine = (reconciliation.c.tenant == uow.tenant) & (reconciliation.c.kind == kind)
    rows = await uow.execute(select(*names).where(mine).order_by(reconciliation.c.at.desc()).limit(limit))
    return [_made(Reconciliation, row) for row in rows.mappings()]


async def last_at(uow: UnitOfWork, kind: Kind) -> datetime | None:
    """When this was last compared and nothing was amiss."""
    mine = (reconciliation.c.tenant == uow.tenant) & (reconciliation.c.kind == kind)
    sound = func.jsonb_array_length(reconciliation.c.faults) == 0
    found: datetime | None = (await uow.execute(select(func.max(reconciliation.c.at)).where(mine, sound))).scalar_one()
    return found


async def add_tally(uow: UnitOfWork, row: Mapping[str, Any]) -> None:
    await uow.execute(insert(tally).values(tenant=uow.tenant, **row))


async def tallies(uow: UnitOfWork, limit: int, *, day: date | None = None) -> list[Tally]:
    """The newest days first; with ``day`` that one alone."""
    names = [tally.c[name] for name in Tally.__struct_fields__]
    mine = select(*names).where(tally.c.tenant == uow.tenant)
    if day is not None:
        mine = mine.where(tally.c.day == day)
    rows = await uow.execute(mine.order_by(tally.c.day.desc()).limit(limit))
    return [_made(Tally, row) for row in rows.mappings()]
