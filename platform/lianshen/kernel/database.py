"""The one engine and the one transaction.

A ``UnitOfWork`` is one transaction of one tenant. It commits once, at the edge, before the answer leaves; nothing else
commits. The tenant is set for the transaction alone (``set_config(…, true)`` inside SQL functions ``enter`` and
``enter_session``), so nothing leaks through the pool (D5–D10).
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Executable, Table, Update, event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from lianshen.kernel import integrity

GUARDS = {
    "statement_timeout": "15000",
    "lock_timeout": "5000",
    "idle_in_transaction_session_timeout": "30000",
    "client_connection_check_interval": "1000",
    "jit": "off",
}
"""Server-side limits in milliseconds for every connection (D88)."""

_ENTER = text("SELECT enter(:tenant)")


class OwnTransaction(Exception):
    """Another isolation level is asked for; under AUTOCOMMIT the tenant is gone with the statement that set it (D9)."""


AtCommit = Callable[["UnitOfWork", list[Any]], Awaitable[None]]


class Database:
    """An engine with a fixed pool. A sixth wait beyond ``pool_size`` answers busy after five seconds (D92)."""

    def __init__(self, url: str, *, pool_size: int = 4, name: str = "lianshen") -> None:
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            hide_parameters=True,  # an error of the driver must not carry what was typed into the log (D133)
            connect_args={"server_settings": {**GUARDS, "application_name": name}},
        )
        for happening in ("set_connection_execution_options", "set_engine_execution_options"):
            event.listen(self.engine.sync_engine, happening, _keep_isolation)

    async def close(self) -> None:
        await self.engine.dispose()


def _keep_isolation(_of: Connection | Engine, options: Mapping[str, Any]) -> None:
    if "isolation_level" in options:
        raise OwnTransaction


class UnitOfWork:
    """One transaction of one tenant; opens lazily, commits once. Use as ``async with``; leaving it rolls back.

    ``jobs_for`` tells which jobs an event's action asks for (see ``lianshen.wiring``).
    """

    def __init__(
        self,
        database: Database,
        *,
        now: datetime,
        jobs_for: Callable[[str], tuple[str, ...]],
        request_id: str,
        read_only: bool = False,
    ) -> None:
        self.now = now
        self.jobs_for = jobs_for
        self.request_id = request_id
        self._database = database
        self._read_only = read_only
        self._connection: AsyncConnection | None = None
        self._tenant: str | None = None
        self._at_commit: dict[AtCommit, list[Any]] = {}
        self._guarded: set[Table] = set()

    async def __aenter__(self) -> "UnitOfWork":
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    @property
    def tenant(self) -> str:
        """The tenant of this transaction; a statement before it is known is our bug."""
        assert self._tenant is not None, "the transaction has no tenant yet"
        return self._tenant

    async def enter(self, tenant: str) -> None:
        """Bind the transaction to ``tenant``. Binding it to a second one raises in the database (D10)."""
        await self.execute(_ENTER, {"tenant": tenant})
        self.entered(tenant)

    def entered(self, tenant: str) -> None:
        """Note that a statement just run (``enter_session``) has bound the transaction to ``tenant``."""
        assert self._tenant in (None, tenant), "one transaction, one tenant"
        self._tenant = tenant

    async def execute(
        self, statement: Executable, values: Mapping[str, Any] | list[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run ``statement`` in this transaction.

        Raises Altered for an UPDATE of a guarded row that was changed past our commands; what is written to guarded
        rows gets its code at COMMIT (see ``integrity``).
        """
        written = getattr(statement, "table", None)
        if written is not None and "mac" in written.c:
            if isinstance(statement, Update):
                await integrity.require_intact(self, statement, values)
            self._guarded.add(written)
        return await self.run(statement, values)

    async def run(
        self, statement: Executable, values: Mapping[str, Any] | list[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """``execute`` for the guard of rows itself, which is not guarded."""
        if self._connection is None:
            connection = await self._database.engine.connect()
            self._connection = (
                await connection.execution_options(postgresql_readonly=True) if self._read_only else connection
            )
        return await self._connection.execute(statement, values)

    def at_commit(self, act: AtCommit, item: object) -> None:
        """Gather ``item`` for ``act``, which runs once with all its items as the last thing before COMMIT.

        The event chain is sealed this way, so that a tenant's writers wait for each other only at the very end (D125).
        """
        self._at_commit.setdefault(act, []).append(item)

    async def commit(self) -> None:
        """Seal and commit. Raises whatever the database raises: then nothing was done and the edge says so (D44)."""
        for table in self._guarded:
            await integrity.protect_written(self, table)
        self._guarded.clear()
        for act, items in self._at_commit.items():
            await act(self, items)
        self._at_commit.clear()
        if self._connection is not None:
            await self._connection.commit()

    async def close(self) -> None:
        """Give the connection back; what was not committed is rolled back."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()
