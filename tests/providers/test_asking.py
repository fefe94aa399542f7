"""Where a provider is asked, and what counts as its answer (D161)."""

import asyncio
import time
from ipaddress import ip_address
from uuid import UUID, uuid4

import pytest
from joserfc.jwk import ECKey

from lianshen.providers import _fetch, _provider, _token
from lianshen.providers.types import Provider, Returned, Visit
from tests.oidc.forger import Forger
from tests.providers.conftest import BACK, SECRET, browser
from tests.web.people import GUANYUN

WHERE = {
    "127.0.0.1": (False, True),
    "10.1.2.3": (False, True),
    "100.64.0.1": (False, False),
    "169.254.169.254": (False, False),
    "0.0.0.0": (False, False),
    "224.0.0.1": (False, False),
    "::1": (False, True),
    "::ffff:169.254.169.254": (False, False),
    "64:ff9b::7f00:1": (False, False),
    "2002:7f00:1::": (False, False),
    "1.1.1.1": (True, True),
}
"""Whether an address may be asked where the provider is said to be outside, and within our own network."""


@pytest.mark.demand("D161")
async def test_where_a_name_may_lead():
    found = {at: tuple(_fetch._may_be_asked(ip_address(at), private=one) for one in (False, True)) for at in WHERE}
    assert found == WHERE
    outside = Provider(id=UUID(int=1), name="x", issuer="https://localhost", client_id="x")
    with pytest.raises(_fetch.NotAllowed, match="is at"):
        await _fetch.ask(outside, "https://localhost/x")


def of(forger: Forger) -> Provider:
    return Provider(id=uuid4(), name="x", issuer=forger.issuer, client_id="lianshen", private=True)


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
async def test_discovery_that_leads_astray(forger):
    for said in ASTRAY.values():
        forger.discovery = said
        with pytest.raises((_fetch.NotAllowed, _token.Refused)):
            await _provider.metadata_of(GUANYUN, of(forger))
    forger.discovery = {}
    assert (await _provider.metadata_of(GUANYUN, of(forger))).issuer == forger.issuer


HOSTILE = {
    "redirect": b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    "too much": b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 300_000,
    "compressed": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}",
    "no JSON": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n<>",
    "an error": b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.demand("D161")
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/jwks"])
async def test_answers_that_are_none(forger, at, path):
    for raw in HOSTILE.values():
        forger.raw[path] = raw
        visit = Visit(provider=of(forger), person=None, wanted="/", secret="s", client_secret=SECRET)
        forger.claims = {"nonce": _provider.secret_for("s", "nonce")}
        with pytest.raises((_fetch.Unreachable, _token.Refused)):
            await _provider.claims_of(GUANYUN, visit, Returned(code="x"), "http://us.example", at.now)
    del forger.raw[path]
    assert (await _provider.claims_of(GUANYUN, visit, Returned(code="x"), "http://us", at.now)).subject == "mallory"


async def test_keys_are_asked_for_once_more_and_not_each_time(forger, at):
    """Made-up names of keys do not set us asking."""
    visit = Visit(provider=of(forger), person=None, wanted="/", secret="s", client_secret=None)
    forger.signer = ECKey.generate_key("P-256", {"kid": "new"})
    forger.header = {"alg": "ES256", "kid": "new"}
    forger.claims = {"nonce": _provider.secret_for("s", "nonce")}
    for _ in range(3):
        with pytest.raises(_token.UnknownKey):
            await _provider.claims_of(GUANYUN, visit, Returned(code="x"), "http://us", at.now)
    assert forger.asked.count("/jwks") == 2
    assert forger.asked.count("/.well-known/openid-configuration") == 1


async def test_a_slow_provider_holds_no_connection_and_is_given_up(strict, configure, forger, monkeypatch):
    monkeypatch.setattr(_fetch, "_SECONDS", 0.3)
    forger.silent = True
    provider = await configure(forger.issuer)
    began = time.monotonic()
    async with browser(strict) as client, browser(strict) as other:
        form = {"tenant": GUANYUN, "provider": str(provider)}
        waiting = [asyncio.create_task(client.post(BACK, data=form)) for _ in range(12)]
        await asyncio.sleep(0.1)
        assert (await other.get("/login")).status_code == 200, "the pool of four is free"
        answers = [await one for one in waiting]
    assert {one.status_code for one in answers} == {503}
    assert "统一身份认证暂时无法使用" in answers[0].text
    assert "lianshen-provider" not in client.cookies
    assert time.monotonic() - began < 4


def test_what_a_visit_derives_tells_nothing_of_the_rest():
    found = {_provider.secret_for("s", purpose) for purpose in ("state", "nonce", "verifier")}
    assert len(found) == 3
    assert all(43 <= len(one) <= 128 for one in found)
