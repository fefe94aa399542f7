from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from lianshen.workcalendar.types import FirstDay, Rolling, Unit

Kind = Literal[
    "started", "paused", "resumed", "restarted", "extended", "recounted", "waived", "superseded", "met", "expired",
    "cancelled",
]  # fmt: skip
"""What can be entered. ``recounted``: a calendar that was not published, or was corrected, moved the last day."""

Standing = Literal["open", "paused", "met", "waived", "superseded", "cancelled", "expired"]


class Rung(msgspec.Struct, frozen=True):
    """A step of a ladder: ``offset`` in ``unit`` from the last day; negative before it, 0 on it, positive after it."""

    code: str
    offset: int
    unit: Literal["working_days", "days"]


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """With what a deadline began. ``budget`` counts ``unit`` after ``trigger_on``; None for the day ``named_on``."""

    trigger_on: date
    budget: int | None
    unit: Unit
    rolling: Rolling
    first_day: FirstDay = "not_counted"
    named_on: date | None = None
    on_expiry: str = "none"
    ladder: tuple[Rung, ...] = ()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a deadline on the legal day ``on``, entered at the instant ``at``.

    ``of`` is the pause that a ``resumed`` ends. An ``extended`` adds ``amount`` of ``unit``, or moves the last day to
    ``until``. ``due_before`` and ``due_after`` are the last day before and after it.
    """

    id: UUID
    kind: Kind
    on: date
    at: datetime
    of: UUID | None = None
    amount: int | None = None
    unit: Literal["working_days", "days", "months"] | None = None
    until: date | None = None
    reason: str = ""
    due_before: date | None = None
    due_after: date | None = None


class Plan(msgspec.Struct, frozen=True, order=True):
    """A rung, and the day at whose beginning in Asia/Shanghai it fires."""

    on: date
    rung: str


class Fired(msgspec.Struct, frozen=True):
    """A rung that has fired, of the last day that the deadline had then; ``late``: some time after it had to."""

    rung: str
    due_on: date
    planned_at: datetime | None = None
    fired_at: datetime | None = None
    late: bool = False


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of a deadline; ``rungs`` of an open one in order, those that fired among them."""

    state: Standing
    overdue: bool
    trigger_on: date
    due_on: date
    provisional: bool
    calendar: str
    rungs: tuple[Plan, ...]


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """One deadline. ``budget`` counts ``unit`` after ``trigger_on``; None for a date that a person set.

    ``due_on`` is the last day in time, in Asia/Shanghai, and over at ``cut_off`` (17:30, 24:00). ``provisional``: the
    calendar of that year is not published.
    ``overdue`` says that the sweep has seen it pass; without consequence in the law it stays open then.
    """

    id: UUID
    clock: str
    label: str
    article: str
    quotation: str
    owed_by: str
    owed_to: str
    trigger_on: date
    budget: int | None
    unit: Unit
    first_day: FirstDay
    rolling: Rolling
    cut_off: str
    due_on: date
    provisional: bool
    calendar: str
    on_expiry: str
    state: str
    overdue: bool
    opened_at: datetime
    closed_at: datetime | None


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline with all that was entered and every rung that has fired; ``over``: its last day has ended by the
    database's clock."""

    id: UUID
    project: UUID
    clock: str
    label: str
    article: str
    owed_by: str
    owed_to: str
    due_on: date
    due_at: datetime
    overdue: bool
    over: bool
    state: Standing
    cut_off: str
    start: Start
    entries: tuple[Entry, ...]
    fired: tuple[Fired, ...]


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline of which something is to happen now. ``plan`` holds all that has not fired, in order of time."""

    id: UUID
    project: UUID
    clock: str
    label: str
    article: str
    owed_by: str
    due_on: date
    on_expiry: str
    plan: tuple[tuple[datetime, str], ...]


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """One rung that fires: at the instant ``planned_at`` it had to, ``event`` records it, ``told`` carries the news."""

    due: Due
    rung: str
    planned_at: datetime
    late: bool
    event: UUID
    told: UUID
    tell: tuple[str, ...]


class LateBelow(msgspec.Struct, frozen=True, kw_only=True):
    """What a jurisdiction reports to the one above it of a deadline that is late; ``day`` is that of the report."""

    child: str
    child_name: str
    day: date
    deadline: UUID
    rung: str
    due_on: date
    number: str
    title: str
    unit: str
    label: str
    article: str


SILENT = 60.0
"""Seconds without a look, or for which something due is not handled, that are an alarm; I5 allows five minutes."""


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    """How the sweep is: seconds since it looked (None: never), age of the oldest it has not handled, and how many
    deadlines are set aside."""

    silent: float | None
    oldest: float
    parked: int

    @property
    def failing(self) -> bool:
        """Whether nobody sweeps, or what is due stays undone: an alarm."""
        return self.silent is None or max(self.silent, self.oldest) > SILENT


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline that the sweep has set aside, and why."""

    id: UUID
    project: UUID
    number: str
    title: str
    label: str
    due_on: date
    reason: str
    parked_at: datetime
