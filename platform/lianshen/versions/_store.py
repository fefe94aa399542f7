"""SQL of versions. Every statement names the tenant beside the wall, so that the planner knows it too."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, bindparam, insert, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.kernel.database import UnitOfWork
from lianshen.versions._tables import law_warning, move_item, move_plan
from lianshen.versions.types import Plan, PlanItem, Waiting

_PLANS = """
    SELECT p.id, p.pack, p.pack_digest, p.planned_at, p.planned_by, p.planner, p.approved_at, p.approver,
           count(i.project) AS total, count(*) FILTER (WHERE i.state <> 'stays' AND i.project IS NOT NULL) AS moves,
           count(*) FILTER (WHERE i.state = 'moved') AS moved,
           count(*) FILTER (WHERE i.state = 'changed') AS changed
    FROM move_plan p LEFT JOIN move_item i ON i.tenant = :tenant AND i.plan = p.id
    WHERE p.tenant = :tenant
"""
_LATEST = text(_PLANS + " GROUP BY p.tenant, p.id ORDER BY p.planned_at DESC LIMIT :limit")
_ONE = text(_PLANS + " AND p.id = :plan GROUP BY p.tenant, p.id")

_ITEMS = text("""
    SELECT json_build_object('project', i.project, 'number', p.number, 'title', p.title, 'from_pack', i.from_pack,
               'move', i.move, 'state', i.state, 'done_at', i.done_at)::text
    FROM move_item i JOIN project p ON p.tenant = :tenant AND p.id = i.project
    WHERE i.tenant = :tenant AND i.plan = :plan
    ORDER BY i.state = 'stays', p.number LIMIT :limit
""")

_ADD_ITEMS = text("""
    INSERT INTO move_item (tenant, plan, project, version, from_pack, from_digest, move, state)
    SELECT :tenant, :plan, project, version, from_pack, from_digest, move, state
    FROM jsonb_to_recordset(:rows) AS r (project uuid, version int, from_pack text, from_digest text, move jsonb,
         state text)
""").bindparams(bindparam("rows", type_=JSONB))

_HOLD_PLAN = text("""
    SELECT id, pack, pack_digest, planned_by, planner, approved_by, approver FROM move_plan
    WHERE tenant = :tenant AND id = :plan FOR UPDATE
""")

_WAITING = text("""
    SELECT i.plan, i.project FROM move_item i JOIN move_plan p ON p.tenant = :tenant AND p.id = i.plan
    WHERE i.tenant = :tenant AND i.state = 'planned' AND p.approved_at IS NOT NULL
    ORDER BY p.approved_at, i.project LIMIT :limit
""")

_HOLD_ITEM = text("""
    SELECT i.version, i.from_pack, i.from_digest, i.move::text AS move, p.pack, p.pack_digest, p.planner, p.approver,
           p.approved_by
    FROM move_item i JOIN move_plan p ON p.tenant = :tenant AND p.id = i.plan
    WHERE i.tenant = :tenant AND i.plan = :plan AND i.project = :project AND i.state = 'planned'
      AND p.approved_at IS NOT NULL
    FOR UPDATE OF i SKIP LOCKED
""")

_ITEM = msgspec.json.Decoder(PlanItem)


async def add_plan(uow: UnitOfWork, row: dict[str, Any]) -> None:
    await uow.execute(insert(move_plan).values(tenant=uow.tenant, planned_at=uow.now, **row))


async def add_items(uow: UnitOfWork, plan: UUID, rows: Sequence[dict[str, Any]]) -> None:
    await uow.execute(_ADD_ITEMS, {"tenant": uow.tenant, "plan": plan, "rows": list(rows)})


async def plans(uow: UnitOfWork, limit: int) -> list[Plan]:
    """The latest first."""
    rows = await uow.execute(_LATEST, {"tenant": uow.tenant, "limit": limit})
    return [Plan(**row) for row in rows.mappings()]


async def plan(uow: UnitOfWork, plan_id: UUID) -> Plan | None:
    row = (await uow.execute(_ONE, {"tenant": uow.tenant, "plan": plan_id})).mappings().one_or_none()
    return None if row is None else Plan(**row)


async def items(uow: UnitOfWork, plan_id: UUID, limit: int) -> list[PlanItem]:
    rows = await uow.execute(_ITEMS, {"tenant": uow.tenant, "plan": plan_id, "limit": limit})
    return [_ITEM.decode(row) for row in rows.scalars()]


async def hold_plan(uow: UnitOfWork, plan_id: UUID) -> Row[Any] | None:
    """The plan, locked until the end of the transaction."""
    return (await uow.execute(_HOLD_PLAN, {"tenant": uow.tenant, "plan": plan_id})).one_or_none()


async def approve(uow: UnitOfWork, plan_id: UUID, person: UUID, label: str) -> None:
    mine = (move_plan.c.tenant == uow.tenant) & (move_plan.c.id == plan_id)
    values = {"approved_at": uow.now, "approved_by": person, "approver": label}
    await uow.execute(update(move_plan).where(mine).values(values))


async def waiting(uow: UnitOfWork, limit: int) -> list[Waiting]:
    rows = await uow.execute(_WAITING, {"tenant": uow.tenant, "limit": limit})
    return [Waiting(row.plan, row.project) for row in rows]


async def hold_item(uow: UnitOfWork, plan_id: UUID, project: UUID) -> Row[Any] | None:
    """A project of an approved plan that is still to be moved, unless another worker has it."""
    values = {"tenant": uow.tenant, "plan": plan_id, "project": project}
    return (await uow.execute(_HOLD_ITEM, values)).one_or_none()


async def finish_item(uow: UnitOfWork, plan_id: UUID, project: UUID, state: str) -> None:
    mine = (move_item.c.tenant == uow.tenant) & (move_item.c.plan == plan_id) & (move_item.c.project == project)
    await uow.execute(update(move_item).where(mine).values(state=state, done_at=uow.now))


async def note_warning(uow: UnitOfWork, pack: str, ends: date, rung: int) -> bool:
    """True when this rung had not been told before."""
    row = {"tenant": uow.tenant, "pack": pack, "ends": ends, "rung": rung, "at": uow.now}
    statement = upsert(law_warning).values(row).on_conflict_do_nothing().returning(law_warning.c.rung)
    return (await uow.execute(statement)).first() is not None
