"""One's sessions: how long they live, who ends them, how many there are (D101, D105, D106, D114)."""

import asyncio
from uuid import uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import text, update

from lianshen import wiring
from lianshen.identity import commands as identity
from lianshen.notifications.jobs import tell_oneself
from lianshen.tables import metadata
from lianshen.web.app import create_app
from tests.web.conftest import browser, serving
from tests.web.people import GUANYUN, Newcomer, enter, key_of, newcomer, say

posts = metadata.tables["post"]


async def me(client: httpx.AsyncClient) -> int:
    return (await client.get("/api/v1/me")).status_code


@pytest.fixture
async def who(work, at) -> Newcomer:
    return await newcomer(work, ("县教育局", "applicant"))


@pytest.fixture(scope="module")
async def second(configured):
    """Another process of the same service: an application of its own, with its own connections."""
    made = create_app(configured)
    async with serving(made):
        yield made


@pytest.mark.demand("D105")
async def test_a_new_password_ends_every_other_session_in_every_process(app, second, who, at, heard):
    async with browser(app) as one, browser(second) as two:
        await enter(one, who)
        await enter(two, who)
        assert (await me(one), await me(two)) == (200, 200)
        at(seconds=1)
        before = one.cookies["lianshen"]
        fields = {"current": who.password, "new": "Tq4_zWbn8sLkVx", "repeated": "Tq4_zWbn8sLkVx"}
        done = await say(one, "/account/password", **fields)
        assert (done.status_code, done.headers["location"]) == (303, "/account?done=password")
        assert (GUANYUN, "identity.set_password") in await heard()
        assert (await me(one), await me(two)) == (200, 401)
        assert one.cookies["lianshen"] != before
        async with browser(second, cookies={"lianshen": before}) as thief:
            assert await me(thief) == 401
        assert "修改了密码" in (await two.get("/login")).text
        who.password = "Tq4_zWbn8sLkVx"
        assert (await enter(two, who)).headers["location"] == "/"


@pytest.mark.demand("D105")
@pytest.mark.parametrize("how", ["disabled", "post ended", "reset"])
async def test_whoever_is_disabled_or_loses_the_post_is_out_at_once(app, second, who, work, superuser, how, at):
    async with browser(app) as one, browser(second) as two:
        await enter(one, who)
        await enter(two, who)
        match how:
            case "disabled":
                await superuser.execute(text("UPDATE person SET state = 'disabled' WHERE id = :who"), {"who": who.id})
                await superuser.commit()
            case "post ended":
                work.now = at.now
                async with work() as uow:
                    await uow.enter(GUANYUN)
                    await uow.execute(update(posts).where(posts.c.person == who.id).values(ended_at=at.now))
                    await uow.commit()
            case _:
                work.now = at.now
                async with work() as uow:
                    await uow.enter(GUANYUN)
                    await identity.issue_secret(uow, who.id)
                    await uow.commit()
        assert (await me(one), await me(two)) == (401, 401)


@pytest.mark.demand("D99")
async def test_remarks_stand_beside_the_fields_and_the_last_five_are_refused(strict, work, at, superuser):
    who = await newcomer(work, ("县教育局", "applicant"))
    async with browser(strict) as client:
        await enter(client, who)
        for given, field, remark in (
            ({"current": "wrong", "new": "Tq4_zWbn8sLk", "repeated": "Tq4_zWbn8sLk"}, "current", "当前密码不正确"),
            ({"current": who.password, "new": "short", "repeated": "short"}, "new", "至少 10 个字符"),
            ({"current": who.password, "new": f"{who.login}-Ab7", "repeated": "x"}, "new", "账号"),
            ({"current": who.password, "new": "Tq4_zWbn8sLk", "repeated": "Tq4_zWbn8sLx"}, "repeated", "不一致"),
            ({"current": who.password, "new": who.password, "repeated": who.password}, "new", "最近 5 次"),
        ):
            answer = await say(client, "/account/password", **given)
            assert answer.status_code == 422, given
            beside = answer.text.partition(f'id="{field}-remark">')[2].partition("<")[0]
            assert remark in beside, (field, beside)
            assert given["new"] not in answer.text
        failures = text("SELECT failures FROM person WHERE id = :who")
        assert (await superuser.execute(failures, {"who": who.id})).scalar_one() == 0, "a right password clears it"
        used = [who.password]
        for number in range(6):
            at(seconds=10 + number)
            new = f"Tq4_zWbn8sLk{number}"
            fields = {"current": used[-1], "new": new, "repeated": new}
            assert (await say(client, "/account/password", **fields)).status_code == 303
            used.append(new)
        at(seconds=30)
        for old, expected in ((used[-5], 422), (used[-6], 303)):
            fields = {"current": used[-1], "new": old, "repeated": old}
            assert (await say(client, "/account/password", **fields)).status_code == expected, old


