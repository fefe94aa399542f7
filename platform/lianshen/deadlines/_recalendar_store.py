"""SQL of deadlines that were counted by another calendar than the one that counts now."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.deadlines.types import Entry, Fired, Start
from lianshen.kernel.database import UnitOfWork


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline that runs, with what it was counted by; ``over``: its last day has ended by the database's clock."""

    id: UUID
    project: UUID
    clock: str
    label: str
    article: str
    owed_by: str
    due_on: date
    provisional: bool
    calendar: str
    overdue: bool
    over: bool
    cut_off: str
    start: Start
    entries: tuple[Entry, ...]
    fired: tuple[Fired, ...]


_COUNTED = text("""
    SELECT coalesce(json_agg(json_build_object(
        'id', d.id, 'project', d.project, 'clock', d.clock, 'label', d.label, 'article', d.article,
        'owed_by', d.owed_by, 'due_on', d.due_on, 'provisional', d.provisional, 'calendar', d.calendar,
        'overdue', d.overdue, 'over', d.due_at <= duty_now(), 'cut_off', d.cut_off,
        'start', json_build_object('trigger_on', d.trigger_on, 'budget', d.budget, 'unit', d.unit,
            'first_day', d.first_day, 'rolling', d.rolling, 'named_on', d.named_on,
            'on_expiry', d.on_expiry),
        'entries', (SELECT coalesce(json_agg(json_build_object('id', e.id, 'kind', e.kind, 'on', e.on, 'at', e.at,
            'of', e.of, 'amount', e.amount, 'unit', e.unit, 'until', e.until) ORDER BY e.at, e.on), '[]')
            FROM deadline_entry e WHERE e.tenant = :tenant AND e.deadline = d.id),
        'fired', (SELECT coalesce(json_agg(json_build_object('rung', r.rung, 'due_on', r.due_on)), '[]')
            FROM rung r WHERE r.tenant = :tenant AND r.deadline = d.id)
    ) ORDER BY d.id), '[]')::text
    FROM (SELECT * FROM deadline
          WHERE tenant = :tenant AND state IN ('open', 'paused') AND project IS NOT NULL AND id > :after
            AND (CAST(:project AS uuid) IS NULL OR project = :project)
          ORDER BY id LIMIT :limit) AS d
""")

_NOTE = text("""
    UPDATE deadline d SET calendar = r.calendar, provisional = r.provisional, plan = r.plan,
           next_at = CASE WHEN d.state = 'open' AND d.parked IS NULL THEN CAST(r.plan -> 0 ->> 0 AS timestamptz) END
    FROM jsonb_to_recordset(:rows) AS r (id uuid, calendar text, provisional boolean, plan jsonb)
    WHERE d.tenant = :tenant AND d.id = r.id
""").bindparams(bindparam("rows", type_=JSONB))

_DECODER = msgspec.json.Decoder(list[Counted])


async def counted(uow: UnitOfWork, after: UUID, limit: int, project: UUID | None = None) -> list[Counted]:
    """Deadlines that run, in the order of ids behind ``after``; of one project or of all."""
    values = {"tenant": uow.tenant, "after": after, "limit": limit, "project": project}
    return _DECODER.decode((await uow.execute(_COUNTED, values)).scalar_one())


async def note(uow: UnitOfWork, rows: Sequence[dict[str, Any]]) -> None:
    """Note under which calendar a last day that does not move was counted anew."""
    await uow.execute(_NOTE, {"tenant": uow.tenant, "rows": list(rows)})
