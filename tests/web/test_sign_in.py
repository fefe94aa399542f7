"""Sessions, cookies and forged requests, on the real database (D27, D100-D105, D168)."""

from typing import Any

import httpx
import msgspec
import pytest
from litestar import get

from lianshen.web import pages
from lianshen.web._auth import PUBLIC, SIGNED_IN, UnguardedRoutes, local_path
from lianshen.web.app import create_app
from tests.web.conftest import browser, serving

GUANYUN = "320723"


@pytest.fixture
def known(staff: Any) -> Any:
    """Somebody whose password no other test mistypes."""
    return staff.account("wxb-zb")


async def sign_in(client: httpx.AsyncClient, account: Any, **more: str) -> httpx.Response:
    form = {"tenant": account.tenant, "login": account.login, "password": account.password}
    return await client.post("/login", data=form | more)


async def whoever(client: httpx.AsyncClient) -> int:
    return (await client.get("/api/v1/me")).status_code


async def test_the_form_offers_every_jurisdiction(client):
    page = await client.get("/login")
    assert page.status_code == 200
    assert page.text.count("<option") == 12
    assert "灌云" in page.text


async def test_signing_in_leads_to_the_page_that_was_wanted(client, known):
    wanted = await client.get("/api/v1/me")
    assert wanted.status_code == 401
    answer = await sign_in(client, known, next="/projects?phase=draft")
    assert (answer.status_code, answer.headers["location"]) == (303, "/projects?phase=draft")
    assert await whoever(client) == 200


async def test_the_cookie_of_a_plain_demo(client, known):
    cookie = (await sign_in(client, known)).headers["set-cookie"]
    assert cookie.startswith("lianshen=320723.")
    for part in ("HttpOnly", "Path=/", "SameSite=lax"):
        assert part in cookie
    assert "Max-Age" not in cookie


