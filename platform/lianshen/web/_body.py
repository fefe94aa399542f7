"""The body of a request: never longer than allowed, never so slow that it holds what others need (D171).

A small body is read in whole before the transaction begins. A large one is an upload: it is read only for somebody who
is signed in, and the guard gives the database's connection back while it arrives.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from litestar.datastructures import Headers

from lianshen.kernel.errors import Malformed, Refusal, TooLarge
from lianshen.web._asgi import Message, Receive

LIMIT = 1024 * 1024
"""Bytes of a body without files, and of any body of somebody who is not signed in."""
_FORM_SLACK = 64 * 1024
"""What the boundaries and fields of a multipart form may add to its file, in bytes."""
_DRAIN_SECONDS = 10
_PAUSE = 20.0
"""Seconds in which nothing arrives before we stop listening."""
_PATIENCE = 30.0
_PACE = 4096
"""After ``_PATIENCE`` seconds a body must have come at so many bytes a second on the whole."""


class TooSlow(Refusal):
    status = 408
    code = "too_slow"


class Body:
    """What arrives, as the application is given it. ``is_known`` says whether the caller is signed in by now."""

    def __init__(self, receive: Receive, headers: Headers, upload_limit: int, is_known: Callable[[], bool]) -> None:
        self._receive = receive
        self._is_known = is_known
        self._multipart = headers.get("content-type", "").startswith("multipart/")
        self._most = upload_limit + _FORM_SLACK if self._multipart else LIMIT
        self._announced = _length(headers.get("content-length", "0"))
        self._may_have_one = bool(headers.get("content-length") or headers.get("transfer-encoding"))
        self._early: list[Message] = []
        self._read = 0
        self._read_all = False
        self._gone = False
        self._began = asyncio.get_running_loop().time()

    @property
    def to_come(self) -> bool:
        """True for a large body that has not arrived."""
        return self._may_have_one and not self._read_all

    async def arrive(self) -> None:
        """Read a body in advance, unless it is a large one. Raises TooLarge, TooSlow."""
        self._refuse_long(self._announced, self._most)
        if not self._may_have_one or self._announced > LIMIT:
            return
        while not self._read_all and self._read <= LIMIT:
            self._early.append(await self._next())

    async def receive(self) -> Message:
        """The next part of the body. Raises TooLarge beyond the limit, whatever Content-Length said, and TooSlow."""
        if self._early:
            return self._early.pop(0)
        self._refuse_long(max(self._announced, self._read), self._limit)
        return await self._next()

    async def drained(self) -> bool:
        """Read on for a while: a browser shows an answer only after it has sent its body. True when none is left."""
        if not self._may_have_one or self._gone:
            return not self._may_have_one
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self._read_all and self._read < 2 * self._most:
                    message = await self._receive()
                    if message["type"] != "http.request":
                        break
                    self._count(message)
        return self._read_all

    @property
    def _limit(self) -> int:
        return self._most if self._is_known() else min(LIMIT, self._most)

    async def _next(self) -> Message:
        loop = asyncio.get_running_loop()
        try:
            # When all has arrived, what comes next is that the caller has gone, however long that takes.
            async with asyncio.timeout(_PAUSE if self.to_come else None):
                message = await self._receive()
        except TimeoutError:
            self._gone = True
            raise TooSlow from None
        if message["type"] == "http.request":
            self._count(message)
            self._refuse_long(self._read, self._limit if self._read_all else self._most)
            late = loop.time() - self._began - _PATIENCE
            if late > 0 and not self._read_all and self._read < late * _PACE:
                self._gone = True
                raise TooSlow
        return message

    def _count(self, message: Message) -> None:
        self._read += len(message.get("body", b""))
        self._read_all = not message.get("more_body", False)

    def _refuse_long(self, length: int, limit: int) -> None:
        if length > limit:
            raise TooLarge(limit=max(1, limit // (1024 * 1024)))


def _length(said: str) -> int:
    if not (said.isascii() and said.isdigit()):
        raise Malformed
    return int(said)
