"""What calendars ask of the scheduler: counting plans, counting deadlines anew, warning before the last year ends."""

from uuid import UUID

from lianshen.calendars import commands, queries
from lianshen.calendars.types import Plan
from lianshen.kernel import log
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import Database
from lianshen.rules.queries import Law
from lianshen.tenancy import queries as tenancy
from lianshen.tenancy.types import PLATFORM
from lianshen.workcalendar.queries import calendar_of
from lianshen_workers._process import work

_BATCH = 100
_WARNINGS = (45, 30, 14, 7, 1, 0)
"""Days to the end of the last published year below which operators are told; the first is when the alarm begins."""


class Calendars:
    """``watch`` sees which tenants there are and no content; ``act`` works within one tenant at a time."""

    def __init__(self, watch: Database, act: Database, law: Law) -> None:
        self._watch, self._act, self._law = watch, act, law

    async def preview(self) -> int:
        """Count, tenant by tenant, what each plan of the nation would move; how many plans were counted."""
        if not await self._is_founded():
            return 0
        async with work(self._act) as uow:
            await uow.enter(PLATFORM)
            plans = await queries.uncounted(uow)
        return sum([await self._preview(plan) for plan in plans])

    async def _preview(self, plan: Plan) -> bool:
        for tenant in await self._tenants():
            try:
                async with work(self._act) as uow:
                    await uow.enter(tenant)
                    found = await commands.count(uow, plan.edition_of)
                async with work(self._act) as uow:
                    await uow.enter(PLATFORM)
                    await commands.keep_count(uow, plan.id, found)
                    await uow.commit()
            except Exception:  # noqa: BLE001 - the plan stays uncounted and is tried again at the next beat
                log.get("calendars").exception("count_failed", tenant=tenant, plan=str(plan.id))
                return False
        async with work(self._act) as uow:
            await uow.enter(PLATFORM)
            await commands.finish_count(uow, plan.id)
            await uow.commit()
        return True

    async def recount(self) -> int:
        """Count deadlines anew that were counted by another calendar, project by project; how many were."""
        return sum([await self._recount(tenant) for tenant in await self._tenants()])

    async def _recount(self, tenant: str) -> int:
        done, failed = 0, list[UUID]()
        try:
            while True:
                async with work(self._act) as uow:
                    await uow.enter(tenant)
                    version = (await calendar_of(uow)).version
                    waiting = await queries.stale(uow, version, limit=_BATCH, but=failed)
                if not waiting:
                    return done
                for project in waiting:
                    counted = await self._recount_one(tenant, project)
                    done += counted
                    if not counted:
                        failed.append(project)
        except Exception:  # noqa: BLE001 - one tenant that fails must not keep the others
            log.get("calendars").exception("recount_failed", tenant=tenant)
            return done

    async def _recount_one(self, tenant: str, project: UUID) -> int:
        try:
            async with work(self._act) as uow:
                await uow.enter(tenant)
                counted = await commands.recount_project(uow, self._law, project)
                await uow.commit()
        except Exception:  # noqa: BLE001 - one project that fails must not keep the others; the next beat tries again
            log.get("calendars").exception("recount_failed", tenant=tenant, project=str(project))
            return 0
        return counted

    async def warn(self) -> bool:
        """Say that the last published year ends soon: an alarm each time, a notice to the operators at each rung."""
        async with work(self._watch) as uow:
            found = await queries.horizon(uow, day_of(uow.now))
        if found.left >= _WARNINGS[0]:
            return False
        log.get("calendars").error("calendar_horizon_short", horizon=found.day.isoformat(), days=found.left)
        if not await self._is_founded():
            return False
        async with work(self._act) as uow:
            await uow.enter(PLATFORM)
            told = await commands.warn(uow, found, _WARNINGS)
            await uow.commit()
        return told

    async def _tenants(self) -> list[str]:
        async with work(self._watch) as uow:
            return [code for code in await tenancy.codes(uow) if code != PLATFORM]

    async def _is_founded(self) -> bool:
        async with work(self._watch) as uow:
            return PLATFORM in await tenancy.codes(uow)
