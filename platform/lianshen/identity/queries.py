"""Who is behind a token."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from lianshen.identity import _secrets, _store
from lianshen.identity._tables import ADMINISTRATORS
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork


async def people_with(uow: UnitOfWork, roles: Sequence[str]) -> list[UUID]:
    """Active people of the tenant who hold a post with one of ``roles``."""
    return await _store.people_with(uow, roles)


async def actor_of(uow: UnitOfWork, token: str, *, idle: timedelta) -> Actor | None:
    """Bind the transaction to the token's tenant and return its holder; None for an unknown, idle or ended session."""
    parts = _secrets.split_token(token)
    return None if parts is None else await _store.enter_session(uow, *parts, idle)


__all__ = ["ADMINISTRATORS", "actor_of", "people_with"]
