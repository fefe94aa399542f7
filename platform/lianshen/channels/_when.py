"""When a message may leave: office hours, working days, digests. Pure."""

from datetime import datetime, time, timedelta

from lianshen.channels.types import Kind, Quiet
from lianshen.kernel.clock import SHANGHAI
from lianshen.workcalendar.queries import Calendar

_DAY = timedelta(days=1)


def leaves_at(
    now: datetime, calendar: Calendar, kind: Kind, *, quiet: Quiet | None, digest_hour: int | None
) -> tuple[datetime, bool]:
    """The instant (aware) from which a message to a person may leave, and whether it goes with the day's digest.

    What is urgent leaves at once. Without ``quiet`` every hour will do; a digest goes on working days alone.
    """
    if kind.urgent:
        return now, False
    local = now.astimezone(SHANGHAI)
    if digest_hour is not None:
        return _next(local, calendar, digest_hour), True
    if quiet is None or (calendar.works(local.date()) and quiet.opens <= local.hour < quiet.closes):
        return now, False
    return _next(local, calendar, quiet.opens), False


def _next(local: datetime, calendar: Calendar, hour: int) -> datetime:
    """The next time after ``local`` at which it is ``hour`` o'clock on a working day."""
    at = datetime.combine(local.date(), time(hour), SHANGHAI)
    while at <= local or not calendar.works(at.date()):
        at = datetime.combine(at.date() + _DAY, time(hour), SHANGHAI)
    return at


def back_off(attempts: int) -> timedelta:
    """How long to wait after so many failures in a row: 5 s, 20 s, 80 s … at most six hours."""
    return min(timedelta(seconds=5 * 4 ** min(max(attempts - 1, 0), 9)), timedelta(hours=6))
