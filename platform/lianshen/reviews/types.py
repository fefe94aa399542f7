from datetime import date, datetime
from uuid import UUID

import msgspec


class Opinion(msgspec.Struct, frozen=True):
    """One office's opinion in one round of joint review; ``verdict`` is None until it is given."""

    id: UUID
    round: int
    office: UUID
    office_name: str
    asked_at: datetime
    due_on: date
    verdict: str | None
    remarks: str | None
    given_by: str | None
    given_at: datetime | None


class Round(msgspec.Struct, frozen=True):
    """One joint review: whom it asked, and how many have answered."""

    number: int
    opinions: tuple[Opinion, ...]

    @property
    def answered(self) -> int:
        return sum(opinion.verdict is not None for opinion in self.opinions)
