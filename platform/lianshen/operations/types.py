"""Orders, archives and what becomes of them."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from lianshen.kernel.database import UnitOfWork

Begin = Callable[[], AbstractAsyncContextManager[UnitOfWork]]
"""Opens a transaction of the operator's role, which its edge commits when the block ends without an error."""

Tell = Callable[[str], Awaitable[None]]
"""Says how far the work is, in Chinese."""


class Office(msgspec.Struct, frozen=True):
    """An office to begin with; ``body`` is the vocabulary's code of what it is in law."""

    code: str
    name: str
    body: str


class Founder(msgspec.Struct, frozen=True):
    """Somebody to begin with: ``hashed`` is the hash of a secret that was shown once."""

    login: str
    name: str
    role: str
    hashed: str


class Founding(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant to be. Its offices come from ``offices``, and from those of the tenant ``template``."""

    code: str
    name: str
    level: str
    parent: str | None
    since: date
    template: str | None = None
    offices: tuple[Office, ...] = ()
    founders: tuple[Founder, ...] = ()


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator asked for. ``details`` and ``outcome`` hold counts, names and digests, no content."""

    id: UUID
    kind: str
    subject: str
    details: dict[str, Any]
    requested_at: datetime
    requested_by: UUID
    requester: str
    approved_at: datetime | None
    approved_by: UUID | None
    approver: str | None
    withdrawn_at: datetime | None
    state: str
    progress: str
    outcome: dict[str, Any] | None
    finished_at: datetime | None

    @property
    def waits(self) -> bool:
        """True while a second operator has still to agree."""
        return self.kind == "delete" and self.approved_at is None and self.withdrawn_at is None


class Figures(msgspec.Struct, frozen=True):
    """Counts of a tenant at ``counted_at``; ``parked`` duties are set aside, the oldest other ``waits_since``."""

    subject: str
    people: int
    projects: int
    last_at: datetime | None
    counted_at: datetime
    parked: int
    waits_since: datetime | None


class TableDigest(msgspec.Struct, frozen=True):
    """One table's rows of a tenant: how many, and SHA-256 and SM3 (hex) over their lines in the order of the key."""

    table: str
    rows: int
    sha256: str
    sm3: str


class FileDigest(msgspec.Struct, frozen=True):
    """One file: its path below the tenant's folder, bytes, SHA-256 (hex)."""

    path: str
    size: int
    sha256: str


class Neighbour(msgspec.Struct, frozen=True):
    """Another jurisdiction that rows of the register name."""

    code: str
    name: str
    level: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive holds. ``revision`` is that of the schema; an archive restores under the same one alone."""

    format: int
    tenant: str
    name: str
    level: str
    state: str
    revision: str
    taken_at: datetime
    tables: tuple[TableDigest, ...]
    files: tuple[FileDigest, ...]
    neighbours: tuple[Neighbour, ...]


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """Proof that a tenant was deleted: what there was, by its last export, and that nothing is left."""

    tenant: str
    name: str
    at: datetime
    requested_by: str
    approved_by: str
    archive: str
    manifest_sha256: str
    tables: tuple[TableDigest, ...]
    files: int
    cache_entries: int
    rows_left: int
    files_left: int
