"""From the last day in time to the instant at which it is over."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from lianshen.deadlines.types import Plan
from lianshen.kernel.clock import SHANGHAI
from lianshen.rules.types import EXPIRY


def due_at(due_on: date) -> datetime:
    """The instant, in UTC, at which ``due_on`` has ended in Asia/Shanghai."""
    return datetime.combine(due_on + timedelta(days=1), time(), SHANGHAI).astimezone(UTC)


def begins(on: date) -> datetime:
    """The instant, in UTC, at which the day begins in Asia/Shanghai."""
    return datetime.combine(on, time(), SHANGHAI).astimezone(UTC)


def planned(plans: Sequence[Plan], due_on: date) -> list[tuple[datetime, str]]:
    """When each rung fires, in order: with the day that it names, and the last one when the last day is over."""
    found = [(due_at(due_on) if one.rung == EXPIRY else begins(one.on), one.rung) for one in plans]
    return sorted(found)
