"""The web of a rehearsal: the one that serves, and whose database connections break where they are told to.

With ``FORGET=n`` its transactions lose their tenant after the n-th statement. A request with the header
``x-terminate-at: n`` finds its backend terminated, by a second session, before its n-th statement, COMMIT being one;
the answer's header ``x-terminated`` says whether it came so far.
"""

import os
from contextvars import ContextVar
from typing import Any

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.util import await_only

from lianshen.web import app
from lianshen.web._edge import Edge

_FORGET = text("SELECT set_config('lianshen.tenant', '', true)")
_ASKED, _TOLD = b"x-terminate-at", b"x-terminated"


def create_app() -> "Terminating":
    made = app.create_app()
    if nth := int(os.environ.get("FORGET", "0")):
        forget(made, nth)
    return Terminating(made)


def forget(made: Edge, nth: int) -> None:
    @event.listens_for(made.services.database.engine.sync_engine, "after_execute")
    def after(connection: Any, statement: Any, *_rest: Any) -> None:
        if statement is _FORGET:
            return
        connection.info["asked"] = connection.info.get("asked", 0) + 1
        if connection.info["asked"] % nth == 0:
            connection.execute(_FORGET)


class Walk:
    """How far a request has come, and where its backend ends."""

    def __init__(self, nth: int) -> None:
        self.nth, self.seen = nth, 0

    @property
    def ended(self) -> bool:
        return self.seen >= self.nth


_walk: ContextVar[Walk | None] = ContextVar("walk", default=None)


class Terminating:
    """The application, whose requests may ask for the end of their backend."""

    def __init__(self, made: Edge) -> None:
        self._app = made
        self._url = made.services.settings.database_url.replace("+asyncpg", "")
        engine = made.services.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", lambda connection, *_rest: self._step(connection))
        event.listen(engine, "commit", self._step)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        asked = dict(scope.get("headers", ())).get(_ASKED)
        if asked is None:
            await self._app(scope, receive, send)
            return
        walk = Walk(int(asked))

        async def told(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (_TOLD, b"yes" if walk.ended else b"no")]
            await send(message)

        token = _walk.set(walk)
        try:
            await self._app(scope, receive, told)
        finally:
            _walk.reset(token)

    def _step(self, connection: Any) -> None:
        walk = _walk.get()
        if walk is None:
            return
        walk.seen += 1
        if walk.seen == walk.nth:
            await_only(self._terminate(connection.connection.driver_connection.get_server_pid()))

    async def _terminate(self, pid: int) -> None:
        second = await asyncpg.connect(self._url)
        try:
            await second.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
        finally:
            await second.close()
