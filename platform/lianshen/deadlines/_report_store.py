"""SQL of reports to the level above."""

from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import text

from lianshen.deadlines.types import LateBelow
from lianshen.kernel.database import UnitOfWork

_MADE = text("""
    SELECT d.id AS deadline, r.rung, r.due_on, p.number, p.title, d.label, d.article, t.name AS child_name,
           coalesce((SELECT string_agg(DISTINCT o.name, '、') FROM office o WHERE o.tenant = :tenant
               AND CASE d.owed_by WHEN 'project_unit' THEN o.id = p.office ELSE o.body = d.owed_by END), '') AS unit
    FROM rung r
    JOIN deadline d ON d.tenant = :tenant AND d.id = r.deadline
    JOIN project p ON p.tenant = :tenant AND p.id = d.project
    JOIN tenant t ON t.tenant = :tenant
    WHERE r.tenant = :tenant AND r.event = :event
""")

_KEEP = text("""
    INSERT INTO late_below (tenant, child, deadline, rung, due_on, number, title, unit, label, article, received_at)
    VALUES (:tenant, :child, :deadline, :rung, :due_on, :number, :title, :unit, :label, :article, :now)
    ON CONFLICT DO NOTHING RETURNING child
""")


async def made(uow: UnitOfWork, event: UUID, day: date) -> LateBelow:
    row = (await uow.execute(_MADE, {"tenant": uow.tenant, "event": event})).one()
    return LateBelow(child=uow.tenant, day=day, **row._mapping)


async def keep(uow: UnitOfWork, late: LateBelow) -> bool:
    """True when it is kept now, false when it was before."""
    values = msgspec.structs.asdict(late) | {"tenant": uow.tenant, "now": uow.now}
    values = {name: value for name, value in values.items() if name not in ("child_name", "day")}
    return (await uow.execute(_KEEP, values)).first() is not None
