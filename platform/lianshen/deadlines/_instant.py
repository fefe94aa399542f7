"""From the last day in time to the instant at which it is over."""

from datetime import UTC, date, datetime, time, timedelta

from lianshen.kernel.clock import SHANGHAI


def due_at(due_on: date, cut_off: str) -> datetime:
    """The instant, in UTC, at which ``due_on`` is over in Asia/Shanghai: its end (24:00), or an hour as 17:30."""
    hours, minutes = map(int, cut_off.split(":"))
    midnight = datetime.combine(due_on, time(), SHANGHAI)
    return (midnight + timedelta(hours=hours, minutes=minutes)).astimezone(UTC)
