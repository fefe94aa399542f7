"""Starting, meeting and expiring deadlines. Which clock an act starts or stops is decided by the law."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from lianshen.deadlines import _store
from lianshen.deadlines._instant import due_at
from lianshen.deadlines.types import Expired
from lianshen.kernel.database import UnitOfWork
from lianshen.rules.types import ClockStart
from lianshen.workcalendar.queries import Calendar, due_date


async def start(
    uow: UnitOfWork, project: UUID, starts: Sequence[tuple[ClockStart, str]], calendar: Calendar
) -> dict[tuple[str, str], date]:
    """Open a deadline for each (clock, owing body); returns the due dates by (clock, body).

    A second open deadline of the same clock and body is refused by the database.
    """
    rows = [_row(begun, owed_by, calendar) for begun, owed_by in starts]
    if rows:
        await _store.start(uow, project, rows)
    return {(row["clock"], row["owed_by"]): date.fromisoformat(row["due_on"]) for row in rows}


def _row(begun: ClockStart, owed_by: str, calendar: Calendar) -> dict[str, Any]:
    clock = begun.clock
    due = due_date(
        calendar,
        begun.due_on or begun.trigger_on,
        0 if clock.budget is None else clock.budget,
        clock.unit,
        clock.first_day,
        clock.rolling,
    )
    return {
        "id": str(uuid4()),
        "clock": clock.code,
        "label": clock.label,
        "article": clock.basis.article,
        "quotation": clock.basis.quotation,
        "owed_by": owed_by,
        "owed_to": clock.owed_to,
        "trigger_on": begun.trigger_on.isoformat(),
        "budget": clock.budget,
        "unit": clock.unit,
        "first_day": clock.first_day,
        "rolling": clock.rolling,
        "cut_off": clock.cut_off,
        "due_on": due.on.isoformat(),
        "due_at": due_at(due.on, clock.cut_off).isoformat(),
        "provisional": due.provisional,
        "calendar": due.calendar_version,
        "on_expiry": clock.on_expiry,
    }


async def meet(uow: UnitOfWork, project: UUID, clocks: Sequence[str], on: date, *, owed_by: str | None = None) -> None:
    """Close the open deadlines of these clocks as met, of one owing body or of all."""
    await _store.close(uow, project, clocks, "met", on, owed_by)


async def cancel(
    uow: UnitOfWork, project: UUID, clocks: Sequence[str], on: date, *, owed_by: str | None = None
) -> None:
    """Close the open deadlines of these clocks, of one owing body or of all, without their duty having been done."""
    await _store.close(uow, project, clocks, "cancelled", on, owed_by)


async def expire(uow: UnitOfWork, deadline: UUID) -> Expired | None:
    """Note that a deadline has passed, once; None when it is not due, or no longer open, or already noted.

    Without consequence in the law it stays open and overdue, since the duty itself does not end.
    """
    row = await _store.expire(uow, deadline)
    return None if row is None else Expired(**row._mapping)
