from datetime import date, datetime
from uuid import UUID

import msgspec

from lianshen.workcalendar.types import FirstDay, Rolling, Unit


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
