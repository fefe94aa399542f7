"""Fixtures on the real servers. Nothing here is faked but the clock, which is an argument everywhere."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from lianshen import wiring
from lianshen.access.queries import compile_policy, use
from lianshen.access.strength import load_strength, use_strength
from lianshen.cli.accounts import Account
from lianshen.kernel import cipher, log
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.settings import Settings, settings
from lianshen.personal import queries as personal
from lianshen.rules.queries import Law, load_law
from tests.support.people import Staff
from tests.support.stack import Servers, Stack, clone

_HANDED_OVER = "LIANSHEN_TEST_STACK"


def pytest_configure(config: pytest.Config) -> None:
    """The first process of the run starts the servers; its test processes find them in the environment."""
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        config.stash[_SERVERS] = servers = Servers()
        os.environ[_HANDED_OVER] = msgspec.json.encode(servers.start()).decode()


def pytest_unconfigure(config: pytest.Config) -> None:
    if servers := config.stash.get(_SERVERS, None):
        servers.stop()


_SERVERS = pytest.StashKey[Servers]()


@pytest.fixture(scope="session")
def stack() -> Stack:
    return msgspec.json.decode(os.environ[_HANDED_OVER], type=Stack)


@pytest.fixture(scope="session")
async def name(stack: Stack, worker_id: str) -> str:
    """The name of this test process's own database."""
    await clone(stack, f"test_{worker_id}")
    return f"test_{worker_id}"


@pytest.fixture(scope="session")
def configured(stack: Stack, name: str) -> Iterator[Settings]:
    """Settings of this process, as a served one would read them."""
    os.environ.update(stack.environment(name))
    settings.cache_clear()
    log.configure("json")
    cipher.start(settings())
    personal.use(personal.read(settings().policies_dir))
    use(compile_policy(settings().policies_dir, wiring.PERMISSIONS))
    use_strength(load_strength(settings().policies_dir, wiring.PERMISSIONS, minutes=15))
    yield settings()
    settings.cache_clear()


@pytest.fixture(scope="session")
async def database(configured: Settings) -> AsyncIterator[Database]:
    """The web's engine: the powerless role lianshen_web."""
    made = Database(configured.database_url, pool_size=8)
    yield made
    await made.close()


@pytest.fixture(scope="session")
async def worker_database(configured: Settings) -> AsyncIterator[Database]:
    made = Database(configured.worker_database_url, pool_size=8)
    yield made
    await made.close()


@pytest.fixture(scope="session")
async def operator_database(configured: Settings) -> AsyncIterator[Database]:
    """The role of the process that carries out the operators' orders."""
    made = Database(configured.operator_database_url, pool_size=2)
    yield made
    await made.close()


@pytest.fixture
async def superuser(stack: Stack, name: str) -> AsyncIterator[AsyncConnection]:
    """For looking into the catalogue and for planting damage; the product never has this."""
    engine = create_async_engine(stack.superuser_url.rpartition("/")[0] + f"/{name}")
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


@pytest.fixture(scope="session")
def law(configured: Settings) -> Law:
    return load_law(configured.tenants_dir)


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


@pytest.fixture(scope="session")
def staff(stack: Stack, database: Database) -> Staff:
    accounts = msgspec.json.decode(stack.accounts_file.read_bytes(), type=list[Account])
    return Staff(database, accounts)
