"""What was set aside in a tenant."""

from lianshen.access.queries import require
from lianshen.duties import _store, permissions
from lianshen.duties.types import Parked
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork


async def parked(uow: UnitOfWork, actor: Actor) -> list[Parked]:
    """Everything set aside, the oldest first. Raises Forbidden."""
    require(actor, permissions.READ)
    return await _store.parked(uow)
