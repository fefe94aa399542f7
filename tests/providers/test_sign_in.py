"""Signing in through OpenID providers: the whole way with a certified one, and one that lies."""

import asyncio
import base64
import hashlib

import httpx
import msgspec
import pytest
from sqlalchemy import text

from lianshen.providers import commands
from lianshen.web.app import create_app
from tests.oidc.forger import query_of
from tests.providers.conftest import BACK, SECRET, at_the_provider, browser, leave, link, me, visit
from tests.web.conftest import serving
from tests.web.people import GUANYUN, Newcomer, enter, newcomer, say, set_up

# with a certified provider


@pytest.mark.parametrize(("client_id", "secret"), [("lianshen", SECRET), ("public", None)])
async def test_one_signs_in_and_lands_where_one_wanted(
    strict, configure, applicant, certified, superuser, client_id, secret
):
    provider = await configure(certified, applicant, client_id=client_id, secret=secret)
    async with browser(strict) as client:
        answer = await visit(client, provider, applicant.login)
        assert (answer.status_code, answer.headers["location"]) == (303, "/projects")
        assert await me(client) == 200
        assert "lianshen-provider" not in client.cookies
    found = text("SELECT action FROM event WHERE person = :who")
    said = set((await superuser.execute(found, {"who": applicant.id})).scalars())
    assert {"identity.sign_in", "providers.sign_in"} <= said


async def test_a_stranger_there_becomes_nobody_here_and_who_turns_back_is_told_so(
    strict, configure, certified, superuser
):
    provider = await configure(certified)
    before = (await superuser.execute(text("SELECT count(*) FROM person"))).scalar_one()
    async with browser(strict) as client:
        for who, said in (("stranger", "尚未关联"), ("nobody", "没有在统一身份认证中登录")):
            answer = await visit(client, provider, who)
            assert answer.status_code == 401
            assert said in answer.text
            assert await me(client) == 401
    await superuser.commit()
    assert (await superuser.execute(text("SELECT count(*) FROM person"))).scalar_one() == before


async def leave_to_link(client: httpx.AsyncClient, provider: object) -> str:
    sent = await say(client, "/account", "/account/providers", provider=str(provider))
    return sent.headers["refresh"].removeprefix("0;url=")


async def test_one_links_ones_own_account_and_takes_the_link_back(strict, configure, applicant, certified):
    provider = await configure(certified)
    subject = f"own-{applicant.login}"
    async with browser(strict) as client, browser(strict) as fresh, browser(strict) as again:
        await enter(client, applicant)
        answer = await client.get(await at_the_provider(await leave_to_link(client, provider), subject))
        assert (answer.status_code, answer.headers["location"]) == (303, "/account?done=linked")
        page = (await client.get("/account?done=linked")).text
        assert "已关联，以后可以用它登录" in page
        assert subject in page
        assert (await visit(fresh, provider, subject)).status_code == 303
        assert await me(fresh) == 200
        mine = page.partition("/account/providers/")[2].partition("/")[0]
        assert (await say(client, "/account", f"/account/providers/{mine}/end")).status_code == 303
        assert (await visit(again, provider, subject)).status_code == 401


async def test_one_account_there_is_one_person_here_and_linking_ends_with_who_began_it(
    strict, work, staff, configure, applicant, certified
):
    provider = await configure(certified, applicant, "taken")
    other = await newcomer(work, ("县教育局", "applicant"))
    for who, subject in ((other, "taken"), (applicant, "second")):
        with pytest.raises(commands.LinkTaken):
            await link(work, staff, provider, who, subject)
    async with browser(strict) as client:
        await enter(client, applicant)
        begun = await at_the_provider(await leave_to_link(client, provider), "shared")
        await enter(client, other)
        answer = await client.get(begun)
        assert answer.status_code == 401
        assert "登录没有完成" in answer.text
        answer = await client.get(await at_the_provider(await leave_to_link(client, provider), "taken"))
        assert answer.status_code == 409
        assert "不能重复关联" in answer.text


@pytest.mark.demand("D104")
async def test_a_second_factor_is_asked_unless_the_providers_is_trusted(strict, work, configure, certified, at):
    who = await newcomer(work)
    trusting = await configure(certified, who, amr=("otp",))
    careful = await configure(certified, who)
    async with browser(strict) as client:
        answer = await visit(client, careful, who.login)
        assert answer.headers["location"] == "/login/enroll?next=/projects", "who has none yet sets one up"
        assert await me(client) == 401
        await set_up(client, who, "/login/enroll", "/login/enroll", at.now)
    for provider, shown, asked in (
        (careful, "otp", True), (trusting, "otp", False), (trusting, "sms", True), (trusting, "", True),
    ):  # fmt: skip
        async with browser(strict) as client:
            answer = await visit(client, provider, f"{who.login}:{shown}")
            assert answer.headers["location"] == ("/login/factor?next=/projects" if asked else "/projects")
            assert await me(client) == (401 if asked else 200)
    async with browser(strict) as client:
        await visit(client, careful, who.login)
        assert (await say(client, "/login/factor", code=who.code(at(minutes=2)))).status_code == 303
        assert await me(client) == 200


async def test_keys_change_while_we_know_the_old_ones(strict, configure, applicant, certified):
    """The other key is of another kind, too."""
    provider = await configure(certified, applicant)
    async with browser(strict) as client:
        assert (await visit(client, provider, applicant.login)).status_code == 303
    async with browser(strict) as client:
        async with httpx.AsyncClient() as there:
            await there.post(f"{certified}/rotate")
        assert (await visit(client, provider, applicant.login)).status_code == 303
        assert await me(client) == 200


