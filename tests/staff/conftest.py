"""Three administrators of a county, and people they make as they go."""

from collections.abc import Awaitable, Callable
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from lianshen import wiring
from lianshen.identity.types import Actor
from lianshen.staff import commands, queries

OURS = "320723"
SINCE = date(2026, 1, 1)
_NUMBERS = count(1)


class Bureau:
    """What tests of people do over and over, each act in a transaction of its own, by the administrator it is for."""

    def __init__(self, work: Any, staff: Any) -> None:
        self.work = work
        self._staff = staff

    async def actor(self, login: str) -> Actor:
        return await self._staff.actor(login)

    async def by(self, login: str, act: Callable[..., Awaitable[Any]], *given: Any, **more: Any) -> Any:
        actor = await self.actor(login)
        async with self.work() as uow:
            await uow.enter(OURS)
            result = await act(uow, actor, *given, **more)
            await uow.commit()
        return result

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """As the web's role, with nothing between it and the database."""
        async with self.work() as uow:
            await uow.enter(OURS)
            found = await uow.execute(text(statement), values)
            rows = [tuple(row) for row in found] if found.returns_rows else []
            await uow.commit()
        return rows

    async def office(self, code: str) -> UUID:
        ((found,),) = await self.sql("SELECT id FROM office WHERE code = :code", code=code)
        return found

    async def created(self, office: str = "jyj", name: str = "张三") -> UUID:
        login = f"zs{next(_NUMBERS):04}-{id(self) % 9973}"
        return await self.by("xtgl", commands.create_person, await self.office(office), login, name, SINCE)

    async def post(self, who: UUID) -> UUID:
        page = await self.by("aqgl", queries.person, who)
        return page.person.posts[0].id

    async def working(self, *roles: str, office: str = "jyj", name: str = "张三") -> UUID:
        """Somebody enabled, with roles."""
        who = await self.created(office, name)
        await self.by("aqgl", commands.enable, who)
        await self.by("aqgl", commands.grant, await self.post(who), roles)
        return who

    async def appointed(self, role: str, name: str = "王五") -> UUID:
        """One more administrator, asked for by the system administrator and granted by the security administrator."""
        who = await self.created("sjj", name)
        await self.by("aqgl", commands.enable, who)
        asked = await self.by("xtgl", commands.propose, who, role)
        await self.by("aqgl", commands.decide, asked, granted=True)
        return who

    async def acting(self, who: UUID, post: UUID | None = None) -> Actor | None:
        """The actor that a session of this person in the post would be; None when it opens nothing."""
        from lianshen.identity import _secrets, _store

        token = _secrets.new_token(OURS)
        digest = _secrets.split_token(token)[1]
        async with self.work() as uow:
            await uow.enter(OURS)
            in_post = post or await _store.first_post(uow, who)
            if in_post is None:
                return None
            await _store.add_session(uow, digest, who, in_post, "key", self.work.now.replace(year=2099))
            await uow.commit()
        async with self.work() as uow:
            from datetime import timedelta

            return await _store.enter_session(uow, OURS, digest, timedelta(minutes=30))

    async def leave(self, who: UUID, successor: UUID | None, **more: Any) -> None:
        await self.by("aqgl", commands.leave, who, successor, "调离", wiring.LEAVING, **more)


@pytest.fixture
def bureau(work, staff) -> Bureau:
    return Bureau(work, staff)
