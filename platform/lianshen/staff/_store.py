"""SQL of people administration. Posts are written through their table object, so that their integrity code follows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, bindparam, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.identity._tables import appointment, office, person, post
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.staff._tables import staff_import_row

_POSTS = """
    coalesce((SELECT json_agg(json_build_object(
            'id', t.id, 'office', t.office, 'office_name', o.name, 'roles', t.roles, 'since', t.since,
            'until', t.until, 'ended_at', t.ended_at, 'stands_in_for', h.name,
            'current', t.ended_at IS NULL AND :today BETWEEN t.since AND coalesce(t.until, 'infinity'))
            ORDER BY t.ended_at IS NOT NULL, t.stands_in_for IS NOT NULL, o.code, t.since)
        FROM post t JOIN office o ON o.tenant = :tenant AND o.id = t.office
        LEFT JOIN post f ON f.tenant = :tenant AND f.id = t.stands_in_for
        LEFT JOIN person h ON h.tenant = :tenant AND h.id = f.person
        WHERE t.tenant = :tenant AND t.person = p.id), '[]')
"""
_PEOPLE = f"""
    SELECT json_build_object('id', p.id, 'login', p.login, 'name', p.name, 'state', p.state, 'state_at', p.state_at,
        'administers', p.administers, 'last_seen', (SELECT max(s.seen_at) FROM session s
            WHERE s.tenant = :tenant AND s.person = p.id), 'posts', {_POSTS})::text AS person
    FROM person p WHERE p.tenant = :tenant
