"""SQL of other systems and their keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.systems._tables import system, system_token
from lianshen.systems.types import Choice, Key, System

_ENTER = text("""
    SELECT *, calendar_editions(:tenant, :on, 9223372036854775807) AS editions
    FROM enter_token(:tenant, :digest, :now)
""")

_SYSTEMS = text("""
    SELECT s.id, s.name, s.office, o.name AS office_name, s.person, p.name AS person_name, s.created_at, s.ended_at
    FROM system s
    JOIN office o ON o.tenant = s.tenant AND o.id = s.office
    JOIN person p ON p.tenant = s.tenant AND p.id = s.person
    WHERE s.tenant = :tenant ORDER BY s.ended_at IS NOT NULL, s.name
""")

_KEYS = text("""
    SELECT k.id, k.system, k.permissions, k.office, o.name AS office_name, k.created_at, k.expires_at, k.used_at,
           k.revoked_at, k.replaces
    FROM system_token k JOIN office o ON o.tenant = k.tenant AND o.id = k.office
    WHERE k.tenant = :tenant ORDER BY k.created_at DESC, k.id
""")

_OFFICES = text("SELECT id, name FROM office WHERE tenant = :tenant ORDER BY code")

_PEOPLE = text("""
    SELECT p.id, p.login, p.name || '（' || string_agg(DISTINCT o.name, '、') || '）' AS name
    FROM person p
    JOIN post t ON t.tenant = p.tenant AND t.person = p.id
    JOIN office o ON o.tenant = t.tenant AND o.id = t.office
    WHERE p.tenant = :tenant AND p.active AND (:login = '' OR lower(p.login) = lower(:login))
      AND (CAST(:person AS uuid) IS NULL OR p.id = :person)
    GROUP BY p.id, p.login, p.name ORDER BY min(o.code), p.name LIMIT 50
""")


async def enter_token(uow: UnitOfWork, tenant: str, digest: bytes) -> Row[Any] | None:
    """Bind the transaction to ``tenant`` and find the live key and its system, in one round trip."""
    row = (
        await uow.execute(_ENTER, {"tenant": tenant, "digest": digest, "now": uow.now, "on": day_of(uow.now)})
    ).one_or_none()
    uow.entered(tenant)
    return row


async def systems(uow: UnitOfWork) -> list[System]:
    mine = {"tenant": uow.tenant}
    keys: dict[UUID, list[Key]] = {}
    for row in (await uow.execute(_KEYS, mine)).mappings():
        values = dict(row) | {"permissions": tuple(row["permissions"])}
        keys.setdefault(values.pop("system"), []).append(Key(**values))
    return [
        System(**row, keys=tuple(keys.get(row["id"], ()))) for row in (await uow.execute(_SYSTEMS, mine)).mappings()
    ]


async def offices(uow: UnitOfWork) -> list[Choice]:
    return [Choice(**row) for row in (await uow.execute(_OFFICES, {"tenant": uow.tenant})).mappings()]


async def people(uow: UnitOfWork, *, login: str = "", who: UUID | None = None) -> list[Choice]:
    """People in posts, the first by office; or the one with ``login``, or ``who``."""
    found = await uow.execute(_PEOPLE, {"tenant": uow.tenant, "login": login, "person": who})
    return [Choice(**row) for row in found.mappings()]


async def add_system(uow: UnitOfWork, row: Mapping[str, Any]) -> bool:
    """False when the name is taken."""
    statement = upsert(system).values(tenant=uow.tenant, created_at=uow.now, **row).on_conflict_do_nothing()
    return (await uow.execute(statement.returning(system.c.id))).first() is not None


async def live_system(uow: UnitOfWork, which: UUID) -> Row[Any] | None:
    """The system, locked, unless it has been ended."""
    mine = (system.c.tenant == uow.tenant) & (system.c.id == which) & system.c.ended_at.is_(None)
    return (await uow.execute(select(system).where(mine).with_for_update())).one_or_none()


async def end_system(uow: UnitOfWork, which: UUID) -> None:
    mine = (system.c.tenant == uow.tenant) & (system.c.id == which)
    await uow.execute(update(system).where(mine).values(ended_at=uow.now))


async def add_token(uow: UnitOfWork, row: Mapping[str, Any]) -> None:
    await uow.execute(insert(system_token).values(tenant=uow.tenant, created_at=uow.now, **row))


async def live_token(uow: UnitOfWork, of: UUID, which: UUID) -> Row[Any] | None:
    """The key of that system, locked, unless it has been taken back or has expired."""
    mine = (
        (system_token.c.tenant == uow.tenant)
        & (system_token.c.id == which)
        & (system_token.c.system == of)
        & system_token.c.revoked_at.is_(None)
        & (system_token.c.expires_at > uow.now)
    )
    return (await uow.execute(select(system_token).where(mine).with_for_update())).one_or_none()


async def set_token(uow: UnitOfWork, which: UUID, **values: datetime) -> None:
    mine = (system_token.c.tenant == uow.tenant) & (system_token.c.id == which)
    await uow.execute(update(system_token).where(mine).values(**values))


async def note_used(uow: UnitOfWork, digest: bytes) -> None:
    mine = (system_token.c.tenant == uow.tenant) & (system_token.c.digest == digest)
    await uow.execute(update(system_token).where(mine).values(used_at=func.greatest(system_token.c.used_at, uow.now)))
