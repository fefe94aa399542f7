"""Signing in with two factors or elsewhere, and being asked again, in a real browser: nothing typed is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from lianshen.cli.process import free_port
from lianshen.kernel.database import Database
from lianshen.providers import commands as providers
from lianshen.providers.types import Provider
from tests.browser.served import TIME_FILE
from tests.browser.serving import chromium, serve, tell
from tests.conftest import Desk
from tests.walk.driver import LEAD, Driver
from tests.web.people import GUANYUN, PASSWORD, Newcomer, newcomer

PICTURES = Path(__file__).parents[2] / "test-results" / "sign-in"
BEGAN = datetime.now(UTC).replace(microsecond=0)
PROVIDER = "市统一身份认证"
REASON = "必要性论证不足：\n一、效益测算缺依据；\n二、没有三家比选。"


class Site:
    """The application where two factors are asked, and the time it believes in."""

    def __init__(self, base: str, time_file: Path) -> None:
        self.base = base
        self._time_file = time_file
        self.now = BEGAN

    def at(self, **passed: float) -> datetime:
        self.now = BEGAN + timedelta(**passed)
        tell(self._time_file, self.now)
        return self.now


@pytest.fixture(scope="module")
def site(stack, name, configured, tmp_path_factory) -> Iterator[Site]:
    port = free_port()
    time_file = tmp_path_factory.mktemp("clock") / "now"
    served = Site(f"http://127.0.0.1:{port}", time_file)
    served.at()
    environment = stack.environment(name) | {
        TIME_FILE: str(time_file),
        "LIANSHEN_PUBLIC_URL": f"http://localhost:{port}",
    }
    environment |= {"LIANSHEN_REQUIRE_SECOND_FACTOR": "true", "LIANSHEN_PASSWORD_PROFILE": "dengbao"}
    with serve(port, environment):
        yield served


@pytest.fixture(scope="module")
async def prepared(database: Database, staff, law, tmp_path_factory) -> tuple[Newcomer, str]:
    """A reviewer with two posts who has never signed in, and a project to review."""
    work = Desk(database)
    drive = Driver(work, staff, law, tmp_path_factory.mktemp("files"))
    drive.at("2026-03-02")
    await drive.declare("700000")
    await drive.hand_in_all()
    await drive.act(drive.unit, "submit")
    return await newcomer(work, LEAD, ("县委网信办", "co_reviewer")), str(drive.project)


@pytest.fixture(scope="module")
async def linked(database, staff, certified) -> Newcomer:
    """Somebody who is known to a certified provider."""
    work = Desk(database)
    who = await newcomer(work, ("县教育局", "applicant"))
    guard = await staff.actor(staff.find("县数据局", "security_admin"))
    async with work() as uow:
        await uow.enter(GUANYUN)
        said = Provider(id=UUID(int=0), name=PROVIDER, issuer=certified, client_id="local", private=True)
        made = await providers.set_provider(uow, None, said)
        await providers.link(uow, guard, made, login=who.login, subject=who.login)
        await uow.commit()
    return who


@pytest.fixture(scope="module")
async def keeper(database) -> Newcomer:
    """Somebody who will sign in without a password."""
    return await newcomer(Desk(database), ("县教育局", "applicant"))


@pytest.fixture(scope="module")
def browser(site, prepared, linked, keeper) -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def page(browser) -> Iterator[Page]:
    """A page that fails the test for whatever its console complains of."""
    made = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    said: list[str] = []
    made.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: said.append(str(error)))
    yield made
    unexpected = [one for one in said if "401" not in one and "422" not in one]
    assert unexpected == []


def picture(page: Page, name: str) -> None:
    """The page as people see it, at a desk and on a telephone; it never scrolls sideways."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844 if width == 390 else 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=True)


def code(secret: str, at: datetime) -> str:
    return pyotp.TOTP(secret).at(at)


def name_oneself(page: Page, who: Newcomer) -> None:
    page.select_option("#tenant", who.tenant)
    page.fill("#login", who.login)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


def set_a_factor_up(site: Site, page: Page) -> tuple[str, str]:
    """The secret that the authenticator keeps, and one of the recovery codes."""
    expect(page.get_by_role("heading", name="绑定动态验证码")).to_be_visible()
    assert page.locator(".set-up img").evaluate("one => one.complete && one.naturalWidth > 0")
    secret = page.locator(".set-up .secret").inner_text()
    page.fill("#code", "000000")
    page.get_by_role("button", name="绑定并继续").click()
    expect(page.locator("#code-remark")).to_contain_text("不正确")
    picture(page, "enroll")
    page.fill("#code", code(secret, site.now))
    page.get_by_role("button", name="绑定并继续").click()
    expect(page.locator(".codes li")).to_have_count(10)
    recovery = page.locator(".codes li").first.inner_text()
    picture(page, "codes")
    page.get_by_role("link", name="已保存，继续").click()
    return secret, recovery


