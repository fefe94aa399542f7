"""Publishing days. Who may, and what it moves, is decided above."""

from uuid import UUID

from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Refusal
from lianshen.workcalendar import _store
from lianshen.workcalendar.types import NATION, Edition


class OutOfTurn(Refusal):
    """A year is published after the year before it, so that no year lacks its notice."""

    status = 409
    code = "calendars.out_of_turn"


async def publish_first(uow: UnitOfWork, edition: Edition) -> None:
    """A year that comes with the software, into a database that has none."""
    await _store.add(uow, edition, None)


async def publish(uow: UnitOfWork, edition: Edition, plan: UUID | None) -> int:
    """Let an edition count from now on; its number. The transaction is that of the area. Raises OutOfTurn."""
    if edition.area == NATION and edition.kind == "year" and edition.year > await _store.last_year(uow) + 1:
        raise OutOfTurn
    return await _store.add(uow, edition, plan)
