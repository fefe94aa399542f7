"""Who is behind a token."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from lianshen.identity import _contact, _secrets, _store
from lianshen.identity.types import Actor, Contact
from lianshen.kernel import cipher, log
from lianshen.kernel.database import UnitOfWork


async def people_with(uow: UnitOfWork, roles: Sequence[str]) -> list[UUID]:
    """Active people of the tenant who hold a post with one of ``roles``."""
    return await _store.people_with(uow, roles)


async def actor_of(uow: UnitOfWork, token: str, *, idle: timedelta) -> Actor | None:
    """Bind the transaction to the token's tenant and return its holder; None for an unknown, idle or ended session."""
    parts = _secrets.split_token(token)
    return None if parts is None else await _store.enter_session(uow, *parts, idle)


async def contacts(uow: UnitOfWork, phone: str | None = None) -> list[Contact]:
    """Active people of the tenant and how they are reached, by office; with ``phone`` those who have that number.

    Whoever shows them masks them (``personal``).
    """
    indexes = None
    if phone is not None:
        number = _contact.phone(phone)
        if number is None:
            return []
        indexes = await cipher.blind_indexes(uow, "person", "phone", number)
    return [await _opened(uow, row, row.office_name) for row in await _store.contacts(uow, indexes)]


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
