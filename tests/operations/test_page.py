"""The operators' page and the process behind it: orders go in by the web's powerless role and come out done."""

import re
from time import monotonic

import pytest
from litestar.routes import HTTPRoute
from sqlalchemy import text

from lianshen.audit.types import By
from lianshen.identity import commands as identity
from lianshen.identity.commands import Came
from lianshen.kernel import clock
from lianshen.kernel.errors import Invalid
from lianshen.operations import commands
from lianshen.tenancy import commands as tenancy
from lianshen.tenancy.types import PLATFORM
from lianshen_workers.operator import Operator
from tests.operations.conftest import NOW, founding
from tests.support.people import TERMS
from tests.web.conftest import app, browser, client, form_key, serving

__all__ = ["app", "client", "form_key", "serving"]
CODE = "320796"


@pytest.fixture(autouse=True)
async def nothing_waits(superuser):
    """No order that another test has given."""
    await superuser.execute(
        text("UPDATE operator_order SET withdrawn_at = now() WHERE state IN ('ordered', 'running')")
    )
    await superuser.commit()


@pytest.fixture
def operator(operator_database, configured, database):
    return Operator(operator_database, configured)


class Hand:
    """A browser signed in as one of the operators."""

    def __init__(self, app, signed_in) -> None:
        self.client = browser(app, cookies={"lianshen": signed_in.token})
        self.form_key = signed_in.actor.form_key

    @property
    def field(self) -> dict[str, dict[str, str]]:
        return {"data": {"_csrf": self.form_key}}

    async def post(self, path: str, **form: str):
        return await self.client.post(path, data=form | {"_csrf": self.form_key})


@pytest.fixture
async def operators(app, staff) -> list[Hand]:
    return [Hand(app, await staff.sign_in(f"yw-{number}", PLATFORM)) for number in (1, 2)]


def order_at(answer) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


@pytest.mark.demand("D184")
async def test_a_county_comes_works_stops_and_goes_by_orders_of_the_page(app, operators, operator, work, heard):
    one, two = operators
    began = monotonic()
    form = {"code": CODE, "name": "新沂县", "level": "county", "parent": "320700", "template": "320723"}
    made = await one.post("/operations/tenants", **form)
    assert made.status_code == 200, made.text
    secrets = re.findall(r"<code>([a-zA-Z0-9-]+)</code>", made.text)
    assert len(secrets) == 3
    assert (PLATFORM, "operations.order_create") in await heard()
    assert await operator.turn()
    assert {(CODE, "tenancy.found"), (PLATFORM, "operations.done")} <= set(await heard())
    work.now = clock.now()
    async with work() as uow:
        assert await identity.sign_in(uow, CODE, "xtgl", secrets[0], terms=TERMS, came=Came()) is not None
    took = monotonic() - began
    print(f"a working county in {took:.1f} s")
    assert took < 60
    page = (await one.client.get(f"/operations/tenants/{CODE}")).text
    assert "新沂县" in page
    assert f"lianshen pack new {CODE}" in page, "without a law nobody can declare here: what to do is said"
    lawful = (await one.client.get("/operations/tenants/320723")).text
    assert "现行规则：灌云县" in lawful
    assert "lianshen pack new" not in lawful
    assert "3 人，0 个项目" in page

    refused = await one.post(f"/operations/tenants/{CODE}/delete", reason="撤销")
    assert refused.status_code == 409
    assert "请先暂停并导出" in refused.text
    for kind in ("suspend", "export"):
        order = order_at(await one.post(f"/operations/tenants/{CODE}/{kind}", reason="撤销"))
        again = await two.post(f"/operations/tenants/{CODE}/export", reason="撤销")
        assert again.status_code == 409
        assert (PLATFORM, f"operations.order_{kind}") in await heard()
        assert await operator.turn()
        assert (CODE, {"suspend": "tenancy.suspended", "export": "operations.export"}[kind]) in await heard()
        assert "已完成" in (await one.client.get(order)).text
    answer = await client_of(app, CODE, "xtgl", secrets[0])
    assert answer.status_code == 403
    assert "本地区已暂停使用" in answer.text

    order = order_at(await one.post(f"/operations/tenants/{CODE}/delete", reason="撤销"))
    assert not await operator.turn(), "one person's order is carried out by nobody"
    assert (await one.post(f"{order}/approve")).status_code == 409
    assert order_at(await two.post(f"{order}/approve")) == order
    assert (PLATFORM, "operations.approve") in await heard()
    assert await operator.turn()
    page = (await one.client.get(order)).text
    assert "删除证明" in page, page
    assert (await one.client.get(f"/operations/tenants/{CODE}")).status_code == 404


