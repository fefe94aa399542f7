"""Named places at which a rehearsal makes a process fail, so that what a crash there leaves behind can be looked at.

``LIANSHEN_FAILPOINT=name:nth:action`` lets the process fail when it comes to ``name`` for the nth time (``every``: each
time), by raising (``raise``), ending at once (``exit``), killing itself (``kill``) or standing still with everything it
holds (``sleep=seconds``). Only a process with ``LIANSHEN_REHEARSAL=true`` heeds it; any other does not start with it.
"""

import os
import signal
import time
from collections.abc import Mapping

import msgspec

NAMES = frozenset(
    {
        "unit.begin",  # a connection is taken, no statement has run
        "unit.enter",  # the transaction has just been bound to its tenant
        "unit.before_commit",
        "unit.after_commit",
        "relay.claimed",  # messages are marked in a transaction that is open, nothing is sent
        "relay.published",  # they are sent, the mark is not committed
        "deliver.begun",  # the attempt is counted and committed, its work not begun
        "deliver.filed",  # what is filed is kept above, the done-mark not set
        "deliver.effect",  # the effect is written, neither it nor the done-mark is committed
        "deliver.done",  # both are committed, Redis has not heard of it
        "upload.aside",  # the bytes are written aside, not synced
        "upload.synced",  # they are on disk
        "upload.named",  # the file is staged, its row is not written
        "upload.row",  # the row is written, not committed
        "upload.promoted",  # the row is committed, and the file has the name that the row gives it
        "sweep.effect",  # the consequences of what was due are written, not committed
        "sweep.done",  # they are committed
        "beat.claimed",  # a beat of the timetable is this process's, its work not begun
    }
)


class Failed(Exception):
    """A rehearsed failure, or a plan of one that cannot be read."""


class _Plan(msgspec.Struct):
    name: str
    nth: int | None
    """None: each time."""
    action: str
    seconds: float
    seen: int = 0


def read(said: str) -> _Plan:
    """The plan that ``said`` describes. Raises Failed for one that cannot be read."""
    name, _, rest = said.partition(":")
    times, _, action = rest.partition(":")
    action, _, seconds = action.partition("=")
    known = name in NAMES and action in ("raise", "exit", "kill", "sleep")
    if not known or not (times == "every" or times.isdecimal()) or (action == "sleep") != bool(seconds):
        raise Failed(f"LIANSHEN_FAILPOINT: {said!r} is no fail point")
    return _Plan(name, None if times == "every" else int(times), action, float(seconds or 0))


def arm(said: str) -> None:
    """Let this process fail as ``said``; blank takes it back. For tests within their own process."""
    global _plan  # noqa: PLW0603 (one process, one plan)
    _plan = read(said) if said else None


def hit(name: str) -> None:
    """Fail here if that is what this process rehearses. One comparison when it rehearses nothing."""
    if _plan is not None and _plan.name == name:
        _plan.seen += 1
        if _plan.nth is None or _plan.seen == _plan.nth:
            _fail(_plan)


def _fail(plan: _Plan) -> None:
    match plan.action:
        case "raise":
            raise Failed(plan.name)
        case "exit":
            os._exit(70)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case _:
            time.sleep(plan.seconds)


def _given(environment: Mapping[str, str]) -> _Plan | None:
    said = environment.get("LIANSHEN_FAILPOINT", "")
    return read(said) if said and environment.get("LIANSHEN_REHEARSAL") == "true" else None


_plan = _given(os.environ)
