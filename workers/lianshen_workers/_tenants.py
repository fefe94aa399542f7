"""The same work in every tenant, one transaction each."""

from collections.abc import Awaitable, Callable, Sequence

from lianshen.kernel import log
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.tenancy import queries as tenancy
from lianshen_workers._process import work

IN_WORK = ("active",)
KEPT = ("active", "closed")
"""Also those that others have taken the place of: what they hold is still to be there."""


async def in_each(
    watch: Database,
    act: Database,
    failure: str,
    do: Callable[[UnitOfWork], Awaitable[bool]],
    *,
    states: Sequence[str] = IN_WORK,
) -> int:
    """Do something in each tenant in one of ``states``; how often it said True.

    ``watch`` sees which tenants there are and no content. What fails in one is logged as ``failure`` and keeps no other
    from its turn.
    """
    async with work(watch) as uow:
        codes = await tenancy.codes(uow, states=states)
    done = 0
    for code in codes:
        try:
            async with work(act) as uow:
                await uow.enter(code)
                done += await do(uow)
                await uow.commit()
        except Exception:  # noqa: BLE001 - one tenant that fails must not keep the others waiting
            log.get("tenants").exception(failure, tenant=code)
    return done