@pytest.mark.demand("D41")
async def test_an_order_is_not_carried_out_for_whoever_may_order_no_more(
    operators, operator, staff, without_roles, heard
):
    """By the time of the turn the operator has lost the right; the next order of one who has it is carried out."""
    one, two = operators
    order = order_at(await one.post("/operations/tenants/320000/export", reason="核对"))
    async with without_roles(await staff.actor("yw-1", PLATFORM)):
        assert await operator.turn()
    assert (PLATFORM, "operations.failed") in await heard()
    page = (await two.client.get(order)).text
    assert "已不再具有办理此事项的权限" in page
    assert "已完成" not in page


async def test_what_nobody_has_begun_is_taken_back(operators, operator, heard):
    one, two = operators
    order = order_at(await one.post("/operations/tenants/320000/export", reason="核对"))
    assert order_at(await two.post(f"{order}/withdraw")) == order
    assert (PLATFORM, "operations.withdraw") in await heard()
    assert not await operator.turn()


async def client_of(app, tenant: str, login: str, password: str):
    async with browser(app) as client:
        return await client.post("/login", data={"tenant": tenant, "login": login, "password": password})


async def test_what_does_not_fit_comes_back_with_remarks_and_nothing_is_ordered(operators, operator):
    answer = await operators[0].post("/operations/tenants", code="320723", name="灌", level="county")
    assert answer.status_code == 422
    for said in ("该代码已登记为灌云县", "2 至 40 个字", "此项必填"):
        assert said in answer.text
    assert not await operator.turn()


OWN = ("operations.", "calendars.", "notifications.", "visits.")
"""What operators may: the register, the nation's days, what they themselves are told, asking to be let in."""


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"code": "320723"}, "code"), ({"parent": "320795"}, "parent"), ({"template": "320795"}, "template")],
    ids=["taken meanwhile", "its city is gone", "its template is gone"],
)
async def test_what_was_ordered_is_looked_at_again_when_it_is_done(begin, changes, field):
    """Between the order and its turn others may have come first."""
    with pytest.raises(Invalid) as refused:
        async with begin() as uow:
            await commands.found(uow, founding(**{"code": "320798"} | changes), by=By("平台运维"))
    assert [one.field for one in refused.value.items] == [field]


@pytest.mark.demand("D43")
async def test_an_operator_finds_no_content_on_any_route(app, operators, staff):
    """Every route that asks for a right answers an operator as if there were nothing, but for the operators' own."""
    token = await staff.token("yw-1", PLATFORM)
    program = browser(app, headers={"authorization": f"Bearer {token}"})
    asked = 0
    for route in app.app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            permission = handler.opt.get("permission")
            if permission is None or permission.startswith(OWN):
                continue
            path = re.sub(r"\{[^:}]+:uuid\}", "00000000-0000-4000-8000-000000000000", route.path)
            path = re.sub(r"\{[^:}]+(:[a-z]+)?\}", "x", path)
            for method in {str(one) for one in handler.http_methods} - {"OPTIONS", "HEAD"}:
                api = path.startswith("/api/")
                by = program if api else operators[0].client
                answer = await by.request(method, path, **({"json": {}} if api else operators[0].field))
                assert answer.status_code == 404, (method, path, answer.status_code)
                asked += 1
    assert asked > 30


async def test_nobody_else_sees_the_operators_page(app, staff):
    for account in staff.accounts:
        if account.tenant == "320723" and account.login in ("sjj-ys", "jyj-sb"):
            hand = Hand(app, await staff.sign_in(account.login))
            assert (await hand.client.get("/operations")).status_code == 403


async def test_the_public_address_of_a_merged_county_leads_on_to_its_heir(client, county, begin):
    code = await county("320799")
    assert (await client.get(f"/precheck/{code}")).status_code == 409
    async with begin() as uow:
        await uow.enter(code)
        await tenancy.succeed(uow, ["320723"], clock.day_of(NOW), closes=True, by=By("平台运维"))
    answer = await client.get(f"/precheck/{code}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/precheck/320723")
