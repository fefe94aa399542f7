"""SQL of deadlines. The database's clock decides what is due (D65)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.deadlines._tables import deadline
from lianshen.deadlines.types import Deadline, Due, Running
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.schema import CANARY

VIEW = [deadline.c[name] for name in Deadline.__struct_fields__]

_START = text("""
    WITH started AS (
        INSERT INTO deadline (tenant, id, project, clock, label, article, quotation, owed_by, owed_to, trigger_on,
                              budget, unit, first_day, rolling, cut_off, named_on, due_on, due_at, provisional,
                              calendar, on_expiry, state, opened_at, overdue, plan, next_at)
        SELECT :tenant, id, :project, clock, label, article, quotation, owed_by, owed_to, trigger_on, budget, unit,
               first_day, rolling, cut_off, named_on, due_on, due_at, provisional, calendar, on_expiry, 'open', :now,
               false, plan, CAST(plan -> 0 ->> 0 AS timestamptz)
        FROM jsonb_to_recordset(:rows) AS r (id uuid, clock text, label text, article text, quotation text,
             owed_by text, owed_to text, trigger_on date, budget int, unit text, first_day text, rolling text,
             cut_off text, named_on date, due_on date, due_at timestamptz, provisional boolean, calendar text,
             on_expiry text, plan jsonb)
        RETURNING id, trigger_on, due_on
    )
    INSERT INTO deadline_entry (tenant, id, deadline, kind, "on", reason, at, due_after)
    SELECT :tenant, gen_random_uuid(), id, 'started', trigger_on, '', :now, due_on FROM started
""").bindparams(bindparam("rows", type_=JSONB))

_CLOSE = text("""
    WITH closed AS (
        UPDATE deadline SET state = :state, closed_at = :now, plan = '[]', next_at = NULL, parked = NULL,
               parked_at = NULL
        WHERE tenant = :tenant AND project = :project AND clock = ANY(:clocks) AND state IN ('open', 'paused')
          AND (CAST(:owed_by AS text) IS NULL OR owed_by = :owed_by)
          AND (CAST(:id AS uuid) IS NULL OR id = :id)
        RETURNING id
    )
    INSERT INTO deadline_entry (tenant, id, deadline, kind, "on", reason, at)
    SELECT :tenant, gen_random_uuid(), id, :state, :on, :reason, :now FROM closed
""")

_RUNNING = text("""
    SELECT coalesce(json_agg(json_build_object(
        'id', d.id, 'project', d.project, 'clock', d.clock, 'label', d.label, 'article', d.article,
        'owed_by', d.owed_by, 'owed_to', d.owed_to, 'due_on', d.due_on, 'due_at', d.due_at, 'overdue', d.overdue,
        'over', d.due_at <= duty_now(), 'state', d.state, 'cut_off', d.cut_off,
        'start', json_build_object('trigger_on', d.trigger_on, 'budget', d.budget, 'unit', d.unit,
            'first_day', d.first_day, 'rolling', d.rolling, 'named_on', d.named_on, 'on_expiry', d.on_expiry),
        'entries', (SELECT coalesce(json_agg(json_build_object('id', e.id, 'kind', e.kind, 'on', e.on, 'at', e.at,
            'of', e.of, 'amount', e.amount, 'unit', e.unit, 'until', e.until, 'reason', e.reason,
            'due_before', e.due_before, 'due_after', e.due_after) ORDER BY e.at, e.on), '[]')
            FROM deadline_entry e WHERE e.tenant = :tenant AND e.deadline = d.id),
        'fired', (SELECT coalesce(json_agg(json_build_object('rung', r.rung, 'due_on', r.due_on,
            'planned_at', r.planned_at, 'fired_at', r.fired_at, 'late', r.late)
            ORDER BY r.fired_at, r.planned_at), '[]')
            FROM rung r WHERE r.tenant = :tenant AND r.deadline = d.id)
    )), '[]')::text
    FROM deadline d WHERE d.tenant = :tenant AND d.project = :project AND (:closed OR d.state IN ('open', 'paused'))
