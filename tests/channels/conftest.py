"""Real receivers on this machine: a mail server, an HTTP server that does what a test says; and the sender itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import AuthResult
from sqlalchemy import text

from lianshen.channels import commands as channels
from lianshen.channels.outgoing import Carrier
from lianshen.cli.process import free_port
from lianshen.kernel.database import Database
from lianshen.kernel.settings import Settings
from lianshen_workers.deliver import SCHEMA, deliver
from lianshen_workers.send import Sender
from tests.walk.driver import Driver

OURS = "320723"


class Received(msgspec.Struct):
    """One request as it came over the wire."""

    line: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Answers what ``answers`` holds, one after the other, the last for ever; each is raw bytes or a coroutine function
    that is given the writer."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[Any] = [reply(200)]
        self.port = 0
        self.heard = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *rest = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.received.append(Received(line, headers, body))
            self.heard.set()
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} x\r\ncontent-length: {len(body)}\r\nconnection: close\r\n{lines}\r\n".encode() + body


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


class Mailbox:
    """What a real mail server was given, and the answers it is told to give instead of taking it."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.tls: list[bool] = []
        self.refuse: dict[str, str] = {}
        self.refuse_data = ""

    async def handle_RCPT(  # noqa: N802 (the server calls it so)
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if said := self.refuse.get(address):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuse_data:
            return self.refuse_data
        self.tls.append(session.ssl is not None)
        self.mails.append(envelope)
        return "250 taken as 42"


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"lianshen", b"right"))


@asynccontextmanager
async def mailing(**options: Any) -> AsyncIterator[tuple[Mailbox, int]]:
    """A mail server on a free port."""
    box, port = Mailbox(), free_port()
    controller = UnthreadedController(box, hostname="127.0.0.1", port=port, loop=asyncio.get_running_loop(), **options)
    controller.server_coro = controller._create_server()
    server = await controller.server_coro
    try:
        yield box, port
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[Mailbox, int]]:
    async with mailing() as made:
        yield made


def allowed(settings: Settings, **more: Any) -> Settings:
    """Settings under which this machine may be asked."""
    return msgspec.structs.replace(
        settings, outbound_networks="127.0.0.0/8", outbound_ports="1-65535", mail_from="lianshen@example.gov.cn", **more
    )


@pytest.fixture
async def relay_database(configured: Settings) -> AsyncIterator[Database]:
    made = Database(configured.relay_database_url, pool_size=2)
    yield made
    await made.close()


class Post:
    """The sender of a test, and the rows it works on."""

    def __init__(self, sender: Sender, superuser: Any) -> None:
        self.sender, self._superuser = sender, superuser

    async def round(self) -> int:
        """One turn, to its end."""
        begun = await self.sender.turn()
        await self.sender.rest()
        return begun

    async def rows(self, columns: str = "channel, state, attempts, reason", where: str = "true") -> list[Any]:
        await self._superuser.commit()
        order = "ORDER BY position, at, event, id"
        said = f"SELECT {columns} FROM message WHERE tenant = :t AND kind <> 'canary' AND {where} {order}"
        return [
            tuple(row) if "," in columns else row[0] for row in await self._superuser.execute(text(said), {"t": OURS})
        ]

    async def hurry(self) -> None:
        """Let all that waits be due now."""
        open_ = "state IN ('waiting', 'leased') AND kind <> 'canary'"
        await self._superuser.execute(
            text(f"UPDATE message SET next_at = now() WHERE tenant = :t AND {open_}"), {"t": OURS}
        )
        await self._superuser.commit()


@pytest.fixture
async def clean(superuser: Any, configured: Settings) -> AsyncIterator[None]:
    """No messages, ways or choices of other tests, before and after."""

    async def wipe() -> None:
        for table in ("message WHERE kind <> 'canary'", "endpoint", "preference", "address_pause", "quiet_hours"):
            await superuser.execute(text(f"DELETE FROM {table}"))
        await superuser.execute(text("DELETE FROM outbox WHERE job <> 'canary'"))
        await superuser.execute(text("SET LOCAL session_replication_role = replica"))  # templates are append-only
        await superuser.execute(text("DELETE FROM message_template"))
        await superuser.commit()

    await wipe()
    yield
    await superuser.rollback()
    await wipe()


@pytest.fixture
def posting(
    configured: Settings, relay_database: Database, worker_database: Database, superuser: Any, clean: None
) -> Callable[..., Post]:
    """A sender under settings of the test's choosing."""

    def made(**more: Any) -> Post:
        carrier = Carrier(allowed(configured, **more))
        return Post(Sender(relay_database, worker_database, carrier, "https://lianshen.test"), superuser)

    return made


@pytest.fixture
async def manager(staff: Any) -> Any:
    """The system administrator of Guanyun."""
    return await staff.actor(next(o.login for o in staff.accounts if (o.tenant, o.role) == (OURS, "system_admin")))


@pytest.fixture
def set_up(work: Any, manager: Any, configured: Settings, clean: None) -> Callable[..., Awaitable[Any]]:
    """Set up a way out as its administrator."""

    async def made(channel: str, *kinds: str, settings: Settings | None = None, **typed: str) -> Any:
        async with work() as uow:
            await uow.enter(OURS)
            said = {"name": channel} | typed
            found = await channels.add(
                uow, manager, settings or allowed(configured, mail_host="x"), channel, said, kinds or ("project",)
            )
            await uow.commit()
        return found

    return made


@pytest.fixture
def acted(work: Any, staff: Any, law: Any, tmp_path: Path, worker_database: Database, superuser: Any) -> Any:
    """An education bureau hands in a project, and the worker tells whom it concerns; how often is told."""

    async def submit(times: int = 1) -> list[UUID]:
        projects = []
        for _ in range(times):
            drive = Driver(work, staff, law, tmp_path)
            drive.at("2026-03-02")
            await drive.submit("400000")
            projects.append(drive.project)
            await work_off(worker_database, superuser)
        return projects

    return submit


async def work_off(worker_database: Database, superuser: Any) -> None:
    """What a worker would do now."""
    await superuser.commit()
    waiting = text("SELECT id FROM outbox WHERE tenant = :t AND state IN ('pending', 'sent') ORDER BY created_at, id")
    for message in list((await superuser.execute(waiting, {"t": OURS})).scalars()):
        await deliver(worker_database, tenant=OURS, message=message, request_id="", schema=SCHEMA)
