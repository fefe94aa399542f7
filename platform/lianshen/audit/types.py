"""What an event is."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

Change = tuple[Any, Any]
"""A fact before and after; None stands for a fact that was not set."""


class By(msgspec.Struct, frozen=True):
    """Who acts: ids, and the names as they were at that moment (D130). The system itself has no ids."""

    label: str
    person: UUID | None = None
    post: UUID | None = None
    office: UUID | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One act to be recorded. ``action`` is a dotted tag such as ``projects.submit``; ``article`` names the clause."""

    id: UUID
    project: UUID | None
    at: datetime
    action: str
    label: str
    by: By
    article: str
    facts: dict[str, Change]
    note: str = ""
    result: Literal["done", "refused", "failed"] = "done"
    law: str = ""
    """The version of the law that decided, its digest, and the calendar's version, parted by spaces."""
    jobs: tuple[str, ...] | None = None
    """What is to be done after it, no part of the record; None: what its action always asks for."""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A signed statement about a ledger. ``size`` counts events, roots are 32 bytes, ``public_key`` is PEM.

    ``note`` is what was signed with its signature; ``token`` the time-stamping authority's answer over it (DER).
    """

    size: int
    at: datetime
    sm3: bytes
    sha256: bytes
    algorithm: str
    key: str
    public_key: str
    note: str
    token: bytes | None = None


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A whole verification and its outcome. ``damage`` is a kind of damage and ``place`` where, or both None."""

    at: datetime
    events: int
    checkpoints: int
    damage: str | None
    place: str | None


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """The root of one day that a jurisdiction below has filed."""

    child: str
    day: date
    size: int
    note: str
    public_key: str
    received_at: datetime


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it is searched and exported; digests hexadecimal."""

    seq: int
    at: datetime
    actor: str
    person: UUID | None
    post: UUID | None
    office: UUID | None
    action: str
    label: str
    result: str
    project: UUID | None
    article: str
    law: str
    facts: dict[str, Any]
    note: str
    source: str
    request_id: str
    sm3: str
    sha256: str


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for; blank means anything. Days are legal days, both included; ``who`` is part of the name."""

    who: str = ""
    action: str = ""
    article: str = ""
    result: str = ""
    project: UUID | None = None
    since: date | None = None
    until: date | None = None