@pytest.mark.demand("D100")
async def test_guesses_at_the_present_password_count(app, who, at):
    async with browser(app) as client:
        await enter(client, who)
        for _ in range(5):
            await say(client, "/account/password", current="guess", new="Tq4_zWbn8sLkVx", repeated="Tq4_zWbn8sLkVx")
        fields = {"current": who.password, "new": "Tq4_zWbn8sLkVx", "repeated": "Tq4_zWbn8sLkVx"}
        assert (await say(client, "/account/password", **fields)).status_code == 422


@pytest.mark.demand("D99")
async def test_after_ninety_days_a_new_password_is_asked_first(strict, work, at):
    who = await newcomer(work, ("县教育局", "applicant"))
    async with browser(strict) as client:
        at(days=89)
        assert (await enter(client, who)).headers["location"] == "/"
        at(days=90, minutes=1)
        assert (await enter(client, who, next="/inbox")).headers["location"] == "/login/password?next=/inbox"
        assert await me(client) == 401
        bad = await say(client, "/login/password", new="1qaz2WSX3edc", repeated="1qaz2WSX3edc")
        assert bad.status_code == 422
        assert "过于常见" in bad.text
        done = await say(client, "/login/password", new="Tq4_zWbn8sLk", repeated="Tq4_zWbn8sLk", next="/inbox")
        assert done.headers["location"] == "/inbox"
        assert await me(client) == 200


@pytest.mark.demand("D110")
async def test_an_initial_secret_opens_once_within_a_day_and_never_more_than_the_next_question(strict, work, at):
    who = await newcomer(work, ("县教育局", "applicant"))

    async def issue() -> None:
        work.now = at.now
        async with work() as uow:
            await uow.enter(GUANYUN)
            who.password = await identity.issue_secret(uow, who.id)
            await uow.commit()

    await issue()
    at(hours=24)
    async with browser(strict) as client:
        assert (await enter(client, who)).status_code == 401
        await issue()
        at(hours=25)
        assert (await enter(client, who)).headers["location"] == "/login/password"
        assert await me(client) == 401
        async with browser(strict) as other:
            assert (await enter(other, who)).status_code == 401, "used once"
        await say(client, "/login/password", new="Tq4_zWbn8sLk", repeated="Tq4_zWbn8sLk")
        assert await me(client) == 200


@pytest.mark.demand("D105")
async def test_the_list_shows_ones_own_sessions_and_ends_any_of_them(app, second, who, at, heard):
    async with browser(app, headers={"user-agent": "甲".encode()}) as one, browser(second) as two:
        await enter(one, who)
        at(seconds=1)
        await enter(two, who)
        listed = (await two.get("/api/v1/sessions")).json()
        assert len(listed) == 2
        page = (await two.get("/account")).text
        assert page.count(">本次登录<") == 1
        mine = (await two.get("/account")).text.count("/end")
        assert mine == 2, "the other one, and all others"
        other = listed[1]["id"]
        assert (await say(two, "/account", f"/account/sessions/{uuid4()}/end")).status_code == 404
        assert (await say(two, "/account", f"/account/sessions/{other}/end")).status_code == 303
        assert (GUANYUN, "identity.end_session") in await heard()
        assert (await me(one), await me(two)) == (401, 200)
        assert "您在别处结束了这次登录" in (await one.get("/login")).text
        await enter(one, who)
        assert (await say(one, "/account", "/account/sessions/end")).status_code == 303
        assert (GUANYUN, "identity.end_session") in await heard()
        assert (await me(one), await me(two)) == (200, 401)


