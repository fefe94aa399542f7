"""What a process asks the database about itself. No question needs a tenant."""

from lianshen.kernel import _store
from lianshen.kernel.database import UnitOfWork


async def ping(uow: UnitOfWork) -> None:
    """Return when the database answers; raises whatever keeps it from answering."""
    await _store.ping(uow)


async def excess_powers(uow: UnitOfWork) -> list[str]:
    """What the connected role could do that a serving role must not: pass or change the walls (D1). Empty is right."""
    return await _store.powers(uow)


async def lossy_settings(uow: UnitOfWork) -> list[str]:
    """Settings of this connection's server under which a commit it acknowledged can be lost (D49). Empty is right."""
    return await _store.lossy(uow)
