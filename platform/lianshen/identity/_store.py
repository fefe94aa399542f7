"""SQL of offices, people, posts, sessions and second factors."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Row,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.identity._tables import (
    appointment,
    former_password,
    office,
    person,
    post,
    session,
)  # fmt: skip
from lianshen.identity.types import Actor, Ending
from lianshen.kernel import integrity
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork

_LIVING = text("""
    SELECT s.id FROM session s
    JOIN person p ON p.tenant = :tenant AND p.id = s.person AND p.active
    JOIN post t ON t.tenant = :tenant AND t.id = s.post AND t.ended_at IS NULL
     AND :today BETWEEN t.since AND coalesce(t.until, 'infinity')
    WHERE s.tenant = :tenant AND s.id = ANY(:sessions) AND s.stage = 'open' AND s.ended_at IS NULL
      AND s.expires_at > :now AND s.seen_at > CAST(:now AS timestamptz) - make_interval(secs => s.idle)
""").bindparams(bindparam("sessions", type_=ARRAY(Uuid)))
_ENTER = text("""
    SELECT *, calendar_editions(:tenant, :on, 9223372036854775807) AS editions
    FROM enter_session(:tenant, :digest, :now)
""")


async def living(uow: UnitOfWork, sessions: Sequence[UUID]) -> set[UUID]:
    values = {"tenant": uow.tenant, "sessions": list(sessions), "now": uow.now, "today": day_of(uow.now)}
    return set((await uow.execute(_LIVING, values)).scalars())


async def enter_session(uow: UnitOfWork, tenant: str, digest: bytes, step_up_after: timedelta) -> Actor | None:
    """Bind the transaction to ``tenant`` and find who holds the live session, in one round trip.

    Raises Altered when the post was changed past our commands: its roles then mean nothing (D142).
    """
    values = {"tenant": tenant, "digest": digest, "now": uow.now, "on": day_of(uow.now)}
    row = (await uow.execute(_ENTER, values)).one_or_none()
    uow.entered(tenant)
    if row is None:
        return None
    await integrity.require_ours(uow, "post", row.post, row.canon, row.mac)
    return _actor(uow, row, await stamp_of(uow, row), step_up_after)


async def stamp_of(uow: UnitOfWork, row: Row[Any]) -> int:
    """The stamp of the tenant's own roles; 0, so that none of them grants anything, when it was changed past our
    commands: turned back, it would let what a process keeps of that time count again."""
    ours = row.rights == 0 or await integrity.is_ours(uow, "rights", "", row.rights_canon, row.rights_mac)
    return int(row.rights) if ours else 0


def _actor(uow: UnitOfWork, row: Row[Any], rights: int, step_up_after: timedelta) -> Actor:
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
        rights=rights,
        editions=tuple(row.editions or ()),
        on=day_of(uow.now),
        principal=row.principal,
        principal_name=row.principal_name,
        stale=row.seen_at < uow.now - timedelta(minutes=1),
        session=row.session,
        stage=row.stage,
        by_factor=row.by_factor,
        fresh=row.authenticated_at > uow.now - step_up_after,
        authenticated_at=row.authenticated_at,
    )


def _me(uow: UnitOfWork, who: UUID) -> ColumnElement[bool]:
    return (person.c.tenant == uow.tenant) & (person.c.id == who)


async def find_login(uow: UnitOfWork, login: str) -> Row[Any] | None:
    """The account, locked for this transaction so that parallel guesses count one by one (D100)."""
    statement = select(person).where(person.c.tenant == uow.tenant, person.c.login == login)
    return (await uow.execute(statement.with_for_update())).one_or_none()


async def account(uow: UnitOfWork, who: UUID) -> Row[Any]:
    return (await uow.execute(select(person).where(_me(uow, who)))).one()


async def hold(uow: UnitOfWork, who: UUID) -> Row[Any]:
    """The same, of somebody who has come further than the password."""
    return (await uow.execute(select(person).where(_me(uow, who)).with_for_update())).one()


async def set_person(uow: UnitOfWork, who: UUID, **values: object) -> None:
    await uow.execute(update(person).where(_me(uow, who)).values(values))


async def former_passwords(uow: UnitOfWork, who: UUID, most: int) -> list[str]:
    old = former_password
    statement = select(old.c.password).where(old.c.tenant == uow.tenant, old.c.person == who)
    return list((await uow.execute(statement.order_by(old.c.at.desc()).limit(most))).scalars())


async def keep_former(uow: UnitOfWork, who: UUID, password: str, most: int) -> None:
    """Remember a password that is replaced now, and no more than ``most`` of them."""
    old = former_password
    await uow.execute(insert(old).values(tenant=uow.tenant, person=who, at=uow.now, password=password))
    mine = (old.c.tenant == uow.tenant) & (old.c.person == who)
    kept = select(old.c.at).where(mine).order_by(old.c.at.desc()).limit(most)
    await uow.execute(delete(old).where(mine, old.c.at.not_in(kept)))


def holds(uow: UnitOfWork, which: FromClause = post) -> ColumnElement[bool]:
    """Of ``post``: that it counts today. The first and the last day both do."""
    today, of = day_of(uow.now), which.c
    return and_(of.ended_at.is_(None), of.since <= today, or_(of.until.is_(None), of.until >= today))


async def posts_of(uow: UnitOfWork, who: UUID) -> Sequence[Row[Any]]:
    """The posts that a person may act in now, by the code of the office."""
    instead, principal = post.alias(), person.alias()
    counts = holds(uow, instead)
    statement = (
        select(
            post.c.id.label("post"), office.c.id.label("office"), office.c.name.label("office_name"),
            office.c.body, post.c.roles, principal.c.name.label("principal_name"),
        )
        .join(office, (office.c.tenant == post.c.tenant) & (office.c.id == post.c.office))
        .outerjoin(instead, (instead.c.tenant == post.c.tenant) & (instead.c.id == post.c.stands_in_for) & counts)
        .outerjoin(principal, (principal.c.tenant == post.c.tenant) & (principal.c.id == instead.c.person))
        .where(post.c.tenant == uow.tenant, post.c.person == who, holds(uow))
        .where(or_(post.c.stands_in_for.is_(None), principal.c.id.is_not(None)))
        .order_by(post.c.stands_in_for.is_not(None), office.c.code)
    )  # fmt: skip
    return (await uow.execute(statement)).all()


async def add_session(uow: UnitOfWork, row: dict[str, Any]) -> None:
    await uow.execute(insert(session).values(tenant=uow.tenant, id=uuid4(), seen_at=uow.now, **row))


async def succeed_session(uow: UnitOfWork, digest: bytes, new: bytes, changed: dict[str, Any]) -> bool:
    """End a session and put another in its place, with what is ``changed``; False when it has ended meanwhile."""
    mine = (session.c.tenant == uow.tenant) & (session.c.digest == digest) & session.c.ended_at.is_(None)
    ended = update(session).where(mine).values(ended_at=uow.now, end_reason="renewed").returning(session)
    row = (await uow.execute(ended)).mappings().one_or_none()
    if row is None:
        return False
    fresh = {"digest": new, "id": uuid4(), "seen_at": uow.now, "ended_at": None, "end_reason": None}
    await uow.execute(insert(session).values(dict(row) | fresh | changed))
    return True


async def end_session(uow: UnitOfWork, digest: bytes, why: Ending) -> None:
    mine = (session.c.tenant == uow.tenant) & (session.c.digest == digest) & session.c.ended_at.is_(None)
    await uow.execute(update(session).where(mine).values(ended_at=uow.now, end_reason=why))


async def end_sessions(
    uow: UnitOfWork, who: UUID, why: Ending, *, only: UUID | None = None, but: bytes | None = None
) -> int:
    """End a person's sessions: all, ``only`` one, or all ``but`` one; how many were ended."""
    mine = (session.c.tenant == uow.tenant) & (session.c.person == who) & session.c.ended_at.is_(None)
    if only is not None:
        mine &= session.c.id == only
    if but is not None:
        mine &= session.c.digest != but
    return (await uow.execute(update(session).where(mine).values(ended_at=uow.now, end_reason=why))).rowcount