"""  # noqa: S608 - put together from constants
_HERE = """EXISTS (SELECT FROM post t WHERE t.tenant = :tenant AND t.person = p.id
                   AND t.ended_at IS NULL AND t.office = CAST(:office AS uuid))"""
_LIST = text(
    _PEOPLE
    + """
    AND (:words = '' OR strpos(lower(p.login || ' ' || p.name), lower(:words)) > 0)
    AND (:state = '' OR p.state = :state) AND p.login > :after
    AND (CAST(:office AS uuid) IS NULL OR """
    + _HERE
    + ") ORDER BY p.login LIMIT :limit"
)
_ONE = text(_PEOPLE + " AND p.id = :person")

_HISTORY = text("""
    SELECT e.at, e.label, e.actor, e.note, e.facts FROM event e
    WHERE e.tenant = :tenant AND e.action LIKE 'staff.%' AND e.facts -> 'person' ->> 1 = :person
    ORDER BY e.seq DESC LIMIT 200
""")

_OFFICES = text("""
    SELECT o.id, o.code, o.name, o.body, (SELECT count(DISTINCT t.person) FROM post t
        JOIN person p ON p.tenant = :tenant AND p.id = t.person AND p.active
        WHERE t.tenant = :tenant AND t.office = o.id AND t.ended_at IS NULL
          AND :today BETWEEN t.since AND coalesce(t.until, 'infinity')) AS people
    FROM office o WHERE o.tenant = :tenant ORDER BY o.code
""")

_OTHERS = text("""
    SELECT DISTINCT unnest(t.roles) AS role FROM post t
    JOIN person p ON p.tenant = :tenant AND p.id = t.person AND p.active
    WHERE t.tenant = :tenant AND t.office = :office AND t.person <> :person AND t.ended_at IS NULL
      AND t.stands_in_for IS NULL AND t.since <= :today AND t.until IS NULL
""")

_ADMINISTRATORS = text("""
    SELECT count(DISTINCT p.id) FROM person p JOIN post t ON t.tenant = :tenant AND t.person = p.id
    WHERE p.tenant = :tenant AND p.active AND p.id <> :person AND t.admin = :role AND t.ended_at IS NULL
      AND t.stands_in_for IS NULL AND :today BETWEEN t.since AND coalesce(t.until, 'infinity')
""")

_IDLE = text("""
    SELECT p.id AS person, p.login, p.name, p.idle_warned_at AS warned_at,
           greatest(p.state_at, (SELECT max(s.seen_at) FROM session s
                                 WHERE s.tenant = :tenant AND s.person = p.id)) AS since
    FROM person p WHERE p.tenant = :tenant AND p.active
      AND p.state_at <= :before
      AND NOT EXISTS (SELECT FROM session s WHERE s.tenant = :tenant AND s.person = p.id AND s.seen_at > :before)
    ORDER BY p.login
""")


async def people(
    uow: UnitOfWork, *, words: str, office_id: UUID | None, state: str, after: str, limit: int
) -> list[str]:
    """One JSON object a person."""
    values = {"tenant": uow.tenant, "today": day_of(uow.now), "words": words, "office": office_id, "state": state}
    return list((await uow.execute(_LIST, values | {"after": after, "limit": limit})).scalars())


async def one(uow: UnitOfWork, who: UUID) -> str | None:
    values = {"tenant": uow.tenant, "today": day_of(uow.now), "person": who}
    return (await uow.execute(_ONE, values)).scalar_one_or_none()


async def history(uow: UnitOfWork, who: UUID) -> Sequence[Row[Any]]:
    return (await uow.execute(_HISTORY, {"tenant": uow.tenant, "person": str(who)})).all()


async def offices(uow: UnitOfWork) -> Sequence[Row[Any]]:
    return (await uow.execute(_OFFICES, {"tenant": uow.tenant, "today": day_of(uow.now)})).all()


async def office_named(uow: UnitOfWork, code: str) -> UUID | None:
    statement = select(office.c.id).where(office.c.tenant == uow.tenant, office.c.code == code)
    return (await uow.execute(statement)).scalar_one_or_none()


async def office_of(uow: UnitOfWork, which: UUID) -> Row[Any] | None:
    return (await uow.execute(select(office).where(office.c.tenant == uow.tenant, office.c.id == which))).one_or_none()


async def with_login(uow: UnitOfWork, login: str) -> UUID | None:
    mine = (person.c.tenant == uow.tenant) & (func.lower(person.c.login) == login.lower())
    return (await uow.execute(select(person.c.id).where(mine))).scalar_one_or_none()


async def logins(uow: UnitOfWork, wanted: Iterable[str]) -> set[str]:
    """Those of ``wanted``, in small letters, that are taken or ever were."""
    lower = func.lower(person.c.login)
    statement = select(lower).where(person.c.tenant == uow.tenant, lower.in_([one.lower() for one in wanted]))
    return set((await uow.execute(statement)).scalars())


async def hold(uow: UnitOfWork, who: UUID) -> Row[Any] | None:
    """The account, locked until the end of the transaction."""
    mine = (person.c.tenant == uow.tenant) & (person.c.id == who)
    return (await uow.execute(select(person).where(mine).with_for_update())).one_or_none()


async def hold_post(uow: UnitOfWork, which: UUID) -> Row[Any] | None:
    """A post that has not ended, with its person's name and office's, locked."""
    statement = (
        select(post, person.c.name, office.c.name.label("office_name"))
        .join(person, (person.c.tenant == post.c.tenant) & (person.c.id == post.c.person))
        .join(office, (office.c.tenant == post.c.tenant) & (office.c.id == post.c.office))
        .where(post.c.tenant == uow.tenant, post.c.id == which, post.c.ended_at.is_(None))
        .with_for_update(of=post)
    )
    return (await uow.execute(statement)).one_or_none()


async def open_posts(uow: UnitOfWork, who: UUID) -> Sequence[Row[Any]]:
    """The posts of a person that have not ended, locked."""
    mine = (post.c.tenant == uow.tenant) & (post.c.person == who) & post.c.ended_at.is_(None)
    return (await uow.execute(select(post).where(mine).order_by(post.c.id).with_for_update())).all()


async def stand_ins(uow: UnitOfWork, which: UUID) -> list[UUID]:
    """Who stands in for a post, now or later."""
    mine = (post.c.tenant == uow.tenant) & (post.c.stands_in_for == which) & post.c.ended_at.is_(None)
    return list((await uow.execute(select(post.c.person).where(mine).distinct())).scalars())


async def lent(uow: UnitOfWork, which: UUID) -> Sequence[Row[Any]]:
    """(post, name, since, until) of those who stand in for a post, now or later."""
    statement = (
        select(post.c.id, person.c.name, post.c.since, post.c.until)
        .join(person, (person.c.tenant == post.c.tenant) & (person.c.id == post.c.person))
        .where(post.c.tenant == uow.tenant, post.c.stands_in_for == which, post.c.ended_at.is_(None))
        .where(post.c.until >= day_of(uow.now))
        .order_by(post.c.since)
    )
    return (await uow.execute(statement)).all()


async def set_person(uow: UnitOfWork, who: UUID, **values: Any) -> None:
    await uow.execute(update(person).where(person.c.tenant == uow.tenant, person.c.id == who).values(**values))


async def set_roles(uow: UnitOfWork, which: UUID, roles: Sequence[str], given: UUID | None = None) -> None:
    """Of a post and of those that stand in for it, in one statement: their key holds them equal."""
    mine = (post.c.tenant == uow.tenant) & or_(post.c.id == which, post.c.stands_in_for == which)
    await uow.execute(update(post).where(mine).values(roles=list(roles), appointment=given))


async def end_posts(uow: UnitOfWork, which: Iterable[UUID]) -> None:
    """End posts and those that stand in for them."""
    ids = list(which)
    mine = (post.c.tenant == uow.tenant) & or_(post.c.id.in_(ids), post.c.stands_in_for.in_(ids))
    await uow.execute(update(post).where(mine, post.c.ended_at.is_(None)).values(ended_at=uow.now))


async def add_post(uow: UnitOfWork, who: UUID, at: UUID, roles: Sequence[str], **more: Any) -> UUID:
    which = uuid4()
    row = {"id": which, "person": who, "office": at, "roles": list(roles), **more}
    await uow.execute(insert(post).values(tenant=uow.tenant, **row))
    return which


async def others_roles(uow: UnitOfWork, at: UUID, who: UUID) -> set[str]:
    """The roles that others hold for good in an office."""
    values = {"tenant": uow.tenant, "office": at, "person": who, "today": day_of(uow.now)}
    return set((await uow.execute(_OTHERS, values)).scalars())


async def other_administrators(uow: UnitOfWork, role: str, who: UUID) -> int:
    values = {"tenant": uow.tenant, "role": role, "person": who, "today": day_of(uow.now)}
    return int((await uow.execute(_ADMINISTRATORS, values)).scalar_one())


async def add_appointment(uow: UnitOfWork, who: UUID, role: str, by: UUID, requester: str) -> UUID:
    row = {"id": uuid4(), "person": who, "role": role, "requested_by": by, "requester": requester}
    await uow.execute(insert(appointment).values(tenant=uow.tenant, requested_at=uow.now, **row))
    return UUID(str(row["id"]))


async def hold_appointment(uow: UnitOfWork, which: UUID) -> Row[Any] | None:
    mine = (appointment.c.tenant == uow.tenant) & (appointment.c.id == which)
    return (await uow.execute(select(appointment).where(mine).with_for_update())).one_or_none()


async def decide(uow: UnitOfWork, which: UUID, by: UUID, decider: str, *, granted: bool) -> None:
    mine = (appointment.c.tenant == uow.tenant) & (appointment.c.id == which)
    values = {"decided_at": uow.now, "decided_by": by, "decider": decider, "granted": granted}
    await uow.execute(update(appointment).where(mine).values(values))


async def appointments(uow: UnitOfWork, who: UUID | None = None) -> Sequence[Row[Any]]:
    """Of one person all of them, else those of everybody that wait to be decided."""
    statement = (
        select(appointment, person.c.name)
        .join(person, (person.c.tenant == appointment.c.tenant) & (person.c.id == appointment.c.person))
        .where(appointment.c.tenant == uow.tenant)
        .order_by(appointment.c.requested_at.desc())
    )
    waiting = appointment.c.decided_at.is_(None) & ~appointment.c.founding
    mine = waiting if who is None else appointment.c.person == who
    return (await uow.execute(statement.where(mine))).all()


async def appointment_of(uow: UnitOfWork, who: UUID, role: str) -> UUID | None:
    """The appointment on which an administrator's present post rests."""
    mine = (post.c.tenant == uow.tenant) & (post.c.person == who) & (post.c.admin == role) & post.c.ended_at.is_(None)
    return (await uow.execute(select(post.c.appointment).where(mine).limit(1))).scalar_one_or_none()


async def idle(uow: UnitOfWork, before: datetime) -> Sequence[Row[Any]]:
    """Enabled accounts that nobody has used since ``before``."""
    return (await uow.execute(_IDLE, {"tenant": uow.tenant, "before": before})).all()


_ADD_ROWS = text("""
    INSERT INTO staff_import_row (tenant, digest, row, said, state, remark)
    SELECT :tenant, :digest, row, said, state, remark
    FROM jsonb_to_recordset(:rows) AS r (row int, said jsonb, state text, remark text)
    ON CONFLICT (tenant, digest, row) DO UPDATE SET state = excluded.state, remark = excluded.remark
        WHERE staff_import_row.state IN ('ready', 'wrong')
""").bindparams(bindparam("rows", type_=JSONB))
_ADD_IMPORT = text("""
    INSERT INTO staff_import (tenant, digest, filename, total, brought_at, brought_by, bringer)
    VALUES (:tenant, :digest, :filename, :total, :now, :person, :label) ON CONFLICT DO NOTHING
""")
_IMPORT = text("SELECT * FROM staff_import WHERE tenant = :tenant AND digest = :digest FOR UPDATE")
_SEEN_IMPORT = text("SELECT * FROM staff_import WHERE tenant = :tenant AND digest = :digest")
_IMPORTS = text("""
    SELECT i.*, (SELECT jsonb_object_agg(state, n) FROM (SELECT state, count(*) AS n FROM staff_import_row r
        WHERE r.tenant = :tenant AND r.digest = i.digest GROUP BY state) AS c) AS states
    FROM staff_import i WHERE i.tenant = :tenant ORDER BY i.brought_at DESC LIMIT 20
""")
_ROWS = text("SELECT * FROM staff_import_row WHERE tenant = :tenant AND digest = :digest ORDER BY row")
_NOTE_ROW = text("""
    UPDATE staff_import_row SET state = :state, remark = :remark, person = :person, post = :post
    WHERE tenant = :tenant AND digest = :digest AND row = :row
""")


async def add_import(uow: UnitOfWork, digest: bytes, values: dict[str, Any], rows: list[Any]) -> None:
    await uow.execute(_ADD_IMPORT, {"tenant": uow.tenant, "digest": digest, "now": uow.now, **values})
    await uow.execute(_ADD_ROWS, {"tenant": uow.tenant, "digest": digest, "rows": rows})


def place_of(digest: bytes, row: int) -> str:
    """How a row is named where its contact is sealed: as the rotation of keys names it."""
    return f"{digest!s}/{row}"


async def set_contact(uow: UnitOfWork, digest: bytes, row: int, sealed: bytes | None) -> None:
    """Keep what a row says of telephone and e-mail; None once the person has it."""
    mine = (
        (staff_import_row.c.tenant == uow.tenant)
        & (staff_import_row.c.digest == digest)
        & (staff_import_row.c.row == row)
    )
    await uow.execute(update(staff_import_row).where(mine).values(contact=sealed))


async def contacts_of(uow: UnitOfWork, digest: bytes) -> dict[int, bytes]:
    """The sealed contacts of a list, by row."""
    mine = (staff_import_row.c.tenant == uow.tenant) & (staff_import_row.c.digest == digest)
    asked = select(staff_import_row.c.row, staff_import_row.c.contact).where(
        mine, staff_import_row.c.contact.is_not(None)
    )
    return {row.row: row.contact for row in await uow.execute(asked)}


async def find_import(uow: UnitOfWork, digest: bytes, *, locked: bool = False) -> Row[Any] | None:
    """A list that was brought; ``locked``, so that two who work it off do it one after the other."""
    statement = _IMPORT if locked else _SEEN_IMPORT
    return (await uow.execute(statement, {"tenant": uow.tenant, "digest": digest})).one_or_none()


async def imports(uow: UnitOfWork) -> Sequence[Row[Any]]:
    return (await uow.execute(_IMPORTS, {"tenant": uow.tenant})).all()


async def import_rows(uow: UnitOfWork, digest: bytes) -> Sequence[Row[Any]]:
    return (await uow.execute(_ROWS, {"tenant": uow.tenant, "digest": digest})).all()


async def note_row(uow: UnitOfWork, digest: bytes, row: int, **values: Any) -> None:
    await uow.execute(_NOTE_ROW, {"tenant": uow.tenant, "digest": digest, "row": row, **values})
