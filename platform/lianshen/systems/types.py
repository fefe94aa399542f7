"""Other systems and their keys, as shown."""

from datetime import datetime
from uuid import UUID

import msgspec


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key of a system; its secret is kept nowhere. ``office`` is where it acts; ``replaces`` the key before it."""

    id: UUID
    permissions: tuple[str, ...]
    office: UUID
    office_name: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    replaces: UUID | None


class System(msgspec.Struct, frozen=True, kw_only=True):
    """Another system: the office it belongs to, and the person who answers for it."""

    id: UUID
    name: str
    office: UUID
    office_name: str
    person: UUID
    person_name: str
    created_at: datetime
    ended_at: datetime | None
    keys: tuple[Key, ...]


class NewKey(msgspec.Struct, frozen=True):
    """``token`` is shown this once."""

    id: UUID
    token: str
    expires_at: datetime


class Choice(msgspec.Struct, frozen=True):
    """An office, or a person with their office, to choose from."""

    id: UUID
    name: str
    login: str = ""
