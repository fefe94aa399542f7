"""The process as a whole: it refuses to serve unfit, says when it is busy, and its GETs cannot write."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest
from litestar import Response, get, post

from lianshen.kernel.commands import next_number
from lianshen.kernel.queries import ping
from lianshen.kernel.settings import Settings
from lianshen.kernel.words import day, money
from lianshen.web import pages
from lianshen.web._auth import PUBLIC, SIGNED_IN
from lianshen.web._context import Asked, see_other
from lianshen.web._pages import instant
from lianshen.web._startup import UnfitProcess, require_fitness
from lianshen.web.app import create_app
from tests.web.conftest import browser, serving


@pytest.mark.demand("D1")
async def test_a_role_with_power_does_not_serve(configured: Settings, stack: Any, name: str):
    """D1: such a role would walk through every wall between tenants."""
    made = create_app(
        msgspec.structs.replace(configured, database_url=stack.superuser_url.rpartition("/")[0] + f"/{name}")
    )
    with pytest.raises(UnfitProcess, match="SUPERUSER, BYPASSRLS"):
        await require_fitness(made.services)
    await made.services.database.close()
    owner = create_app(msgspec.structs.replace(configured, database_url=stack.url("lianshen_owner", name)))
    with pytest.raises(UnfitProcess, match="owner of relations"):
        await require_fitness(owner.services)
    with pytest.raises(AssertionError, match=r"startup\.failed"):
        async with serving(owner):
            pass  # the server's own start asks, too
    await owner.services.database.close()


@pytest.mark.demand("D54")
async def test_a_get_cannot_write(configured, monkeypatch):
    """D54: even a handler that tries."""

    @get("/writes", opt=PUBLIC)
    async def writes(call: Asked) -> None:
        await call.uow.enter("320723")
        await next_number(call.uow, "project", 2026)

    monkeypatch.setattr(pages, "HANDLERS", (*pages.HANDLERS, writes))
    made = create_app(configured)
    async with browser(made) as client:
        assert (await client.get("/writes")).status_code == 500
    await made.services.database.close()


@pytest.mark.demand("D173")
async def test_the_document_is_served_only_where_it_is_wanted(configured):
    made = create_app(msgspec.structs.replace(configured, publish_schema=False))
    async with browser(made) as client:
        for path in ("/schema", "/schema/openapi.json", "/schema/redoc"):
            assert (await client.get(path)).status_code == 404


@pytest.mark.demand("D45", "D46")
async def test_a_form_of_a_page_counts_once(configured, monkeypatch, staff, form_key):
    """D45, D46: what the form did is there after the redirect, and pressing twice does it once."""
    numbers = []

    @post("/counted", opt=SIGNED_IN)
    async def counted(call: Asked) -> Response[None]:
        numbers.append(await next_number(call.uow, "pressed", 2026))
        return see_other(f"/seen/{numbers[-1]}")

    monkeypatch.setattr(pages, "HANDLERS", (*pages.HANDLERS, counted))
    made = create_app(configured)
    account = staff.account("fgw-ls")
    async with browser(made) as client:
        await client.post("/login", data={"tenant": "320723", "login": account.login, "password": account.password})
        own = {"_csrf": await form_key(client)}
        sent = [await client.post("/counted", data=own | {"_key": key, "said": "a"}) for key in ("k1", "k1", "k2")]
        assert [answer.headers["location"] for answer in sent] == ["/seen/1", "/seen/1", "/seen/2"]
        assert {answer.status_code for answer in sent} == {303}
        assert numbers == [1, 2]
        changed = await client.post("/counted", data=own | {"_key": "k1", "said": "b"})
        assert changed.status_code == 409
        assert "重复的提交" in changed.text
        as_file = await client.post("/counted", data=own, files={"_key": b"x"})
        assert as_file.status_code == 422
    await made.services.database.close()


@pytest.mark.demand("D92")
async def test_an_exhausted_pool_is_an_answer_and_health_does_not_use_it(configured, monkeypatch):
    """D92: within five seconds, and over when a connection is free again."""
    made = create_app(msgspec.structs.replace(configured, pool_size=1))
    async with AsyncExitStack() as held, browser(made) as client:
        monkeypatch.setattr(made.services.database.engine.pool, "_timeout", 0.1)
        uow = await held.enter_async_context(made.unit("holds-the-one"))
        await ping(uow)
        busy, health = await asyncio.gather(client.get("/readyz"), client.get("/healthz"))
        assert (busy.status_code, busy.json()["type"]) == (503, "urn:lianshen:problem:busy")
        assert busy.headers["retry-after"]
        assert health.status_code == 200
        await uow.close()
        assert (await client.get("/readyz")).status_code == 200
    await made.services.database.close()


@pytest.mark.demand("D93")
async def test_an_act_that_meets_a_dead_database_is_not_done_and_says_so(configured, program, superuser):
    """D93: the connection is killed under the process; the next request works again."""
    async with await program("县教育局", "applicant") as client:
        assert (await client.get("/api/v1/me")).status_code == 200
        await superuser.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'lianshen-web' AND datname = current_database()"
        )
        statuses = [(await client.get("/api/v1/me")).status_code for _ in range(4)]
    assert set(statuses) <= {200, 503}
    assert statuses[-1] == 200


async def test_static_files_are_kept_for_good_under_their_own_version_only(app, client):
    address = app.services.pages.assets.address("vendor/tabler.min.css")
    known = await client.get(address)
    assert known.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert known.headers["content-type"] == "text/css; charset=utf-8"
    assert known.text.startswith("@charset")
    for other in ("/static/vendor/tabler.min.css", "/static/vendor/tabler.min.css?v=0"):
        assert (await client.get(other)).headers["cache-control"] == "no-store"
    for outside in ("/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/vendor"):
        assert (await client.get(outside)).status_code == 404


def test_how_pages_write_money_days_and_instants():
    from datetime import UTC, date, datetime

    assert money(48_000_050) == "480,000.50 元"
    assert money(-5) == "-0.05 元"
    assert day(date(2026, 3, 18)) == day("2026-03-18") == "2026年3月18日"
    assert instant(datetime(2026, 3, 18, 16, 5, tzinfo=UTC)) == "2026年3月19日 00:05"
