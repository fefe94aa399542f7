"""The stores from wheels: they start, keep what was committed through kill -9, and take no one's process for theirs."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from redis import Redis

from lianshen.cli.migrate import ROLES, create_roles
from lianshen.cli.postgres import EmbeddedPostgres, wipe
from lianshen.cli.valkey import EmbeddedValkey


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    postgres = EmbeddedPostgres(tmp_path / "postgres")
    postgres.start()
    yield postgres
    postgres.stop()
    wipe(tmp_path / "postgres")


async def ask(postgres: EmbeddedPostgres, statement: str) -> object:
    connection = await asyncpg.connect(postgres.superuser_url().replace("+asyncpg", ""))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_committed_rows_survive_kill_9(postgres: EmbeddedPostgres) -> None:
    await ask(postgres, "CREATE TABLE kept AS SELECT 7 AS n")
    os.kill(int((postgres.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    postgres.start()
    assert await ask(postgres, "SELECT n FROM kept") == 7


async def test_orphan_of_a_killed_supervisor_is_stopped(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    second = EmbeddedPostgres(tmp_path / "postgres")
    second.start()
    try:
        assert await ask(second, "SELECT 1") == 1
        with pytest.raises(OSError, match="Connect call failed"):
            await ask(postgres, "SELECT 1")
    finally:
        second.stop()


async def test_lock_whose_pid_is_another_program_is_forgotten(postgres: EmbeddedPostgres) -> None:
    lock = postgres.data / "postmaster.pid"
    held = lock.read_text().split("\n", 1)[1]
    postgres.stop()
    with subprocess.Popen(("sleep", "60"), user=postgres.data.stat().st_uid) as other:
        lock.write_text(f"{other.pid}\n{held}")
        postgres.start()
        assert other.poll() is None
        other.kill()
    assert await ask(postgres, "SELECT 1") == 1


async def test_roles_have_no_power_and_their_own_passwords(postgres: EmbeddedPostgres) -> None:
    for passwords in (dict.fromkeys(ROLES, "first"), {role: f"it's {role}" for role in ROLES}):
        await create_roles(postgres.superuser_url(), passwords, "lianshen")
    connection = await asyncpg.connect(
        host="127.0.0.1", port=postgres.port, user="lianshen_web", password="it's lianshen_web", database="lianshen"
    )
    try:
        assert not await connection.fetchval(
            "SELECT bool_or(rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname ~ '^lianshen'"
        )
    finally:
        await connection.close()


def test_accepted_messages_survive_kill_9(tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path)
    valkey.start()
    try:
        with Redis.from_url(valkey.url) as client:
            client.set("kept", "7")
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            pid = client.info("server")["process_id"]
        os.kill(pid, signal.SIGKILL)
        valkey.start()
        with Redis.from_url(valkey.url) as client:
            assert client.get("kept") == b"7"
    finally:
        valkey.stop()
