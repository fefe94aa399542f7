"""What rosters show. Days are days of Asia/Shanghai."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

Whose = Literal["mine", "office", "awaited", "all"]
"""Owed by one's office and, of these, what one has acted on oneself or nobody in the office has yet; owed by one's
office; owed to it by others; all that one's post may read."""
State = Literal["late", "today", "soon", "later", "paused"]
"""The last day is over; it is today; one of the next three working days; after that; or the term does not run."""


class Line(msgspec.Struct, frozen=True):
    """A running deadline. ``days_left`` counts working days: 0 is today, negative is overdue.

    ``owed_by`` and ``owed_to`` are the bodies of the law, with the office that is this body here, if there is one.
    """

    id: UUID
    project: UUID
    number: str
    title: str
    label: str
    article: str
    quotation: str
    owed_by: str
    owed_by_name: str | None
    owed_to: str
    owed_to_name: str | None
    trigger_on: date
    due_on: date
    provisional: bool
    paused: bool
    mine: bool
    state: State
    days_left: int = 0


class Counts(msgspec.Struct, frozen=True):
    """How many of the list there are in each state."""

    late: int
    today: int
    soon: int
    later: int
    paused: int

    @property
    def total(self) -> int:
        return self.late + self.today + self.soon + self.later + self.paused


class Tabs(msgspec.Struct, frozen=True):
    """How many running deadlines each list has."""

    mine: int
    office: int
    awaited: int
    all: int


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for. ``owing`` is an office; ``words`` is looked for in title and number, literally."""

    whose: Whose = "mine"
    state: State | None = None
    owing: UUID | None = None
    words: str | None = None
    since: date | None = None
    until: date | None = None


class RosterPage(msgspec.Struct, frozen=True):
    """Lines, nearest date first, of ``total`` in all; ``next`` is the cursor of the following page.

    ``owing`` is the name of the office whose lines were asked for, if those of one were.
    """

    tabs: Tabs
    counts: Counts
    total: int
    items: tuple[Line, ...]
    next: str | None
    owing: str | None


class Late(msgspec.Struct, frozen=True):
    """What one office owes. ``office`` is None for a body of the law that is no office here.

    ``worst`` is the earliest day that was missed, ``days_late`` the working days since.
    """

    body: str
    office: UUID | None
    name: str | None
    running: int
    late: int
    today: int
    soon: int
    paused: int
    worst: date | None
    days_late: int = 0


class Feed(msgspec.Struct, frozen=True):
    """The address at which a person's dates can be read; the address itself is not kept."""

    created_at: datetime
    fetched_at: datetime | None


class FeedEntry(msgspec.Struct, frozen=True):
    """A date in a feed. ``sequence`` grows with every entry of the deadline's ledger; the last is ``changed_at``."""

    id: UUID
    project: UUID
    number: str
    label: str
    article: str
    due_on: date
    provisional: bool
    paused: bool
    open: bool
    sequence: int
    changed_at: datetime


Stood = Literal["late", "due", "running", "paused", "done", "done_late", "waived", "cancelled", "expired"]
"""How a deadline stood at the end of a day: its last day was over, or was that day, or was still to come; it did not
run; what was owed had been done, in time or late; it was released; it had lapsed; the law's consequence had come."""


class Then(msgspec.Struct, frozen=True):
    """How a deadline stood at the end of a day, its last day, and when the system noted that this had passed."""

    stood: Stood
    due_on: date
    noted_at: datetime | None


class PastLine(msgspec.Struct, frozen=True):
    """A deadline that was due, late or settled on a past day.

    ``then`` is what was known at the end of that day, ``now`` what is known of that day by now. ``seen_at`` is when
    somebody of the owing office first read of it or acted on the project, ``done_at`` when it was settled and ``done``
    by whom, whenever that was.
    """

    id: UUID
    project: UUID
    number: str
    title: str
    label: str
    article: str
    owed_by: str
    owed_by_name: str | None
    opened_at: datetime
    then: Then
    now: Then
    days_late: int
    seen_at: datetime | None
    done_at: datetime | None
    done: str


class PastDay(msgspec.Struct, frozen=True):
    """Who was late on the day ``on``: what was late, due or settled then. ``running`` ones were not due yet."""

    on: date
    lines: tuple[PastLine, ...]
    running: int
    paused: int
