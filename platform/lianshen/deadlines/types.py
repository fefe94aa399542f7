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
    ``until``.
    """

    id: UUID
    kind: Kind
    on: date
    at: datetime
    of: UUID | None = None
    amount: int | None = None
    unit: Literal["working_days", "days", "months"] | None = None
    until: date | None = None


class Plan(msgspec.Struct, frozen=True, order=True):
    """A rung, and the day at whose beginning in Asia/Shanghai it fires."""

    on: date
    rung: str


class Fired(msgspec.Struct, frozen=True):
    """A rung that has fired, of the last day that the deadline had then."""

    rung: str
    due_on: date


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


class Expired(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline that has just passed."""

    project: UUID
    clock: str
    label: str
    article: str
    owed_by: str
    due_on: date
    on_expiry: str
