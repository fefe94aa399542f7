"""The law with the calendar that counts now: what a process read once, and the days that were published since."""

from collections.abc import Sequence

from lianshen.kernel.database import UnitOfWork
from lianshen.rules._registry import Law
from lianshen.workcalendar.queries import calendar_for, calendar_of


async def law_of(uow: UnitOfWork, law: Law, editions: Sequence[int] | None = None) -> Law:
    """The law under the calendar of the transaction's tenant; ``editions`` are its numbers if they are known."""
    return law.under(await calendar_of(uow, editions))


async def law_for(uow: UnitOfWork, law: Law, name: str) -> Law:
    """The law under the calendar of a jurisdiction, by code or folder name: for whoever asks without an account."""
    return law.under(await calendar_for(uow, law.registry.code(name)))
