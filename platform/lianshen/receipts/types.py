"""What is filed and what is said of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class Paper(msgspec.Struct, frozen=True):
    """A paper as it was filed: its newest version then; digests hexadecimal over the file's bytes."""

    paper: str
    version: int
    filename: str
    sha256: str
    sm3: str


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """An act by which a unit files something. ``facts`` are the project's own after it; ``event`` the act's."""

    project: UUID
    project_number: str
    title: str
    event: UUID
    action: str
    label: str
    office: UUID
    law: str
    facts: Mapping[str, Any]


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt of one filing. Digests are hexadecimal, over the content of the filing.

    ``note`` is the signed statement; blank, with ``key`` and ``signed_at``, in the moments until it is signed.
    """

    id: UUID
    number: str
    project: UUID
    project_number: str
    title: str
    action: str
    label: str
    at: datetime
    actor: str
    law: str
    papers: Sequence[Paper]
    sm3: str
    sha256: str
    algorithm: str
    key: str
    public_key: str
    signed_at: datetime | None
    note: str
