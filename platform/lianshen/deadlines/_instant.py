"""From the last day in time to the instant at which it is over."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from lianshen.deadlines.types import Plan
from lianshen.kernel.clock import SHANGHAI
from lianshen.rules.types import EXPIRY


def due_at(due_on: date, cut_off: str) -> datetime:
    """The instant, in UTC, at which ``due_on`` is over in Asia/Shanghai: its end (24:00), or an hour as 17:30."""
    hours, minutes = map(int, cut_off.split(":"))
    midnight = datetime.combine(due_on, time(), SHANGHAI)
    return (midnight + timedelta(hours=hours, minutes=minutes)).astimezone(UTC)


def begins(on: date) -> datetime:
    """The instant, in UTC, at which the day begins in Asia/Shanghai."""
    return datetime.combine(on, time(), SHANGHAI).astimezone(UTC)


def planned(plans: Sequence[Plan], due_on: date, cut_off: str) -> list[tuple[datetime, str]]:
    """When each rung fires, in order: with the day that it names, and the last one when the last day is over."""
    found = [(due_at(due_on, cut_off) if one.rung == EXPIRY else begins(one.on), one.rung) for one in plans]
    return sorted(found)
