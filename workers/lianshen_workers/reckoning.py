"""The nightly comparisons and the totals of the day, tenant by tenant."""

from collections.abc import Awaitable, Callable

from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.settings import Settings
from lianshen.reckoning import commands
from lianshen_workers._tenants import KEPT, in_each


class Reckoning:
    """``watch`` sees which tenants there are and no content; ``act`` works within one tenant at a time."""

    def __init__(self, watch: Database, act: Database, settings: Settings) -> None:
        self._watch, self._act, self._settings = watch, act, settings

    async def receipts(self) -> int:
        """Compare receipts with filings (D48); in how many tenants something is amiss."""

        async def one(uow: UnitOfWork) -> bool:
            return bool(await commands.check_receipts(uow, self._settings))

        return await self._each("receipts_not_checked", one)

    async def files(self) -> int:
        """Compare files with rows (D51); in how many tenants something is amiss."""

        async def one(uow: UnitOfWork) -> bool:
            return bool(await commands.check_files(uow, self._settings.files_dir))

        return await self._each("files_not_checked", one)

    async def tally(self) -> int:
        """Sign the totals of the day that has ended (D58); in how many tenants they do not add up."""

        async def one(uow: UnitOfWork) -> bool:
            made = await commands.tally(uow, self._settings)
            return made is not None and bool(made.faults)

        return await self._each("not_tallied", one)

    async def _each(self, failure: str, do: Callable[[UnitOfWork], Awaitable[bool]]) -> int:
        return await in_each(self._watch, self._act, failure, do, states=KEPT)
