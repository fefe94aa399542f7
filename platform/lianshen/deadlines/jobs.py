"""What follows from a rung that tells the level above: the report made below, and kept above."""

from uuid import UUID

from lianshen.audit.commands import record
from lianshen.audit.types import By
from lianshen.deadlines import _report_store
from lianshen.deadlines.types import LateBelow
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text


async def late_to_report(uow: UnitOfWork, event: UUID) -> LateBelow:
    """What the rung that ``event`` recorded reports, in the context of whose deadline it is."""
    return await _report_store.made(uow, event, day_of(uow.now))


async def keep_late(uow: UnitOfWork, late: LateBelow) -> None:
    """Keep a report in the context of the level above, once, as an event of its ledger."""
    if await _report_store.keep(uow, late):
        said = text(
            "act.report_late.note",
            child_name=late.child_name, number=late.number, title=late.title, unit=late.unit,
            due_on=late.due_on.isoformat(), label=late.label,
        )  # fmt: skip
        label, by = text("act.report_late"), By(label=text("actor.system"))
        record(uow, "deadlines.report", label=label, by=by, article=late.article, note=said, jobs=("tell_of_below",))
