"""The one engine and the one transaction.

A ``UnitOfWork`` is one transaction of one tenant. It commits once, at the edge, before the answer leaves; nothing else
commits. The tenant is set for the transaction alone (``set_config(…, true)`` inside SQL functions ``enter`` and
``enter_session``), so nothing leaks through the pool (D5–D10).
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, CursorResult, Engine, Executable, Table, Update, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from lianshen.kernel import integrity
from lianshen.kernel.errors import Refusal, TenantClosed, TenantSuspended

GUARDS = {
    "statement_timeout": "15000",
    "lock_timeout": "5000",
    "idle_in_transaction_session_timeout": "30000",
    "client_connection_check_interval": "1000",
    "jit": "off",
}
"""Server-side limits in milliseconds for every connection (D88)."""

_ENTER = text("SELECT enter(:tenant)")
_REFUSALS: dict[str, type[Refusal]] = {"LS010": TenantSuspended, "LS011": TenantClosed}
"""What the database refuses in words that a person must hear."""


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
            json_serializer=_as_json,
            json_deserializer=msgspec.json.decode,
            hide_parameters=True,  # an error of the driver must not carry what was typed into the log (D133)
            connect_args={"server_settings": {**GUARDS, "application_name": name}},
        )
        for happening in ("set_connection_execution_options", "set_engine_execution_options"):
            event.listen(self.engine.sync_engine, happening, _keep_isolation)

    async def close(self) -> None:
        await self.engine.dispose()


def _as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _keep_isolation(_of: Connection | Engine, options: Mapping[str, Any]) -> None:
    if "isolation_level" in options:
        raise OwnTransaction


class UnitOfWork:
    """One transaction of one tenant; opens lazily, commits once. Use as ``async with``; leaving it rolls back.

    ``jobs_for`` tells which jobs an event's action asks for (see ``lianshen.wiring``). ``source`` is the caller's
    address, as far as it can be believed. What a read-only transaction leaves to be recorded (that it was read) is
    written in a transaction of its own, after the reading has ended and before ``commit`` returns.
    """

    def __init__(
        self,
        database: Database,
        *,
        now: datetime,
        jobs_for: Callable[[str], tuple[str, ...]],
        request_id: str,
        read_only: bool = False,
        source: str = "",
    ) -> None:
        self.now = now
        self.jobs_for = jobs_for
        self.request_id = request_id
        self.source = source
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

    def has_written(self, table: Table) -> bool:
        """Whether this transaction has written to a guarded ``table``."""
        return table in self._guarded

    async def run(
        self, statement: Executable, values: Mapping[str, Any] | list[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """``execute`` for the guard of rows itself, which is not guarded.

        Raises TenantSuspended and TenantClosed, as the database finds them.
        """
        if self._connection is None:
            connection = await self._database.engine.connect()
            self._connection = (
                await connection.execution_options(postgresql_readonly=True) if self._read_only else connection
            )
        try:
            return await self._connection.execute(statement, values)
        except DBAPIError as error:
            refusal = _REFUSALS.get(getattr(error.orig, "sqlstate", None) or "")
            if refusal is None:
                raise
            raise refusal from error

    def at_commit(self, act: AtCommit, item: object) -> None:
        """Gather ``item`` for ``act``, which runs once with all its items as the last thing before COMMIT.

        The event chain is sealed this way, so that a tenant's writers wait for each other only at the very end (D125).
        """
        self._at_commit.setdefault(act, []).append(item)

    async def commit(self) -> None:
        """Seal and commit. Raises whatever the database raises: then nothing was done and the edge says so (D44)."""
        if self._read_only and self._at_commit:
            await self._record_reading()
        for table in self._guarded:
            await integrity.protect_written(self, table)
        self._guarded.clear()
        for act, items in self._at_commit.items():
            await act(self, items)
        self._at_commit.clear()
        if self._connection is not None and not self._read_only:  # what was only read is over with ``close``
            await self._connection.commit()

    async def _record_reading(self) -> None:
        """A reader's own transaction cannot write (D54), and whoever cannot be recorded is not to read (D122)."""
        await self.close()
        async with self.beside() as uow:
            await uow.enter(self.tenant)
            uow._at_commit, self._at_commit = self._at_commit, {}
            await uow.commit()

    def beside(self) -> "UnitOfWork":
        """A transaction of its own for the same request: for what has to stand even if this one does not."""
        return UnitOfWork(
            self._database, now=self.now, jobs_for=self.jobs_for, request_id=self.request_id, source=self.source
        )

    async def close(self) -> None:
        """Give the connection back; what was not committed is rolled back."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()
