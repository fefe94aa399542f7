"""The count of unread notices, live: woken by the database, true by looking, over with the session (SSE)."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import text

from lianshen.kernel import clock
from lianshen.notifications import commands as notifications
from lianshen.web.app import create_app
from tests.conftest import Desk
from tests.walk.driver import LEAD
from tests.web.conftest import browser, serving
from tests.web.people import GUANYUN, enter, newcomer, utc_now

LONG = {"notice_stream": 20.0, "notice_poll": 4.0}


@asynccontextmanager
async def streaming(app, token):
    """An open stream: a queue of (event, data), and the ASGI task; leaving it is a browser that goes away."""
    said: asyncio.Queue = asyncio.Queue()
    gone = asyncio.Event()
    asked = False

    async def receive():
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            headers = {name.decode(): value.decode() for name, value in message["headers"]}
            await said.put((message["status"], headers))
            return
        for part in message.get("body", b"").decode().split("\r\n\r\n"):
            fields = dict(line.split(": ", 1) for line in part.split("\r\n") if ": " in line and line[0] != ":")
            if "event" in fields:
                await said.put((fields["event"], fields.get("data", "")))
        if not message.get("more_body"):
            await said.put(("closed", ""))

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/notices/stream", "raw_path": b"/notices/stream", "query_string": b"", "root_path": "",
        "headers": [(b"host", b"lianshen.test"), (b"cookie", f"lianshen={token}".encode())],
        "client": ("127.0.0.1", 1), "server": ("lianshen.test", 80), "state": {},
    }  # fmt: skip
    task = asyncio.create_task(app(scope, receive, send))
    try:
        yield said
    finally:
        gone.set()
        await asyncio.wait([task], timeout=5)
        assert task.done()


async def next_of(said, within: float = 5.0):
    async with asyncio.timeout(within):
        return await said.get()


@pytest.fixture
async def lively(configured):
    """Two processes of the web, as far as they can be told apart here: two applications."""
    settings = msgspec.structs.replace(configured, **LONG)
    one, two = create_app(settings), create_app(settings)
    async with serving(one), serving(two):
        yield one, two


@pytest.fixture
async def reader(work, lively):
    """Somebody new who is signed in, and the cookie's secret."""
    who = await newcomer(work, LEAD)
    async with browser(lively[0]) as client:
        await enter(client, who)
        yield who, client.cookies["lianshen"]


@pytest.fixture
def tells(worker_database, work):
    """A notice for somebody, as a worker writes it."""

    async def tell(person, commit: bool = True):
        work.now = utc_now()
        desk = Desk(worker_database)
        desk.now = work.now
        async with desk() as uow:
            await uow.enter(GUANYUN)
            await notifications.tell(uow, uuid4(), [person], "题", "文")
            if commit:
                await uow.commit()

    return tell


async def test_pages_of_every_process_hear_at_once(lively, reader, tells):
    who, token = reader
    async with streaming(lively[0], token) as one, streaming(lively[1], token) as two:
        for said in (one, two):
            status, headers = await next_of(said)
            assert status == 200
            assert headers["content-type"].startswith("text/event-stream")
            assert headers["cache-control"] == "no-store"
            first, count = await next_of(said)
            assert first == "unread"
        await asyncio.sleep(0.5)  # both listen by now
        await tells(who.id)
        for said in (one, two):
            assert await next_of(said, 2.0) == ("unread", str(int(count) + 1))
        await tells(who.id, commit=False)
        await asyncio.sleep(0.5)
        assert one.empty(), "what was rolled back was never told"


async def test_reading_is_told_too(lively, reader, tells):
    who, token = reader
    await tells(who.id)
    async with streaming(lively[0], token) as said, browser(lively[1], cookies={"lianshen": token}) as client:
        await next_of(said)
        assert int((await next_of(said))[1]) > 0
        page = (await client.get("/notices")).text
        key = page.partition('name="_csrf" value="')[2].partition('"')[0]
        await asyncio.sleep(0.5)
        await client.post("/notices/read", data={"_csrf": key})
        assert await next_of(said, 2.0) == ("unread", "0")


async def test_what_was_not_heard_is_seen_at_the_next_look(lively, reader, superuser, stack, name):
    """The listening connection is cut for good; the count comes by looking, soon enough."""
    who, token = reader
    async with streaming(lively[0], token) as said:
        await next_of(said)
        count = int((await next_of(said))[1])
        await asyncio.sleep(0.5)
        await superuser.execute(
            text("INSERT INTO notice (tenant, event, person, subject, body, at, kind)"
                 " VALUES (:t, gen_random_uuid(), :p, 'x', '', now(), 'system')"), {"t": GUANYUN, "p": who.id},
        )  # fmt: skip
        await superuser.commit()  # nobody was told
        assert await next_of(said, 8.0) == ("unread", str(count + 1))


