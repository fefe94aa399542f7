"""SQL of deadlines. The database's clock decides what is due (D65)."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.deadlines._tables import deadline
from lianshen.deadlines.types import Deadline
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.schema import CANARY

VIEW = [deadline.c[name] for name in Deadline.__struct_fields__]

_START = text("""
    WITH started AS (
        INSERT INTO deadline (tenant, id, project, clock, label, article, quotation, owed_by, owed_to, trigger_on,
                              budget, unit, first_day, rolling, cut_off, due_on, due_at, provisional, calendar,
                              on_expiry, state, opened_at, overdue)
        SELECT :tenant, id, :project, clock, label, article, quotation, owed_by, owed_to, trigger_on, budget, unit,
               first_day, rolling, cut_off, due_on, due_at, provisional, calendar, on_expiry, 'open', :now, false
        FROM jsonb_to_recordset(:rows) AS r (id uuid, clock text, label text, article text, quotation text,
             owed_by text, owed_to text, trigger_on date, budget int, unit text, first_day text,
             rolling text, cut_off text, due_on date,
             due_at timestamptz, provisional boolean, calendar text, on_expiry text)
        RETURNING id, trigger_on
    )
    INSERT INTO deadline_entry (tenant, id, deadline, kind, "on", reason, at)
    SELECT :tenant, gen_random_uuid(), id, 'started', trigger_on, '', :now FROM started
""").bindparams(bindparam("rows", type_=JSONB))

_CLOSE = text("""
    WITH closed AS (
        UPDATE deadline SET state = :state, closed_at = :now
        WHERE tenant = :tenant AND project = :project AND clock = ANY(:clocks) AND state = 'open'
          AND (CAST(:owed_by AS text) IS NULL OR owed_by = :owed_by)
        RETURNING id
    )
    INSERT INTO deadline_entry (tenant, id, deadline, kind, "on", reason, at)
    SELECT :tenant, gen_random_uuid(), id, :state, :on, '', :now FROM closed
""")

_EXPIRE = text("""
    WITH due AS (
        SELECT id, on_expiry FROM deadline
        WHERE tenant = :tenant AND id = :id AND state = 'open' AND NOT overdue AND due_at <= now() FOR UPDATE
    ), closed AS (
        UPDATE deadline d SET overdue = true,
               state = CASE WHEN due.on_expiry = 'none' THEN 'open' ELSE 'expired' END,
               closed_at = CASE WHEN due.on_expiry <> 'none' THEN CAST(:now AS timestamptz) END
        FROM due WHERE d.tenant = :tenant AND d.id = due.id
        RETURNING d.*
    ), noted AS (
        INSERT INTO deadline_entry (tenant, id, deadline, kind, "on", reason, at)
        SELECT :tenant, gen_random_uuid(), id, 'expired', due_on, '', :now FROM closed
    )
    SELECT project, clock, label, article, owed_by, due_on, on_expiry FROM closed
""")


async def start(uow: UnitOfWork, project: UUID, rows: Sequence[dict[str, Any]]) -> None:
    await uow.execute(_START, {"tenant": uow.tenant, "project": project, "rows": list(rows), "now": uow.now})


async def close(
    uow: UnitOfWork, project: UUID, clocks: Sequence[str], state: str, on: Any, owed_by: str | None
) -> None:
    values = {"tenant": uow.tenant, "project": project, "clocks": list(clocks), "state": state, "on": on}
    await uow.execute(_CLOSE, values | {"owed_by": owed_by, "now": uow.now})


async def expire(uow: UnitOfWork, deadline_id: UUID) -> Any:
    """Mark the deadline as passed if it is due by the database's clock; the row, or None if there is nothing to do."""
    return (await uow.execute(_EXPIRE, {"tenant": uow.tenant, "id": deadline_id, "now": uow.now})).one_or_none()


async def of_project(uow: UnitOfWork, project: UUID) -> list[Deadline]:
    statement = (
        select(*VIEW)
        .where(deadline.c.tenant == uow.tenant, deadline.c.project == project)
        .order_by(deadline.c.opened_at, deadline.c.due_on, deadline.c.owed_by)
    )
    return [Deadline(**row) for row in (await uow.execute(statement)).mappings()]


async def sighted(uow: UnitOfWork, tenants: Collection[str]) -> set[str]:
    seen = (
        deadline.c.tenant.in_(tenants) & (deadline.c.id == CANARY) & (deadline.c.state == "open") & ~deadline.c.overdue
    )
    return set((await uow.execute(select(deadline.c.tenant).where(seen))).scalars())


_DUE = text("""
    SELECT tenant, id FROM (
        SELECT tenant, id, due_at, row_number() OVER (PARTITION BY tenant ORDER BY due_at) AS turn
        FROM deadline
        WHERE state = 'open' AND NOT overdue AND due_at <= now() AND id <> ALL(:but)
          AND tenant IN (SELECT tenant FROM tenant WHERE state = 'active')
    ) AS waiting
    ORDER BY turn, due_at LIMIT :limit
""").bindparams(bindparam("but", type_=ARRAY(Uuid)))
"""Each tenant's oldest first, then each tenant's second: a county with a long backlog does not hold up the others."""


async def due(uow: UnitOfWork, but: Sequence[UUID], limit: int) -> list[tuple[str, UUID]]:
    """(tenant, id) of deadlines that have passed, over all tenants: for the role that sees no content."""
    return [(row.tenant, row.id) for row in await uow.execute(_DUE, {"but": list(but), "limit": limit})]
