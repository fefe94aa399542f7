"""Signing in through a certified OpenID provider in a real browser, under the policy of our pages."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from lianshen.cli.process import free_port
from lianshen.providers import commands
from lianshen.providers.types import Provider
from tests.browser.test_own_account import picture
from tests.browser.test_walk import FLAGS
from tests.conftest import Desk
from tests.web.people import GUANYUN, Newcomer, newcomer
from tests.web.test_providers import NODE, OIDC, SECRET

NAME = "市统一身份认证"


@pytest.fixture(scope="module")
def site(stack, name, configured) -> Iterator[tuple[str, str]]:
    """Addresses of the application and of the provider, each in a process of its own."""
    port, other = free_port(), free_port()
    base, issuer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other}"
    command = (sys.executable, "-m", "granian", "lianshen.web.app:create_app", "--factory", "--interface", "asgi")
    environment = {**os.environ, **stack.environment(name)}
    ours = subprocess.Popen((*command, "--port", str(port), "--no-ws"), env=environment)
    theirs = subprocess.Popen((str(NODE), "provider.mjs", str(other), f"{base}/login/provider"), cwd=OIDC)
    try:
        end = time.monotonic() + 60
        for ready in (f"{base}/readyz", f"{issuer}/.well-known/openid-configuration"):
            while True:
                try:
                    httpx.get(ready).raise_for_status()
                    break
                except httpx.HTTPError:
                    assert time.monotonic() < end, ready
                    time.sleep(0.1)
        yield base, issuer
    finally:
        for process in (ours, theirs):
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="module")
async def prepared(database, staff, site) -> Newcomer:
    work = Desk(database)
    who = await newcomer(work, ("县教育局", "applicant"))
    guard = await staff.actor(staff.find("县数据局", "security_admin"))
    async with work() as uow:
        await uow.enter(GUANYUN)
        said = Provider(id=UUID(int=0), name=NAME, issuer=site[1], client_id="lianshen", private=True)
        made = await commands.set_provider(uow, None, said, SECRET)
        await commands.link(uow, guard, made, login=who.login, subject=who.login)
        await uow.commit()
    return who


def test_a_button_leads_there_and_back(site, prepared):
    base, issuer = site
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": "who", "value": prepared.login, "url": issuer}])
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.goto(f"{base}/login?next=/account")
        page.select_option("#tenant", "421000")
        expect(page.get_by_role("button", name=f"使用{NAME}登录")).to_have_count(0)
        page.select_option("#tenant", GUANYUN)
        button = page.get_by_role("button", name=f"使用{NAME}登录")
        expect(button).to_be_visible()
        picture(page, "provider-button")
        button.click()
        page.wait_for_url(f"{base}/account")
        expect(page.get_by_role("heading", name="统一身份认证")).to_be_visible()
        picture(page, "provider-account")
        assert said == []
        browser.close()
