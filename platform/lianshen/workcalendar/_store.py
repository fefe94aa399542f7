"""SQL of published calendars."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, insert, select, text

from lianshen.kernel.database import UnitOfWork
from lianshen.workcalendar._made import digest_of
from lianshen.workcalendar._tables import calendar_edition
from lianshen.workcalendar.types import NATION, Edition, Published

_IN_FORCE = text("SELECT calendar_editions(:area, :on, :upto)")
_LATEST = 2**62


async def in_force(uow: UnitOfWork, area: str, on: date, *, upto: int = _LATEST) -> tuple[int, ...]:
    """Numbers of the editions that make the calendar of ``area``, in the order in which they hold.

    With ``upto`` those that did when that edition was the latest.
    """
    return tuple((await uow.execute(_IN_FORCE, {"area": area, "on": on, "upto": upto})).scalar_one() or ())


async def read(uow: UnitOfWork, numbers: Sequence[int]) -> list[Published]:
    """Those editions, in that order."""
    rows = await uow.execute(select(calendar_edition).where(calendar_edition.c.number.in_(numbers)))
    found = {row.number: _published(row) for row in rows}
    return [found[number] for number in numbers]


async def of_area(uow: UnitOfWork, area: str) -> list[Published]:
    """Every edition of an area, the latest first."""
    statement = select(calendar_edition).where(calendar_edition.c.area == area)
    return [_published(row) for row in await uow.execute(statement.order_by(calendar_edition.c.number.desc()))]


def _published(row: Row[Any]) -> Published:
    said = {"area": row.area, "kind": row.kind, "year": row.year, "notices": row.notices, "days": row.days}
    return Published(
        number=row.number,
        digest=row.digest,
        published_at=row.published_at,
        plan=row.plan,
        edition=msgspec.convert(said, Edition),
    )


async def add(uow: UnitOfWork, edition: Edition, plan: UUID | None) -> int:
    """Publish it; its number."""
    row = msgspec.to_builtins(edition) | {"digest": digest_of(edition), "published_at": uow.now, "plan": plan}
    statement = insert(calendar_edition).values(row | {"number": 0}).returning(calendar_edition.c.number)
    return int((await uow.execute(statement)).scalar_one())


_HORIZON = text("SELECT max(year) FROM calendar_edition WHERE kind = 'year' AND area = :nation")


async def last_year(uow: UnitOfWork) -> int:
    """The last year whose notice is held."""
    return int((await uow.execute(_HORIZON, {"nation": NATION})).scalar_one())
