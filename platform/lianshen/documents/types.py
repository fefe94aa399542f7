from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one paper; ``size`` in bytes, digests hexadecimal over the file's bytes."""

    id: UUID
    paper: str
    version: int
    filename: str
    media_type: str
    size: int
    sha256: str
    sm3: str
    uploaded_at: datetime
    uploaded_by: str


class Upload(Protocol):
    """What an uploaded file offers, whichever framework received it."""

    filename: str

    async def read(self, size: int = -1) -> bytes: ...


class Settled(msgspec.Struct, frozen=True):
    """How many staged files were promoted, and how many without a row were taken away."""

    promoted: int
    discarded: int


class Disagreement(msgspec.Struct, frozen=True):
    """Rows whose file is nowhere or is no longer what was handed in, as (project, file name), and digests of files that
    no row names."""

    lost: tuple[tuple[UUID, str], ...]
    changed: tuple[tuple[UUID, str], ...]
    stray: tuple[str, ...]
