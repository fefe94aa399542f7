"""A server that could lose an acknowledged commit is served by no process of ours (D49)."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import msgspec
import pytest

from lianshen.cli.postgres import EmbeddedPostgres, wipe
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.queries import lossy_settings
from lianshen.web._startup import UnfitProcess, require_fitness
from lianshen.web.app import create_app

ROLES = ("lianshen_web", "lianshen_relay")


class Cluster:
    """A cluster of this test's own, whose settings it may spoil."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = EmbeddedPostgres(folder)

    async def sql(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.postgres.superuser_url().replace("+asyncpg", ""))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    def url(self, role: str) -> str:
        return self.postgres.url(role, "x", "postgres")

    async def spoil(self, name: str, value: str) -> None:
        await self.sql(f"ALTER SYSTEM SET {name} = {value}", "SELECT pg_reload_conf()")
        await asyncio.sleep(0.3)

    async def mend(self) -> None:
        await self.sql("ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()")
        await asyncio.sleep(0.3)


@pytest.fixture(scope="module")
async def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("durability"))
    made.postgres.start()
    await made.sql(*(f"CREATE ROLE {role} LOGIN PASSWORD 'x'" for role in ROLES))
    yield made
    made.postgres.stop()
    wipe(made.folder)


async def lossy(url: str) -> list[str]:
    database = Database(url, pool_size=1)
    try:
        async with UnitOfWork(database, now=None, jobs_for=lambda _: (), request_id="test") as uow:
            return await lossy_settings(uow)
    finally:
        await database.close()


async def boot(configured, url: str) -> None:
    """What an application asks before it serves; raises what keeps it from serving."""
    made = create_app(msgspec.structs.replace(configured, database_url=url))
    try:
        await require_fitness(made.services)
    finally:
        await made.services.database.close()


@pytest.mark.demand("D49")
@pytest.mark.parametrize(
    ("setting", "value"),
    [("fsync", "off"), ("full_page_writes", "off"), ("synchronous_commit", "off"), ("synchronous_commit", "local")],
)
async def test_the_web_does_not_serve_a_database_that_could_lose_a_commit(cluster, configured, setting, value):
    url = cluster.url("lianshen_web")
    await boot(configured, url)
    await cluster.spoil(setting, value)
    try:
        with pytest.raises(UnfitProcess, match=f"{setting}={value}"):
            await boot(configured, url)
    finally:
        await cluster.mend()


@pytest.mark.demand("D49")
async def test_what_a_role_is_set_to_counts_for_its_process(cluster, configured):
    url = cluster.url("lianshen_web")
    await cluster.sql("ALTER ROLE lianshen_web SET synchronous_commit = off")
    try:
        with pytest.raises(UnfitProcess, match="synchronous_commit=off"):
            await boot(configured, url)
    finally:
        await cluster.sql("ALTER ROLE lianshen_web RESET ALL")


@pytest.mark.demand("D49")
async def test_background_processes_stop_as_well(cluster):
    await cluster.spoil("fsync", "off")
    given = os.environ | {
        "LIANSHEN_RELAY_DATABASE_URL": cluster.url("lianshen_relay"),
        "PYTHONPATH": ":".join(sys.path),
    }
    try:
        command = (sys.executable, "-m", "lianshen_workers.relay")
        ended = await asyncio.to_thread(
            subprocess.run, command, env=given, capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        await cluster.mend()
    assert ended.returncode != 0
    assert "Lossy: fsync=off" in ended.stderr


@pytest.mark.demand("D49")
async def test_pages_without_checksums_are_noticed(cluster):
    tools = cluster.postgres.service.command[0].parent
    cluster.postgres.stop()
    user = cluster.postgres.service.user
    given = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    for way, expected in (("--disable", ["data_checksums=off"]), ("--enable", [])):
        command = (tools / "pg_checksums", way, "-D", cluster.postgres.data)
        await asyncio.to_thread(subprocess.run, command, check=True, cwd="/", **given)
        cluster.postgres.start()
        assert await lossy(cluster.url("lianshen_web")) == expected
        cluster.postgres.stop()
    cluster.postgres.start()


@pytest.mark.demand("D49")
async def test_the_server_of_the_tests_keeps_what_it_has(configured):
    assert await lossy(configured.database_url) == []
    assert await lossy(configured.worker_database_url) == []