@pytest.mark.demand("D105", "D22")
async def test_nobody_ends_anothers_session(app, who, work, at):
    other = await newcomer(work, ("县教育局", "applicant"))
    async with browser(app) as one, browser(app) as two:
        await enter(one, who)
        await enter(two, other)
        theirs = (await two.get("/api/v1/sessions")).json()[0]["id"]
        token = {"authorization": f"Bearer {one.cookies['lianshen']}"}
        assert (await one.delete(f"/api/v1/sessions/{theirs}", headers=token)).status_code == 404
        assert (await say(one, "/account", f"/account/sessions/{theirs}/end")).status_code == 404
        assert await me(two) == 200


@pytest.mark.demand("D106")
async def test_one_session_too_many_ends_the_oldest_and_says_so_there(app, who, at):
    clients = [browser(app) for _ in range(4)]
    for turn, client in enumerate(clients):
        at(seconds=turn)
        await enter(client, who)
    assert [await me(client) for client in clients] == [401, 200, 200, 200]
    assert "您的账号在别处登录" in (await clients[0].get("/login")).text
    for client in clients:
        await client.aclose()


@pytest.mark.demand("D101", "D106", "D100", "D99")
async def test_administrators_have_shorter_terms(configured, work, at, superuser, tmp_path):
    """Who is one is said by the policies: here, for the test, whoever may declare a project."""
    policies = tmp_path / "policies"
    policies.mkdir()
    for found in configured.policies_dir.iterdir():
        if found.name != "strength.csv":
            (policies / found.name).symlink_to(found)
    (policies / "strength.csv").write_text("projects.declare, admin\n", encoding="utf-8")
    changed = create_app(msgspec.structs.replace(configured, policies_dir=policies))
    who = await newcomer(work, ("县教育局", "applicant"))
    async with serving(changed), browser(changed) as one, browser(changed) as two:
        await enter(one, who)
        at(seconds=1)
        await enter(two, who)
        assert (await me(one), await me(two)) == (401, 200), "one session each"
        at(minutes=9)
        assert await me(two) == 200
        at(minutes=20)
        assert await me(two) == 401, "ten minutes without use"
        await enter(two, who)
        short = await say(two, "/account/password", current=who.password, new="Kp7-vmRq2tWs", repeated="x")
        assert "至少 15 个字符" in short.text
        wrong = msgspec.structs.replace(who, password="wrong")
        for _ in range(5):
            await enter(one, wrong)
        at(minutes=40)
        assert (await enter(one, who)).status_code == 401
        at(minutes=51)
        assert (await enter(one, who)).status_code == 303


