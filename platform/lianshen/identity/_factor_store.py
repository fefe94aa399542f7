"""SQL of second factors: authenticators, passkeys, their challenges, recovery codes."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Row,
    delete,
    func,
    insert,
    select,
    update,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.identity._tables import (
    factor,
    passkey_challenge,
    recovery_code,
)  # fmt: skip
from lianshen.kernel.database import UnitOfWork


async def factors_of(uow: UnitOfWork, who: UUID) -> Sequence[Row[Any]]:
    """A person's second factors, those being set up included."""
    mine = (factor.c.tenant == uow.tenant) & (factor.c.person == who) & factor.c.removed_at.is_(None)
    return (await uow.execute(select(factor).where(mine).order_by(factor.c.created_at))).all()


async def add_factor(uow: UnitOfWork, one: UUID, who: UUID, kind: str, secret: bytes, **more: object) -> bool:
    """False for a passkey whose credential was ever entered here, by whomever."""
    row = {"id": one, "person": who, "kind": kind, "secret": secret, "counter": 0, "created_at": uow.now} | more
    statement = upsert(factor).values(tenant=uow.tenant, **row).on_conflict_do_nothing().returning(factor.c.id)
    return (await uow.execute(statement)).first() is not None


async def passkey(uow: UnitOfWork, credential: bytes) -> Row[Any] | None:
    """The live passkey with that credential."""
    mine = (factor.c.tenant == uow.tenant) & (factor.c.credential == credential) & factor.c.removed_at.is_(None)
    return (await uow.execute(select(factor).where(mine))).one_or_none()


async def set_factors(uow: UnitOfWork, which: Iterable[UUID], **values: object) -> None:
    mine = (factor.c.tenant == uow.tenant) & factor.c.id.in_(list(which))
    await uow.execute(update(factor).where(mine).values(values))


async def advance_counter(uow: UnitOfWork, one: UUID, to: int) -> bool:
    """Note the last answer that was used; False when it, or a later one, was used before (D104)."""
    mine = (factor.c.tenant == uow.tenant) & (factor.c.id == one) & (factor.c.counter < to)
    return (await uow.execute(update(factor).where(mine).values(counter=to))).rowcount == 1


async def add_challenge(uow: UnitOfWork, digest: bytes, purpose: str, who: UUID | None, kept: timedelta) -> None:
    """Keep a challenge, and no longer those of more than ``kept`` ago."""
    asked = passkey_challenge
    await uow.execute(delete(asked).where(asked.c.tenant == uow.tenant, asked.c.created_at < uow.now - kept))
    row = {"digest": digest, "purpose": purpose, "person": who, "created_at": uow.now}
    await uow.execute(insert(asked).values(tenant=uow.tenant, **row))


async def use_challenge(uow: UnitOfWork, digest: bytes, purpose: str, who: UUID | None, lasts: timedelta) -> bool:
    """Use a challenge up; False when this purpose and person were not given it, it was used, or it is too old."""
    asked = passkey_challenge.c
    mine = (asked.tenant == uow.tenant) & (asked.digest == digest) & (asked.purpose == purpose)
    mine &= asked.person.is_not_distinct_from(who) & asked.used_at.is_(None) & (asked.created_at > uow.now - lasts)
    return (await uow.execute(update(passkey_challenge).where(mine).values(used_at=uow.now))).rowcount == 1


async def replace_codes(uow: UnitOfWork, who: UUID, digests: Iterable[bytes]) -> None:
    old = (recovery_code.c.tenant == uow.tenant) & (recovery_code.c.person == who)
    await uow.execute(delete(recovery_code).where(old))
    rows = [{"tenant": uow.tenant, "person": who, "digest": one, "created_at": uow.now} for one in digests]
    if rows:
        await uow.execute(insert(recovery_code), rows)


async def use_code(uow: UnitOfWork, who: UUID, digest: bytes) -> bool:
    """Use up a recovery code; False when there is none such, or it was used."""
    code = recovery_code.c
    mine = (code.tenant == uow.tenant) & (code.person == who) & (code.digest == digest) & code.used_at.is_(None)
    return (await uow.execute(update(recovery_code).where(mine).values(used_at=uow.now))).rowcount == 1


async def codes_left(uow: UnitOfWork, who: UUID) -> int:
    code = recovery_code.c
    counted = select(func.count()).where(code.tenant == uow.tenant, code.person == who, code.used_at.is_(None))
    return int((await uow.execute(counted)).scalar_one())
