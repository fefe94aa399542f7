"""Several posts, one at a time: chosen when signing in, changed with a new session, named in every record."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.web.conftest import browser
from tests.web.people import enter, key_of, newcomer, say


@pytest.fixture
async def who(work, at):
    return await newcomer(work, ("县教育局", "applicant"), ("县数据局", "lead_officer"))


async def me(client):
    return (await client.get("/api/v1/me")).json()


@pytest.mark.demand("D102")
async def test_one_chooses_a_post_and_acts_in_that_alone(app, who, superuser):
    async with browser(app) as client:
        assert (await enter(client, who, next="/projects")).headers["location"] == "/login/post?next=/projects"
        page = await client.get("/login/post?next=/projects")
        assert "县教育局" in page.text
        assert "县数据局" in page.text
        assert (await say(client, "/login/post", post=str(uuid4()))).status_code == 404
        assert (await say(client, "/login/post", post="x")).status_code == 404
        offices = {one: await office_of(superuser, one) for one in who.posts}
        lead = next(one for one, office in offices.items() if office == "县数据局")
        unit = next(one for one, office in offices.items() if office == "县教育局")
        done = await say(client, "/login/post", post=str(lead), next="/projects")
        assert done.headers["location"] == "/projects"
        found = await me(client)
        assert (found["office_name"], found["roles"]) == ("县数据局", ["lead_officer"])
        assert (await client.get("/projects/new")).status_code == 403, "what another post may do is not lent"
        stale = await key_of(client, "/account")
        before = client.cookies["lianshen"]
        assert (await say(client, "/account", "/account/post", post=str(unit))).headers["location"] == "/inbox"
        assert client.cookies["lianshen"] != before
        assert (await me(client))["office_name"] == "县教育局"
        assert (await client.get("/projects/new")).status_code == 200
        refused = await client.post("/account/sessions/end", data={"_csrf": stale})
        assert refused.status_code == 403, "a form that stood open for the former post"
        async with browser(app, cookies={"lianshen": before}) as thief:
            assert (await thief.get("/api/v1/me")).status_code == 401
    noted = await superuser.execute(
        text("SELECT post, note FROM event WHERE person = :who AND action = 'identity.act_in'"), {"who": who.id}
    )
    assert [tuple(row) for row in noted] == [(unit, "原岗位：县数据局")]


async def office_of(superuser, post) -> str:
    asked = text(
        "SELECT o.name FROM post p JOIN office o ON o.tenant = p.tenant AND o.id = p.office WHERE p.id = :post"
    )
    return str((await superuser.execute(asked, {"post": post})).scalar_one())


async def test_nobody_acts_in_anothers_post(app, who, work):
    other = await newcomer(work, ("县财政局", "estimate_reviewer"))
    async with browser(app) as client:
        await enter(client, who)
        await say(client, "/login/post", post=str(who.posts[0]))
        answer = await say(client, "/account", "/account/post", post=str(other.posts[0]))
        assert answer.status_code == 404


async def test_a_program_chooses_too(app, who, superuser):
    form = {"tenant": who.tenant, "login": who.login, "password": who.password}
    async with browser(app) as client:
        for post in who.posts:
            office = await office_of(superuser, post)
            session = (await client.post("/api/v1/sessions", json=form | {"post": str(post)})).json()
            assert session["me"]["office_name"] == office
            assert len(session["me"]["posts"]) == 2
        token = {"authorization": f"Bearer {session['token']}"}
        changed = await client.post("/api/v1/session/post", json={"post": str(who.posts[0])}, headers=token)
        assert changed.json()["me"]["office_name"] == await office_of(superuser, who.posts[0])
        assert (await client.get("/api/v1/me", headers=token)).status_code == 401
        wrong = await client.post("/api/v1/sessions", json=form | {"post": str(uuid4())})
        assert wrong.status_code == 404
