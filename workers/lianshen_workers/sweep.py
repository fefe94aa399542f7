"""Letting deadlines that have passed take effect: each in a transaction of its own, once, fair between tenants."""

from uuid import UUID

from lianshen.deadlines import queries as deadlines
from lianshen.kernel import log
from lianshen.kernel.database import Database
from lianshen.projects import commands as projects
from lianshen.rules.queries import Law
from lianshen.tenancy import queries as tenancy
from lianshen_workers._process import say_unseen, work

_BATCH = 200


class Sweep:
    """``watch`` sees which deadlines of all tenants are due and no content; ``act`` works within one tenant."""

    def __init__(self, watch: Database, act: Database, law: Law) -> None:
        self._watch, self._act, self._law = watch, act, law
        self._aside: set[UUID] = set()
        """Deadlines whose effect failed here: others go first, and they are tried again when nothing else is left."""

    async def turn(self) -> int:
        """One batch; how many took effect."""
        async with work(self._watch) as uow:
            due = await deadlines.due(uow, but=tuple(self._aside), limit=_BATCH)
            say_unseen("deadline", await deadlines.unseen(uow, await tenancy.codes(uow)))
        if not due:
            self._aside.clear()
        return sum([await self._expire(tenant, deadline) for tenant, deadline in due])

    async def _expire(self, tenant: str, deadline: UUID) -> bool:
        try:
            async with work(self._act) as uow:
                await uow.enter(tenant)
                done = await projects.expire(uow, self._law, deadline)
                if done is None:
                    say_unseen("deadline", await deadlines.unseen(uow, [tenant]))
                await uow.commit()
        except Exception:  # noqa: BLE001 - one deadline that fails must not stop the others
            log.get("sweep").exception("expiry_failed", tenant=tenant, deadline=str(deadline))
            self._aside.add(deadline)
            return False
        return done is not None
