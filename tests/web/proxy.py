"""A TCP proxy before PostgreSQL that loses what a test tells it to lose."""

import asyncio
from types import TracebackType

_COMMIT = b"COMMIT"


class Proxy:
    """Passes everything on, until ``lose`` is set: ``reply`` lets COMMIT through and cuts the connection when it has
    been answered, without passing the answer on; ``commit`` cuts it instead of passing COMMIT on."""

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self._server: asyncio.Server | None = None
        self.lose: str | None = None
        self.lost = 0

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None):
        assert self._server is not None
        self._server.close()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._to)
        committing = asyncio.Event()
        tasks = {
            asyncio.create_task(self._upwards(reader, back, committing)),
            asyncio.create_task(self._downwards(there, writer, committing)),
        }
        _, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in (writer, back):
            one.transport.abort()

    async def _upwards(
        self, reader: asyncio.StreamReader, back: asyncio.StreamWriter, committing: asyncio.Event
    ) -> None:
        while data := await reader.read(65536):
            if self.lose and _COMMIT in data:
                self.lost += 1
                if self.lose == "commit":
                    self.lose = None
                    return
                committing.set()
            back.write(data)
            await back.drain()

    async def _downwards(
        self, there: asyncio.StreamReader, writer: asyncio.StreamWriter, committing: asyncio.Event
    ) -> None:
        while data := await there.read(65536):
            if committing.is_set() and _COMMIT in data:  # CommandComplete says which command it was
                self.lose = None
                return
            writer.write(data)
            await writer.drain()
