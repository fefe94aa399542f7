"""The sweep process: lets what is due take effect, once, fair between tenants. Any number of them may run.

A batch of one tenant is one transaction. Where the database refuses it, its deadlines are taken one by one, each in a
transaction of its own, so that the one which fails is the only one that waits; five times in vain, and it is set aside.
"""

import asyncio
import os
from time import monotonic
from uuid import UUID

from lianshen.deadlines import commands as deadlines
from lianshen.deadlines import queries
from lianshen.kernel import cipher, log
from lianshen.kernel.database import Database
from lianshen.kernel.settings import settings
from lianshen.projects import commands as projects
from lianshen.rules.queries import Law
from lianshen.tenancy import queries as tenancy
from lianshen_workers._process import Powerless, load_law, run, say_unseen, work

_BATCH = 200
_PAUSE = 0.5
_SPAN = 0.5
"""Seconds after which a turn looks anew which tenants wait, so that a long backlog keeps none of the others waiting."""
_BEAT = 10.0


class Sweep:
    """``watch`` sees which tenants wait and no content; ``act`` works within one tenant at a time."""

    def __init__(self, watch: Database, act: Database, law: Law) -> None:
        self._watch, self._act, self._law = watch, act, law
        self._served: dict[str, float] = {}
        self._beaten = -_BEAT
        self._first = os.getpid()
        """Several sweeps begin with different tenants."""

    async def turn(self) -> int:
        """Serve the tenants that wait, those first that were served longest ago; how many deadlines took effect."""
        began, done = monotonic(), 0
        waiting = await self._look()
        begin = self._first % max(len(waiting), 1)
        for tenant in sorted(waiting[begin:] + waiting[:begin], key=lambda one: self._served.get(one, 0.0)):
            self._served[tenant] = monotonic()
            done += await self._serve(tenant)
            if monotonic() - began > _SPAN:
                break
        return done

    async def _look(self) -> list[str]:
        async with work(self._watch) as uow:
            waiting = await queries.due_tenants(uow)
            if monotonic() - self._beaten >= _BEAT:
                say_unseen("deadline", await queries.unseen(uow, await tenancy.codes(uow)))
                await deadlines.beat(uow)
                await uow.commit()
                self._beaten = monotonic()
        return waiting

    async def _serve(self, tenant: str) -> int:
        """One batch of a tenant."""
        ids: list[UUID] = []
        try:
            return await self._sweep(tenant, _BATCH, None)
        except Exception:  # noqa: BLE001 - one of them is at fault; found out one by one
            log.get("sweep").exception("batch_failed", tenant=tenant)
        try:
            async with work(self._act) as uow:
                await uow.enter(tenant)
                ids = [due.id for due in await deadlines.claim(uow, limit=_BATCH)]
        except Exception:  # noqa: BLE001 - one tenant that fails must not stop the others
            log.get("sweep").exception("tenant_failed", tenant=tenant)
        return sum([await self._alone(tenant, one) for one in ids])

    async def _sweep(self, tenant: str, limit: int, only: list[UUID] | None) -> int:
        async with work(self._act) as uow:
            await uow.enter(tenant)
            swept = await projects.sweep(uow, self._law, limit=limit, only=only)
            if not swept.done and not swept.stumbled and only is None:
                say_unseen("deadline", await queries.unseen(uow, [tenant]))
            await uow.commit()
        for deadline, reason in swept.stumbled.items():
            log.get("sweep").error("deadline_failed", tenant=tenant, deadline=str(deadline), reason=reason)
        return swept.done

    async def _alone(self, tenant: str, deadline: UUID) -> int:
        try:
            return await self._sweep(tenant, 1, [deadline])
        except Exception as error:  # noqa: BLE001 - one deadline that fails must not stop the others
            log.get("sweep").exception("deadline_failed", tenant=tenant, deadline=str(deadline))
            reason = type(error.__cause__ or error).__name__
        try:
            async with work(self._act) as uow:
                await uow.enter(tenant)
                if await deadlines.stumble(uow, deadline, reason):
                    log.get("sweep").error("deadline_parked", tenant=tenant, deadline=str(deadline), reason=reason)
                await uow.commit()
        except Exception:  # noqa: BLE001 - it comes again at once, and is counted then
            log.get("sweep").exception("failure_not_noted", tenant=tenant, deadline=str(deadline))
        return 0


async def watch_sweep(watch: Database) -> None:
    """Say again and again that the sweep is silent, that something due stays undone, or is set aside (D60)."""
    async with work(watch) as uow:
        pulse = await queries.pulse(uow)
        parked = await queries.all_parked(uow)
    if pulse.failing:
        log.get("sweep").error("sweep_silent", silent=pulse.silent, oldest=round(pulse.oldest))
    for tenant, count in parked.items():
        log.get("sweep").error("deadlines_parked", tenant=tenant, parked=count)


def serve(law: Law) -> None:
    """Sweep until asked to stop."""
    watch = Database(settings().relay_database_url, pool_size=1, name="lianshen-sweep")
    act = Database(settings().worker_database_url, pool_size=1, name="lianshen-sweep")
    sweep = Sweep(watch, act, law)
    powerless = Powerless(watch, act)

    async def turn() -> bool:
        await powerless.require()
        return await sweep.turn() > 0

    async def close() -> None:
        await asyncio.gather(watch.close(), act.close())

    run("sweep", turn, pause=_PAUSE, close=close)


def main() -> None:
    cipher.start(settings())
    serve(load_law())


if __name__ == "__main__":
    main()
