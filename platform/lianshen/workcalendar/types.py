"""Calendars and dates that explain themselves. All days are days of Asia/Shanghai."""

from datetime import date
from typing import Literal

import msgspec

Unit = Literal["working_days", "days", "months", "date"]
Rolling = Literal["none", "next_working_day"]


class Mark(msgspec.Struct, frozen=True):
    """A day that its weekday does not tell: a holiday off, or a weekend day worked to make up for one."""

    works: bool
    label: str
    source: str


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
