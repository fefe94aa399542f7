"""SQL of notices."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Text, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.notifications._tables import notice
from lianshen.notifications.types import Notice

_VIEW = [notice.c[name] for name in Notice.__struct_fields__]

_CONCERNED = text("""
    SELECT e.project, e.label, e.actor, e.article, e.note, p.title,
           ARRAY(SELECT DISTINCT t.person
                 FROM post t JOIN person h ON h.tenant = t.tenant AND h.id = t.person AND h.active
                 WHERE t.tenant = :tenant AND t.person IS DISTINCT FROM e.person AND t.ended_at IS NULL
                   AND :today BETWEEN t.since AND coalesce(t.until, 'infinity') AND t.roles && :roles
                   AND t.office IN (
                     SELECT p.office UNION
                     SELECT k.office FROM task k WHERE k.tenant = :tenant AND k.project = e.project UNION
                     SELECT x.office FROM event x WHERE x.tenant = :tenant AND x.project = e.project
                 )) AS people
    FROM event e JOIN project p ON p.tenant = :tenant AND p.id = e.project
    WHERE e.tenant = :tenant AND e.id = :event
""").bindparams(bindparam("roles", type_=ARRAY(Text)))
"""People of the owning office, of offices that have something to do now, and of those that acted before: those among
them who hold a post with one of ``roles``."""


async def concerned(uow: UnitOfWork, event: UUID, roles: Sequence[str]) -> Row[Any] | None:
    values = {"tenant": uow.tenant, "event": event, "today": day_of(uow.now), "roles": list(roles)}
    return (await uow.execute(_CONCERNED, values)).one_or_none()


_OWN = text("SELECT e.person, e.label, e.note, e.at FROM event e WHERE e.tenant = :tenant AND e.id = :event"
            " AND e.person IS NOT NULL")  # fmt: skip


async def own(uow: UnitOfWork, event: UUID) -> Row[Any] | None:
    return (await uow.execute(_OWN, {"tenant": uow.tenant, "event": event})).one_or_none()


_SAID = text("SELECT e.label, e.note FROM event e WHERE e.tenant = :tenant AND e.id = :event")


async def said(uow: UnitOfWork, event: UUID) -> Row[Any]:
    return (await uow.execute(_SAID, {"tenant": uow.tenant, "event": event})).one()


async def add(uow: UnitOfWork, rows: list[dict[str, Any]]) -> None:
    statement = upsert(notice).on_conflict_do_nothing()
    await uow.execute(statement, [{"tenant": uow.tenant, "at": uow.now, **row} for row in rows])


async def of_person(uow: UnitOfWork, person: UUID, limit: int) -> list[Notice]:
    statement = (
        select(*_VIEW)
        .where(notice.c.tenant == uow.tenant, notice.c.person == person)
        .order_by(notice.c.at.desc())
        .limit(limit)
    )
    return [Notice(**row) for row in (await uow.execute(statement)).mappings()]


async def unread(uow: UnitOfWork, person: UUID) -> int:
    mine = (notice.c.tenant == uow.tenant) & (notice.c.person == person) & notice.c.read_at.is_(None)
    return int((await uow.execute(select(func.count()).select_from(notice).where(mine))).scalar_one())


async def mark_read(uow: UnitOfWork, person: UUID) -> None:
    mine = (notice.c.tenant == uow.tenant) & (notice.c.person == person) & notice.c.read_at.is_(None)
    await uow.execute(update(notice).where(mine).values(read_at=uow.now))


_HAND_OVER = text("""
    INSERT INTO notice (tenant, event, person, project, subject, body, at)
    SELECT n.tenant, n.event, p.id, n.project, n.subject, n.body, n.at
    FROM event e
    JOIN notice n ON n.tenant = :tenant AND n.person = CAST(e.facts -> 'person' ->> 1 AS uuid) AND n.read_at IS NULL
    JOIN person p ON p.tenant = :tenant AND p.id = CAST(e.facts -> 'successor' ->> 1 AS uuid)
    WHERE e.tenant = :tenant AND e.id = :event
    ON CONFLICT DO NOTHING
""")


async def hand_over(uow: UnitOfWork, event: UUID) -> None:
    await uow.execute(_HAND_OVER, {"tenant": uow.tenant, "event": event})
