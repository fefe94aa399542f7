"""A TCP proxy on the loopback that breaks connections as it is told: the network between the web and its database."""

import asyncio
from contextlib import suppress

_CHUNK = 65536


class Proxy:
    """Forwards to ``port`` of this machine. What it does to traffic is said by its fields, which hold from then on.

    ``swallow``: bytes of both directions go nowhere. ``lose_reply_to``: as soon as a client has sent a message that
    holds these bytes and the server has answered, the answer is lost and the connection cut; once, then it is None.
    ``delay``: seconds before each chunk is passed on.
    """

    def __init__(self, port: int) -> None:
        self.target = port
        self.port = 0
        self.swallow = False
        self.refuse = False
        self.delay = 0.0
        self.lose_reply_to: bytes | None = None
        self.lost = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """Reset every connection there is."""
        for writer in list(self._open):
            writer.transport.abort()

    def heal(self) -> None:
        """Pass on again; connections whose bytes were swallowed are cut, since their ends no longer agree."""
        if self.swallow:
            self.cut()
        self.swallow, self.refuse, self.delay, self.lose_reply_to = False, False, 0.0, None

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if self.refuse:
            to_client.transport.abort()
            return
        try:
            server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            to_client.transport.abort()
            return
        link = _Link()
        both = {to_client, to_server}
        self._open |= both
        try:
            await asyncio.gather(
                self._pass(client, to_server, link, asking=True), self._pass(server, to_client, link, asking=False)
            )
        finally:
            self._open -= both
            for writer in both:
                writer.transport.abort()

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, link: "_Link", asking: bool
    ) -> None:
        with suppress(OSError):
            while chunk := await source.read(_CHUNK):
                if self.swallow:
                    continue
                if self.delay:
                    await asyncio.sleep(self.delay)
                if asking and self.lose_reply_to is not None and self.lose_reply_to in chunk:
                    self.lose_reply_to, link.doomed = None, True
                elif link.doomed and not asking:  # the server has done what it was asked, and nobody hears of it
                    self.lost += 1
                    break
                sink.write(chunk)
                await sink.drain()
        if not asking or not link.doomed:
            sink.transport.abort()


class _Link:
    doomed = False