@pytest.mark.demand("D103")
async def test_the_cookie_under_https(configured, known):
    secured = create_app(msgspec.structs.replace(configured, secure_cookies=True))
    async with serving(secured), browser(secured) as client:
        cookie = (await sign_in(client, known)).headers["set-cookie"]
    assert cookie.startswith("__Host-lianshen=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


@pytest.mark.demand("D102")
async def test_a_secret_that_someone_else_chose_is_never_a_session(client, known):
    chosen = f"{GUANYUN}.{'A' * 43}"
    client.cookies.set("lianshen", chosen)
    assert await whoever(client) == 401
    answer = await sign_in(client, known)
    assert chosen not in answer.headers["set-cookie"]
    first = answer.cookies["lianshen"]
    assert (await sign_in(client, known)).cookies["lianshen"] != first


@pytest.mark.parametrize("token", ["", "x", "320723.short", "999999." + "A" * 43, "320723." + "é" * 43])
async def test_what_is_no_token_of_ours_is_nobody(app, token):
    async with browser(app, headers={"authorization": f"Bearer {token}".encode()}) as client:
        answer = await client.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_wrong_password_keeps_what_was_typed_but_the_password(client, known):
    form = {"tenant": GUANYUN, "login": known.login, "password": "wrong-guess", "next": "/x"}
    answer = await client.post("/login", data=form)
    assert answer.status_code == 401
    assert f'value="{known.login}"' in answer.text
    assert "账号、密码或验证码不正确" in answer.text
    assert "wrong-guess" not in answer.text
    assert '<option value="320723" selected>' in answer.text
    assert (await sign_in(client, known)).status_code == 303


@pytest.mark.demand("D100")
async def test_five_failures_lock_the_account_even_for_the_right_password(client, staff):
    account = next(one for one in staff.accounts if one.tenant == "360824")
    wrong = msgspec.structs.replace(account, password="wrong")
    for _ in range(5):
        assert (await sign_in(client, wrong)).status_code == 401
    assert (await sign_in(client, account)).status_code == 401


@pytest.mark.parametrize("odd", [{"tenant": "x"}, {"tenant": ""}, {"login": "a" * 300}, {"login": "no-such"}])
async def test_an_odd_sign_in_is_a_failed_one(client, known, odd):
    assert (await sign_in(client, known, **odd)).status_code == 401


async def test_text_that_the_database_cannot_hold_is_the_senders_fault(client, known):
    assert (await sign_in(client, known, login="a\0b")).status_code == 400


@pytest.mark.demand("D105")
async def test_signing_out_ends_the_session_for_every_holder_of_its_secret(app, client, known, form_key):
    token = (await sign_in(client, known)).cookies["lianshen"]
    assert await whoever(client) == 200
    answer = await client.post("/logout", data={"_csrf": await form_key(client)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "lianshen" not in client.cookies
    async with browser(app, headers={"authorization": f"Bearer {token}"}) as thief:
        assert await whoever(thief) == 401


@pytest.mark.demand("D168")
async def test_an_act_without_the_sessions_own_key_is_forged(app, client, known, staff, form_key):
    await sign_in(client, known)
    async with browser(app) as other:
        await sign_in(other, staff.account("bmj-ls"))
        foreign = await form_key(other)
    for given in ({}, {"_csrf": ""}, {"_csrf": "x"}, {"_csrf": foreign}, {"_csrf": "é"}):
        answer = await client.post("/logout", data=given)
        assert answer.status_code == 403, given
        assert "刷新页面" in answer.text
    assert await whoever(client) == 200
    own = {"x-csrf-token": await form_key(client)}
    assert (await client.post("/logout", headers=own)).status_code == 303


@pytest.mark.demand("D168")
@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://lianshen.test"}, False),
        ({"origin": "http://lianshen.test"}, True),
        ({"origin": "https://evil.test"}, False),
        ({"origin": "http://lianshen.test.evil.test"}, False),
        ({"origin": "null"}, False),
    ],
)
@pytest.mark.parametrize("path", ["/login", "/api/v1/sessions"])
async def test_another_site_cannot_sign_anyone_in(client, known, headers, ours, path):
    form = {"tenant": GUANYUN, "login": "no-such", "password": "x"}
    more = {"json": form} if path.startswith("/api") else {"data": form}
    answer = await client.post(path, headers=headers, **more)
    assert answer.status_code == (401 if ours else 403)


async def test_a_bearer_token_needs_no_key_and_no_cookie_makes_a_bad_one_good(client, known):
    token = (await sign_in(client, known)).cookies["lianshen"]
    for bad in ("Bearer x", f"Basic {token}", "Bearer"):
        assert (await client.get("/api/v1/me", headers={"authorization": bad})).status_code == 401
    answer = await client.delete("/api/v1/sessions/current", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 204
    assert await whoever(client) == 401


@pytest.mark.demand("D101")
async def test_an_idle_session_ends_and_a_used_one_does_not(client, known, at):
    await sign_in(client, known)
    at(minutes=14)
    assert await whoever(client) == 200
    at(minutes=28)
    assert await whoever(client) == 200
    at(minutes=44)
    assert await whoever(client) == 401


@pytest.mark.demand("D101")
async def test_no_session_outlives_its_lifetime(client, known, at, configured):
    await sign_in(client, known)
    for minutes in range(14, configured.session_lifetime // 60, 14):
        at(minutes=minutes)
        assert await whoever(client) == 200
    at(seconds=configured.session_lifetime + 1)
    assert await whoever(client) == 401


async def test_a_program_signs_in(client, known):
    form = {"tenant": GUANYUN, "login": known.login, "password": known.password}
    answer = await client.post("/api/v1/sessions", json=form)
    assert answer.status_code == 201
    assert "set-cookie" not in answer.headers
    session = answer.json()
    me = await client.get("/api/v1/me", headers={"authorization": f"Bearer {session['token']}"})
    assert me.json() == session["me"]
    assert me.json()["office_name"] == "县委网信办"
    assert "form_key" not in me.json()
    refused = await client.post("/api/v1/sessions", json=form | {"password": "wrong"})
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:lianshen:problem:sign_in_failed")


async def test_a_page_asks_to_sign_in_and_leads_back(configured, monkeypatch):
    @get("/wanted", opt=SIGNED_IN, sync_to_thread=False)
    def wanted() -> None: ...

    monkeypatch.setattr(pages, "HANDLERS", (*pages.HANDLERS, wanted))
    async with browser(create_app(configured)) as client:
        answer = await client.get("/wanted?a=b&c=d")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/wanted%3Fa%3Db%26c%3Dd")
        answer = await client.post("/logout")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        headers = {"hx-request": "true", "hx-current-url": "http://lianshen.test/a?b=c"}
        answer = await client.post("/logout", headers=headers)
        assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/login?next=/a%3Fb%3Dc")


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/projects/1?tab=a", "/projects/1?tab=a"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("https://evil.test", "/"),
        ("/a\nb", "/"),
        ("/\t/evil.test", "/"),
        ("", "/"),
    ],
)
def test_a_sign_in_leads_nowhere_else(wanted, led):
    assert local_path(wanted) == led


@pytest.mark.demand("D27")
async def test_the_process_refuses_to_start_with_an_unmarked_route(configured, monkeypatch):
    @get("/bare", sync_to_thread=False)
    def bare() -> None: ...

    @get("/unknown", opt={"permission": "projects.nothing"}, sync_to_thread=False)
    def unknown() -> None: ...

    @get("/marked", opt=PUBLIC, sync_to_thread=False)
    def marked() -> None: ...

    monkeypatch.setattr(pages, "HANDLERS", (*pages.HANDLERS, bare, unknown, marked))
    with pytest.raises(UnguardedRoutes) as refusal:
        create_app(configured)
    assert "/bare" in str(refusal.value)
    assert "/unknown" in str(refusal.value)
    assert "/marked" not in str(refusal.value)


async def test_options_of_a_route_do_nothing(client):
    answer = await client.options("/api/v1/me")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, OPTIONS")
