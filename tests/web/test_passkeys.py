"""Passkeys: both factors in one answer, which holds once, here, of this account, and of no copy (D104)."""

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from sqlalchemy import text
from webauthn.helpers import bytes_to_base64url

from lianshen import wiring
from lianshen.kernel.settings import Settings
from lianshen.notifications.jobs import tell_oneself
from lianshen.staff import commands as staff_commands
from lianshen.web.app import create_app
from tests.conftest import Desk
from tests.support.authenticator import Authenticator
from tests.web.conftest import browser, serving
from tests.web.people import GUANYUN, Newcomer, codes_on, enter, key_of, newcomer, say, set_up

ORIGIN, PLACE = "https://lianshen.test", "lianshen.test"
JINGZHOU = "421000"
NEW = "/account/passkeys/new"

pytestmark = pytest.mark.demand("D104")


@pytest.fixture(scope="module")
async def site(configured: Settings) -> AsyncIterator[Any]:
    """The application where two factors are asked and passkeys count."""
    changed = {"require_second_factor": True, "password_profile": "dengbao", "public_url": f"{ORIGIN}/"}
    made = create_app(msgspec.structs.replace(configured, **changed))
    async with serving(made):
        yield made


@pytest.fixture
def key() -> Authenticator:
    return Authenticator(ORIGIN, PLACE)


async def asked(client: httpx.AsyncClient, address: str, page: str = "", **fields: str) -> str:
    """What the browser is told to sign."""
    form = fields | ({"_csrf": await key_of(client, page)} if page else {})
    answer = await client.post(address, data=form)
    assert answer.status_code == 200, (answer.status_code, answer.text[:200])
    return answer.text


async def add(client: httpx.AsyncClient, key: Authenticator, name: str = "办公电脑", **lies: Any) -> httpx.Response:
    answer = key.make(await asked(client, "/account/passkeys/challenge", NEW), **lies)
    return await say(client, NEW, "/account/passkeys", name=name, passkey=answer)


async def sign_in(client: httpx.AsyncClient, key: Authenticator, tenant: str = GUANYUN, **lies: Any) -> httpx.Response:
    answer = key.show(await asked(client, "/login/passkey/challenge", tenant=tenant), **lies)
    return await client.post("/login/passkey", data={"tenant": tenant, "passkey": answer, "next": "/projects"})


async def me(client: httpx.AsyncClient) -> int:
    return (await client.get("/api/v1/me")).status_code


@pytest.fixture
async def holder(work, site, key) -> AsyncIterator[tuple[Newcomer, httpx.AsyncClient]]:
    """Somebody who only declares, signed in, with a passkey on ``key``."""
    who = await newcomer(work, ("县教育局", "applicant"))
    async with browser(site) as client:
        await enter(client, who)
        made = await add(client, key)
        assert (made.status_code, len(codes_on(made.text))) == (200, 10), "the first factor brings recovery codes"
        yield who, client


async def test_a_passkey_is_entered_named_used_and_revoked(site, holder, key, superuser, worker_database):
    who, client = holder
    page = (await client.get("/account?done=passkey")).text
    assert "办公电脑" in page
    assert "还没有用过" in page
    async with browser(site) as other:
        answer = await sign_in(other, key)
        assert (answer.status_code, answer.headers["location"]) == (303, "/projects")
        assert await me(other) == 200
        page = (await client.get("/account")).text
        assert "最近使用" in page.partition("办公电脑")[2][:200]
        mine = page.partition("/account/passkeys/")[2].partition("/end")[0]
        assert (await say(client, "/account", f"/account/passkeys/{mine}/end")).status_code == 303
        assert await me(other) == 401, "whoever has it is out"
        assert await me(client) == 200
        assert (await sign_in(other, key)).status_code == 401
    again = await add(client, Authenticator(ORIGIN, PLACE), id=next(iter(key.keys)))
    assert again.status_code == 422, "what was revoked is not entered anew"
    found = text("SELECT id, action FROM event WHERE person = :who AND action LIKE '%passkey' ORDER BY seq")
    rows = list(await superuser.execute(found, {"who": who.id}))
    assert [row.action for row in rows] == ["identity.add_passkey", "identity.use_passkey", "identity.end_passkey"]
    assert wiring.jobs_for("identity.add_passkey") == wiring.jobs_for("identity.end_passkey") == ("tell_oneself",)
    async with Desk(worker_database)() as uow:
        await uow.enter(GUANYUN)
        await tell_oneself(uow, rows[0].id)
        await uow.commit()
    told = text("SELECT subject FROM notice WHERE person = :who AND event = :event")
    assert "办公电脑" in (await superuser.execute(told, {"who": who.id, "event": rows[0].id})).scalar_one()


