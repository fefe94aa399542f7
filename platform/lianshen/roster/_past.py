"""Who was late on a past day, from the ledger: by what was entered by then, and by all that is known now. Pure.

Two clocks: an entry holds from its legal day ``on`` and was known from its instant ``at``. As it was known then, only
what was entered before the day was over counts; as it is known now, so does what was entered later for that day, such
as the end of a term that an outage kept the system from noting. Each entry bears the last day that followed from it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from lianshen.kernel.clock import SHANGHAI
from lianshen.roster.types import Stood, Then

_SETTLED: dict[str, Stood] = {
    "met": "done", "waived": "waived", "superseded": "cancelled", "cancelled": "cancelled", "expired": "expired",
}  # fmt: skip


class Mark(msgspec.Struct, frozen=True):
    """An entry of a deadline's ledger: ``due_after`` is the last day that followed from it, if it could move it."""

    id: UUID
    kind: str
    on: date
    at: datetime
    of: UUID | None
    due_after: date | None


class Past(msgspec.Struct, frozen=True):
    """A deadline that ran on the day asked for, with all that was ever entered, in the order in which it was."""

    id: UUID
    project: UUID
    number: str
    title: str
    label: str
    article: str
    owed_by: str
    owed_by_name: str | None
    opened_at: datetime
    due_on: date
    done_at: datetime | None
    on_expiry: str
    entries: tuple[Mark, ...]
    seen_at: datetime | None
    done: str


def bounds(day: date) -> tuple[datetime, datetime]:
    """The instants at which ``day`` begins and at which it is over, in Asia/Shanghai.

    The first and the last day that there are count as their neighbours: not all their instants have one in UTC.
    """
    day = min(max(day, date.min + timedelta(days=1)), date.max - timedelta(days=2))
    return tuple(datetime.combine(day + timedelta(days=more), time(), SHANGHAI) for more in (0, 1))  # type: ignore[return-value]


def then(past: Past, day: date, by: Literal["then", "now"]) -> Then:
    """How it stood at the end of ``day``, by what was known ``then`` or by what is known ``now``."""
    _, end = bounds(day)
    told = [one for one in past.entries if one.at < end or (by == "now" and one.on <= day)]
    due_on = next((one.due_after for one in reversed(told) if one.due_after is not None), past.due_on)
    noted = [one.at for one in told if one.kind == "expired" and one.on == due_on]
    return Then(_stood(past, told, due_on, day), due_on, min(noted, default=None))


def _stood(past: Past, told: Sequence[Mark], due_on: date, day: date) -> Stood:
    settled = next((one for one in told if _settles(past, one)), None)
    if settled is not None:
        return "done_late" if settled.kind == "met" and settled.on > due_on else _SETTLED[settled.kind]
    if _paused(told):
        return "paused"
    return "late" if due_on < day else "due" if due_on == day else "running"


def _settles(past: Past, one: Mark) -> bool:
    return one.kind in _SETTLED and (one.kind != "expired" or past.on_expiry != "none")


def _paused(told: Iterable[Mark]) -> bool:
    """Whether a pause is open after what was told."""
    open_pauses: set[UUID] = set()
    for one in told:
        if one.kind == "paused":
            open_pauses.add(one.id)
        elif one.kind == "resumed" and one.of:
            open_pauses.discard(one.of)
        elif one.kind == "restarted":
            open_pauses.clear()
    return bool(open_pauses)
