"""Periodic work of the instance: each beat is done by one process, by the database's clock."""

from collections.abc import Callable
from datetime import datetime

from lianshen.kernel import _store
from lianshen.kernel.database import UnitOfWork


async def claim(uow: UnitOfWork, name: str, following: Callable[[datetime], datetime]) -> bool:
    """True when a beat of ``name`` is due and this process has it; ``following`` gives the one after an instant.

    Compare and set: whoever moves the row to the next beat has the present one. Commit before doing the work; what a
    crash leaves undone is done at the next beat, since the work itself reads its duties from tables.
    """
    row = await _store.beat(uow, name)
    return row.next_at <= row.now and await _store.move_beat(uow, name, row.next_at, following(row.now))