def _live(uow: UnitOfWork, who: UUID) -> ColumnElement[bool]:
    idle_since = literal(uow.now) - func.make_interval(0, 0, 0, 0, 0, 0, session.c.idle)
    mine = (session.c.tenant == uow.tenant) & (session.c.person == who) & (session.c.stage == "open")
    return mine & session.c.ended_at.is_(None) & (session.c.expires_at > uow.now) & (session.c.seen_at > idle_since)


async def displace(uow: UnitOfWork, who: UUID, most: int, newest: bytes) -> int:
    """End the oldest open sessions of a person until ``most`` are left, ``newest`` among them; how many were ended."""
    others = select(session.c.digest).where(_live(uow, who), session.c.digest != newest)
    oldest = others.order_by(session.c.created_at.desc()).offset(most - 1)
    mine = (session.c.tenant == uow.tenant) & session.c.digest.in_(oldest)
    done = update(session).where(mine).values(ended_at=uow.now, end_reason="displaced")
    return (await uow.execute(done)).rowcount


async def sessions_of(uow: UnitOfWork, who: UUID) -> Sequence[Row[Any]]:
    """A person's live sessions, the newest first."""
    at = (post.c.tenant == session.c.tenant) & (post.c.id == session.c.post)
    statement = (
        select(session, office.c.name.label("office_name"))
        .join(post, at)
        .join(office, (office.c.tenant == post.c.tenant) & (office.c.id == post.c.office))
        .where(_live(uow, who))
        .order_by(session.c.created_at.desc())
    )
    return (await uow.execute(statement)).all()


