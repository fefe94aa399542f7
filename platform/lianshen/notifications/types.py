from datetime import datetime
from uuid import UUID

import msgspec

CHANGED = "notices"
"""The name under which the database tells of a tenant whose notices have changed."""


class Notice(msgspec.Struct, frozen=True):
    """Something that happened to a project one has a part in, or that one should know besides."""

    event: UUID
    project: UUID | None
    subject: str
    body: str
    at: datetime
    read_at: datetime | None
    id: UUID
    kind: str
    place: str | None = None
    """Path of the page that it leads to, where it is about no project."""

    @property
    def path(self) -> str:
        """The page that it leads to."""
        return f"/projects/{self.project}" if self.project else self.place or "/notices"
