from datetime import datetime
from uuid import UUID

import msgspec


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was set aside. ``act`` is the label of the event it follows from, ``at`` when that was done."""

    id: UUID
    job: str
    attempts: int
    reason: str
    parked_at: datetime
    act: str
    at: datetime
