"""Who is behind a token, and what people see of their own account."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from lianshen.identity import _factors, _secrets, _store
from lianshen.identity._passwords import LONGEST, PROFILES
from lianshen.identity.types import Actor, Held, OwnAccount, OwnSession, Setup
from lianshen.kernel.database import UnitOfWork


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
    return tuple(Held(row.post, row.office_name, tuple(row.roles)) for row in await _store.posts_of(uow, actor.person))


async def sessions_of(uow: UnitOfWork, actor: Actor) -> tuple[OwnSession, ...]:
    """The actor's live sessions, the newest first."""
    rows = await _store.sessions_of(uow, actor.person)
    return tuple(OwnSession(**{name: getattr(row, name) for name in OwnSession.__struct_fields__}) for row in rows)


async def own_account(uow: UnitOfWork, actor: Actor) -> OwnAccount:
    """What the actor sees of their own account."""
    account = await _store.account(uow, actor.person)
    confirmed = [row.confirmed_at for row in await _store.factors_of(uow, actor.person) if row.confirmed_at]
    return OwnAccount(
        login=account.login,
        password_at=account.password_at,
        factor_since=confirmed[0] if confirmed else None,
        codes=await _store.codes_left(uow, actor.person),
        posts=await posts_of(uow, actor),
        sessions=await sessions_of(uow, actor),
    )


async def setup_of(uow: UnitOfWork, actor: Actor) -> Setup | None:
    """The second factor that the actor is setting up; None when there is none."""
    return await _factors.setup(uow, actor, (await _store.account(uow, actor.person)).login)


__all__ = [
    "LONGEST", "PROFILES", "actor_of", "ending_of", "own_account", "people_with", "posts_of", "sessions_of",
    "setup_of",
]  # fmt: skip
