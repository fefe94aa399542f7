"""SQL of offices, people, posts and sessions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, ColumnElement, Row, Text, and_, cast, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.identity._tables import appointment, office, person, post, session
from lianshen.identity.types import Actor
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork

_ENTER = text("SELECT * FROM enter_session(:tenant, :digest, :now, :idle)")


async def enter_session(uow: UnitOfWork, tenant: str, digest: bytes, idle: timedelta) -> Actor | None:
    """Bind the transaction to ``tenant`` and find who holds the live session, in one round trip."""
    values = {"tenant": tenant, "digest": digest, "now": uow.now, "idle": uow.now - idle}
    row = (await uow.execute(_ENTER, values)).one_or_none()
    uow.entered(tenant)
    return None if row is None else _actor(uow, row)


def _actor(uow: UnitOfWork, row: Row[Any]) -> Actor:
    return Actor(
        tenant=uow.tenant,
        person=row.person,
        name=row.name,
        post=row.post,
        office=row.office,
        office_name=row.office_name,
        body=row.body,
        roles=tuple(row.roles),
        form_key=row.form_key,
        principal=row.principal,
        principal_name=row.principal_name,
        rights=row.rights,
        on=day_of(uow.now),
        stale=row.seen_at < uow.now - timedelta(minutes=1),
    )


async def find_login(uow: UnitOfWork, login: str) -> Row[Any] | None:
    """The account, locked for this transaction so that parallel guesses count one by one (D100)."""
    statement = select(person).where(person.c.tenant == uow.tenant, person.c.login == login)
    return (await uow.execute(statement.with_for_update())).one_or_none()


async def set_failures(uow: UnitOfWork, who: UUID, failures: int, locked_until: datetime | None) -> None:
    mine = (person.c.tenant == uow.tenant) & (person.c.id == who)
    await uow.execute(update(person).where(mine).values(failures=failures, locked_until=locked_until))


async def set_password(uow: UnitOfWork, who: UUID, password: str) -> None:
    await uow.execute(update(person).where(person.c.tenant == uow.tenant, person.c.id == who).values(password=password))


def holds(uow: UnitOfWork) -> ColumnElement[bool]:
    """Of ``post``: that it counts today. The first and the last day both do."""
    today = day_of(uow.now)
    return and_(post.c.ended_at.is_(None), post.c.since <= today, or_(post.c.until.is_(None), post.c.until >= today))


async def first_post(uow: UnitOfWork, who: UUID) -> UUID | None:
    statement = (
        select(post.c.id)
        .join(office, (office.c.tenant == post.c.tenant) & (office.c.id == post.c.office))
        .where(post.c.tenant == uow.tenant, post.c.person == who, holds(uow))
        .order_by(post.c.stands_in_for.is_not(None), office.c.code)
        .limit(1)
    )
    return (await uow.execute(statement)).scalar_one_or_none()


async def add_session(
    uow: UnitOfWork, digest: bytes, who: UUID, in_post: UUID, form_key: str, expires_at: datetime
) -> None:
    row = {"digest": digest, "person": who, "post": in_post, "form_key": form_key, "expires_at": expires_at}
    await uow.execute(insert(session).values(tenant=uow.tenant, created_at=uow.now, seen_at=uow.now, **row))


async def end_session(uow: UnitOfWork, digest: bytes) -> None:
    mine = (session.c.tenant == uow.tenant) & (session.c.digest == digest) & session.c.ended_at.is_(None)
    await uow.execute(update(session).where(mine).values(ended_at=uow.now))


async def touch_session(uow: UnitOfWork, digest: bytes) -> None:
    mine = (session.c.tenant == uow.tenant) & (session.c.digest == digest)
    await uow.execute(update(session).where(mine).values(seen_at=func.greatest(session.c.seen_at, uow.now)))


async def people_with(uow: UnitOfWork, roles: Sequence[str]) -> list[UUID]:
    statement = (
        select(person.c.id)
        .join(post, (post.c.tenant == person.c.tenant) & (post.c.person == person.c.id))
        .where(person.c.tenant == uow.tenant, person.c.active, holds(uow))
        .where(post.c.roles.bool_op("&&")(cast(list(roles), ARRAY(Text))))
        .distinct()
    )
    return list((await uow.execute(statement)).scalars())


async def save_office(uow: UnitOfWork, code: str, name: str, body: str) -> UUID:
    statement = upsert(office).values(tenant=uow.tenant, id=uuid4(), code=code, name=name, body=body)
    statement = statement.on_conflict_do_update(index_elements=["tenant", "code"], set_={"name": name, "body": body})
    return UUID(str((await uow.execute(statement.returning(office.c.id))).scalar_one()))


async def add_person(uow: UnitOfWork, login: str, name: str, password: str, state: str) -> UUID | None:
    """The new person's id, or None when the login was ever taken, in capitals or not."""
    row = {"id": uuid4(), "login": login, "name": name, "password": password, "failures": 0}
    row |= {"state": state, "state_at": uow.now}
    statement = upsert(person).values(tenant=uow.tenant, **row).on_conflict_do_nothing().returning(person.c.id)
    return (await uow.execute(statement)).scalar_one_or_none()


async def add_post(uow: UnitOfWork, who: UUID, at: UUID, roles: Sequence[str], **more: Any) -> UUID:
    row = {"id": uuid4(), "person": who, "office": at, "roles": list(roles), **more}
    await uow.execute(insert(post).values(tenant=uow.tenant, **row))
    return UUID(str(row["id"]))


async def has_post(uow: UnitOfWork, who: UUID, at: UUID) -> bool:
    """Whether the person has a post of their own in the office, whatever its dates."""
    mine = (post.c.tenant == uow.tenant) & (post.c.person == who) & (post.c.office == at)
    open_ = post.c.ended_at.is_(None) & post.c.stands_in_for.is_(None)
    return (await uow.execute(select(post.c.id).where(mine, open_))).first() is not None


async def found(uow: UnitOfWork, who: UUID, role: str, founder: str) -> UUID:
    """Make somebody an administrator while the tenant is being set up; the owner alone may."""
    row = {"id": uuid4(), "person": who, "role": role, "requester": founder, "requested_at": uow.now, "founding": True}
    await uow.execute(insert(appointment).values(tenant=uow.tenant, **row))
    mine = (person.c.tenant == uow.tenant) & (person.c.id == who)
    await uow.execute(update(person).where(mine).values(administers=role))
    return UUID(str(row["id"]))


async def end_sessions_of(uow: UnitOfWork, who: UUID) -> None:
    mine = (session.c.tenant == uow.tenant) & (session.c.person == who) & session.c.ended_at.is_(None)
    await uow.execute(update(session).where(mine).values(ended_at=uow.now))