async def test_what_comes_back_counts_once_and_in_the_browser_that_left(strict, configure, applicant, certified):
    provider = await configure(certified, applicant)
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
        answers = await asyncio.gather(*(client.get(back) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [303] + [401] * 7
        again = await client.get(back, headers={"cookie": f"lianshen-provider={kept}"})
        assert again.status_code == 401
        assert "登录没有完成" in again.text


async def test_anothers_code_in_ones_own_visit_fails(strict, configure, applicant, certified):
    """The code is bound to the verifier of who asked for it."""
    provider = await configure(certified, applicant)
    async with browser(strict) as client, browser(strict) as thief:
        stolen = query_of(await at_the_provider(await leave(client, provider), applicant.login))["code"]
        state = query_of(await leave(thief, provider))["state"]
        answer = await thief.get(BACK, params={"code": stolen, "state": state, "iss": certified})
        assert answer.status_code == 401
        assert await me(thief) == 401


async def test_a_visit_takes_ten_minutes_at_most(strict, configure, applicant, certified, at):
    provider = await configure(certified, applicant)
    async with browser(strict) as client:
        back = await at_the_provider(await leave(client, provider), applicant.login)
        at(minutes=11)
        answer = await client.get(back)
        assert answer.status_code == 401
        assert "登录用时过长" in answer.text


async def test_who_is_locked_or_has_left_does_not_come_in_by_the_side_door(
    strict, configure, applicant, certified, superuser
):
    provider = await configure(certified, applicant)
    for change in ("locked_until = now() + interval '1 hour'", "locked_until = NULL, state = 'disabled'"):
        await superuser.execute(text(f"UPDATE person SET {change} WHERE id = :who"), {"who": applicant.id})
        await superuser.commit()
        async with browser(strict) as client:
            answer = await visit(client, provider, applicant.login)
            assert answer.status_code == 401
            assert "登录未成功" in answer.text


async def test_a_provider_is_its_own_tenants_and_ended_it_is_nobodys(strict, work, configure, applicant, certified):
    provider = await configure(certified, applicant)
    async with browser(strict) as client:
        form = {"tenant": "421000", "provider": str(provider)}
        assert (await client.post(BACK, data=form)).status_code == 404
        for tenant, shown in (("421000", False), (GUANYUN, True)):
            page = await client.get("/login/providers", params={"tenant": tenant})
            assert (str(provider) in page.text) == shown
        back = await at_the_provider(await leave(client, provider), applicant.login)
        async with work() as uow:
            await uow.enter(GUANYUN)
            await commands.end_provider(uow, None, provider)
            await uow.commit()
        assert (await client.get(back)).status_code == 401
        assert await me(client) == 401


async def test_attempts_are_limited(configured, configure, certified):
    provider = await configure(certified)
    made = create_app(msgspec.structs.replace(configured, limit_sign_in="source 3/hour"))
    async with serving(made), browser(made) as client:
        form = {"tenant": GUANYUN, "provider": str(provider)}
        answers = [(await client.post(BACK, data=form)).status_code for _ in range(4)]
        assert answers == [200, 200, 200, 429]
        assert (await client.get(BACK, params={"code": "x", "state": "x"})).status_code == 429


# with one that lies: what it may lie about is in test_token and test_asking


async def lied_to(strict, forger, provider: object, **given: str) -> httpx.Response:
    """Come back from the forger, whose token carries the right nonce unless the test says otherwise."""
    async with browser(strict) as client:
        sent = query_of(await leave(client, provider))
        forger.exchanged = {}
        forger.claims = {"nonce": sent["nonce"]} | forger.claims
        answer = await client.get(BACK, params={"code": "any", "state": sent["state"]} | given)
        assert (await me(client) == 200) == (answer.status_code == 303)
        if forger.exchanged:
            challenge = hashlib.sha256(forger.exchanged["code_verifier"].encode()).digest()
            assert base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() == sent["code_challenge"]
            assert sent["code_challenge_method"] == "S256"
    return answer


@pytest.fixture
async def lying(configure, applicant: Newcomer, forger):
    """The forger as a provider, where the applicant is ``mallory``."""
    return await configure(forger.issuer, applicant, "mallory")


async def test_a_lie_opens_nothing_and_the_truth_does(strict, forger, lying):
    answer = await lied_to(strict, forger, lying, iss=forger.issuer)
    assert answer.status_code == 303
    assert forger.exchanged["redirect_uri"] == f"http://lianshen.test{BACK}"
    for lie in ({"nonce": "another"}, {"aud": "other"}):
        forger.claims = lie
        answer = await lied_to(strict, forger, lying)
        assert answer.status_code == 401
        assert "未通过核验" in answer.text


async def test_the_answer_of_another_provider(strict, forger, lying):
    """RFC 9207: mixed up on the way."""
    answer = await lied_to(strict, forger, lying, iss="https://elsewhere.example")
    assert answer.status_code == 401
    assert "/token" not in forger.asked, "the code is not handed over"


async def test_who_says_it_names_itself_has_to(strict, forger, lying):
    forger.discovery = {"authorization_response_iss_parameter_supported": True}
    assert (await lied_to(strict, forger, lying)).status_code == 401
    assert "/token" not in forger.asked