async def test_the_public_key_is_sealed_and_challenges_are_digests(site, holder, superuser):
    kept = (await superuser.execute(text("SELECT secret FROM factor WHERE kind = 'passkey'"))).scalars()
    assert all(b"pQECAyYgASFYI" not in one for one in kept), "base64 of a COSE key's beginning"
    async with browser(site) as client:
        said = json.loads(await asked(client, "/login/passkey/challenge", tenant=GUANYUN))
    assert (said["rpId"], said["userVerification"]) == (PLACE, "required")
    digests = (await superuser.execute(text("SELECT digest FROM passkey_challenge"))).scalars()
    assert all(bytes_to_base64url(one) != said["challenge"] for one in digests)


async def test_it_is_the_second_factor_after_a_password_too(site, holder, key):
    who, _ = holder
    async with browser(site) as client:
        assert (await enter(client, who)).headers["location"] == "/login/factor"
        page = (await client.get("/login/factor")).text
        assert 'data-passkey="/login/challenge"' in page
        assert "六位验证码" not in page, "there is no authenticator to ask for"
        answer = key.show(await asked(client, "/login/challenge", "/login/factor"))
        assert (await say(client, "/login/factor", passkey=answer)).status_code == 303
        assert await me(client) == 200


async def test_whoever_needs_a_factor_may_begin_with_a_passkey(site, work, key):
    who = await newcomer(work)
    async with browser(site) as client:
        assert (await enter(client, who)).headers["location"] == "/login/enroll"
        options = await asked(client, "/login/challenge", "/login/enroll")
        bad = await say(client, "/login/enroll", name="钥匙", passkey=key.make(options, origin="https://evil.example"))
        assert bad.status_code == 422
        assert "没有通过核验" in bad.text
        options = await asked(client, "/login/challenge", "/login/enroll")
        assert len(codes_on((await say(client, "/login/enroll", name="钥匙", passkey=key.make(options))).text)) == 10
        assert await me(client) == 200
    async with browser(site) as client:
        assert (await sign_in(client, key)).headers["location"] == "/projects"


@pytest.mark.demand("D111")
async def test_it_shows_once_more_who_one_is(site, holder, key, at):
    _, client = holder
    for minutes in (8, 16):
        at(minutes=minutes)
        await client.get("/projects")
    sent = await client.get(NEW)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/again?next={NEW}")
    page = (await client.get(sent.headers["location"])).text
    assert 'data-passkey="/again/challenge"' in page
    assert 'name="_again_password"' not in page
    forms = {"_csrf": await key_of(client, "/account")}
    late = await client.post("/account/passkeys/challenge", data=forms)
    assert late.status_code == 401
    assert 'data-passkey="/again/challenge"' in late.text, "also where the act itself asks"
    options = await asked(client, "/again/challenge", "/account")
    wrong = await client.post("/again", data=forms | {"_again_passkey": key.show(options, flags=1), "next": NEW})
    assert wrong.status_code == 401
    assert (await client.get(NEW)).status_code == 303
    answer = key.show(await asked(client, "/again/challenge", "/account"))
    assert (await client.post("/again", data=forms | {"_again_passkey": answer, "next": NEW})).status_code == 303
    assert (await client.get(NEW)).status_code == 200


