"""Two factors for whoever decides (D104): set up at the first sign-in, asked on every path, each answer good once."""

import asyncio
import re
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from lianshen.identity import commands as identity
from tests.web.conftest import browser
from tests.web.people import GUANYUN, Newcomer, codes_on, enter, key_of, newcomer, say, set_up


@pytest.fixture
async def officer(work, strict, at) -> tuple[Newcomer, httpx.AsyncClient, list[str]]:
    """A reviewer who has set up a factor and is signed in, and their recovery codes."""
    who = await newcomer(work)
    client = browser(strict)
    first = await enter(client, who, next="/projects")
    assert (first.status_code, first.headers["location"]) == (303, "/login/enroll?next=/projects")
    shown = await set_up(client, who, "/login/enroll", "/login/enroll", at.now)
    codes = codes_on(shown.text)
    assert len(codes) == 10
    yield who, client, codes
    await client.aclose()


async def me(client: httpx.AsyncClient) -> int:
    return (await client.get("/api/v1/me")).status_code


@pytest.mark.demand("D104", "D102")
async def test_a_reviewer_sets_a_factor_up_before_anything_else(strict, work, at, heard):
    who = await newcomer(work)
    async with browser(strict) as client:
        await enter(client, who)
        half = client.cookies["lianshen"]
        for path in ("/inbox", "/projects", "/account", "/account/password"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/login/enroll"), path
        answer = await client.get("/api/v1/projects")
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:lianshen:problem:sign_in_unfinished")
        assert answer.json()["errors"][0]["code"] == "enroll"
        assert "登录</a>" in (await client.get("/")).text, "to public pages nobody is signed in yet"
        page = await client.get("/login/enroll")
        assert 'src="data:image/svg+xml' in page.text
        wrong = await say(client, "/login/enroll", code="000000")
        assert wrong.status_code == 422
        assert "验证码不正确" in wrong.text
        await set_up(client, who, "/login/enroll", "/login/enroll", at.now)
        assert ("320723", "identity.set_factor") in await heard()
        assert await me(client) == 200
        assert client.cookies["lianshen"] != half
        async with browser(strict, cookies={"lianshen": half}) as thief:
            assert await me(thief) == 401


async def test_who_only_declares_needs_none(strict, work):
    who = await newcomer(work, ("县教育局", "applicant"))
    async with browser(strict) as client:
        assert (await enter(client, who)).headers["location"] == "/"
        assert await me(client) == 200


@pytest.mark.demand("D104")
async def test_the_next_sign_in_asks_for_it_and_an_answer_counts_once(strict, officer, at):
    who, _, _ = officer
    async with browser(strict) as client:
        moment = at(minutes=2)
        assert (await enter(client, who)).headers["location"] == "/login/factor"
        assert await me(client) == 401
        assert (await say(client, "/login/factor", code=who.code(moment))).status_code == 303
        assert await me(client) == 200
    async with browser(strict) as other:
        await enter(other, who)
        again = await say(other, "/login/factor", code=who.code(moment))
        assert again.status_code == 401
        assert "验证码不正确" in again.text
        assert await me(other) == 401
        assert (await say(other, "/login/factor", code=who.code(at(minutes=3)))).status_code == 303


@pytest.mark.demand("D104")
async def test_twenty_copies_of_one_code_sign_in_once(strict, officer, at):
    who, _, _ = officer
    code = who.code(at(minutes=4))
    form = {"tenant": GUANYUN, "login": who.login, "password": who.password, "code": code}
    async with browser(strict) as client:
        answers = await asyncio.gather(*(client.post("/api/v1/sessions", json=form) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]


@pytest.mark.demand("D104")
async def test_a_program_needs_the_code_too(strict, officer, at):
    who, _, _ = officer
    form = {"tenant": GUANYUN, "login": who.login, "password": who.password}
    async with browser(strict) as client:
        bare = await client.post("/api/v1/sessions", json=form)
        assert (bare.status_code, bare.json()["errors"][0]["code"]) == (401, "factor")
        wrong = await client.post("/api/v1/sessions", json=form | {"code": "000000"})
        assert (wrong.status_code, wrong.json()["type"]) == (401, "urn:lianshen:problem:sign_in_failed")
        right = await client.post("/api/v1/sessions", json=form | {"code": who.code(at(minutes=5))})
        assert right.status_code == 201


@pytest.mark.demand("D104")
async def test_a_recovery_code_works_once_and_is_kept_as_a_digest(strict, officer, at, superuser):
    who, _, codes = officer
    at(minutes=6)
    for expected in (303, 401):
        async with browser(strict) as client:
            await enter(client, who)
            assert (await say(client, "/login/factor", code=f" {codes[0].lower()} ")).status_code == expected
    kept = await superuser.execute(text("SELECT digest FROM recovery_code WHERE person = :who"), {"who": who.id})
    assert codes[1].encode() not in b"".join(kept.scalars())
    used = text("SELECT note FROM event WHERE person = :who AND action = 'identity.use_recovery_code'")
    assert (await superuser.execute(used, {"who": who.id})).scalar_one() == "还剩 9 个恢复码"


@pytest.mark.demand("D104", "D141")
async def test_the_secret_is_sealed(officer, superuser):
    who, _, _ = officer
    kept = await superuser.execute(text("SELECT secret FROM factor WHERE person = :who"), {"who": who.id})
    assert who.secret.encode() not in kept.scalar_one()


@pytest.mark.demand("D100", "D104")
async def test_wrong_codes_lock_the_account_although_the_password_is_known(strict, officer, at):
    who, _, _ = officer
    at(minutes=8)
    for _ in range(5):
        async with browser(strict) as client:
            await enter(client, who)
            await client.post("/login/factor", data={"_csrf": await key_of(client, "/login/factor"), "code": "000000"})
    async with browser(strict) as client:
        assert (await enter(client, who)).status_code == 401
        at(minutes=24)
        assert (await enter(client, who)).status_code == 303


@pytest.mark.demand("D104", "D110")
async def test_a_reset_leads_back_through_both_factors(strict, officer, work, at):
    """An administrator takes the factor away and hands a secret out; neither opens anything by itself."""
    who, client, _ = officer
    work.now = at(minutes=10)
    async with work() as uow:
        await uow.enter(GUANYUN)
        await identity.drop_factors(uow, who.id)
        who.password = await identity.issue_secret(uow, who.id)
        await uow.commit()
    assert await me(client) == 401
    async with browser(strict) as fresh:
        assert (await enter(fresh, who)).headers["location"] == "/login/password"
        assert (await fresh.get("/login/enroll")).headers["location"] == "/login/password"
        done = await say(fresh, "/login/password", new="Tq4_zWbn8sLk", repeated="Tq4_zWbn8sLk")
        assert done.headers["location"] == "/login/enroll"
        assert await me(fresh) == 401
        await set_up(fresh, who, "/login/enroll", "/login/enroll", at.now)
        assert await me(fresh) == 200


@pytest.mark.demand("D104", "D110", "D117")
@pytest.mark.parametrize("by", ["page", "api"])
async def test_whoever_lost_phone_and_codes_is_let_in_by_the_security_administrator(
    strict, officer, staff, superuser, at, by
):
    who, client, codes = officer
    at(minutes=14)
    guard = await staff.sign_in("aqgl")
    there = f"/staff/people/{who.id}"
    if by == "page":
        async with browser(strict, cookies={"lianshen": guard.token}) as page:
            assert "同时重置第二验证方式" in (await page.get(there)).text
            form = {"_csrf": guard.actor.form_key, "factors": "1"}
            shown = (await page.post(f"{there}/reset", data=form)).text
            who.password = re.search(r'<code class="staff-secret">([^<]+)</code>', shown)[1]
    else:
        async with browser(strict, headers={"authorization": f"Bearer {guard.token}"}) as program:
            done = await program.put(f"/api/v1/people/{who.id}/password", json={"factors": True})
            who.password = done.json()["secret"]
    assert await me(client) == 401
    async with browser(strict) as fresh:
        assert (await enter(fresh, who)).headers["location"] == "/login/password"
        for old in (codes[0], who.code(at.now)):
            assert (await fresh.post("/login/factor", data={"code": old})).status_code in (403, 404)
        done = await say(fresh, "/login/password", new="Tq4_zWbn8sLk", repeated="Tq4_zWbn8sLk")
        assert done.headers["location"] == "/login/enroll"
        await set_up(fresh, who, "/login/enroll", "/login/enroll", at.now)
        assert await me(fresh) == 200
    label = text("SELECT person, label FROM event WHERE facts->'person'->>1 = :who AND action = 'staff.reset_factors'")
    found = (await superuser.execute(label, {"who": str(who.id)})).one()
    assert (found.person, found.label) == (guard.actor.person, "重置密码和第二验证方式：新人")


async def test_new_recovery_codes_replace_the_old_ones_and_are_in_the_ledger(strict, officer, at, heard):
    who, client, codes = officer
    shown = await say(client, "/account", "/account/codes")
    assert shown.status_code == 200, shown.text
    new = codes_on(shown.text)
    assert new
    assert not set(new) & set(codes)
    assert ("320723", "identity.new_codes") in await heard()
    async with browser(strict) as other:
        at(minutes=5)
        await enter(other, who)
        assert (await say(other, "/login/factor", code=codes[0])).status_code == 401
        assert (await say(other, "/login/factor", code=new[0])).status_code == 303


async def test_a_new_phone_replaces_the_old_one(strict, officer, at):
    who, client, codes = officer
    old = who.secret
    assert (await say(client, "/account", "/account/factor")).headers["location"] == "/account/factor"
    shown = await set_up(client, who, "/account/factor", "/account/factor/confirm", at.now)
    assert who.secret != old
    assert not set(codes) & set(codes_on(shown.text))
    async with browser(strict) as other:
        moment = at(minutes=5)
        await enter(other, who)
        former = Newcomer(who.id, who.login, [], secret=old)
        assert (await say(other, "/login/factor", code=former.code(moment))).status_code == 401
        assert (await say(other, "/login/factor", code=codes[2])).status_code == 401
        assert (await say(other, "/login/factor", code=who.code(moment))).status_code == 303


async def test_what_is_not_asked_cannot_be_answered(strict, officer, work, at):
    who, client, _ = officer
    for path in ("/login/factor", "/login/password", "/login/enroll", "/login/post"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login"), path
    at(minutes=12)
    async with browser(strict) as other:
        await enter(other, who)
        key = await key_of(other, "/login/factor")
        for path in ("/login/password", "/login/enroll", "/login/post"):
            form = {"_csrf": key, "post": str(uuid4()), "new": "x", "repeated": "x", "code": "1"}
            assert (await other.post(path, data=form)).status_code == 404, path
        assert (await other.post("/login/cancel", data={"_csrf": key})).headers["location"] == "/login"
        assert (await other.get("/login/factor")).headers["location"].startswith("/login")
