"""SQL of parked duties."""

from uuid import UUID

from sqlalchemy import func, select

from lianshen.audit._tables import event
from lianshen.duties.types import Parked
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.schema import outbox


async def parked(uow: UnitOfWork, message: UUID | None = None) -> list[Parked]:
    """All of the tenant, or one, the oldest first."""
    follows = (event.c.tenant == outbox.c.tenant) & (event.c.id == outbox.c.event)
    label, at = (
        func.coalesce(event.c.label, "").label("act"),
        func.coalesce(event.c.at, outbox.c.created_at).label("at"),
    )
    own = [outbox.c[name] for name in ("id", "job", "attempts", "reason", "parked_at")]
    statement = (
        select(*own, label, at)
        .select_from(outbox.outerjoin(event, follows))
        .where(outbox.c.tenant == uow.tenant, outbox.c.state == "parked")
        .order_by(outbox.c.parked_at, outbox.c.id)
    )
    if message is not None:
        statement = statement.where(outbox.c.id == message)
    return [Parked(**row) for row in (await uow.execute(statement)).mappings()]
