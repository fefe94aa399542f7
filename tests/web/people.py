"""People made for a test, with a password of their own and the posts it needs."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pyotp
from sqlalchemy import select

from lianshen.identity import commands as identity
from lianshen.tables import metadata
from tests.conftest import Desk

GUANYUN = "320723"
PASSWORD = "Kx7-vmRq2tWp"


class Newcomer(msgspec.Struct):
    """Somebody who has never signed in."""

    id: UUID
    login: str
    posts: list[UUID]
    password: str = PASSWORD
    secret: str = ""
    tenant: str = GUANYUN

    def code(self, at: datetime) -> str:
        """The code that their authenticator shows at an instant."""
        return pyotp.TOTP(self.secret).at(at)


async def newcomer(work: Desk, *posts: tuple[str, str]) -> Newcomer:
    """Somebody with a post (office's name, role) each, who has a password of their own."""
    login = f"new-{uuid4().hex[:8]}"
    office = metadata.tables["office"].c
    work.now = utc_now()
    async with work() as uow:
        await uow.enter(GUANYUN)
        who = None
        for name, role in posts or (("县委网信办", "co_reviewer"),):
            found = select(office.id).where(office.tenant == GUANYUN, office.name == name)
            at = (await uow.execute(found)).scalar_one()
            if who is None:
                hashed = identity.hash_password(PASSWORD)
                person = await identity.add_person(uow, at, login, "新人", (role,), date(2020, 1, 1), hashed=hashed)
                assert person is not None
                who = person[0]
            else:
                await identity.add_post(uow, at, login, (role,), date(2020, 1, 1))
        posts_table = metadata.tables["post"].c
        rows = await uow.execute(select(posts_table.id).where(posts_table.tenant == GUANYUN, posts_table.person == who))
        made = list(rows.scalars())
        await uow.commit()
    assert who is not None
    return Newcomer(who, login, made)


async def enter(client: httpx.AsyncClient, who: Any, **more: str) -> httpx.Response:
    """Answer the first question of the sign-in."""
    return await client.post("/login", data={"tenant": who.tenant, "login": who.login, "password": who.password} | more)


async def key_of(client: httpx.AsyncClient, path: str) -> str:
    """The form key that a page carries."""
    page = await client.get(path)
    assert page.status_code == 200, (page.status_code, page.headers.get("location"))
    return page.text.partition('name="_csrf" value="')[2].partition('"')[0]


async def say(client: httpx.AsyncClient, page: str, path: str | None = None, **fields: str) -> httpx.Response:
    """Send the form of ``page``, to ``path`` if that is another address."""
    return await client.post(path or page, data={"_csrf": await key_of(client, page)} | fields)


async def set_up(client: httpx.AsyncClient, who: Newcomer, page: str, path: str, at: datetime) -> httpx.Response:
    """Read the secret off the page, as an authenticator does, and confirm it."""
    shown = (await client.get(page)).text
    who.secret = shown.partition('手工输入用）</div><div class="secret">')[2].partition("<")[0]
    return await say(client, page, path, code=who.code(at))


def codes_on(page: str) -> list[str]:
    """The recovery codes that a page shows."""
    listed = page.partition('class="codes secret">')[2].partition("</ul>")[0]
    return [part.partition("<")[0] for part in listed.split("<li>")[1:]]


def utc_now() -> datetime:
    return datetime.now(UTC)
