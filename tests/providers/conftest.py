"""The application where two factors are asked, people and providers of Guanyun, and the way there and back."""

import html
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from lianshen.providers import commands, queries
from lianshen.providers.types import Provider
from lianshen.web.app import create_app
from tests.oidc.forger import Forger
from tests.web.conftest import at, browser, serving
from tests.web.people import GUANYUN, Newcomer, newcomer

__all__ = ["at", "browser"]

SECRET = "a secret/with+signs%"
BACK = "/login/provider"
Configure = Callable[..., Awaitable[UUID]]


@pytest.fixture(scope="module")
async def strict(configured) -> AsyncIterator[Any]:
    made = create_app(msgspec.structs.replace(configured, require_second_factor=True, password_profile="dengbao"))
    async with serving(made):
        yield made


@pytest.fixture
async def applicant(work) -> Newcomer:
    """Somebody whose post asks for no second factor."""
    return await newcomer(work, ("县教育局", "applicant"))


@pytest.fixture
async def forger() -> AsyncIterator[Forger]:
    made = Forger()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def configure(work, staff) -> AsyncIterator[Configure]:
    """Enter a provider under a name of its own; ``who`` is linked there as ``subject``, else by the login."""
    all_made = set()

    async def one(issuer: str, who: Newcomer | None = None, subject: str = "", **more: Any) -> UUID:
        said = {"name": f"认证{time.monotonic_ns()}", "client_id": "lianshen", "private": True} | more
        secret = said.pop("secret", SECRET)
        async with work() as uow:
            await uow.enter(GUANYUN)
            made = await commands.set_provider(uow, None, Provider(id=UUID(int=0), issuer=issuer, **said), secret)
            await uow.commit()
        all_made.add(made)
        if who is not None:
            await link(work, staff, made, who, subject or who.login)
        return made

    yield one
    async with work() as uow:
        await uow.enter(GUANYUN)
        for left in [one.id for one in await queries.providers(uow) if one.id in all_made]:
            await commands.end_provider(uow, None, left)
        await uow.commit()


async def link(work, staff, provider: UUID, who: Newcomer, subject: str) -> None:
    """Say who somebody is there, as the security administrator."""
    guard = await staff.actor(staff.find("县数据局", "security_admin"))
    async with work() as uow:
        await uow.enter(GUANYUN)
        await commands.link(uow, guard, provider, login=who.login, subject=subject)
        await uow.commit()


async def leave(client: httpx.AsyncClient, provider: UUID, wanted: str = "/projects") -> str:
    """Press the button; the address to which the browser is sent."""
    form = {"tenant": GUANYUN, "provider": str(provider), "next": wanted}
    answer = await client.post(BACK, data=form)
    assert answer.status_code == 200, answer.text
    address = answer.headers["refresh"].removeprefix("0;url=")
    assert f'href="{html.escape(address)}"' in answer.text, "for browsers that do not go by themselves"
    return address


async def at_the_provider(address: str, who: str) -> str:
    """Sign in there as ``who``, as a browser does; the address that leads back to us."""
    async with httpx.AsyncClient(cookies={"who": who}) as client:
        for _ in range(6):
            answer = await client.get(address)
            assert answer.status_code in (302, 303), answer.text
            address = str(answer.url.join(answer.headers["location"]))
            if address.startswith("http://lianshen.test"):
                return address
    raise AssertionError(address)


async def visit(client: httpx.AsyncClient, provider: UUID, who: str) -> httpx.Response:
    """The whole way there and back; what the return is answered with."""
    return await client.get(await at_the_provider(await leave(client, provider), who))


async def me(client: httpx.AsyncClient) -> int:
    return (await client.get("/api/v1/me")).status_code