""")

_ENTER = text("""
    WITH moved AS (
        UPDATE deadline d SET state = r.state, due_on = r.due_on, due_at = r.due_at, provisional = r.provisional,
               calendar = r.calendar, overdue = r.overdue, plan = r.plan, failures = 0, parked = NULL,
               parked_at = NULL, next_at = CAST(r.plan -> 0 ->> 0 AS timestamptz)
        FROM jsonb_to_recordset(:rows) AS r (id uuid, state text, due_on date, due_at timestamptz, provisional boolean,
             calendar text, overdue boolean, plan jsonb)
        WHERE d.tenant = :tenant AND d.id = r.id
    )
    INSERT INTO deadline_entry (tenant, id, deadline, kind, "on", reason, at, of, amount, unit, until, due_before,
                                due_after)
    SELECT :tenant, id, deadline, kind, "on", :reason, :now, of, amount, unit, until, due_before, due_after
    FROM jsonb_to_recordset(:entries) AS e (id uuid, deadline uuid, kind text, "on" date, of uuid, amount int,
         unit text, until date, due_before date, due_after date)
""").bindparams(bindparam("rows", type_=JSONB), bindparam("entries", type_=JSONB))


async def start(uow: UnitOfWork, project: UUID, rows: Sequence[dict[str, Any]]) -> None:
    await uow.execute(_START, {"tenant": uow.tenant, "project": project, "rows": list(rows), "now": uow.now})


async def close(
    uow: UnitOfWork,
    project: UUID,
    clocks: Sequence[str],
    state: str,
    on: Any,
    owed_by: str | None = None,
    *,
    only: UUID | None = None,
    reason: str = "",
) -> None:
    values = {"tenant": uow.tenant, "project": project, "clocks": list(clocks), "state": state, "on": on}
    await uow.execute(_CLOSE, values | {"owed_by": owed_by, "now": uow.now, "id": only, "reason": reason})


_RUNNING_OF = msgspec.json.Decoder(tuple[Running, ...])


async def running(uow: UnitOfWork, project: UUID, *, closed: bool = False) -> tuple[Running, ...]:
    """The deadlines of a project that are open or paused, or all; who changes them has locked the project."""
    values = {"tenant": uow.tenant, "project": project, "closed": closed}
    return _RUNNING_OF.decode((await uow.execute(_RUNNING, values)).scalar_one())


async def enter(uow: UnitOfWork, rows: list[Any], entries: list[Any], reason: str) -> None:
    """Enter what happened, and what has become of each of these deadlines."""
    values = {"tenant": uow.tenant, "now": uow.now, "rows": rows, "entries": entries, "reason": reason}
    await uow.execute(_ENTER, values)


async def of_project(uow: UnitOfWork, project: UUID) -> list[Deadline]:
    statement = (
        select(*VIEW)
        .where(deadline.c.tenant == uow.tenant, deadline.c.project == project)
        .order_by(deadline.c.opened_at, deadline.c.due_on, deadline.c.owed_by)
    )
    return [Deadline(**row) for row in (await uow.execute(statement)).mappings()]


async def sighted(uow: UnitOfWork, tenants: Collection[str]) -> set[str]:
    seen = deadline.c.tenant.in_(tenants) & (deadline.c.id == CANARY)
    return set((await uow.execute(select(deadline.c.tenant).where(seen))).scalars())


_DUE_TENANTS = text("""
    SELECT t.tenant FROM tenant t CROSS JOIN LATERAL (
        SELECT next_at FROM deadline d WHERE d.tenant = t.tenant AND d.next_at <= duty_now() ORDER BY next_at LIMIT 1
    ) AS first
    WHERE t.state = 'active' ORDER BY first.next_at
""")

_CLAIM = text("""
    SELECT d.id, d.project, duty_now() AS now FROM deadline d JOIN project p ON p.tenant = :tenant AND p.id = d.project
    WHERE d.tenant = :tenant AND d.next_at <= duty_now() AND (CAST(:only AS uuid[]) IS NULL OR d.id = ANY(:only))
    ORDER BY d.next_at LIMIT :limit FOR UPDATE OF d, p SKIP LOCKED
""").bindparams(bindparam("only", type_=ARRAY(Uuid)))
"""Project and deadline are locked or skipped, never waited for: whoever acts on the project now decides first."""

_DUE = text("""
    SELECT coalesce(json_agg(json_build_object('id', id, 'project', project, 'clock', clock, 'label', label,
        'article', article, 'owed_by', owed_by, 'due_on', due_on, 'on_expiry', on_expiry, 'plan', plan)
        ORDER BY next_at, due_on, id), '[]')::text
    FROM deadline WHERE tenant = :tenant AND id = ANY(:ids) AND next_at IS NOT NULL
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))

