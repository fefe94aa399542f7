"""The operator's process, and an empty database elsewhere under the same migrations."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import pytest

from lianshen import wiring
from lianshen.cli.migrate import OWNER, upgrade
from lianshen.identity.commands import hash_password
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.operations import commands
from lianshen.operations.types import Founder, Founding, Office
from tests.support.stack import Stack

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SECRET = "one-time"


def transactions(database: Database) -> Callable[[], Any]:
    """What an edge hands to the operations: a transaction that commits when its block ends well."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[UnitOfWork]:
        async with UnitOfWork(database, now=NOW, jobs_for=wiring.jobs_for, request_id="test") as uow:
            yield uow
            await uow.commit()

    return begin


async def silent(_progress: str) -> None:
    """Nobody listens."""


@pytest.fixture
def begin(operator_database: Database) -> Callable[[], Any]:
    return transactions(operator_database)


@pytest.fixture
async def elsewhere(stack: Stack, worker_id: str) -> AsyncIterator[Database]:
    """The operator's role on another database, in which there is nobody."""
    name = f"elsewhere_{worker_id}"
    connection = await asyncpg.connect(stack.superuser_url.replace("+asyncpg", ""))
    await connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
    await connection.execute(f'CREATE DATABASE "{name}" OWNER {OWNER}')
    await upgrade(stack.url(OWNER, name))
    made = Database(stack.url("lianshen_operator", name), pool_size=2)
    yield made
    await made.close()
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()


def founding(code: str, **changes: Any) -> Founding:
    """A county below Lianyungang with one bureau and one person."""
    values = {
        "code": code, "name": "新设县", "level": "county", "parent": "320700", "since": date(2026, 3, 1),
        "offices": (Office("sjj", "县数据局", "county_data_bureau"),),
        "founders": (Founder("first", "系统管理员", "system_admin", hash_password(SECRET)),),
    }  # fmt: skip
    return Founding(**(values | changes))


@pytest.fixture
async def county(begin: Callable[[], Any]) -> Callable[..., Any]:
    """Founds a county of the test's own."""

    async def found(code: str, **changes: Any) -> str:
        from lianshen.audit.types import By

        async with begin() as uow:
            await commands.found(uow, founding(code, **changes), by=By("平台运维"))
        return code

    return found
