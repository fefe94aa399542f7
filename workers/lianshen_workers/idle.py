"""Accounts that nobody uses, tenant by tenant, one transaction each."""

from lianshen.kernel import log
from lianshen.kernel.database import Database
from lianshen.notifications.commands import tell
from lianshen.staff import jobs
from lianshen.tenancy import queries as tenancy
from lianshen_workers._process import work


async def see_to_idle(watch: Database, act: Database, days: int, ahead: int) -> int:
    """Warn of accounts that will be disabled, and disable those that were warned of; how many (D108)."""
    async with work(watch) as uow:
        codes = await tenancy.codes(uow)
    return sum([await _one(act, code, days, ahead) for code in codes])


async def _one(act: Database, tenant: str, days: int, ahead: int) -> int:
    try:
        async with work(act) as uow:
            await uow.enter(tenant)
            disabled = await jobs.disable_idle(uow, days, ahead)
            if warned := await jobs.warn_idle(uow, days, ahead):
                await tell(uow, warned.event, warned.people, warned.subject, warned.body)
            await uow.commit()
    except Exception:  # noqa: BLE001 - one tenant that fails must not keep the others from it
        log.get("idle").exception("idle_failed", tenant=tenant)
        return 0
    if disabled:
        log.get("idle").info("idle_disabled", tenant=tenant, accounts=disabled)
    return disabled
