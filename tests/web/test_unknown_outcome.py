"""The connection dies during COMMIT: the answer says that nobody knows, the key tells, repeating is harmless (D47)."""

import asyncio
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import text

from lianshen.kernel.commands import claim
from lianshen.web.app import create_app
from tests.walk.driver import form
from tests.web.conftest import browser, serving
from tests.web.proxy import Proxy

pytestmark = pytest.mark.demand("D47")
TENANT = "320723"


@pytest.fixture
async def proxied(configured):
    """The application, whose way to PostgreSQL leads through a proxy."""
    parts = urlsplit(configured.database_url)
    async with Proxy(parts.hostname, parts.port) as proxy:
        url = configured.database_url.replace(f":{parts.port}/", f":{proxy.port}/")
        made = create_app(msgspec.structs.replace(configured, database_url=url))
        async with serving(made):
            yield made, proxy


@pytest.fixture
async def unit(proxied, staff):
    token = await staff.token(staff.find("县教育局", "applicant"))
    async with browser(proxied[0], headers={"authorization": f"Bearer {token}"}) as client:
        yield client


async def declared(superuser, title: str) -> int:
    await superuser.commit()
    return (await superuser.execute(text("SELECT count(*) FROM project WHERE title = :t"), {"t": title})).scalar_one()


async def declare(client: httpx.AsyncClient, key: str, title: str) -> httpx.Response:
    headers = {"idempotency-key": key}
    return await client.post("/api/v1/projects", json=form("700000", title=title), headers=headers)


async def status(client: httpx.AsyncClient, key: str) -> dict:
    answer = await client.get("/api/v1/submissions", params={"key": key})
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize(("lose", "state", "kept"), [("reply", "done", 1), ("commit", "unknown", 0)])
async def test_a_commit_whose_answer_is_lost(proxied, unit, superuser, lose, state, kept):
    _, proxy = proxied
    key, title = f"lost-{uuid4()}", f"断线 {uuid4()}"
    proxy.lose = lose
    answer = await declare(unit, key, title)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:lianshen:problem:outcome_unknown")
    assert "可能已经保存" in answer.json()["detail"]
    assert answer.headers["link"] == f'</api/v1/submissions?key={key}>; rel="status"'
    assert proxy.lost == 1
    assert await declared(superuser, title) == kept
    told = await status(unit, key)
    assert (told["state"], told["status"]) == (state, 201 if kept else None)
    again = await declare(unit, key, title)
    assert again.status_code == 201
    assert again.headers.get("idempotent-replay") == ("true" if kept else None)
    assert await declared(superuser, title) == 1
    told = await status(unit, key)
    assert (told["state"], told["location"]) == ("done", again.headers["location"])


async def test_a_page_says_how_to_look_and_the_page_it_names_is_right(proxied, staff, superuser, form_key):
    app, proxy = proxied
    token = await staff.token(staff.find("县教育局", "applicant"))
    key, title = f"page-{uuid4()}", f"断线页 {uuid4()}"
    async with browser(app, cookies={"lianshen": token}) as client:
        typed = form("700000", title=title) | {"_csrf": await form_key(client), "_key": key}
        proxy.lose = "reply"
        answer = await client.post("/projects", data=typed)
        assert answer.status_code == 503
        assert f'href="/submissions?key={key}"' in answer.text
        page = await client.get(f"/submissions?key={key}")
        assert page.status_code == 200
        assert "已经办理" in page.text
        repeated = await client.post("/projects", data=typed)
        assert repeated.status_code == 303
        assert f'href="{repeated.headers["location"]}"' in page.text
        assert "没有办理" in (await client.get("/submissions?key=never-sent")).text
    assert await declared(superuser, title) == 1


async def test_what_is_under_way_is_told_as_such(app, staff, work, program):
    actor = await staff.actor(staff.find("县教育局", "applicant"))
    key = f"running-{uuid4()}"
    async with await program("县教育局", "applicant") as client:
        async with work() as uow:
            await uow.enter(TENANT)
            await claim(uow, actor.person, key, "x")
            assert (await status(client, key))["state"] == "running"
        assert (await status(client, key))["state"] == "unknown"


async def test_nobody_learns_of_anothers_requests(app, staff, program):
    key = f"mine-{uuid4()}"
    async with await program("县教育局", "applicant") as mine, await program("县数据局", "lead_officer") as other:
        assert (await declare(mine, key, "只有我知道")).status_code == 201
        assert (await status(mine, key))["state"] == "done"
        assert (await status(other, key))["state"] == "unknown"


async def test_a_refusal_of_the_server_at_commit_is_no_unknown_outcome(app, staff, superuser, program):
    """A deferred constraint that fails is an answer: nothing was done, and it is our bug."""
    await superuser.execute(
        text("""
        CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'late' USING ERRCODE = 'P0001'; END $$
    """)
    )
    await superuser.execute(
        text("""
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON project DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.number IS NOT NULL) EXECUTE FUNCTION refuse_late()
    """)
    )
    await superuser.commit()
    try:
        async with await program("县教育局", "applicant") as client:
            answer = await declare(client, f"late-{uuid4()}", "迟到的约束")
    finally:
        await superuser.execute(text("DROP FUNCTION refuse_late CASCADE"))
        await superuser.commit()
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:lianshen:problem:internal")
    await asyncio.sleep(0)
