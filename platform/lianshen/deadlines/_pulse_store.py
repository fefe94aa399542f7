"""SQL of how the sweep is: its beat, the oldest it has not handled, what it has set aside (D60)."""

from typing import Any

import msgspec
from sqlalchemy import text

from lianshen.deadlines.types import Parked, Pulse
from lianshen.kernel.database import UnitOfWork

_BEAT = text("""
    INSERT INTO sweep_beat AS b (one, at, due_since, parked)
    SELECT true, now(), (SELECT min(next_at) FROM tenant t CROSS JOIN LATERAL (
               SELECT next_at FROM deadline d WHERE d.tenant = t.tenant AND d.next_at <= duty_now()
               ORDER BY next_at LIMIT 1
           ) AS first WHERE t.state = 'active'),
           (SELECT count(*) FROM deadline WHERE parked_at IS NOT NULL)
    ON CONFLICT (one) DO UPDATE SET at = excluded.at, due_since = excluded.due_since, parked = excluded.parked
""")

_READ = text("""
    SELECT CAST(extract(epoch FROM now() - at) AS float8) AS silent, parked,
           CAST(coalesce(extract(epoch FROM duty_now() - due_since), 0) AS float8) AS oldest
    FROM sweep_beat
""")

_PARKED = text("""
    SELECT d.id, d.project, p.number, p.title, d.label, d.due_on, d.parked AS reason, d.parked_at
    FROM deadline d JOIN project p ON p.tenant = :tenant AND p.id = d.project
    WHERE d.tenant = :tenant AND d.parked_at IS NOT NULL ORDER BY d.parked_at
""")

_BY_TENANT = text("""
    SELECT tenant, count(*) AS parked FROM deadline WHERE parked_at IS NOT NULL GROUP BY tenant ORDER BY tenant
""")


async def beat(uow: UnitOfWork) -> None:
    """Say that a sweep has looked."""
    await uow.execute(_BEAT)


async def read(uow: UnitOfWork) -> Pulse:
    row: Any = (await uow.execute(_READ)).one_or_none()
    return Pulse(silent=None, oldest=0.0, parked=0) if row is None else Pulse(**row._mapping)


async def parked(uow: UnitOfWork) -> list[Parked]:
    return [msgspec.convert(dict(row._mapping), Parked) for row in await uow.execute(_PARKED, {"tenant": uow.tenant})]


async def parked_by_tenant(uow: UnitOfWork) -> dict[str, int]:
    return {row.tenant: row.parked for row in await uow.execute(_BY_TENANT)}
