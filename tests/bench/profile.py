"""Where the CPU of operation A goes: in this process, through the whole application, without a socket.

First what the read costs, then the same statements sent by SQLAlchemy alone and by asyncpg alone, which is what no
application above them can go below; then the shares of everything, by package, as cProfile sees them (it makes calls of
Python dearer than they are, so that shares say more than sums).
"""

import cProfile
import os
import pstats
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import redirect_stderr
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg

from lianshen.identity.queries import actor_of
from lianshen.kernel.clock import now
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.projects import queries
from lianshen.web.app import create_app
from tests.bench.data import Data
from tests.bench.keys import LEAD, county, key, token
from tests.bench.limit import Sent, recorded
from tests.bench.shapes import SHAPES
from tests.bench.stack import cpu

_TIMES = 1000
_PLACES = SHAPES[1].places
_ROOT = Path(__file__).parents[2]
_STDLIB = Path(os.__file__).parent


async def report(data: Data, counties: int, say: Callable[[str], None] = print) -> None:
    """Print the profile."""
    with (data.folder / "profile.log").open("w") as lines, redirect_stderr(lines):
        await _report(data, counties, create_app(data.settings), say)


async def _report(data: Data, counties: int, app: Any, say: Callable[[str], None]) -> None:
    whole, postgres = await _cost(data, lambda turn: _ask(app, turn, counties))
    sent = await _sent(data)
    engine, _ = await _cost(data, _by_engine(data, sent))
    driver, _ = await _cost(data, await _by_driver(data, sent))
    say(f"one read, CPU of the process that answers {whole * 1e3:.3f} ms, of PostgreSQL {postgres * 1e3:.3f} ms")
    said = f"its {len(sent)} statements with BEGIN and ROLLBACK by SQLAlchemy alone"
    say(f"{said} {engine * 1e3:.3f} ms: {engine / whole:.0%}")
    say(f"the same by asyncpg alone: {driver * 1e3:.3f} ms, {driver / whole:.0%}")
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    for turn in range(_TIMES):
        await _ask(app, turn, counties)
    profile.disable()
    for name, share in _shares(pstats.Stats(profile)):
        say(f"    {share:6.1%}  {name}")


async def _cost(data: Data, act: Callable[[int], Awaitable[None]]) -> tuple[float, float]:
    """Seconds of CPU for one call: (this process, PostgreSQL)."""
    for turn in range(_TIMES // 4):
        await act(turn)
    began, theirs = time.process_time(), cpu(data.pid)
    for turn in range(_TIMES):
        await act(turn)
    return (time.process_time() - began) / _TIMES, (cpu(data.pid) - theirs) / _TIMES


async def _ask(app: Any, turn: int, counties: int) -> None:
    tenant = county(turn % counties)
    path = f"/api/v1/projects/{key(tenant, f'project/{_PLACES[turn % len(_PLACES)]}')}"
    headers = [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {token(tenant, LEAD)}".encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        assert message.get("status", 200) == 200

    await app(scope, receive, send)


async def _sent(data: Data) -> list[Sent]:
    """What a read sends, the tenant's and the session's questions among it."""
    database, tenant = Database(data.settings.database_url, pool_size=1), county(0)
    project = key(tenant, f"project/{_PLACES[0]}")

    async def read() -> None:
        async with UnitOfWork(database, now=now(), jobs_for=lambda _: (), request_id="", read_only=True) as uow:
            actor = await actor_of(uow, token(tenant, LEAD), step_up_after=timedelta(days=1))
            assert actor is not None
            await queries.view(uow, actor, project)

    await read()  # what is asked for once a minute
    with recorded(database) as sent:
        await read()
    await database.close()
    return sent


def _by_engine(data: Data, sent: list[Sent]) -> Callable[[int], Awaitable[None]]:
    database = Database(data.settings.database_url, pool_size=1)

    async def once(_: int) -> None:
        async with database.engine.connect() as connection:
            for one in sent:
                (await connection.exec_driver_sql(one.sql, one.values)).all()
            await connection.rollback()

    return once


async def _by_driver(data: Data, sent: list[Sent]) -> Callable[[int], Awaitable[None]]:
    connection = await asyncpg.connect(data.url("lianshen_web"))

    async def once(_: int) -> None:
        await connection.execute("BEGIN")
        for one in sent:
            await connection.fetch(one.sql, *one.values)
        await connection.execute("ROLLBACK")

    return once


def _shares(stats: pstats.Stats) -> Iterator[tuple[str, float]]:
    """Own time by package, the largest first; what is written in C belongs to whoever called it."""
    own: Counter[str] = Counter()
    for (file, _, _), (_, _, total, _, callers) in stats.stats.items():  # type: ignore[attr-defined]
        if file == "~":
            for (caller, _, _), (_, _, part, _) in callers.items():
                own[_package(caller)] += part
        else:
            own[_package(file)] += total
    whole = own.total()
    for name, seconds in own.most_common(12):
        yield name, seconds / whole


def _package(file: str) -> str:
    parts = Path(file).parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    if "lianshen" in parts:
        return "lianshen." + parts[parts.index("lianshen") + 1].removesuffix(".py")
    if file.startswith(str(_ROOT / "tests")):
        return "this measurement"
    return f"Python's {file.removeprefix(f'{_STDLIB}/').partition('/')[0].removesuffix('.py')}"
