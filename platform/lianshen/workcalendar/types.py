"""Calendars and dates that explain themselves. All days are days of Asia/Shanghai."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from lianshen.tenancy.types import PLATFORM

Unit = Literal["working_days", "days", "months", "date"]
FirstDay = Literal["counted", "not_counted"]
"""Whether the day of the trigger is the first of a term, or the one after it (民法典 第二百零一条)."""
Rolling = Literal["none", "next_working_day"]
"""Whether a term that ends on a day off ends on the next working day instead (民法典 第二百零三条)."""
CUT_OFF = "^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"
"""How the hour is written at which the last day is over: its end, or when business ends."""


class Mark(msgspec.Struct, frozen=True):
    """A day that its weekday does not tell: a holiday off, or a weekend day worked to make up for one.

    ``stands_still``: an emergency day on which no term runs, be it counted in working days or not.
    """

    works: bool
    label: str
    source: str
    stands_still: bool = False


class Due(msgspec.Struct, frozen=True):
    """A last day in time. ``provisional``: the term touches a year whose notice the calendar does not hold."""

    on: date
    provisional: bool
    calendar_version: str


class DayReason(msgspec.Struct, frozen=True):
    """Why a day counts or not. ``number`` is its place in the count; ``source`` names the notice, if one decides."""

    on: date
    counted: bool
    number: int | None
    label: str
    source: str = ""


NATION = PLATFORM
"""The area of what holds for all: the days of the State Council's notices."""

Kind = Literal["year", "local", "emergency"]
"""A year of the nation; days of an area's own in a year; days on which an emergency stopped work."""


class Notice(msgspec.Struct, frozen=True):
    """The document that decided days: its title, number, and the day of its publication."""

    title: str
    number: str
    published: date


class Day(msgspec.Struct, frozen=True):
    """One day that a notice decides; ``source`` is the notice's number. For ``stands_still`` see Mark."""

    on: date
    works: bool
    label: str
    source: str
    stands_still: bool = False


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """What was published of one kind for one year of an area; it takes the place of the one before, whole."""

    area: str
    kind: Kind
    year: int
    notices: tuple[Notice, ...]
    days: tuple[Day, ...]


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """An edition as it is kept, for ever. ``plan`` is where the area says who put it up and who let it count."""

    number: int
    digest: str
    published_at: datetime
    plan: UUID | None
    edition: Edition
