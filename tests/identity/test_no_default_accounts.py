"""A database as it is installed holds nobody: whoever comes first is let in by a secret made for them (D107)."""

from pathlib import Path

import asyncpg
import pytest

from lianshen.cli.migrate import OWNER, upgrade

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def installed(stack):
    """A database of its own, migrated and nothing else."""
    superuser = stack.superuser_url.replace("+asyncpg", "")
    server = await asyncpg.connect(superuser)
    await server.execute(f"CREATE DATABASE installed OWNER {OWNER}")
    await upgrade(stack.url(OWNER, "installed"))
    connection = await asyncpg.connect(superuser.rpartition("/")[0] + "/installed")
    yield connection
    await connection.close()
    await server.execute("DROP DATABASE installed WITH (FORCE)")
    await server.close()


@pytest.mark.demand("D107")
async def test_a_new_database_holds_no_account(installed):
    for table in ("person", "post", "session", "factor", "recovery_code", "former_password"):
        assert await installed.fetchval(f"SELECT count(*) FROM {table}") == 0, table


@pytest.mark.demand("D107")
def test_no_password_stands_in_what_is_shipped():
    """Hashes would be the way to smuggle an account in: none is in code, migrations, policies or packs."""
    shipped = [
        path
        for folder in ("platform", "workers", "migrations", "policies", "tenants")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".sql", ".yaml", ".csv", ".txt", ".html") and "node_modules" not in path.parts
    ]
    assert len(shipped) > 200
    marks = ("$argon2", "$2b$", "pbkdf2_")
    assert [path for path in shipped if any(mark in path.read_text(encoding="utf-8") for mark in marks)] == []