async def test_an_authenticator_and_passkeys_stand_side_by_side(site, work, key, at):
    who = await newcomer(work)
    async with browser(site) as client:
        await enter(client, who)
        await set_up(client, who, "/login/enroll", "/login/enroll", at.now)
        assert (await add(client, key, "一")).headers["location"] == "/account?done=passkey"
        other = Authenticator(ORIGIN, PLACE)
        known = json.loads(await asked(client, "/account/passkeys/challenge", NEW))["excludeCredentials"]
        assert [one["id"] for one in known] == [bytes_to_base64url(one) for one in key.keys]
        assert (await add(client, other, "二")).status_code == 303
        await say(client, "/account", "/account/factor")
        at(minutes=2)
        await set_up(client, who, "/account/factor", "/account/factor/confirm", at.now)
        page = (await client.get("/account")).text
        assert len(re.findall("/account/passkeys/[0-9a-f-]+/end", page)) == 2, "a new authenticator ends no passkey"
    for one in (key, other):
        async with browser(site) as client:
            assert (await sign_in(client, one)).status_code == 303


FORGED: dict[str, dict[str, Any]] = {
    "another origin": {"origin": "https://evil.example"},
    "our name over http": {"origin": "http://lianshen.test"},
    "a name under ours": {"origin": "https://sub.lianshen.test"},
    "another place": {"place": "evil.example"},
    "nobody there": {"flags": 0x04},
    "not verified": {"flags": 0x01},
    "a challenge of one's own": {"challenge": bytes_to_base64url(b"x" * 32)},
    "no challenge": {"challenge": ""},
    "what makes passkeys": {"type": "webauthn.create"},
    "within another's page": {"framed": True},
    "another's account": {"handle": b"x" * 32},
    "nobody's account": {"handle": None},
    "another's key": {"signer": generate_private_key(SECP256R1())},
    "no signature": {"signature": b""},
    "another signature": {"signature": bytes.fromhex("3006020101020101")},
    "an unknown passkey": {"id": b"y" * 32},
    "backed up, though it cannot be": {"flags": 0x15},
}


async def test_what_is_forged_opens_nothing(site, holder, key):
    """After each the truth still does, so it is the lie that was refused."""
    async with browser(site) as client:
        for lie, lies in FORGED.items():
            answer = await sign_in(client, key, **lies)
            assert (answer.status_code, await me(client)) == (401, 401), lie
            assert "登录未成功" in answer.text, lie
            async with browser(site) as honest:
                assert (await sign_in(honest, key)).status_code == 303, lie


async def test_whatever_is_sent_is_answered_and_opens_nothing(site, holder, key):
    """Answers with parts torn out, swapped and filled with noise: no error of ours, and nobody signed in."""
    dice = random.Random(20261125)
    noise = ["", "x", "é", "{", "AAAA", "=" * 9, bytes_to_base64url(dice.randbytes(200)), "a" * 20_000]
    async with browser(site) as client:
        options = await asked(client, "/login/passkey/challenge", tenant=GUANYUN)
        right = json.loads(key.show(options))
        sent = ["null", "[]", "7", '"x"', "{}", "{" * 2000, *noise]
        for name in ("id", "rawId", "type", *right["response"]):
            for value in (None, 7, [], {}, *noise):
                torn = json.loads(json.dumps(right))
                (torn if name in torn else torn["response"])[name] = value
                sent.append(json.dumps(torn))
        assert len(sent) > 80
        for number, one in enumerate(dice.sample(sent, 60)):
            answer = await client.post("/login/passkey", data={"tenant": GUANYUN, "passkey": one})
            assert answer.status_code == 401, one[:200]
            if number % 4 == 3:  # so that the account is never locked, and nothing looked at any more
                async with browser(site) as honest:
                    assert (await sign_in(honest, key)).status_code == 303
        assert await me(client) == 401


