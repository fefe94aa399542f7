"""Who is behind a token, and which offices and people there are."""

from datetime import timedelta
from uuid import UUID

from lianshen.identity import _secrets, _store
from lianshen.identity.types import Actor, Office
from lianshen.kernel.database import UnitOfWork


async def actor_of(uow: UnitOfWork, token: str, *, idle: timedelta) -> Actor | None:
    """Bind the transaction to the token's tenant and return its holder; None for an unknown, idle or ended session."""
    parts = _secrets.split_token(token)
    return None if parts is None else await _store.enter_session(uow, *parts, idle)


async def offices(uow: UnitOfWork) -> list[Office]:
    """Offices of the current tenant, by code."""
    return await _store.offices(uow)


async def people_of(uow: UnitOfWork, offices: tuple[UUID, ...]) -> list[tuple[UUID, UUID]]:
    """(person, office) of every active person with a post in ``offices``."""
    return await _store.people_of(uow, offices)
