"""Counts of unread notices, kept up to date on pages that are open (server-sent events).

The database tells at COMMIT whose notices have changed; that only wakes. A process looks once for all its pages of a
tenant, on connections of its own, so that no page that is asked for waits for it, and no connection is held while
nothing happens. While the database cannot be listened to, it is looked at more often.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID, uuid4

from litestar.response.sse import ServerSentEventMessage

from lianshen.identity.queries import living
from lianshen.identity.types import Actor
from lianshen.kernel import clock, log
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import Refusal
from lianshen.kernel.settings import Settings
from lianshen.notifications.queries import counts
from lianshen.notifications.types import CHANGED
from lianshen.wiring import jobs_for

_TOGETHER = 0.1
"""Seconds in which changes are gathered before they are looked at."""
_BEAT = 15.0
"""Seconds after which something is said although nothing has changed, so that a connection that is gone is noticed."""
_RETRY = 5000
"""Milliseconds after which a browser asks again."""
_LISTEN_AGAIN = 2.0


class Stream:
    """One open page: whose, in which session, and what it was told last."""

    def __init__(self, actor: Actor) -> None:
        assert actor.session is not None, "a person's session"
        self.tenant, self.person, self.session = actor.tenant, actor.person, actor.session
        self.count: int | None = None
        self.over = False
        self.changed = asyncio.Event()

    def tell(self, count: int) -> None:
        if count != self.count:
            self.count = count
            self.changed.set()

    def end(self) -> None:
        self.over = True
        self.changed.set()


class Live:
    """The open pages of this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._streams: dict[tuple[str, UUID], list[Stream]] = {}
        self._changed: set[str] = set()
        self._woken = asyncio.Event()
        self._used = asyncio.Event()
        self._listening = False
        self._closed = False
        self._databases: list[Database] = []

    def open(self, actor: Actor) -> Stream:
        """A stream for one more page of ``actor``; beyond the most that a person may have, the oldest ends."""
        stream = Stream(actor)
        own = self._streams.setdefault((actor.tenant, actor.person), [])
        own.append(stream)
        for oldest in own[: -self._settings.notice_streams_each]:
            oldest.end()
        if self._closed:
            stream.end()
        self._used.set()
        return stream

    async def events(self, stream: Stream, count: int) -> AsyncIterator[ServerSentEventMessage]:
        """What the page of ``stream`` is told, beginning with ``count``, until its time or its session is over."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.notice_stream
        stream.tell(count)
        try:
            while not stream.over and (left := until - loop.time()) > 0:
                try:
                    async with asyncio.timeout(min(_BEAT, left)):
                        await stream.changed.wait()
                except TimeoutError:
                    yield ServerSentEventMessage(data=None, comment="")
                    continue
                stream.changed.clear()
                if not stream.over:
                    yield ServerSentEventMessage(event="unread", data=str(stream.count), retry=_RETRY)
            if stream.over:
                yield ServerSentEventMessage(event="end", data="")
        finally:
            self._forget(stream)

    def _forget(self, stream: Stream) -> None:
        own = self._streams.get((stream.tenant, stream.person), [])
        if stream in own:
            own.remove(stream)
        if not own:
            self._streams.pop((stream.tenant, stream.person), None)

    async def run(self) -> None:
        """Listen and look, for ever; both begin when the first page opens."""
        await self._used.wait()
        self._databases.append(Database(self._settings.database_url, pool_size=2, name="lianshen-live"))
        async with asyncio.TaskGroup() as both:
            both.create_task(self._listen(self._databases[0]))
            both.create_task(self._look(self._databases[0]))

    def end(self) -> None:
        """End every stream, and each that is asked for from now on: the process is about to go."""
        self._closed = True
        for own in self._streams.values():
            for stream in own:
                stream.end()

    async def close(self) -> None:
        """End every stream, and give the connections back."""
        self.end()
        for database in self._databases:
            await database.close()

    def _heard(self, tenant: str) -> None:
        self._changed.add(tenant)
        self._woken.set()

    async def _listen(self, database: Database) -> None:
        while True:
            try:
                async with database.listening(CHANGED, self._heard) as lost:
                    self._listening = True
                    await lost.wait()
            except Exception:  # noqa: BLE001 (the database is away; looking goes on, and finds out by itself)
                log.get("web").warning("not listening for notices")
            self._listening = False
            await asyncio.sleep(_LISTEN_AGAIN)

    async def _look(self, database: Database) -> None:
        """Look at what was told of, and after a while at everything."""
        loop = asyncio.get_running_loop()
        everything = loop.time()
        while True:
            every = self._settings.notice_poll / (1 if self._listening else 4)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, everything + every - loop.time())):
                    await self._woken.wait()
            await asyncio.sleep(_TOGETHER)
            self._woken.clear()
            tenants, self._changed = self._changed, set()
            if loop.time() >= everything + every:
                everything, tenants = loop.time(), {tenant for tenant, _ in self._streams}
            for tenant in tenants:
                await self._look_at(database, tenant)

    async def _look_at(self, database: Database, tenant: str) -> None:
        streams = [one for (of, _), own in self._streams.items() if of == tenant for one in own]
        if not streams:
            return
        uow = UnitOfWork(database, now=clock.now(), jobs_for=jobs_for, request_id=uuid4().hex, read_only=True)
        try:
            async with uow:
                await uow.enter(tenant)
                alive = await living(uow, list({one.session for one in streams}))
                found = await counts(uow, list({one.person for one in streams}))
        except Refusal:  # the tenant was suspended
            alive, found = set(), {}
        except Exception:  # noqa: BLE001 (the database is away: what was told last stands until it is back)
            log.get("web").exception("notices not counted")
            return
        for one in streams:
            if one.session in alive:
                one.tell(found[one.person])
            else:
                one.end()
