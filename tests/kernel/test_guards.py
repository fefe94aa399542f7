"""The server ends what nobody waits for any more, whatever becomes of the process that asked (D88)."""

import asyncio

import pytest
from sqlalchemy import text

from lianshen.kernel.database import GUARDS, Database

pytestmark = pytest.mark.demand("D88")
_SET = text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)")
_ACTIVE = text("""
    SELECT count(*) FROM pg_stat_activity
    WHERE state = 'active' AND query LIKE '%pg_sleep(31)%' AND pid <> pg_backend_pid()
""")


@pytest.mark.parametrize("role", ["database_url", "worker_database_url", "relay_database_url"])
async def test_every_role_is_bounded(configured, role):
    database = Database(getattr(configured, role), pool_size=1)
    async with database.engine.connect() as connection:
        said = {row.name: row.setting for row in await connection.execute(_SET, {"names": list(GUARDS)})}
    await database.close()
    assert said == GUARDS


async def test_what_is_cancelled_leaves_no_backend_at_work(configured, superuser):
    """Six questions at once over two connections, each given up while it is asked."""
    database = Database(configured.database_url, pool_size=2)

    async def ask() -> None:
        async with database.engine.connect() as connection:
            await connection.execute(text("SELECT pg_sleep(31)"))

    asking = [asyncio.create_task(ask()) for _ in range(6)]
    await asyncio.sleep(0.5)
    assert (await superuser.execute(_ACTIVE)).scalar_one() == 2
    for one in asking:
        one.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    for _ in range(50):
        await superuser.rollback()
        if (await superuser.execute(_ACTIVE)).scalar_one() == 0:
            break
        await asyncio.sleep(0.1)
    else:
        pytest.fail("backends go on with what nobody waits for")
    async with database.engine.connect() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    await database.close()
