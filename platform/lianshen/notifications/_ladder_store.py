"""Whom a rung of a deadline's ladder tells: officer, head of the office, organiser, by the posts they hold."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Text, bindparam, text

from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork

_TOLD = text("""
    WITH fired AS MATERIALIZED (
        SELECT r.event, t.whom, d.project, d.owed_by, d.owed_to, p.office, p.title, e.label, e.article, e.note
        FROM rung r CROSS JOIN LATERAL unnest(r.tell) AS t (whom)
        JOIN deadline d ON d.tenant = :tenant AND d.id = r.deadline
        JOIN project p ON p.tenant = :tenant AND p.id = d.project
        JOIN event e ON e.tenant = :tenant AND e.id = r.event
        WHERE r.tenant = :tenant AND r.told = :told AND t.whom <> 'level_above'
    ), holders AS MATERIALIZED (
        SELECT t.office, o.body, t.person, bool_or(t.roles && :heads) AS head
        FROM post t
        JOIN office o ON o.tenant = :tenant AND o.id = t.office
        JOIN person h ON h.tenant = :tenant AND h.id = t.person AND h.active
        WHERE t.tenant = :tenant AND t.ended_at IS NULL
          AND :today BETWEEN t.since AND coalesce(t.until, 'infinity') AND t.roles && :readers
        GROUP BY t.office, o.body, t.person
    ), able AS (
        SELECT f.*, h.person, h.head, u.person IS NOT NULL AS handles,
               bool_or(h.head) OVER each AS headed, bool_or(u.person IS NOT NULL AND NOT h.head) OVER each AS handled
        FROM fired f
        JOIN holders h ON CASE WHEN f.whom = 'organiser' THEN h.body = f.owed_to
                               WHEN f.owed_by = 'project_unit' THEN h.office = f.office ELSE h.body = f.owed_by END
        LEFT JOIN project_duty u ON u.tenant = :tenant AND u.project = f.project AND u.person = h.person
        WINDOW each AS (PARTITION BY f.event, f.whom, h.office)
    )
    SELECT DISTINCT ON (event, person) event, person, project, title, label, article, note FROM able
    WHERE CASE WHEN whom = 'head' AND headed THEN head ELSE NOT head AND (handles OR NOT handled) END
""").bindparams(bindparam("heads", type_=ARRAY(Text)), bindparam("readers", type_=ARRAY(Text)))
"""In an office: for the head whoever answers for it, for others those who had a part in the project. Where there is no
head, the others are told instead, and where none of them had a part, all of them: no step tells nobody."""

_HOLDERS = text("""
    SELECT DISTINCT t.person FROM post t JOIN person h ON h.tenant = :tenant AND h.id = t.person AND h.active
    WHERE t.tenant = :tenant AND t.ended_at IS NULL AND :today BETWEEN t.since AND coalesce(t.until, 'infinity')
      AND t.roles && :roles
""").bindparams(bindparam("roles", type_=ARRAY(Text)))


async def told(uow: UnitOfWork, event: UUID, readers: Sequence[str], heads: Sequence[str]) -> Sequence[Row[Any]]:
    """One row for each person and rung that the message of ``event`` carries."""
    values = {"tenant": uow.tenant, "told": event, "today": day_of(uow.now)}
    return (await uow.execute(_TOLD, values | {"readers": list(readers), "heads": list(heads)})).all()


async def holders(uow: UnitOfWork, roles: Sequence[str]) -> list[UUID]:
    """People who hold a post with one of ``roles`` today."""
    values = {"tenant": uow.tenant, "today": day_of(uow.now), "roles": list(roles)}
    return list((await uow.execute(_HOLDERS, values)).scalars())
