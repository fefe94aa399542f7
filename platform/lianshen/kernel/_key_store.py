"""SQL of the data keys."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.schema import data_key

_ACTIVE = text("SELECT id, wrapped FROM active_key(:purpose)")


async def active(uow: UnitOfWork, purpose: str) -> Row[Any] | None:
    """The active key, with the tenant's advisory lock held shared until COMMIT, in one round trip."""
    return (await uow.execute(_ACTIVE, {"purpose": purpose})).one_or_none()


async def add(uow: UnitOfWork, key: UUID, purpose: str, algorithm: str, wrapped: bytes) -> None:
    row = {"id": key, "purpose": purpose, "algorithm": algorithm, "state": "active", "wrapped": wrapped}
    statement = upsert(data_key).values(tenant=uow.tenant, created_at=uow.now, **row)
    await uow.execute(
        statement.on_conflict_do_nothing(index_elements=["tenant", "purpose"], index_where=data_key.c.state == "active")
    )


async def wrapped(uow: UnitOfWork, key: UUID) -> bytes | None:
    statement = select(data_key.c.wrapped).where(data_key.c.tenant == uow.tenant, data_key.c.id == key)
    return (await uow.execute(statement)).scalar_one_or_none()
