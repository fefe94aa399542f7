"""The one engine and the one transaction.

A ``UnitOfWork`` is one transaction of one tenant. It commits once, at the edge, before the answer leaves; nothing else
commits. The tenant is set for the transaction alone (``set_config(…, true)`` inside SQL functions ``enter`` and
``enter_session``), so nothing leaks through the pool (D5–D10).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import Connection, CursorResult, Engine, Executable, Table, Update, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from lianshen.kernel import failpoints, integrity, log, tls
from lianshen.kernel.errors import OutcomeUnknown, Refusal, TenantClosed, TenantSuspended

GUARDS = {
    "statement_timeout": "15000",
    "lock_timeout": "5000",
    "idle_in_transaction_session_timeout": "30000",
    "client_connection_check_interval": "1000",
    "jit": "off",
}
"""Server-side limits in milliseconds for every connection (D88)."""

_CUT = ("08", "57P")
"""Classes of SQLSTATE that say no more than that a connection ends."""
_ENTER = text("SELECT enter(:tenant)")
_FENCE = text("SELECT require_lease(:name, :token)")
_LOST = "LS021"
_REFUSALS: dict[str, type[Refusal]] = {"LS010": TenantSuspended, "LS011": TenantClosed}
"""What the database refuses in words that a person must hear."""


class OwnTransaction(Exception):
    """Another isolation level is asked for; under AUTOCOMMIT the tenant is gone with the statement that set it (D9)."""


class Fenced(Exception):
    """This process led when the transaction began, and another leads now: nothing was written (D62)."""


class Fence(NamedTuple):
    """A lease that a transaction must still hold at its COMMIT, by the token of whoever leads."""

    name: str
    token: int


AtCommit = Callable[["UnitOfWork", list[Any]], Awaitable[None]]
AfterCommit = Callable[[], Awaitable[None]]


class Database:
    """An engine with a fixed pool. Who finds all ``pool_size`` taken is told so after ``patience`` seconds (D92)."""

    def __init__(self, url: str, *, pool_size: int = 4, name: str = "lianshen", patience: float = 5) -> None:
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=patience,
            json_serializer=_as_json,
            json_deserializer=msgspec.json.decode,
            hide_parameters=True,  # an error of the driver must not carry what was typed into the log (D133)
            connect_args={"server_settings": {**GUARDS, "application_name": name}, **tls.for_database(url)},
        )
        for happening in ("set_connection_execution_options", "set_engine_execution_options"):
            event.listen(self.engine.sync_engine, happening, _keep_isolation)

    async def close(self) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def listening(self, channel: str, heard: Callable[[str], None]) -> AsyncIterator[asyncio.Event]:
        """Call ``heard`` with what is told under ``channel`` by transactions that commit, on a connection of its own.

        Gives an event that is set when the connection is lost. It only wakes: what was told while nobody listened is
        gone, and whoever listens looks into the tables besides.
        """
        lost = asyncio.Event()
        async with self.engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            driver.add_termination_listener(lambda _: lost.set())
            await driver.add_listener(channel, lambda _driver, _pid, _channel, said: heard(said))
            try:
                yield lost
            finally:
                await connection.invalidate()  # nobody else is to be given one that listens


def _as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _was_answered(error: Exception) -> bool:
    """True when it was the server that refused, and not the connection that broke or was cut."""
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig is not None else error
    return isinstance(cause, asyncpg.PostgresError) and not (cause.sqlstate or "").startswith(_CUT)


def _keep_isolation(_of: Connection | Engine, options: Mapping[str, Any]) -> None:
    if "isolation_level" in options:
        raise OwnTransaction


class UnitOfWork:
    """One transaction of one tenant; opens lazily, commits once. Use as ``async with``; leaving it rolls back.

    ``jobs_for`` tells which jobs an event's action asks for (see ``lianshen.wiring``). ``source`` is the caller's
    address, as far as it can be believed. With a ``fence`` it commits only while that lease is held. What a read-only
    transaction leaves to be recorded (that it was read) is written in a transaction of its own, after the reading has
    ended and before ``commit`` returns.
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
        fence: Fence | None = None,
    ) -> None:
        self.now = now
        self.jobs_for = jobs_for
        self.request_id = request_id
        self.source = source
        self._database = database
        self._read_only = read_only
        self._fence = fence
        self._connection: AsyncConnection | None = None
        self._tenant: str | None = None
        self._at_commit: dict[AtCommit, list[Any]] = {}
        self._after_commit: list[AfterCommit] = []
        self._guarded: set[Table] = set()
        self.keys: dict[str, tuple[UUID, bytes]] = {}
        """By purpose, the data keys that this transaction protects with."""

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
        failpoints.hit("unit.enter")

    async def take_time(self) -> None:
        """Lift the limits that keep a request short, for this transaction: it reads files, or the whole of a tenant."""
        for one in ("SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0"):
            await self.run(text(one))

    async def execute(
        self, statement: Executable, values: Mapping[str, Any] | list[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run ``statement`` in this transaction.

        Raises Altered for an UPDATE of a guarded row that was changed past our commands; what is written to guarded
        rows gets its code at COMMIT, unless it is carried along (see ``integrity``).
        """
        written = getattr(statement, "table", None)
        if written is not None and "mac" in written.c and not written.c.mac.info["carried"]:
            if isinstance(statement, Update):
                await integrity.require_intact(self, statement, values)
            self._guarded.add(written)
        return await self.run(statement, values)

    def wrote(self, table: Table) -> None:
        """Note that a trigger has written to a guarded ``table`` that no statement named."""
        self._guarded.add(table)

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
            failpoints.hit("unit.begin")
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

    def after_commit(self, act: AfterCommit) -> None:
        """Have ``act`` done once COMMIT has returned, as a convenience: a crash may come between, so something else has
        to find and finish what it left, and a failure is only logged."""
        self._after_commit.append(act)

    async def commit(self) -> None:
        """Seal and commit. Raises whatever the database raises: then nothing was done and the edge says so (D44).

        Raises OutcomeUnknown when the answer to COMMIT was lost, Fenced when the lease is another's.
        """
        if self._read_only and self._at_commit:
            await self._record_reading()
        for table in self._guarded:
            await integrity.protect_written(self, table)
        self._guarded.clear()
        for act, items in self._at_commit.items():
            await act(self, items)
        self._at_commit.clear()
        if self._connection is not None and not self._read_only:  # what was only read is over with ``close``
            if self._fence is not None:
                await self._require_lease(self._fence)
            failpoints.hit("unit.before_commit")
            await self._commit(self._connection)
            self.keys.clear()
            failpoints.hit("unit.after_commit")
        acts, self._after_commit = self._after_commit, []
        for follow in acts:
            try:
                await follow()
            except Exception:  # noqa: BLE001 (what was committed stands, and so must the answer that says so)
                log.get("database").exception("not_followed_up", tenant=self.tenant)

    async def _commit(self, connection: AsyncConnection) -> None:
        """COMMIT. Raises OutcomeUnknown when the connection broke before the server's answer (D47)."""
        try:
            await connection.commit()
        except (DBAPIError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
            if _was_answered(error):
                raise
            raise OutcomeUnknown from error

    async def _require_lease(self, fence: Fence) -> None:
        """The last statement before COMMIT: from here on nobody takes the lease before the transaction has ended."""
        try:
            await self.run(_FENCE, fence._asdict())
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == _LOST:
                raise Fenced from error
            raise

    async def _record_reading(self) -> None:
        """A reader's own transaction cannot write (D54), and whoever cannot be recorded is not to read (D122)."""
        await self.close()
        async with self.beside() as uow:
            await uow.enter(self.tenant)
            uow._at_commit, self._at_commit = self._at_commit, {}
            await uow.commit()

    def beside(self, *, read_only: bool = False) -> "UnitOfWork":
        """A transaction of its own for the same request: for what has to stand even if this one does not."""
        return UnitOfWork(
            self._database,
            now=self.now,
            jobs_for=self.jobs_for,
            request_id=self.request_id,
            source=self.source,
            fence=self._fence,
            read_only=read_only,
        )

    async def close(self) -> None:
        """Give the connection back; what was not committed is rolled back."""
        self.keys.clear()  # and with the transaction their lock
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()