def decide_late(site: Site, page: Page, secret: str) -> None:
    """Think a decision over for longer than the session counts as fresh, and be asked in between."""
    card = page.locator("#act-fail_pre_review")
    card.locator("summary.btn").click()
    page.fill("#fail_pre_review-reason", REASON)
    for passed in (10, 20):  # the session is used, and the decision thought over
        site.at(minutes=passed)
        page.context.request.get(f"{site.base}/inbox")
    card.locator("form button[type=submit]").click()
    expect(page.get_by_role("heading", name="请再次确认身份")).to_be_visible()
    picture(page, "again")
    page.fill("#_again_code", "000000")
    page.get_by_role("button", name="确认并继续").click()
    expect(page.get_by_role("alert")).to_contain_text("填写的内容都还在")
    page.fill("#_again_code", code(secret, site.now))
    page.get_by_role("button", name="确认并继续").dblclick()
    expect(page.get_by_role("status")).to_contain_text("已办理：预审不通过")
    expect(page.locator("body")).to_contain_text("二、没有三家比选。")


def test_from_the_first_sign_in_to_a_decision(site, page, prepared):
    who, project = prepared
    page.goto(f"{site.base}/projects/{project}")
    picture(page, "login")
    name_oneself(page, who)
    secret, recovery = set_a_factor_up(site, page)

    expect(page.get_by_role("heading", name="选择岗位")).to_be_visible()
    picture(page, "post")
    page.get_by_label("县数据局").check()
    page.get_by_role("button", name="进入").click()
    expect(page).to_have_url(f"{site.base}/projects/{project}")
    decide_late(site, page, secret)

    page.locator(".who-menu summary").click()
    picture(page, "menu")
    page.get_by_role("link", name="账号与安全").click()
    picture(page, "account")
    page.get_by_role("button", name="切换到此岗位").click()
    expect(page.locator(".who-menu summary")).to_contain_text("县委网信办")

    page.goto(f"{site.base}/account/password")
    page.fill("#current", PASSWORD)
    page.fill("#new", "woaini520!A")
    page.fill("#repeated", "woaini520!A")
    page.get_by_role("button", name="修改").click()
    expect(page.locator("#new-remark")).to_contain_text("过于常见")
    picture(page, "password")

    page.get_by_role("button", name="退出").click()
    name_oneself(page, who)
    picture(page, "factor")
    page.fill("#code", recovery.lower())
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_role("heading", name="选择岗位")).to_be_visible()
    page.get_by_role("button", name="取消，换账号登录").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()


def test_a_button_leads_to_a_provider_and_back(site, page, linked, certified):
    site.at(seconds=(datetime.now(UTC) - BEGAN).total_seconds())  # which providers keep to
    page.context.add_cookies([{"name": "who", "value": linked.login, "url": certified}])
    page.goto(f"{site.base}/login?next=/account")
    button = page.get_by_role("button", name=f"使用{PROVIDER}登录")
    page.select_option("#tenant", "421000")
    expect(button).to_have_count(0)
    page.select_option("#tenant", GUANYUN)
    expect(button).to_be_visible()
    picture(page, "provider-button")
    button.click()
    page.wait_for_url(f"{site.base}/account")
    expect(page.get_by_role("heading", name="统一身份认证")).to_be_visible()
    picture(page, "provider-account")


def authenticator(page: Page) -> None:
    """A fingerprint reader for the page's browser: one that is there and knows its owner."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_from_entering_it_to_revoking_it(site, page, keeper):
    site.at()
    base = site.base.replace("127.0.0.1", "localhost")
    page.goto(f"{site.base}/login")
    expect(page.get_by_role("button", name="使用通行密钥登录")).to_be_hidden()
    authenticator(page)
    page.goto(f"{base}/login?next=/account")
    picture(page, "passkey-login")
    name_oneself(page, keeper)
    page.get_by_role("link", name="添加通行密钥").click()
    page.get_by_label("名称").fill("办公电脑")
    picture(page, "passkey-new")
    page.get_by_label("名称").press("Enter")
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="已保存，继续").click()
    expect(page.get_by_role("status")).to_contain_text("通行密钥已添加")
    picture(page, "passkey-account")
    page.get_by_role("link", name="添加通行密钥").click()
    page.get_by_label("名称").fill("同一台")
    page.get_by_role("button", name="添加").click()
    expect(page.get_by_role("alert")).to_contain_text("已经添加过")

    page.get_by_role("button", name="退出").click()
    page.goto(f"{base}/login?next=/account")
    page.select_option("#tenant", keeper.tenant)
    page.get_by_role("button", name="使用通行密钥登录").click()
    page.wait_for_url(f"{base}/account")
    expect(page.locator("body")).to_contain_text("办公电脑")

    for passed in (4, 8, 12, 16):  # that somebody is there is noted after the answer, perhaps after the next step
        site.at(minutes=passed)
        page.reload()
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("heading", name="请再次确认身份")).to_be_visible()
    picture(page, "passkey-again")
    page.get_by_role("button", name="使用通行密钥").click()
    expect(page.get_by_role("status")).to_contain_text("通行密钥已撤销")

    page.get_by_role("button", name="退出").click()
    page.goto(f"{base}/login")
    page.select_option("#tenant", keeper.tenant)
    page.get_by_role("button", name="使用通行密钥登录").click()
    expect(page.get_by_role("alert").first).to_contain_text("登录未成功")
    picture(page, "passkey-revoked")