async def test_an_answer_counts_once_soon_and_for_what_it_was_asked(site, holder, key, at):
    _, other = holder
    async with browser(site) as client:
        answer = key.show(await asked(client, "/login/passkey/challenge", tenant=GUANYUN))
        form = {"tenant": GUANYUN, "passkey": answer}
        answers = await asyncio.gather(*(client.post("/login/passkey", data=form) for _ in range(8)))
        assert sorted(one.status_code for one in answers) == [303] + [401] * 7
    async with browser(site) as client:
        await sign_in(client, key)  # the failures are forgotten
        for address, page in (("/again/challenge", "/account"), ("/account/passkeys/challenge", NEW)):
            options = json.loads(await asked(other, address, page))
            form = {"tenant": GUANYUN, "passkey": key.show(json.dumps(options | {"allowCredentials": []}))}
            assert (await client.post("/login/passkey", data=form)).status_code == 401, address
        late = key.show(await asked(client, "/login/passkey/challenge", tenant=GUANYUN))
        at(minutes=6)
        assert (await client.post("/login/passkey", data={"tenant": GUANYUN, "passkey": late})).status_code == 401


async def test_anothers_challenge_and_anothers_passkey_prove_nothing(site, holder, key, work):
    who, client = holder
    stranger, theirs = await newcomer(work, ("县教育局", "applicant")), Authenticator(ORIGIN, PLACE)
    async with browser(site) as other:
        await enter(other, stranger)
        await add(other, theirs)
        options = json.loads(await asked(other, "/again/challenge", "/account"))
        forms = {"_csrf": await key_of(client, "/account"), "next": "/projects"}
        for answer in (
            key.show(json.dumps(options | {"allowCredentials": []})),
            theirs.show(await asked(client, "/again/challenge", "/account"), id=next(iter(theirs.keys))),
        ):
            assert (await client.post("/again", data=forms | {"_again_passkey": answer})).status_code == 401
    taken = await add(client, Authenticator(ORIGIN, PLACE), id=next(iter(theirs.keys)))
    assert taken.status_code == 422, "one passkey is one account's"
    assert who.id != stranger.id


@pytest.mark.demand("D10")
async def test_another_tenants_passkey_is_nobodys(site, holder, key):
    async with browser(site) as client:
        assert (await sign_in(client, key, JINGZHOU)).status_code == 401
        crossed = key.show(await asked(client, "/login/passkey/challenge", tenant=JINGZHOU))
        answer = await client.post("/login/passkey", data={"tenant": GUANYUN, "passkey": crossed})
        assert answer.status_code == 401
        assert await me(client) == 401


async def test_a_copy_is_refused_and_its_owner_told(site, holder, key, superuser):
    who, _ = holder
    key.count = 40
    async with browser(site) as client:
        assert (await sign_in(client, key)).status_code == 303
    async with browser(site) as copy:
        for count in (41, 7, 0):
            assert (await sign_in(copy, key, count=count)).status_code == 401, count
        assert await me(copy) == 401
    found = text("SELECT label, result FROM event WHERE person = :who AND action = 'identity.passkey_copied'")
    rows = list(await superuser.execute(found, {"who": who.id}))
    assert [tuple(row) for row in rows] == [("拒绝通行密钥“办公电脑”", "refused")] * 3
    assert wiring.jobs_for("identity.passkey_copied") == ("tell_oneself",)


async def test_one_that_does_not_count_is_good_each_time(site, work, key):
    who = await newcomer(work, ("县教育局", "applicant"))
    async with browser(site) as client:
        await enter(client, who)
        await add(client, key)
        for _ in range(2):
            assert (await sign_in(client, key, count=0)).status_code == 303


