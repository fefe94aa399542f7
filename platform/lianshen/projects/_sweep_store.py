"""SQL of sweeping: many projects at once, whose rows are locked."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.kernel import integrity
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.integrity import spelling
from lianshen.projects._seal_store import CODES, after
from lianshen.projects._tables import project

_PINNED = text("SELECT id, office, pack FROM project WHERE tenant = :tenant AND id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)

_CASES = text(f"""
    SELECT {CODES},
           coalesce((SELECT s.facts FROM standing s WHERE s.tenant = :tenant AND s.office = p.office), '{{}}')
               || p.facts AS facts,
           (SELECT coalesce(jsonb_agg(jsonb_build_array(d.clock, d.owed_by, d.due_on)), '[]')
            FROM deadline d WHERE d.tenant = :tenant AND d.project = p.id AND d.state = 'open') AS clocks,
           (SELECT coalesce(jsonb_agg(jsonb_build_array(t.office, t.action, t.label, t.due_on)), '[]')
            FROM task t WHERE t.tenant = :tenant AND t.project = p.id) AS tasks
    FROM project p WHERE p.tenant = :tenant AND p.id = ANY(:ids)
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))  # noqa: S608

_OFFICES = text("SELECT id, body FROM office WHERE tenant = :tenant ORDER BY id")

_WRITE = text(f"""
    WITH changed AS MATERIALIZED (
        SELECT project, facts, due_on, phase, phase_label, tasks, mac
        FROM jsonb_to_recordset(:rows) AS r (project uuid, facts jsonb, due_on date, phase text, phase_label text,
             tasks jsonb, mac text)
    ), wanted AS MATERIALIZED (
        SELECT c.project, t.office, t.action, t.label, t.due_on FROM changed c,
             jsonb_to_recordset(c.tasks) AS t (office uuid, action text, label text, due_on date)
    ), gone AS (
        DELETE FROM task t USING changed c WHERE t.tenant = :tenant AND t.project = c.project
           AND NOT EXISTS (SELECT FROM wanted w
                           WHERE w.project = t.project AND w.office = t.office AND w.action = t.action)
    ), kept AS (
        INSERT INTO task (tenant, project, office, action, label, due_on, since)
        SELECT :tenant, project, office, action, label, due_on, :now FROM wanted
        ON CONFLICT (tenant, project, office, action) DO UPDATE SET label = excluded.label, due_on = excluded.due_on
    )
    UPDATE project p SET facts = c.facts, phase = c.phase, phase_label = c.phase_label, version = p.version + 1,
           due_on = coalesce(c.due_on, 'infinity'), updated_at = :now, mac = decode(c.mac, 'hex')
    FROM changed c WHERE p.tenant = :tenant AND p.id = c.project
    RETURNING p.id, {spelling(project, "p")} AS canon
""").bindparams(bindparam("rows", type_=JSONB))  # noqa: S608


async def pinned(uow: UnitOfWork, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Projects with their owners and the law they are under."""
    return (await uow.execute(_PINNED, {"tenant": uow.tenant, "ids": list(ids)})).all()


async def cases(uow: UnitOfWork, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Projects with their facts, open clocks and tasks, and what ``is_ours`` looks at."""
    return (await uow.execute(_CASES, {"tenant": uow.tenant, "ids": list(ids)})).all()


async def offices(uow: UnitOfWork) -> list[tuple[UUID, str]]:
    """(id, body) of the offices of the tenant."""
    return [(row.id, row.body) for row in await uow.execute(_OFFICES, {"tenant": uow.tenant})]


async def write(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Facts, phase, tasks, nearest date and code of projects that changed; ``canon``: as each was spelled."""
    foretold = {row["project"]: after(uow, row["canon"], row) for row in rows}
    coded = [
        {name: value for name, value in row.items() if name != "canon"}
        | {"mac": (await integrity.mac(uow, project.name, foretold[row["project"]])).hex()}
        for row in rows
    ]
    for written in await uow.execute(_WRITE, {"tenant": uow.tenant, "now": uow.now, "rows": coded}):
        await integrity.settle(uow, project, written, foretold[str(written.id)])
