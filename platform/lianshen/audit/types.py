"""What an event is."""

from datetime import datetime
from typing import Any
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
