"""SQL of days that are put up, of counts, and of last days that wait for a decision."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.calendars._tables import calendar_count, calendar_hold, calendar_plan, calendar_warning
from lianshen.calendars.types import Count, Held, Plan
from lianshen.kernel.database import UnitOfWork

_COLUMNS = [calendar_plan.c[name] for name in Plan.__struct_fields__ if name != "area"]

_STALE = text("""
    SELECT DISTINCT d.project FROM deadline d
    WHERE d.tenant = :tenant AND d.state IN ('open', 'paused') AND d.project IS NOT NULL AND d.calendar <> :calendar
      AND d.project <> ALL(CAST(:but AS uuid[]))
      AND NOT EXISTS (SELECT FROM calendar_hold h
                      WHERE h.tenant = :tenant AND h.deadline = d.id AND h.calendar = :calendar)
    ORDER BY d.project LIMIT :limit
""")

_HELD = text("""
    SELECT h.deadline, h.calendar, h.project, p.number, p.title, d.label, d.article, d.owed_by, h.before, h.after,
           h.why, h.held_at, h.decision, h.reason, h.decided_at, h.decider
    FROM calendar_hold h JOIN deadline d ON d.tenant = :tenant AND d.id = h.deadline
    JOIN project p ON p.tenant = :tenant AND p.id = h.project
    WHERE h.tenant = :tenant AND h.decision IS DISTINCT FROM 'overtaken'
      AND (h.decision IS NOT NULL OR d.state IN ('open', 'paused'))
    ORDER BY h.decision IS NOT NULL, h.decided_at DESC, h.held_at, p.number LIMIT :limit
""")


def _plan(uow: UnitOfWork, row: Row[Any]) -> Plan:
    return msgspec.convert({str(key): value for key, value in row._mapping.items()} | {"area": uow.tenant}, Plan)


async def add_plan(uow: UnitOfWork, row: dict[str, Any]) -> None:
    await uow.execute(insert(calendar_plan).values(tenant=uow.tenant, planned_at=uow.now, **row))


async def plans(uow: UnitOfWork, limit: int) -> list[Plan]:
    """The latest first."""
    statement = select(*_COLUMNS).where(calendar_plan.c.tenant == uow.tenant)
    rows = await uow.execute(statement.order_by(calendar_plan.c.planned_at.desc()).limit(limit))
    return [_plan(uow, row) for row in rows]


async def plan(uow: UnitOfWork, id_: UUID, *, hold: bool = False) -> Plan | None:
    """One plan; with ``hold`` locked until the end of the transaction."""
    statement = select(*_COLUMNS).where(calendar_plan.c.tenant == uow.tenant, calendar_plan.c.id == id_)
    row = (await uow.execute(statement.with_for_update() if hold else statement)).one_or_none()
    return None if row is None else _plan(uow, row)


async def set_plan(uow: UnitOfWork, id_: UUID, **values: Any) -> None:
    mine = (calendar_plan.c.tenant == uow.tenant) & (calendar_plan.c.id == id_)
    await uow.execute(update(calendar_plan).where(mine).values(values))


async def uncounted(uow: UnitOfWork) -> list[Plan]:
    """Plans whose deadlines are still to be counted, the oldest first."""
    open_ = calendar_plan.c.counted_at.is_(None) & calendar_plan.c.withdrawn_at.is_(None)
    statement = select(*_COLUMNS).where(calendar_plan.c.tenant == uow.tenant, open_)
    return [_plan(uow, row) for row in await uow.execute(statement.order_by(calendar_plan.c.planned_at))]


async def counts(uow: UnitOfWork, plan_id: UUID) -> list[Count]:
    c = calendar_count.c
    statement = select(c.subject, c.running, c.moves, c.held).where(c.tenant == uow.tenant, c.plan == plan_id)
    return [
        Count(row.subject, row.running, row.moves, row.held) for row in await uow.execute(statement.order_by(c.subject))
    ]


async def keep_count(uow: UnitOfWork, plan_id: UUID, count: Count) -> None:
    values = {"running": count.running, "moves": count.moves, "held": count.held, "counted_at": uow.now}
    row = {"tenant": uow.tenant, "plan": plan_id, "subject": count.subject} | values
    statement = upsert(calendar_count).values(row)
    await uow.execute(statement.on_conflict_do_update(index_elements=["tenant", "plan", "subject"], set_=values))


async def stale_projects(uow: UnitOfWork, calendar: str, limit: int, but: Sequence[UUID]) -> list[UUID]:
    """Projects with deadlines that were counted by another calendar and about which nothing was decided, ``but``."""
    values = {"tenant": uow.tenant, "calendar": calendar, "limit": limit, "but": list(but)}
    return list((await uow.execute(_STALE, values)).scalars())


async def hold(uow: UnitOfWork, rows: Sequence[dict[str, Any]]) -> None:
    """Let these wait for a decision; what waited under an earlier calendar is overtaken."""
    c = calendar_hold.c
    older = (c.tenant == uow.tenant) & c.deadline.in_([row["deadline"] for row in rows]) & c.decision.is_(None)
    await uow.execute(update(calendar_hold).where(older).values(decision="overtaken", decided_at=uow.now))
    values = [row | {"tenant": uow.tenant, "held_at": uow.now} for row in rows]
    await uow.execute(upsert(calendar_hold).values(values).on_conflict_do_nothing())


async def held(uow: UnitOfWork, limit: int) -> list[Held]:
    """Last days that wait for a decision, and then those decided, the latest first."""
    rows = await uow.execute(_HELD, {"tenant": uow.tenant, "limit": limit})
    return [Held(**row) for row in rows.mappings()]


async def lock_held(uow: UnitOfWork, deadline: UUID, calendar: str) -> Row[Any] | None:
    """One that waits, locked; None where it does not."""
    c = calendar_hold.c
    mine = (c.tenant == uow.tenant) & (c.deadline == deadline) & (c.calendar == calendar) & c.decision.is_(None)
    return (await uow.execute(select(c.project, c.before, c.after).where(mine).with_for_update())).one_or_none()


async def decide(uow: UnitOfWork, deadline: UUID, calendar: str, **values: Any) -> None:
    c = calendar_hold.c
    mine = (c.tenant == uow.tenant) & (c.deadline == deadline) & (c.calendar == calendar)
    await uow.execute(update(calendar_hold).where(mine).values(values | {"decided_at": uow.now}))


async def waiting(uow: UnitOfWork) -> int:
    """How many last days wait for a decision."""
    c = calendar_hold.c
    statement = select(func.count()).where(c.tenant == uow.tenant, c.decision.is_(None))
    return int((await uow.execute(statement)).scalar_one())


async def note_warning(uow: UnitOfWork, horizon: date, rung: int) -> bool:
    """True when this rung had not been told before."""
    row = {"tenant": uow.tenant, "horizon": horizon, "rung": rung, "at": uow.now}
    statement = upsert(calendar_warning).values(row).on_conflict_do_nothing().returning(calendar_warning.c.rung)
    return (await uow.execute(statement)).first() is not None
