"""The only place that reads the system clock. Everything else takes ``now`` or ``on`` as an argument.

Instants are aware datetimes in UTC, cut to microseconds; legal days are dates in Asia/Shanghai.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present instant in UTC."""
    return datetime.now(UTC)


def day_of(instant: datetime) -> date:
    """The legal day, in Asia/Shanghai, on which ``instant`` falls."""
    return instant.astimezone(SHANGHAI).date()
