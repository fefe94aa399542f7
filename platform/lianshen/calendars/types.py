"""What is known and shown of days that are put up, and of dates that wait for a decision."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from lianshen.workcalendar.types import Day, Edition, Kind, Notice

Effect = Literal["off", "still", "lifted"]
"""What an emergency does: its days are days off; no term runs on them; or they are as they were before."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Days put up to be published. ``moves`` and ``held`` are None until all deadlines have been counted.

    ``held`` do not move by themselves. ``base`` are the editions over which it was looked at.
    """

    id: UUID
    area: str
    kind: Kind
    year: int
    source: str
    notices: tuple[Notice, ...]
    days: tuple[Day, ...]
    reason: str
    base: tuple[int, ...]
    planned_at: datetime
    planned_by: UUID
    planner: str
    counted_at: datetime | None
    moves: int | None
    held: int | None
    published_at: datetime | None
    publisher: str | None
    edition: int | None
    withdrawn_at: datetime | None

    @property
    def edition_of(self) -> Edition:
        """What would be published."""
        return Edition(area=self.area, kind=self.kind, year=self.year, notices=self.notices, days=self.days)

    @property
    def state(self) -> Literal["counting", "waiting", "published", "withdrawn"]:
        """Where it stands."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if self.published_at is not None:
            return "published"
        return "counting" if self.counted_at is None else "waiting"

    @property
    def alone(self) -> bool:
        """True where it moves no date, so that one person is enough."""
        return self.counted_at is not None and self.moves == self.held == 0


class Count(msgspec.Struct, frozen=True):
    """How many deadlines run in a jurisdiction, how many of them would move, and how many wait for a decision."""

    subject: str
    running: int
    moves: int
    held: int


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A last day that does not move by itself."""

    deadline: UUID
    calendar: str
    project: UUID
    number: str
    title: str
    label: str
    article: str
    owed_by: str
    before: date
    after: date
    why: Literal["past", "told", "nearer"]
    held_at: datetime
    decision: Literal["moved", "kept", "overtaken"] | None
    reason: str | None
    decided_at: datetime | None
    decider: str | None


class Horizon(msgspec.Struct, frozen=True):
    """The last day of the last published year, and in how many days that is."""

    day: date
    left: int
