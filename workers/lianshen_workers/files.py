"""Files and the rows that name them: what a crash interrupted is finished, what does not agree is said aloud (D51)."""

from lianshen.documents.commands import settle
from lianshen.kernel import log
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.settings import Settings
from lianshen_workers._tenants import in_each


class Files:
    """``watch`` sees which tenants there are and no content; ``act`` works within one tenant at a time."""

    def __init__(self, watch: Database, act: Database, settings: Settings) -> None:
        self._watch, self._act, self._root = watch, act, settings.files_dir

    async def settle(self) -> int:
        """Promote staged files whose rows have committed, and take away those whose rows never did."""

        async def one(uow: UnitOfWork) -> bool:
            done = await settle(uow, self._root)
            if done.promoted or done.discarded:
                log.get("files").warning(
                    "files_settled", tenant=uow.tenant, promoted=done.promoted, discarded=done.discarded
                )
            return done.promoted > 0

        return await in_each(self._watch, self._act, "files_not_settled", one)
