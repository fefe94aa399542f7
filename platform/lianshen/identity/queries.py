"""Who is behind a token, and what people see of their own account."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from lianshen.identity import _contact, _factor_store, _factors, _passkeys, _secrets, _store
from lianshen.identity._passwords import LONGEST, PROFILES
from lianshen.identity._tables import ADMINISTRATORS
from lianshen.identity.types import Actor, Contact, Held, OwnAccount, OwnSession, Setup
from lianshen.kernel import cipher, log
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound


async def people_with(uow: UnitOfWork, roles: Sequence[str]) -> list[UUID]:
    """Active people of the tenant who hold a post with one of ``roles``."""
    return await _store.people_with(uow, roles)


async def actor_of(uow: UnitOfWork, token: str, *, step_up_after: timedelta) -> Actor | None:
    """Bind the transaction to the token's tenant and return its holder; None for an unknown, idle or ended session.

    The actor is ``fresh`` while they showed who they are less than ``step_up_after`` ago. Whoever's ``stage`` is not
    ``open`` may do nothing yet but answer what it asks.
    """
    parts = _secrets.split_token(token)
    return None if parts is None else await _store.enter_session(uow, *parts, step_up_after)


async def living(uow: UnitOfWork, sessions: Sequence[UUID]) -> set[UUID]:
    """Those of ``sessions`` that still open something, for pages that stay open."""
    return await _store.living(uow, sessions)


async def by_hand(uow: UnitOfWork, login: str, role: str) -> Actor | None:
    """Who acts on the command line of whoever holds the database's address: the person of that login in that role."""
    row = await _store.by_hand(uow, login, role)
    if row is None:
        return None
    return Actor(
        tenant=uow.tenant,
        person=row.id,
        name=row.name,
        post=row.post,
        office=row.office,
        office_name=row.office_name,
        body=row.body,
        roles=tuple(row.roles),
        form_key="",
        rights=0,
        on=day_of(uow.now),
    )


async def stamp_of(uow: UnitOfWork, row: Row[Any]) -> int:
    """The stamp of the tenant's own roles as it came along in ``row``; 0 when it was changed past our commands."""
    return await _store.stamp_of(uow, row)


async def ending_of(uow: UnitOfWork, token: str) -> tuple[datetime, str] | None:
    """When and why the session of ``token`` was ended; None when it was not, or is none of ours."""
    parts = _secrets.split_token(token)
    if parts is None:
        return None
    await uow.enter(parts[0])
    row = await _store.ending_of(uow, parts[1])
    return None if row is None else (row.ended_at, row.end_reason)


async def posts_of(uow: UnitOfWork, actor: Actor) -> tuple[Held, ...]:
    """The posts that the actor may choose to act in."""
    return tuple(
        Held(row.post, row.office_name, tuple(row.roles), row.principal_name)
        for row in await _store.posts_of(uow, actor.person)
    )


async def sessions_of(uow: UnitOfWork, actor: Actor) -> tuple[OwnSession, ...]:
    """The actor's live sessions, the newest first."""
    rows = await _store.sessions_of(uow, actor.person)
    return tuple(OwnSession(**{name: getattr(row, name) for name in OwnSession.__struct_fields__}) for row in rows)


async def own_account(uow: UnitOfWork, actor: Actor) -> OwnAccount:
    """What the actor sees of their own account."""
    account = await _store.account(uow, actor.person)
    factors = await _factor_store.factors_of(uow, actor.person)
    confirmed = [row.confirmed_at for row in factors if row.confirmed_at and row.kind == "totp"]
    return OwnAccount(
        login=account.login,
        password_at=account.password_at,
        factor_since=confirmed[0] if confirmed else None,
        codes=await _factor_store.codes_left(uow, actor.person),
        passkeys=await _passkeys.own(uow, actor.person),
        posts=await posts_of(uow, actor),
        sessions=await sessions_of(uow, actor),
    )


async def kinds_of(uow: UnitOfWork, actor: Actor) -> frozenset[str]:
    """Of which kinds the actor has second factors in use; none: they are asked for their password."""
    rows = await _factor_store.factors_of(uow, actor.person)
    return frozenset(row.kind for row in rows if row.confirmed_at is not None)


async def setup_of(uow: UnitOfWork, actor: Actor) -> Setup | None:
    """The second factor that the actor is setting up; None when there is none."""
    return await _factors.setup(uow, actor, (await _store.account(uow, actor.person)).login)


async def contacts(
    uow: UnitOfWork, phone: str | None = None, *, after: UUID | None = None, limit: int | None = None
) -> list[Contact]:
    """Active people of the tenant and how they are reached, by office; with ``phone`` those who have that number.

    One for each post, at most ``limit``, those ``after`` a post; no other value is opened. Whoever shows them masks
    them (``personal``). Raises NotFound when there is no post ``after``.
    """
    place = None
    if after is not None and (place := await _store.place_of(uow, after)) is None:
        raise NotFound
    indexes = None
    if phone is not None:
        number = _contact.phone(phone)
        if number is None:
            return []
        indexes = await cipher.blind_indexes(uow, "person", "phone", number)
    rows = await _store.contacts(uow, indexes, place, limit)
    return [msgspec.structs.replace(await _opened(uow, row, row.office_name), post=row.post) for row in rows]


def can_be_reached(by: str, typed: str) -> bool:
    """Whether what was typed is a number (``phone``) or an address (``email``)."""
    return (_contact.phone if by == "phone" else _contact.email)(typed) is not None


async def contact_of(uow: UnitOfWork, who: UUID) -> Contact | None:
    """How one person is reached; None when there is no such person here."""
    row = await _store.contact_of(uow, who)
    return None if row is None else await _opened(uow, row, "")


async def _opened(uow: UnitOfWork, row: Any, office_name: str) -> Contact:
    phone, email = await _plain(uow, "phone", row.id, row.phone), await _plain(uow, "email", row.id, row.email)
    return Contact(row.id, row.name, office_name, phone, email)


async def _plain(uow: UnitOfWork, column: str, who: UUID, sealed: bytes | None) -> str | None:
    """What does not open shows as nothing, so that one damaged value hides no other; the log tells of it."""
    try:
        return await cipher.open_(uow, "person", column, who, sealed) if sealed else None
    except cipher.Unreadable as error:
        log.get("identity").error("value_unreadable", tenant=uow.tenant, reason=str(error))
        return None


__all__ = [
    "ADMINISTRATORS", "LONGEST", "PROFILES", "actor_of", "by_hand", "can_be_reached", "contact_of", "contacts",
    "ending_of", "kinds_of", "living", "own_account", "people_with", "posts_of", "sessions_of", "setup_of",
]  # fmt: skip
