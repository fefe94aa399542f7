"""What the owner writes past the application appears in the server's own log, and the owner cannot help it (D137)."""

from pathlib import Path

import asyncpg
import pytest

pytestmark = pytest.mark.demand("D137")
MARK = "written by hand 7f31"


@pytest.fixture
async def owner(stack, name):
    connection = await asyncpg.connect(stack.url("lianshen_owner", name).replace("+asyncpg", ""))
    yield connection
    await connection.close()


def logged(stack) -> str:
    return Path(stack.home, "postgres.log").read_text(encoding="utf-8", errors="replace")


async def test_a_direct_update_appears_and_what_is_bound_to_it_does_not(stack, owner):
    async with owner.transaction():
        await owner.execute("SELECT enter('320723')")
        await owner.execute(f"UPDATE office SET name = name WHERE name = '{MARK}'")
        await owner.execute("UPDATE office SET name = name WHERE name = $1", "bound 7f31")
    said = logged(stack)
    assert f"UPDATE office SET name = name WHERE name = '{MARK}'" in said
    assert "UPDATE office SET name = name WHERE name = $1" in said
    assert "bound 7f31" not in said


@pytest.mark.parametrize(
    "statement",
    [
        "SET log_statement = 'none'",
        "SET log_min_messages = 'panic'",
        "ALTER ROLE lianshen_owner RESET log_statement",
        "ALTER ROLE lianshen_owner SET log_statement = 'none'",
    ],
)
async def test_the_owner_cannot_switch_it_off(owner, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await owner.execute(statement)
    assert await owner.fetchval("SHOW log_statement") == "mod"
