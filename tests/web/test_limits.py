"""Rate limits by account, source and tenant, over all processes, with Redis and without (D177)."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import msgspec
import pytest

from lianshen.cli.process import free_port
from lianshen.cli.valkey import EmbeddedValkey
from lianshen.kernel.settings import Settings, SettingsError
from lianshen.web import _limits
from lianshen.web._limits import Limits, TooMany
from lianshen.web.app import create_app
from tests.web.conftest import browser, serving

GUANYUN = "320723"
pytestmark = pytest.mark.demand("D177")


@pytest.fixture
async def limited(configured: Settings, tmp_path, monkeypatch) -> AsyncIterator[Callable[..., Any]]:
    """Applications with limits, on a Valkey of this test's own, which ``limited.valkey`` stops and starts.

    A busy machine is no Redis that is away: what is tested here is the count.
    """
    monkeypatch.setattr(_limits, "_ANSWERS_WITHIN", 20.0)
    valkey = EmbeddedValkey(tmp_path / "valkey")
    valkey.start()
    async with AsyncExitStack() as open_ones:

        async def made(**limits: str) -> Any:
            app = create_app(msgspec.structs.replace(configured, redis_url=valkey.url, **limits))
            await open_ones.enter_async_context(serving(app))
            return app

        made.valkey = valkey  # type: ignore[attr-defined]
        yield made
    valkey.stop()


def sign_in(client: httpx.AsyncClient, login: str, tenant: str = GUANYUN) -> Any:
    return client.post("/api/v1/sessions", json={"tenant": tenant, "login": login, "password": "wrong"})


async def statuses(asked: Any) -> list[int]:
    return sorted([answer.status_code for answer in await asyncio.gather(*asked)])


def from_(app: Any, source: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(source, 1)), base_url="http://lianshen.test")


async def test_attempts_to_sign_in_count_by_account_source_and_tenant(limited):
    app = await limited(limit_sign_in="account 3/hour, source 5/hour, tenant 7/hour")
    async with from_(app, "198.51.100.1") as one, from_(app, "198.51.100.2") as two, from_(app, "2001:db8::1") as six:
        assert await statuses(sign_in(one, "no-such-a") for _ in range(4)) == [401, 401, 401, 429]
        assert await statuses(sign_in(one, f"no-such-{name}") for name in "bcd") == [401, 429, 429]  # the source
        assert await statuses(sign_in(two, f"no-such-{name}") for name in "efgh") == [401, 401, 429, 429]  # the tenant
        async with from_(app, "2001:db8::2") as neighbour:
            asked = [sign_in(six, "x", "421000"), *(sign_in(neighbour, f"{n}", "421000") for n in range(6))]
            assert await statuses(asked) == [401] * 5 + [429] * 2  # one IPv6 network is one source


async def test_showing_again_who_one_is_counts_as_an_attempt(limited, staff):
    app = await limited(limit_sign_in="account 2/hour")
    signed_in = await staff.sign_in(staff.find("县数据局", "lead_officer"))
    async with browser(app, cookies={"lianshen": signed_in.token}) as client:
        wrong = {"_csrf": signed_in.actor.form_key, "_again_password": "wrong"}
        said = [(await client.post("/again", data=wrong)).status_code for _ in range(3)]
    assert 429 not in said[:2]
    assert said[2] == 429


async def test_a_refusal_says_when_to_come_back(limited):
    app = await limited(limit_sign_in="source 1/hour")
    async with browser(app) as client:
        await sign_in(client, "x")
        answer = await sign_in(client, "x")
        assert answer.json()["type"] == "urn:lianshen:problem:too_many"
        assert 0 < int(answer.headers["retry-after"]) <= 3600
        page = await client.post("/login", data={"tenant": GUANYUN, "login": "x", "password": "x"})
        assert page.status_code == 429
        assert page.headers["retry-after"]
        assert "操作过于频繁" in page.text
        assert "content-security-policy" in page.headers


async def test_search_export_and_upload_count_by_whom_they_are_for(limited, staff):
    app = await limited(limit_search="account 2/hour", limit_export="tenant 1/hour", limit_upload="account 1/hour")
    unit, lead = staff.find("县教育局", "applicant"), staff.find("县数据局", "lead_officer")
    async with AsyncExitStack() as open_ones:
        one, two = [
            await open_ones.enter_async_context(
                browser(app, headers={"authorization": f"Bearer {await staff.token(login)}"})
            )
            for login in (unit, lead)
        ]
        found = [(await one.get("/api/v1/projects", params={"q": "x"})).status_code for _ in range(3)]
        assert found == [200, 200, 429]
        assert (await one.get("/api/v1/projects")).status_code == 200  # a list without words is no search
        assert (await two.get("/api/v1/projects", params={"q": "x"})).status_code == 200
        paper = "/api/v1/projects/00000000-0000-0000-0000-000000000000/documents"
        there = f"{paper}/00000000-0000-0000-0000-000000000000"
        assert [(await who.get(there)).status_code for who in (one, two)] == [404, 429]
        body = {"files": {"file": ("a.pdf", b"%PDF-1.7\n", "application/pdf")}, "data": {"paper": "x"}}
        assert [(await who.post(paper, **body)).status_code for who in (one, one, two)] == [404, 429, 404]


async def test_requests_in_general_count_in_the_process_and_without_redis(limited, staff):
    app = await limited(limit_any="source 5/hour, account 2/hour")
    limited.valkey.stop()
    token = await staff.token(staff.find("县教育局", "applicant"))
    async with browser(app) as client:
        headers = {"authorization": f"Bearer {token}"}
        assert [(await client.get("/api/v1/me", headers=headers)).status_code for _ in range(3)] == [200, 200, 429]
        assert [(await client.get("/no-such")).status_code for _ in range(3)] == [404, 404, 429]
        refused = await client.get("/static/app.css")
        assert refused.status_code == 429
        assert "content-security-policy" in refused.headers


async def test_without_redis_each_process_counts_for_itself_and_none_is_open(limited):
    app = await limited(limit_sign_in="account 3/hour")
    async with browser(app) as client:
        assert await statuses(sign_in(client, "a") for _ in range(3)) == [401] * 3
        limited.valkey.stop()
        first = [(await sign_in(client, "a")).status_code for _ in range(5)]
        assert first == [401, 401, 401, 429, 429]
        other = await limited(limit_sign_in="account 3/hour")  # another process starts without Redis too
        async with browser(other) as elsewhere:
            assert await statuses(sign_in(elsewhere, "a") for _ in range(4)) == [401] * 3 + [429]


async def test_a_redis_that_does_not_answer_costs_half_a_second_once(configured):
    """A server that takes the connection and is silent; afterwards it is left alone for a while."""

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(hold, "127.0.0.1", port := free_port())
    made = Limits(
        msgspec.structs.replace(configured, redis_url=f"redis://127.0.0.1:{port}", limit_sign_in="source 9/hour")
    )
    clock = asyncio.get_running_loop().time
    began = clock()
    await made.count("sign_in", source="198.51.100.1")
    assert 0.3 < clock() - began < 2
    began = clock()
    for _ in range(8):
        await made.count("sign_in", source="198.51.100.1")
    assert clock() - began < 0.1
    with pytest.raises(TooMany):
        await made.count("sign_in", source="198.51.100.1")
    await made.close()
    silent.close()
    await silent.wait_closed()


BURST = """
import asyncio, json, sys, msgspec
from lianshen.kernel.settings import Settings
from lianshen.web import _limits
from lianshen.web._limits import Limits, TooMany

