"""The application as it is served, on this process's own database, and browsers and programs that use it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from lianshen.kernel import clock
from lianshen.kernel.settings import Settings
from lianshen.web.app import create_app
from tests.support.people import Staff


@pytest.fixture(scope="module")
async def app(configured: Settings) -> AsyncIterator[Any]:
    made = create_app(configured)
    async with serving(made):
        yield made


@pytest.fixture
async def client(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody yet; keeps cookies as a browser does."""
    async with browser(app) as made:
        yield made


@pytest.fixture
def program(app: Any, staff: Staff) -> Callable[..., Any]:
    """A program signed in as somebody of an office, by bearer token."""

    async def signed_in(office: str, role: str) -> httpx.AsyncClient:
        token = await staff.token(staff.find(office, role))
        return browser(app, headers={"authorization": f"Bearer {token}"})

    return signed_in


@pytest.fixture
def form_key(superuser: AsyncConnection) -> Callable[[httpx.AsyncClient], Awaitable[str]]:
    """The key that pages of a client's session carry in their forms."""

    async def of(client: httpx.AsyncClient) -> str:
        digest = hashlib.sha256(client.cookies["lianshen"].encode()).digest()
        found = await superuser.execute(text("SELECT form_key FROM session WHERE digest = :digest"), {"digest": digest})
        return str(found.scalar_one())

    return of


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[None]:
    """Start and stop an application as a server does (ASGI lifespan)."""
    told: asyncio.Queue[Any] = asyncio.Queue()
    heard: asyncio.Queue[Any] = asyncio.Queue()
    running = asyncio.create_task(app({"type": "lifespan"}, told.get, heard.put))
    await told.put({"type": "lifespan.startup"})
    began = await heard.get()
    assert began["type"] == "lifespan.startup.complete", began
    yield
    await told.put({"type": "lifespan.shutdown"})
    await running


def browser(app: Any, **options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://lianshen.test", **options)


class Clock:
    """The clock of the edge, set by a test; it begins at the present instant."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.began = datetime.now(UTC)
        self._monkeypatch = monkeypatch
        self(seconds=0)

    def __call__(self, **passed: float) -> datetime:
        """Let so much have passed since the beginning; the instant it is now."""
        self.now = self.began + timedelta(**passed)
        self._monkeypatch.setattr(clock, "now", lambda: self.now)
        return self.now


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture(scope="module")
async def strict(configured: Settings) -> AsyncIterator[Any]:
    """The application as it is served where decisions are real: second factors, the baseline's passwords."""
    made = create_app(msgspec.structs.replace(configured, require_second_factor=True, password_profile="dengbao"))
    async with serving(made):
        yield made
