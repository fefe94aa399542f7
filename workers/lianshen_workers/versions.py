"""What the end of a law and an approved move ask of the scheduler: tenant by tenant, one transaction each."""

from collections.abc import Sequence

from lianshen.kernel import log
from lianshen.kernel.database import Database
from lianshen.projects import queries as projects
from lianshen.rules.queries import Law
from lianshen.tenancy import queries as tenancy
from lianshen.versions import commands, queries
from lianshen.versions.types import Waiting
from lianshen_workers._process import work


class Versions:
    """``watch`` sees which tenants there are and no content; ``act`` works within one tenant at a time."""

    def __init__(self, watch: Database, act: Database, law: Law, rungs: Sequence[int]) -> None:
        self._watch, self._act, self._law, self._rungs = watch, act, law, rungs

    async def move(self) -> int:
        """Move the projects of approved plans; how many were. One that fails is tried again at the next beat."""
        return sum([await self._move_all(tenant) for tenant in await self._tenants()])

    async def _move_all(self, tenant: str) -> int:
        async with work(self._act) as uow:
            await uow.enter(tenant)
            waiting = await queries.waiting(uow)
        return sum([await self._move_one(tenant, one) for one in waiting])

    async def _move_one(self, tenant: str, one: Waiting) -> bool:
        try:
            async with work(self._act) as uow:
                await uow.enter(tenant)
                done = await commands.move_next(uow, self._law, one.plan, one.project)
                await uow.commit()
        except Exception:  # noqa: BLE001 - one project that fails must not stop the others
            log.get("versions").exception("move_failed", tenant=tenant, project=str(one.project))
            return False
        return done

    async def warn(self) -> int:
        """Tell rule officers whose law ends; how many tenants were told."""
        return sum([await self._warn_one(tenant) for tenant in self._law.registry.tenants()])

    async def _warn_one(self, tenant: str) -> bool:
        try:
            async with work(self._act) as uow:
                await uow.enter(tenant)
                told = await commands.warn(uow, self._law, self._rungs)
                await uow.commit()
        except Exception:  # noqa: BLE001 - a tenant that is not set up must not keep the others from hearing
            log.get("versions").exception("warning_failed", tenant=tenant)
            return False
        if told is not None:
            log.get("versions").info("law_ends", tenant=tenant, pack=told.pack, left=told.left)
        return told is not None

    async def check_pins(self) -> int:
        """Say again and again which projects were filed under rules that are not here as they were; how many."""
        broken = 0
        for tenant in await self._tenants():
            async with work(self._act) as uow:
                await uow.enter(tenant)
                pins = await projects.pins(uow, self._law)
            for pin in pins:
                if pin.state != "kept":
                    broken += pin.projects
                    log.get("versions").error(
                        "pin_broken",
                        tenant=tenant,
                        pack=pin.pack,
                        digest=pin.digest,
                        state=pin.state,
                        projects=pin.projects,
                    )
        return broken

    async def _tenants(self) -> list[str]:
        async with work(self._watch) as uow:
            return list(await tenancy.codes(uow))