_SETTLE = text("""
    WITH fired AS (
        INSERT INTO rung (tenant, deadline, rung, due_on, planned_at, fired_at, late, event, told, tell)
        SELECT :tenant, deadline, rung, due_on, planned_at, :now, late, event, told,
               ARRAY(SELECT jsonb_array_elements_text(tell))
        FROM jsonb_to_recordset(:firings) AS f (deadline uuid, rung text, due_on date, planned_at timestamptz,
             late boolean, event uuid, told uuid, tell jsonb)
    ), noted AS (
        INSERT INTO deadline_entry (tenant, id, deadline, kind, "on", reason, at)
        SELECT :tenant, event, deadline, 'expired', due_on, '', :now
        FROM jsonb_to_recordset(:firings) AS f (deadline uuid, rung text, due_on date, event uuid)
        WHERE rung = 'expiry'
    )
    UPDATE deadline d SET plan = r.plan, next_at = CAST(r.plan -> 0 ->> 0 AS timestamptz), failures = 0,
           overdue = d.overdue OR r.over, state = CASE WHEN r.closes THEN 'expired' ELSE d.state END,
           closed_at = CASE WHEN r.closes THEN CAST(:now AS timestamptz) END
    FROM jsonb_to_recordset(:rows) AS r (id uuid, plan jsonb, over boolean, closes boolean)
    WHERE d.tenant = :tenant AND d.id = r.id
""").bindparams(bindparam("rows", type_=JSONB), bindparam("firings", type_=JSONB))

_STUMBLE = text("""
    UPDATE deadline SET failures = failures + 1,
           parked = CASE WHEN failures + 1 >= :most THEN :reason END,
           parked_at = CASE WHEN failures + 1 >= :most THEN duty_now() END,
           next_at = CASE WHEN failures + 1 < :most THEN duty_now() + make_interval(secs => :pause * 2 ^ failures) END
    WHERE tenant = :tenant AND id = :id AND next_at IS NOT NULL
    RETURNING parked IS NOT NULL
""")

_RELEASE = text("""
    UPDATE deadline SET failures = 0, parked = NULL, parked_at = NULL, next_at = CAST(plan -> 0 ->> 0 AS timestamptz)
    WHERE tenant = :tenant AND id = :id AND parked IS NOT NULL AND state = 'open'
    RETURNING project, label
""")


async def due_tenants(uow: UnitOfWork) -> list[str]:
    """Over all tenants, for the role that sees no content: those in which something is due, the longest due first."""
    return list((await uow.execute(_DUE_TENANTS)).scalars())


async def claim(uow: UnitOfWork, limit: int, only: Sequence[UUID] | None) -> tuple[list[UUID], datetime | None]:
    """Deadlines of the tenant on which something is due, locked with their projects, and the database's time."""
    values = {"tenant": uow.tenant, "limit": limit, "only": None if only is None else list(only)}
    rows = (await uow.execute(_CLAIM, values)).all()
    return [row.id for row in rows], rows[0].now if rows else None


_DUE_OF = msgspec.json.Decoder(list[Due])


async def due(uow: UnitOfWork, ids: Sequence[UUID]) -> list[Due]:
    return _DUE_OF.decode((await uow.execute(_DUE, {"tenant": uow.tenant, "ids": list(ids)})).scalar_one())


async def settle(uow: UnitOfWork, rows: list[Any], firings: list[Any]) -> None:
    """Write what fired, and what is left to fire."""
    await uow.execute(_SETTLE, {"tenant": uow.tenant, "now": uow.now, "rows": rows, "firings": firings})


async def stumble(uow: UnitOfWork, deadline_id: UUID, reason: str, most: int, pause: float) -> bool:
    """Count a failure, and look again after a pause that doubles; True when it is set aside now."""
    values = {"tenant": uow.tenant, "id": deadline_id, "reason": reason, "most": most, "pause": pause}
    return bool((await uow.execute(_STUMBLE, values)).scalar_one_or_none())


async def release(uow: UnitOfWork, deadline_id: UUID) -> Any:
    return (await uow.execute(_RELEASE, {"tenant": uow.tenant, "id": deadline_id})).one_or_none()
