"""Whom a rung of a deadline's ladder tells: officer, head of the office, organiser, by the posts they hold."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Text, bindparam, text

from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork

_TOLD = text("""
    WITH fired AS MATERIALIZED (
        SELECT r.event, r.tell, d.project, d.owed_by, d.owed_to, p.office, p.title, e.label, e.article, e.note
        FROM rung r
        JOIN deadline d ON d.tenant = :tenant AND d.id = r.deadline
        JOIN project p ON p.tenant = :tenant AND p.id = d.project
        JOIN event e ON e.tenant = :tenant AND e.id = r.event
        WHERE r.tenant = :tenant AND r.told = :told
    ), holders AS MATERIALIZED (
        SELECT DISTINCT t.office, o.body, t.person, t.roles && :heads AS is_head
        FROM post t
        JOIN office o ON o.tenant = :tenant AND o.id = t.office
        JOIN person h ON h.tenant = :tenant AND h.id = t.person AND h.active
        WHERE t.tenant = :tenant AND t.ended_at IS NULL
          AND :today BETWEEN t.since AND coalesce(t.until, 'infinity') AND t.roles && :readers
    )
    SELECT f.event, f.project, f.title, f.label, f.article, f.note, t.as_whom, h.office, h.person, h.is_head
    FROM fired f
    CROSS JOIN LATERAL unnest(f.tell) AS t (as_whom)
    JOIN holders h ON CASE WHEN t.as_whom = 'organiser' THEN h.body = f.owed_to
                           WHEN f.owed_by = 'project_unit' THEN h.office = f.office ELSE h.body = f.owed_by END
    WHERE t.as_whom <> 'level_above'
""").bindparams(bindparam("heads", type_=ARRAY(Text)), bindparam("readers", type_=ARRAY(Text)))

_HOLDERS = text("""
    SELECT DISTINCT t.person FROM post t JOIN person h ON h.tenant = :tenant AND h.id = t.person AND h.active
    WHERE t.tenant = :tenant AND t.ended_at IS NULL AND :today BETWEEN t.since AND coalesce(t.until, 'infinity')
      AND t.roles && :roles
""").bindparams(bindparam("roles", type_=ARRAY(Text)))


async def told(uow: UnitOfWork, event: UUID, readers: Sequence[str], heads: Sequence[str]) -> list[dict[str, Any]]:
    """One entry for each person and rung that the message of ``event`` carries.

    Where an office has nobody who answers for it, its officers are told instead: a step of the ladder is never empty
    for want of a head.
    """
    values = {"tenant": uow.tenant, "told": event, "today": day_of(uow.now)}
    rows = (await uow.execute(_TOLD, values | {"readers": list(readers), "heads": list(heads)})).all()
    headed = {row.office for row in rows if row.is_head}
    found: dict[tuple[UUID, UUID], Row[Any]] = {}
    for row in rows:
        if _meant(row, headed=row.office in headed):
            found.setdefault((row.event, row.person), row)
    return [dict(row._mapping) for row in found.values()]


def _meant(row: Row[Any], *, headed: bool) -> bool:
    match row.as_whom:
        case "head":
            return bool(row.is_head) or not headed
        case "officer":
            return not row.is_head
        case _:
            return True


async def holders(uow: UnitOfWork, roles: Sequence[str]) -> list[UUID]:
    """People who hold a post with one of ``roles`` today."""
    values = {"tenant": uow.tenant, "today": day_of(uow.now), "roles": list(roles)}
    return list((await uow.execute(_HOLDERS, values)).scalars())
