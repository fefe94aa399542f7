"""From the last day in time to the instant at which it is over."""

from datetime import UTC, date, datetime, time, timedelta

from lianshen.kernel.clock import SHANGHAI


def due_at(due_on: date) -> datetime:
    """The instant, in UTC, at which ``due_on`` has ended in Asia/Shanghai."""
    return datetime.combine(due_on + timedelta(days=1), time(), SHANGHAI).astimezone(UTC)
