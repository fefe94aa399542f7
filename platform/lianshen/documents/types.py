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
