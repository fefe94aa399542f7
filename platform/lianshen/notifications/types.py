from datetime import datetime
from uuid import UUID

import msgspec


class Notice(msgspec.Struct, frozen=True):
    """Something that happened to a project one has a part in; without ``project``, to the law."""

    event: UUID
    project: UUID | None
    subject: str
    body: str
    at: datetime
    read_at: datetime | None
    place: str | None = None
    """Path of the page that it leads to, where it is about no project."""
