"""What proves the ledgers, tenant by tenant: checkpoints that leave, roots that are filed, the nightly verification."""

from lianshen.audit import commands
from lianshen.audit.checkpoints import Signer, checkpoint
from lianshen.audit.jobs import verified
from lianshen.audit.queries import checkpoints
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.settings import Settings
from lianshen.tenancy import queries as tenancy
from lianshen_workers._tenants import in_each


class Proof:
    """``watch`` sees which tenants there are and no content; ``act`` works within one tenant at a time."""

    def __init__(self, watch: Database, act: Database, settings: Settings) -> None:
        self._watch, self._act, self._settings = watch, act, settings

    async def checkpoint(self) -> int:
        """Sign each ledger that has grown and was not signed in this hour; how many were.

        What fails is an alarm, and is tried again at the next beat, long before the hour is over.
        """
        signer = Signer(self._settings.signing_key)

        async def one(uow: UnitOfWork) -> bool:
            latest = await checkpoints(uow, limit=1)
            hour = uow.now.replace(minute=0, second=0, microsecond=0)
            if latest and latest[0].at >= hour:
                return False
            return await checkpoint(uow, self._settings, signer) is not None

        return await in_each(self._watch, self._act, "checkpoint_failed", one)

    async def file_roots(self) -> int:
        """Have the roots of days that have ended filed to the level above; how many tenants had some."""

        async def one(uow: UnitOfWork) -> bool:
            if not await tenancy.parents(uow, day_of(uow.now)):
                return False
            return await commands.file_roots(uow, day_of(uow.now)) > 0

        return await in_each(self._watch, self._act, "root_not_filed", one)

    async def verify(self) -> int:
        """Verify every ledger whole and keep the result; how many are damaged (D135)."""

        async def one(uow: UnitOfWork) -> bool:
            return (await verified(uow)).damage is not None

        return await in_each(self._watch, self._act, "not_verified", one)
