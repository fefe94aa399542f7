"""Between the store and the pure decision of a move: one reading for the dry run and for doing it."""

from typing import Any

import msgspec

from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.projects._known import facts_of, linked
from lianshen.projects._move import move_of
from lianshen.projects.types import Move, Running
from lianshen.rules.queries import Law, Pack, VersionGone, pinned
from lianshen.rules.types import FactValue


async def moved(uow: UnitOfWork, law: Law, to: Pack, row: Any) -> tuple[Move, dict[str, FactValue]]:
    """What moving the project of ``row`` to the version ``to`` does today, and its facts as that law reads them."""
    try:
        old = pinned(law, row.pack)
    except VersionGone:
        return Move("unanswered"), {}
    facts = await linked(uow, to, await linked(uow, old, facts_of(row.facts)))
    on = day_of(uow.now)
    return move_of(old, to, law.calendar, facts, running_of(row), decided=row.decided, on=on), facts


def running_of(row: Any) -> list[Running]:
    """The terms of the project that are running."""
    return msgspec.convert(row.running, list[Running])
