"""SQL of notices."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Text, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.channels import commands as ways
from lianshen.channels import queries as channels
from lianshen.channels.types import KINDS, Told
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.notifications._tables import notice
from lianshen.notifications.types import CHANGED, Notice

_VIEW = [notice.c[name] for name in Notice.__struct_fields__]

_CONCERNED = text("""
    SELECT e.project, e.action, e.label, e.actor, e.article, e.note, p.title,
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


_OWN = text("""
    SELECT w.person, e.person = w.person AS own, e.actor, e.label, e.note, e.at
    FROM event e, LATERAL (SELECT coalesce((e.facts -> 'person' ->> 1)::uuid, e.person) AS person) w
    WHERE e.tenant = :tenant AND e.id = :event AND w.person IS NOT NULL
""")
"""Whose account an event is about: the person whom its facts name, else whoever did it."""


async def own(uow: UnitOfWork, event: UUID) -> Row[Any] | None:
    return (await uow.execute(_OWN, {"tenant": uow.tenant, "event": event})).one_or_none()


_SAID = text("SELECT e.label, e.note FROM event e WHERE e.tenant = :tenant AND e.id = :event")


async def said(uow: UnitOfWork, event: UUID) -> Row[Any]:
    return (await uow.execute(_SAID, {"tenant": uow.tenant, "event": event})).one()


async def add(uow: UnitOfWork, rows: list[dict[str, Any]]) -> None:
    """Write notices, and a message of each for every other way by which its person wants it; and one of each event
    for every robot and hook that wants its kind. Twice adds nothing.

    A row without ``kind`` is of ``deadline`` where it is about a project, else of ``system``.
    """
    made = [{"tenant": uow.tenant, "at": uow.now, "read_at": None, "kind": _kind(row), **row} for row in rows]
    for kind in {one["kind"] for one in made}:
        of_kind = [one for one in made if one["kind"] == kind]
        muted = await channels.muted(uow, [one["person"] for one in of_kind], kind)
        for one in of_kind:
            if one["person"] in muted:
                one["read_at"] = uow.now
    await uow.execute(upsert(notice).on_conflict_do_nothing(), made)
    await ways.fan_out(uow, [Told(one["event"], one["person"], one["kind"], one["at"]) for one in made])
    await ways.publish(uow, {one["event"]: one["kind"] for one in made if KINDS[one["kind"]].shared})
    await wake(uow)


def _kind(row: dict[str, Any]) -> str:
    return "deadline" if row["project"] else "system"


_WAKE = text("SELECT pg_notify(:channel, :tenant)")


async def wake(uow: UnitOfWork) -> None:
    """Tell whoever shows counts of unread notices, at COMMIT, that this tenant's have changed."""
    await uow.execute(_WAKE, {"channel": CHANGED, "tenant": uow.tenant})


async def of_person(
    uow: UnitOfWork, person: UUID, limit: int, *, unread: bool, kind: str, before: datetime | None
) -> list[Notice]:
    wanted = select(*_VIEW).where(notice.c.tenant == uow.tenant, notice.c.person == person)
    if unread:
        wanted = wanted.where(notice.c.read_at.is_(None))
    if kind:
        wanted = wanted.where(notice.c.kind == kind)
    if before is not None:
        wanted = wanted.where(notice.c.at < before)
    rows = await uow.execute(wanted.order_by(notice.c.at.desc(), notice.c.id).limit(limit))
    return [Notice(**row) for row in rows.mappings()]


async def one(uow: UnitOfWork, person: UUID, which: UUID) -> Notice | None:
    mine = (notice.c.tenant == uow.tenant) & (notice.c.person == person) & (notice.c.id == which)
    row = (await uow.execute(select(*_VIEW).where(mine))).mappings().one_or_none()
    return None if row is None else Notice(**row)


async def counts(uow: UnitOfWork, people: Sequence[UUID]) -> dict[UUID, int]:
    """Unread notices of several people; who has none is left out."""
    mine = (notice.c.tenant == uow.tenant) & notice.c.person.in_(people) & notice.c.read_at.is_(None)
    rows = await uow.execute(
        select(notice.c.person, func.count().label("unread")).where(mine).group_by(notice.c.person)
    )
    return {row.person: row.unread for row in rows}


async def unread(uow: UnitOfWork, person: UUID) -> int:
    mine = (notice.c.tenant == uow.tenant) & (notice.c.person == person) & notice.c.read_at.is_(None)
    return int((await uow.execute(select(func.count()).select_from(notice).where(mine))).scalar_one())


async def mark_read(uow: UnitOfWork, person: UUID, which: UUID | None = None) -> None:
    """All of a person's notices, or one."""
    mine = (notice.c.tenant == uow.tenant) & (notice.c.person == person) & notice.c.read_at.is_(None)
    if which is not None:
        mine &= notice.c.id == which
    await uow.execute(update(notice).where(mine).values(read_at=uow.now))
    await wake(uow)


_HAND_OVER = text("""
    INSERT INTO notice (tenant, event, person, project, subject, body, at, kind, place)
    SELECT n.tenant, n.event, p.id, n.project, n.subject, n.body, n.at, n.kind, n.place
    FROM event e
    JOIN notice n ON n.tenant = :tenant AND n.person = CAST(e.facts -> 'person' ->> 1 AS uuid) AND n.read_at IS NULL
    JOIN person p ON p.tenant = :tenant AND p.id = CAST(e.facts -> 'successor' ->> 1 AS uuid)
    WHERE e.tenant = :tenant AND e.id = :event
    ON CONFLICT DO NOTHING
""")


async def hand_over(uow: UnitOfWork, event: UUID) -> None:
    await uow.execute(_HAND_OVER, {"tenant": uow.tenant, "event": event})
    await wake(uow)


_TRIED = text("""
    SELECT e.person, e.label, e.at, e.seq, CAST(e.facts -> 'way' ->> 1 AS uuid) AS way FROM event e
    WHERE e.tenant = :tenant AND e.id = :event AND e.person IS NOT NULL
""")


async def tried(uow: UnitOfWork, event: UUID) -> Row[Any] | None:
    return (await uow.execute(_TRIED, {"tenant": uow.tenant, "event": event})).one_or_none()