@pytest.mark.demand("D114")
async def test_a_sign_in_from_a_new_place_or_after_long_is_told(app, who, at, superuser, worker_database, work):
    async def told() -> list[str]:
        found = await superuser.execute(
            text("SELECT note FROM event WHERE person = :who AND action = 'identity.unusual_sign_in' ORDER BY seq"),
            {"who": who.id},
        )
        return list(found.scalars())

    def from_(address: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(address, 1)), base_url="http://lianshen.test"
        )

    async with from_("192.0.2.1") as home, from_("192.0.2.9") as away:
        await enter(home, who)
        at(minutes=1)
        await enter(home, who)
        assert await told() == [], "the first time, and again from there, are nothing unusual"
        await enter(away, who)
        assert await told() == ["从未用过的地址 192.0.2.9 登录"]
        at(days=40)
        await enter(home, who)
        assert (await told())[1:] == ["距上次使用已有 39 天"]
    assert wiring.jobs_for("identity.unusual_sign_in") == ("tell_oneself",)
    waiting = text("SELECT event FROM outbox WHERE job = 'tell_oneself' AND event IN "
                   "(SELECT id FROM event WHERE person = :who AND action = 'identity.unusual_sign_in')")  # fmt: skip
    events = list((await superuser.execute(waiting, {"who": who.id})).scalars())
    assert len(events) == 2
    work.database = worker_database
    async with work() as uow:
        await uow.enter(GUANYUN)
        for event in events * 2:
            await tell_oneself(uow, event)
        await uow.commit()
    async with browser(app) as client:
        await enter(client, who)
        page = (await client.get("/notices")).text
    assert page.count("新的登录（本人账号）") == 2
    assert "从未用过的地址 192.0.2.9 登录" in page
    assert 'href="/account"' in page


@pytest.mark.demand("D100")
async def test_a_hundred_guesses_at_once_are_five(app, who, at, superuser):
    async with browser(app, timeout=120) as client:
        wrong = msgspec.structs.replace(who, password="wrong")
        answers = await asyncio.gather(*(enter(client, wrong) for _ in range(100)))
        assert {answer.status_code for answer in answers} <= {401, 503}
        looked_at = text("SELECT count(*) FROM event WHERE person = :who AND action = 'identity.sign_in_failed'")
        assert (await superuser.execute(looked_at, {"who": who.id})).scalar_one() == 5
        assert (await enter(client, who)).status_code == 401
    async with browser(app) as client:
        at(minutes=16)
        assert (await enter(client, who)).status_code == 303


@pytest.mark.demand("D109")
async def test_known_and_unknown_accounts_answer_alike(app, who, at):
    async with browser(app) as client:
        nobody = msgspec.structs.replace(who, login="no-such-login", password="wrong")
        answers = [await enter(client, msgspec.structs.replace(one, password="wrong")) for one in (who, nobody)]
    pages = [
        answer.text.replace(who.login, "?").replace("no-such-login", "?").replace(answer.headers["x-request-id"], "?")
        for answer in answers
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert pages[0] == pages[1]


@pytest.mark.demand("D103")
async def test_every_cookie_of_every_answer_is_closed_to_scripts_and_other_sites(configured, work, at):
    secured = create_app(msgspec.structs.replace(configured, secure_cookies=True))
    who = await newcomer(work, ("县教育局", "applicant"), ("县数据局", "lead_officer"))
    async with serving(secured), httpx.AsyncClient(
        transport=httpx.ASGITransport(secured), base_url="https://lianshen.test"
    ) as client:  # fmt: skip
        answers = [await enter(client, who)]
        answers.append(await say(client, "/login/post", post=str(who.posts[0])))
        answers.append(await say(client, "/account", "/account/post", post=str(who.posts[1])))
        fields = {"current": who.password, "new": "Tq4_zWbn8sLkVx", "repeated": "Tq4_zWbn8sLkVx"}
        answers.append(await say(client, "/account/password", **fields))
        at(minutes=14)
        await client.get("/api/v1/me")
        at(minutes=20)
        answers.append(await say(client, "/again", _again_password="Tq4_zWbn8sLkVx"))
        answers.append(await say(client, "/account", "/logout"))
    cookies = [answer.headers["set-cookie"] for answer in answers]
    assert len(set(cookies)) == 6
    for cookie in cookies:
        assert cookie.startswith("__Host-lianshen=")
        assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


async def test_the_key_of_a_form_is_the_sessions_own(app, who, at):
    async with browser(app) as client:
        await enter(client, who)
        key = await key_of(client, "/account")
        await enter(client, who)
        assert (await client.post("/account/sessions/end", data={"_csrf": key})).status_code == 403
