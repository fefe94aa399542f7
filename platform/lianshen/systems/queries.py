"""Who is behind a key, and which systems there are."""

from datetime import timedelta
from uuid import UUID

from lianshen.access.queries import granted_to, named, require
from lianshen.identity.types import Actor
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.systems import _secret, _store, permissions
from lianshen.systems.types import Choice, System

ROLE = "system"
"""The role in ``policies/`` that bounds what any key may do."""
_NOTED_AFTER = timedelta(minutes=1)


def is_key(token: str) -> bool:
    """True for what is shaped like a system's key, and not like a session's secret."""
    return _secret.split(token) is not None


async def actor_of(uow: UnitOfWork, token: str) -> Actor | None:
    """Bind the transaction to the key's tenant and return the system that holds it; None for a dead or unknown key.

    The actor's ``person`` is the system's id and its ``post`` the key's: it is no person, and no record says it is.
    """
    parts = _secret.split(token)
    row = None if parts is None else await _store.enter_token(uow, *parts)
    if parts is None or row is None:
        return None
    return Actor(
        tenant=parts[0],
        person=row.system,
        name=row.name,
        post=row.token,
        office=row.office,
        office_name=row.office_name,
        body=row.body,
        roles=(ROLE,),
        form_key="",
        rights=0,
        editions=tuple(row.editions or ()),
        on=day_of(uow.now),
        only=frozenset(row.permissions),
        answers=row.person,
        fresh=False,
        stale=row.used_at is None or row.used_at < uow.now - _NOTED_AFTER,
    )


async def systems(uow: UnitOfWork, actor: Actor) -> list[System]:
    """Every system of the tenant with all keys it ever had."""
    require(actor, permissions.MANAGE)
    return await _store.systems(uow)


async def choices(uow: UnitOfWork, actor: Actor) -> tuple[list[Choice], list[Choice]]:
    """Offices, and people who may answer for a system, the first of them."""
    require(actor, permissions.MANAGE)
    return await _store.offices(uow), await _store.people(uow)


async def with_login(uow: UnitOfWork, actor: Actor, login: str) -> UUID | None:
    """Who in a post has this login. Raises Forbidden."""
    require(actor, permissions.MANAGE)
    found = await _store.people(uow, login=login) if login else []
    return found[0].id if found else None


def grantable() -> tuple[str, ...]:
    """What a key may be given at most; where it matters on which rows, each scope for itself."""
    names = granted_to(ROLE)
    return tuple(sorted(names - {name.partition("/")[0] for name in names if "/" in name}))


def labels() -> dict[str, str]:
    """The same, with what each is called."""
    return {option.code: option.label for option in named(grantable())}
