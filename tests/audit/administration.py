"""How each route of people administration is used rightly, for ``test_complete``; people are made aside."""

from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any
from uuid import UUID

import httpx

from lianshen.cli.accounts import Account
from lianshen.staff import commands
from tests.staff.conftest import SINCE, Bureau
from tests.walls.routes import Case

_NUMBERS = count(1)
Send = Callable[..., Awaitable[httpx.Response]]


class Administration:
    """``send(role, case, ids, fields=…)`` asks as somebody of a role, by program or by page as the case says."""

    def __init__(self, bureau: Bureau, send: Send, accounts: list[Account]) -> None:
        self._bureau, self._send, self._accounts = bureau, send, accounts

    async def run(self, case: Case) -> httpx.Response:
        """The case used rightly."""
        role, prepare = _STEPS[case.method, case.path]
        ids, fields, files = await prepare(self)
        more = {"files": files} if files else {}
        return await self._send(role, case, ids, fields=fields, **more)

    async def _by(self, login: str, act: Callable[..., Awaitable[Any]], *given: Any, **more: Any) -> Any:
        return await self._bureau.by(login, act, *given, **more)

    async def entry(self) -> Any:
        office = str(await self._bureau.office("jyj"))
        return {}, {"office": office, "login": f"made-{next(_NUMBERS)}", "name": "张三", "since": str(SINCE)}, None

    async def office(self) -> Any:
        number = next(_NUMBERS)
        return {}, {"code": f"bgs{number}", "name": f"县办公室{number}", "body": "project_unit"}, None

    async def created(self) -> Any:
        return {"person": await self._bureau.created()}, {}, None

    async def second_post(self) -> Any:
        who = await self._bureau.created()
        return {"person": who}, {"office": str(await self._bureau.office("sjj")), "since": str(SINCE)}, None

    async def reached(self) -> Any:
        return {"person": await self._bureau.created()}, {"phone": "13800001234"}, None

    async def enabled(self) -> Any:
        return {"person": await self._bureau.working("observer")}, {"reason": "调离"}, None

    async def forgotten(self) -> Any:
        ids, _, files = await self.enabled()
        return ids, {"factors": True}, files

    async def candidate(self) -> Any:
        return {"person": await self._bureau.created()}, {"role": "audit_admin"}, None

    async def proposed(self) -> Any:
        who = await self._bureau.created("sjj")
        await self._by("aqgl", commands.enable, who)
        asked = await self._by("xtgl", commands.propose, who, "audit_admin")
        return {"person": who, "appointment": asked}, {"granted": True}, None

    async def proposed_on_a_page(self) -> Any:
        ids, _, _ = await self.proposed()
        return ids, {"granted": "yes"}, None

    async def held(self) -> Any:
        ids, _, _ = await self.enabled()
        return ids | {"post": await self._bureau.post(ids["person"])}, {"roles": ["applicant"]}, None

    async def ending(self) -> Any:
        ids, _, _ = await self.held()
        return ids, {}, None

    async def absent(self) -> Any:
        ids, _, _ = await self.held()
        deputy = await self._bureau.working("observer")
        return ids, {"deputy": str(deputy), "since": "2026-03-02", "until": "2099-03-06"}, None

    async def lending(self) -> Any:
        deputy = await self._bureau.working("observer", office=await self._own_office())
        return {}, {"deputy": str(deputy), "since": "2026-03-02", "until": "2099-03-06"}, None

    async def lent(self) -> Any:
        _, fields, _ = await self.lending()
        actor = await self._bureau.actor(self._own_login())
        days = (SINCE, SINCE.replace(year=2099))
        made = await self._by("aqgl", commands.stand_in, actor.post, UUID(fields["deputy"]), *days)
        return {"post": made}, {}, None

    async def listed(self) -> Any:
        return {}, {}, {"file": ("名单.csv", self._list(), "text/csv")}

    async def brought(self) -> Any:
        found = await self._by("xtgl", commands.bring, "名单.csv", self._list())
        return {"digest": found.digest}, {}, None

    async def entered(self) -> Any:
        ids, _, _ = await self.brought()
        await self._by("xtgl", commands.enter_rows, ids["digest"], limit=10)
        return ids, {}, None

    async def nothing(self) -> Any:
        return {}, {}, None

    def _list(self) -> bytes:
        return f"姓名,账号,机构代码\n甲,listed-{next(_NUMBERS)},jyj\n".encode()

    def _own_login(self) -> str:
        return next(one.login for one in self._accounts if (one.tenant, one.role) == ("320723", "applicant"))

    async def _own_office(self) -> str:
        actor = await self._bureau.actor(self._own_login())
        ((code,),) = await self._bureau.sql("SELECT code FROM office WHERE id = :id", id=actor.office)
        return str(code)


_A = Administration
_PERSON, _POST = "/staff/people/{person}", "/staff/people/{person}/posts/{post}"
_STEPS: dict[tuple[str, str], tuple[str, Callable[[Administration], Awaitable[Any]]]] = {
    ("POST", "/api/v1/people"): ("system_admin", _A.entry),
    ("POST", "/staff/new"): ("system_admin", _A.entry),
    ("POST", "/api/v1/offices"): ("system_admin", _A.office),
    ("POST", "/staff/offices"): ("system_admin", _A.office),
    ("PUT", "/api/v1/people/{person}/enablement"): ("security_admin", _A.created),
    ("POST", f"{_PERSON}/enable"): ("security_admin", _A.created),
    ("PUT", "/api/v1/people/{person}/password"): ("security_admin", _A.forgotten),
    ("POST", f"{_PERSON}/reset"): ("security_admin", _A.enabled),
    ("POST", "/api/v1/people/{person}/disablement"): ("security_admin", _A.enabled),
    ("POST", f"{_PERSON}/disable"): ("security_admin", _A.enabled),
    ("POST", "/api/v1/people/{person}/leaving"): ("security_admin", _A.enabled),
    ("POST", f"{_PERSON}/leaving"): ("security_admin", _A.enabled),
    ("POST", "/api/v1/people/{person}/appointments"): ("system_admin", _A.candidate),
    ("POST", f"{_PERSON}/appointments"): ("system_admin", _A.candidate),
    ("POST", "/api/v1/appointments/{appointment}/decision"): ("security_admin", _A.proposed),
    ("POST", f"{_PERSON}/appointments/{{appointment}}"): ("security_admin", _A.proposed_on_a_page),
    ("PUT", "/api/v1/posts/{post}/roles"): ("security_admin", _A.held),
    ("POST", f"{_POST}/roles"): ("security_admin", _A.held),
    ("POST", "/api/v1/posts/{post}/end"): ("security_admin", _A.ending),
    ("POST", f"{_POST}/end"): ("security_admin", _A.ending),
    ("POST", "/api/v1/posts/{post}/stand-ins"): ("security_admin", _A.absent),
    ("POST", f"{_POST}/stand-in"): ("security_admin", _A.absent),
    ("POST", f"{_PERSON}/posts"): ("system_admin", _A.second_post),
    ("POST", f"{_PERSON}/contacts"): ("system_admin", _A.reached),
    ("POST", "/stand-ins"): ("applicant", _A.lending),
    ("POST", "/stand-ins/{post}/end"): ("applicant", _A.lent),
    ("POST", "/staff/lists"): ("system_admin", _A.listed),
    ("POST", "/staff/lists/{digest}/entry"): ("system_admin", _A.brought),
    ("POST", "/staff/lists/{digest}/empowerment"): ("security_admin", _A.entered),
    ("POST", "/staff/review"): ("security_admin", _A.nothing),
}
ROUTES = frozenset(_STEPS)
