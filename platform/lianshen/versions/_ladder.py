"""Which rung of the ladder before the end of a law has been reached: a pure function of days."""

from collections.abc import Sequence

OVER = -1
"""The rung after the end."""


def rung(left: int, rungs: Sequence[int]) -> int | None:
    """The nearest of ``rungs`` (days before the end) that is reached with ``left`` days to go; None before the first.

    Whoever was away while a farther one passed is told by the nearest alone. With ``left`` negative the law is over.
    """
    if left < 0:
        return OVER
    return min((one for one in rungs if left <= one), default=None)
