"""The live count and the pages of ways out in a real browser, served by the real server with two processes."""

import asyncio
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import asyncpg
import pytest
from playwright.sync_api import Browser, expect

from lianshen.cli.process import free_port
from tests.browser.serving import chromium, serve
from tests.browser.test_own_account import picture
from tests.browser.test_walk import Person
from tests.support import forked

OURS = "320723"


class Served:
    def __init__(self, base: str, process: forked.Process) -> None:
        self.base, self.process = base, process


@pytest.fixture(scope="module")
def site(stack, name, configured) -> Iterator[Served]:
    port = free_port()
    environment = stack.environment(name)
    environment |= {"LIANSHEN_NOTICE_STREAM": "60", "LIANSHEN_NOTICE_POLL": "8", "LIANSHEN_MAIL_HOST": "127.0.0.1"}
    two = ("--workers", "2", "--workers-kill-timeout", "15")
    with serve(port, environment, *two, factory="lianshen.web.app:create_app") as process:
        yield Served(f"http://127.0.0.1:{port}", process)


@pytest.fixture(scope="module")
def browser(site, staff) -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def tell(stack, name):
    """Write a notice as the worker's transaction would, with the word that it gives at COMMIT."""

    async def written(login: str) -> None:
        connection = await asyncpg.connect(stack.superuser_url.replace("+asyncpg", "").rpartition("/")[0] + f"/{name}")
        try:
            async with connection.transaction():
                await connection.execute(
                    "INSERT INTO notice (tenant, event, person, subject, body, at, kind) SELECT tenant, $1, id, "
                    "'办法到期提醒', '请核对', now(), 'system' FROM person WHERE tenant = $2 AND login = $3",
                    uuid4(), OURS, login,
                )  # fmt: skip
                await connection.execute("SELECT pg_notify('notices', $1)", OURS)
        finally:
            await connection.close()

    def run(login: str) -> None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, written(login)).result()

    return run


def test_the_count_is_live_on_every_page_and_in_every_tab(browser, site, staff, tell):
    account = staff.account(staff.find("县数据局", "lead_officer"))
    person = Person(browser, site, account)
    page = person.open("/notices")
    if page.get_by_role("button", name="全部标为已读").count():  # what other tests had to tell
        page.get_by_role("button", name="全部标为已读").click()
    page.goto(site.base + "/inbox")
    badge = page.locator(".notice-count")
    expect(page.locator("[data-notices]")).to_be_visible()
    expect(badge).to_be_hidden()
    tell(account.login)
    expect(badge).to_be_visible(timeout=10_000)
    first = int(badge.inner_text())
    other = page.context.new_page()
    other.goto(site.base + "/projects")
    expect(other.locator(".notice-count")).to_have_text(str(first), timeout=10_000)
    began = time.monotonic()
    tell(account.login)
    expect(other.locator(".notice-count")).to_have_text(str(first + 1), timeout=5_000)
    expect(badge).to_have_text(str(first + 1), timeout=5_000)
    assert time.monotonic() - began < 5
    other.goto(site.base + "/notices?unread=1")
    picture(other, "notices")
    other.set_viewport_size({"width": 1280, "height": 900})
    other.get_by_role("button", name="标为已读", exact=True).first.click()
    expect(badge).to_have_text(str(first), timeout=5_000)
    other.goto(site.base + "/notices")
    other.get_by_role("button", name="全部标为已读").click()
    expect(badge).to_be_hidden(timeout=5_000)
    assert person.said == []


def test_pages_of_ways_out(browser, site, staff):
    login = next(one.login for one in staff.accounts if (one.tenant, one.role) == (OURS, "system_admin"))
    person = Person(browser, site, staff.account(login))
    page = person.open("/channels")
    page.goto(site.base + "/channels")
    page.locator("summary", has_text="Webhook").click()
    form = page.locator("details[open] form")
    form.locator("[name=name]").fill("政务服务门户")
    form.locator("[name=address]").fill("https://10.0.0.8/hooks")
    form.get_by_role("button", name="设置").click()
    expect(page.locator("details[open] .remark", has_text="不允许发往这个网络")).to_be_visible()
    picture(page, "channels-refused")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("details[open] [name=address]").fill("https://hooks.example.com/lianshen")
    page.locator("details[open] form").get_by_role("button", name="设置").click()
    expect(page.locator("code.secret")).to_contain_text("whsec_")
    picture(page, "channels-secret")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(site.base + "/channels")
    page.get_by_role("button", name="发一条测试").first.click()
    expect(page.get_by_role("status")).to_contain_text("测试")
    page.get_by_role("button", name="暂停").click()
    expect(page.locator(".badge", has_text="已暂停")).to_be_visible()
    picture(page, "channels")
    page.goto(site.base + "/channels/messages")
    picture(page, "messages")
    assert [one for one in person.said if "422" not in one] == []


def test_pages_of_templates_and_choices(browser, site, staff):
    person = Person(browser, site, staff.account(staff.find("县数据局", "lead_officer")))
    page = person.open("/templates")
    page.goto(site.base + "/templates")
    picture(page, "templates")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(site.base + "/templates/mail/system")
    page.fill("#body", "{收件人}：{标题}\n{附件}")
    page.get_by_role("button", name="发布").click()
    expect(page.locator("#body-remark")).to_contain_text("{附件}")
    picture(page, "template-refused")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.fill("#body", "{收件人}：{标题}")
    page.get_by_role("button", name="预览").click()
    expect(page.locator("#preview")).to_contain_text("办法到期提醒")
    picture(page, "template")
    page.goto(site.base + "/account/notices")
    picture(page, "choices")
    assert [one for one in person.said if "422" not in one] == []


def test_the_server_ends_although_pages_are_open(browser, site, staff):
    """A rolling restart waits for nobody's open page."""
    person = Person(browser, site, staff.account(staff.find("县数据局", "lead_officer")))
    page = person.open("/inbox")
    page.wait_for_timeout(1000)
    began = time.monotonic()
    site.process.send_signal(signal.SIGTERM)
    site.process.wait(30)
    assert time.monotonic() - began < 10