async def ending_of(uow: UnitOfWork, digest: bytes) -> Row[Any] | None:
    """When and why a session ended; None for one that did not, or never was."""
    statement = select(session.c.ended_at, session.c.end_reason).where(
        session.c.tenant == uow.tenant, session.c.digest == digest, session.c.ended_at.is_not(None)
    )
    return (await uow.execute(statement)).one_or_none()


async def source_of(uow: UnitOfWork, digest: bytes) -> str:
    mine = (session.c.tenant == uow.tenant) & (session.c.digest == digest)
    return str((await uow.execute(select(session.c.source).where(mine))).scalar_one())


async def earlier(uow: UnitOfWork, who: UUID, source: str, but: bytes) -> Row[Any]:
    """``last``: when the person was last here; ``known``: whether ever from this source. Of all but one session."""
    statement = select(
        func.max(session.c.seen_at).label("last"),
        func.bool_or(session.c.source == source).label("known"),
    ).where(session.c.tenant == uow.tenant, session.c.person == who, session.c.stage == "open", session.c.digest != but)
    return (await uow.execute(statement)).one()


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


async def by_hand(uow: UnitOfWork, login: str, role: str) -> Row[Any] | None:
    """The active person of that login, and the post in which they hold ``role``."""
    statement = (
        select(person.c.id, person.c.name, post.c.id.label("post"), post.c.roles, office.c.id.label("office"),
               office.c.name.label("office_name"), office.c.body)
        .join(post, (post.c.tenant == person.c.tenant) & (post.c.person == person.c.id))
        .join(office, (office.c.tenant == post.c.tenant) & (office.c.id == post.c.office))
        .where(person.c.tenant == uow.tenant, person.c.login == login, person.c.active, holds(uow))
        .where(post.c.roles.bool_op("&&")(cast([role], ARRAY(Text))))
    )  # fmt: skip
    return (await uow.execute(statement.limit(1))).one_or_none()


async def save_office(uow: UnitOfWork, code: str, name: str, body: str) -> UUID:
    statement = upsert(office).values(tenant=uow.tenant, id=uuid4(), code=code, name=name, body=body)
    statement = statement.on_conflict_do_update(index_elements=["tenant", "code"], set_={"name": name, "body": body})
    return UUID(str((await uow.execute(statement.returning(office.c.id))).scalar_one()))


async def add_person(uow: UnitOfWork, login: str, name: str, password: str, state: str) -> UUID | None:
    """The new person's id, or None when the login was ever taken, in capitals or not."""
    row = {"id": uuid4(), "login": login, "name": name, "password": password, "failures": 0}
    row |= {"state": state, "state_at": uow.now, "password_at": uow.now}
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


async def set_contact(
    uow: UnitOfWork, who: UUID, phone: bytes | None, index: bytes | None, email: bytes | None
) -> None:
    mine = (person.c.tenant == uow.tenant) & (person.c.id == who)
    await uow.execute(update(person).where(mine).values(phone=phone, phone_index=index, email=email))


async def contact_of(uow: UnitOfWork, who: UUID) -> Row[Any] | None:
    statement = select(person.c.id, person.c.name, person.c.phone, person.c.email)
    return (await uow.execute(statement.where(person.c.tenant == uow.tenant, person.c.id == who))).one_or_none()


async def place_of(uow: UnitOfWork, held: UUID) -> Row[Any] | None:
    """Where a post of the tenant stands in the list of contacts: code of the office, login, id."""
    statement = (
        select(office.c.code, person.c.login, post.c.id)
        .join(post, (post.c.tenant == person.c.tenant) & (post.c.person == person.c.id))
        .join(office, (office.c.tenant == post.c.tenant) & (office.c.id == post.c.office))
        .where(person.c.tenant == uow.tenant, post.c.id == held)
    )
    return (await uow.execute(statement)).one_or_none()


async def contacts(
    uow: UnitOfWork, indexes: Sequence[bytes] | None, after: Row[Any] | None, limit: int | None
) -> list[Row[Any]]:
    """Active people with their sealed contact data, by office; with ``indexes`` those with one of these phones.

    Those ``after`` a ``place_of`` a post.
    """
    statement = (
        select(person.c.id, person.c.name, person.c.phone, person.c.email, office.c.name.label("office_name"))
        .add_columns(post.c.id.label("post"))
        .join(post, (post.c.tenant == person.c.tenant) & (post.c.person == person.c.id))
        .join(office, (office.c.tenant == post.c.tenant) & (office.c.id == post.c.office))
        .where(person.c.tenant == uow.tenant, person.c.active)
        .order_by(office.c.code, person.c.login, post.c.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(tuple_(office.c.code, person.c.login, post.c.id) > tuple_(*map(literal, after)))
    if indexes is not None:
        statement = statement.where(person.c.phone_index.in_(indexes))
    return list(await uow.execute(statement))