_limits._ANSWERS_WITHIN = 20.0

async def main():
    limits = Limits(Settings(redis_url=sys.argv[1], limit_sign_in="account 50/hour"))
    await limits.count("sign_in", tenant="000000", account="warms the connection up")
    print("ready", flush=True)
    sys.stdin.readline()
    async def one():
        try:
            await limits.count("sign_in", tenant="320723", account="a")
        except TooMany:
            return 0
        return 1
    print(sum(await asyncio.gather(*(one() for _ in range(40)))))

asyncio.run(main())
"""


async def test_a_burst_through_two_processes_is_one_burst(limited):
    command = (sys.executable, "-c", BURST, limited.valkey.url)
    both = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    kept = [int(process.communicate(timeout=30)[0]) for process in both]
    assert sum(kept) == 50
    assert min(kept) >= 10, "each asked 40 times, so the first could not take all"


async def test_what_is_counted_names_nobody_and_goes_by_itself(limited):
    import redis

    app = await limited(limit_sign_in="account 3/second, source 9/second")
    async with browser(app) as client:
        await sign_in(client, "zhang-san")
    kept = redis.Redis.from_url(limited.valkey.url.removesuffix("/0") + "/1")
    keys = [key.decode() for key in kept.keys("*")]
    assert keys
    assert not any("zhang" in key or "127.0.0.1" in key for key in keys)
    assert all(0 < kept.pttl(key) <= 3000 for key in keys)
    kept.close()


@pytest.mark.parametrize("said", ["3", "account", "account x/minute", "office 3/minute", "account 3/fortnight"])
def test_a_limit_that_does_not_read_stops_the_process(said):
    with pytest.raises(SettingsError, match="LIANSHEN_LIMIT_SEARCH"):
        Limits(Settings(limit_search=said))


async def test_every_answer_of_the_api_may_be_too_many_and_the_document_says_so(client):
    document = json.loads((await client.get("/schema/openapi.json")).text)
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            assert "429" in operation["responses"], (verb, path)
