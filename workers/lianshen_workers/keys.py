"""What the keys ask of the scheduler: values brought under new keys, rows checked, tenant by tenant."""

from lianshen.audit import commands as audit
from lianshen.audit.types import By
from lianshen.kernel import integrity, keys, log
from lianshen.kernel.database import Database
from lianshen.kernel.messages import text
from lianshen.tenancy import queries as tenancy
from lianshen_workers._process import work

_BATCH = 200


class Keys:
    """``watch`` sees which tenants there are and no content; ``act`` works within one tenant at a time."""

    def __init__(self, watch: Database, act: Database) -> None:
        self._watch, self._act = watch, act

    async def renew(self) -> int:
        """Bring what former keys still protect under the present ones, and give up keys that protect nothing."""
        return sum([await self._renew_one(tenant) for tenant in await self._tenants()])

    async def _renew_one(self, tenant: str) -> int:
        renewed, more = 0, True
        try:
            while more:
                async with work(self._act) as uow:
                    await uow.enter(tenant)
                    if not await keys.is_rotating(uow):
                        break
                    done = await keys.renew(uow, _BATCH)
                    given_up = await keys.retire(uow)
                    if given_up:
                        by = By(label=text("actor.keys"))
                        audit.record(
                            uow, "keys.retire", label=text("act.retire_keys"), by=by, note="\n".join(map(str, given_up))
                        )
                    await uow.commit()
                renewed, more = renewed + done.renewed, done.renewed > 0
                if done.broken:
                    log.get("keys").error("values_not_renewed", tenant=tenant, broken=done.broken)
        except Exception:  # noqa: BLE001 - one tenant whose keys fail must not stop the others
            log.get("keys").exception("renewal_failed", tenant=tenant)
        return renewed

    async def check_rows(self) -> int:
        """Say again and again which guarded rows were changed past our commands (D142); how many."""
        altered = 0
        for tenant in await self._tenants():
            async with work(self._act) as uow:
                await uow.enter(tenant)
                for table, row in await integrity.altered(uow):
                    integrity.note_altered(tenant, table, row)
                    altered += 1
        return altered

    async def _tenants(self) -> list[str]:
        async with work(self._watch) as uow:
            return list(await tenancy.codes(uow))
