"""What a visit is."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

State = Literal["waiting", "open", "refused", "ended", "expired"]


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One visit: ``name`` is the operator's, ``answerer`` and ``ender`` whoever answered and ended it, in words."""

    id: UUID
    subject: str
    operator: UUID
    name: str
    reason: str
    ticket: str
    asked_at: datetime
    until: datetime
    answer: Literal["approved", "refused"] | None
    answered_at: datetime | None
    answerer: str | None
    ended_at: datetime | None
    ender: str | None

    def state(self, now: datetime) -> State:
        if self.ended_at is not None:
            return "ended"
        if self.answer == "refused":
            return "refused"
        if self.until <= now:
            return "expired"
        return "open" if self.answer == "approved" else "waiting"


class Carried(msgspec.Struct, frozen=True):
    """A visit on its way to the other side of the wall, ``to`` a tenant; ``digest`` is that of its token."""

    visit: Visit
    digest: bytes
    to: str


class Looked(msgspec.Struct, frozen=True):
    """Something that was looked at during a visit."""

    at: datetime
    what: str