@pytest.mark.demand("D100")
async def test_wrong_answers_lock_the_account_and_a_locked_one_stays_out(site, holder, key, superuser):
    who, _ = holder
    async with browser(site) as client:
        for _ in range(5):
            assert (await sign_in(client, key, flags=1)).status_code == 401
        assert (await sign_in(client, key)).status_code == 401, "locked"
        assert (await enter(client, who)).status_code == 401, "for the password as well"
        change = "UPDATE person SET locked_until = NULL, failures = 0, state = :state WHERE id = :who"
        for state, expected in (("disabled", 401), ("enabled", 303)):
            await superuser.execute(text(change), {"state": state, "who": who.id})
            await superuser.commit()
            assert (await sign_in(client, key)).status_code == expected, state


@pytest.mark.demand("D110")
async def test_the_security_administrators_reset_takes_passkeys_too(site, holder, key, work, staff):
    who, client = holder
    guard = await staff.actor(staff.find("县数据局", "security_admin"))
    async with work() as uow:
        await uow.enter(GUANYUN)
        await staff_commands.reset(uow, guard, who.id, factors=True)
        await uow.commit()
    assert await me(client) == 401
    async with browser(site) as other:
        assert (await sign_in(other, key)).status_code == 401


async def test_what_is_forged_is_not_entered(site, holder, key):
    _, client = holder
    for lie in (
        {"origin": "https://evil.example"}, {"place": "evil.example"}, {"flags": 1}, {"flags": 4}, {"framed": True},
        {"type": "webauthn.get"}, {"challenge": bytes_to_base64url(b"x" * 32)}, {"alg": -65535}, {"fmt": "packed"},
        {"fmt": "unknown"},
    ):  # fmt: skip
        refused = await add(client, Authenticator(ORIGIN, PLACE), "假", **lie)
        assert refused.status_code == 422, lie
        assert "没有通过核验" in refused.text
    one = Authenticator(ORIGIN, PLACE).make(await asked(client, "/account/passkeys/challenge", NEW))
    for expected in (303, 422):
        assert (await say(client, NEW, "/account/passkeys", name="真", passkey=one)).status_code == expected
    for name in ("", "   ", "名" * 41):
        assert "名称" in (await add(client, Authenticator(ORIGIN, PLACE), name)).text
    async with browser(site) as other:
        assert (await sign_in(other, key)).status_code == 303


async def test_without_an_address_there_are_none(strict, configured, work):
    who = await newcomer(work, ("县教育局", "applicant"))
    async with browser(strict) as client:
        assert "data-passkey" not in (await client.get("/login")).text
        assert (await client.post("/login/passkey/challenge", data={"tenant": GUANYUN})).status_code == 404
        assert (await client.post("/login/passkey", data={"tenant": GUANYUN, "passkey": "{}"})).status_code == 401
        await enter(client, who)
        assert (await client.get(NEW)).status_code == 404
        assert "通行密钥" not in (await client.get("/account")).text
    for url, origin in {
        "https://sp.example.gov.cn": "https://sp.example.gov.cn",
        "https://SP.example.gov.cn:443/path": "https://sp.example.gov.cn",
        "https://sp.example.gov.cn:8443": "https://sp.example.gov.cn:8443",
        "http://localhost:8080": "http://localhost:8080",
        "http://sp.example.gov.cn": "",
        "https://10.1.2.3": "",
        "https://[fd00::1]": "",
        "": "",
    }.items():
        assert msgspec.structs.replace(configured, public_url=url).passkey_origin == origin


@pytest.mark.demand("D177")
async def test_attempts_are_limited(configured):
    made = create_app(msgspec.structs.replace(configured, public_url=ORIGIN, limit_sign_in="source 3/minute"))
    async with serving(made), browser(made) as client:
        form = {"tenant": GUANYUN, "passkey": "{}"}
        answers = [(await client.post("/login/passkey/challenge", data=form)).status_code for _ in range(2)]
        answers += [(await client.post("/login/passkey", data=form)).status_code for _ in range(2)]
    assert answers == [200, 200, 401, 429]