async def test_listening_comes_back_after_its_connection_was_cut(lively, reader, tells, superuser):
    who, token = reader
    async with streaming(lively[0], token) as said:
        await next_of(said)
        count = int((await next_of(said))[1])
        await asyncio.sleep(0.5)
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lianshen-live'"
        await superuser.execute(text(cut))
        await superuser.commit()
        await asyncio.sleep(3.0)
        await tells(who.id)
        assert await next_of(said, 3.0) == ("unread", str(count + 1))


async def test_it_ends_with_the_session_and_the_next_one_is_not_let_in(lively, reader):
    _who, token = reader
    async with streaming(lively[0], token) as said:
        await next_of(said)
        await next_of(said)
        async with browser(lively[1], cookies={"lianshen": token}) as client:
            page = (await client.get("/account")).text
            key = page.partition('name="_csrf" value="')[2].partition('"')[0]
            assert (await client.post("/logout", data={"_csrf": key})).status_code == 303
        assert await next_of(said, 10.0) == ("end", "")
        assert await next_of(said, 1.0) == ("closed", "")
    async with streaming(lively[0], token) as said:
        assert (await next_of(said))[0] == 303


async def test_an_open_page_keeps_no_session_alive(lively, reader, superuser, monkeypatch):
    who, token = reader
    seen = text("SELECT max(seen_at) FROM session WHERE person = :p")
    await superuser.execute(
        text("UPDATE session SET seen_at = now() - interval '5 minutes' WHERE person = :p"), {"p": who.id}
    )
    await superuser.commit()
    before = (await superuser.execute(seen, {"p": who.id})).scalar_one()
    async with streaming(lively[0], token) as said:
        await next_of(said)
        await next_of(said)
    await superuser.commit()
    assert (await superuser.execute(seen, {"p": who.id})).scalar_one() == before
    late = datetime.now(UTC) + timedelta(hours=8)
    monkeypatch.setattr(clock, "now", lambda: late)
    async with streaming(lively[0], token) as said:
        assert (await next_of(said))[0] == 303, "hours later it has idled out"


async def test_a_person_has_so_many_streams(configured, reader):
    """A further page ends the oldest one; nothing is left of those that went."""
    _who, token = reader
    app = create_app(msgspec.structs.replace(configured, **LONG, notice_streams_each=2))
    async with serving(app):
        async with streaming(app, token) as first, streaming(app, token) as second:
            for said in (first, second):
                await next_of(said)
                await next_of(said)
            async with streaming(app, token) as third:
                await next_of(third)
                assert await next_of(first) == ("end", "")
                assert await next_of(first) == ("closed", "")
                assert (await next_of(third))[0] == "unread"
                assert second.empty()
        assert app.services.live._streams == {}


async def test_streams_hold_no_connection_and_pages_are_served_as_ever(configured, reader, superuser):
    """Thirty open pages on a pool of one: other requests go through, and no backend waits in a transaction."""
    _who, token = reader
    app = create_app(msgspec.structs.replace(configured, **LONG, pool_size=1, notice_streams_each=100))
    async with serving(app):
        open_ = [streaming(app, token) for _ in range(30)]
        queues = [await one.__aenter__() for one in open_]
        for said in queues:
            await next_of(said)
            await next_of(said)
        async with browser(app, cookies={"lianshen": token}) as client:
            answers = await asyncio.gather(*(client.get("/api/v1/notices") for _ in range(10)))
        assert {answer.status_code for answer in answers} == {200}
        assert app.services.database.engine.pool.checkedout() == 0
        for one in open_:
            await one.__aexit__(None, None, None)
        assert app.services.live._streams == {}


async def test_a_process_that_ends_lets_go_of_its_pages(configured, reader):
    _who, token = reader
    app = create_app(msgspec.structs.replace(configured, **LONG))
    async with serving(app):
        stream = streaming(app, token)
        said = await stream.__aenter__()
        await next_of(said)
        await next_of(said)
    assert await next_of(said) == ("end", "")
    await stream.__aexit__(None, None, None)


async def test_other_systems_and_strangers_have_no_stream(lively):
    async with streaming(lively[0], "320723" + "x" * 40) as said:
        assert (await next_of(said))[0] == 303
