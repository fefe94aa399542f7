"""The walls as the database itself reports them: a table without them fails here (D1–D4, D11–D14, D16–D18, D123)."""

from pathlib import Path

import pytest
from sqlalchemy import text

from tests.walls import catalogue

FILE = Path(__file__).with_name("privileges.txt")


@pytest.fixture
async def ask(superuser):
    async def rows(sql: str, **values):
        return [tuple(row) for row in await superuser.execute(text(sql), values)]

    return rows


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, id=check.__name__, marks=pytest.mark.demand(*demands))
        for check, demands in catalogue.CHECKS.items()
    ],
)
async def test_catalogue(ask, check):
    await check(ask)


@pytest.mark.demand("D16", "D17")
async def test_what_each_role_may_do_is_the_committed_file(ask):
    found = await catalogue.privileges(ask)
    new = FILE.parents[2] / "test-results" / FILE.name
    if FILE.read_text(encoding="utf-8") != found:
        new.parent.mkdir(exist_ok=True)
        new.write_text(found, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == found, f"review, then: cp {new} {FILE}"


@pytest.mark.demand("D16")
async def test_the_roles_that_cross_tenants_see_no_content(ask):
    """By column: ids, times and states, and what job waits; never words that somebody wrote."""
    found = await ask("""
        SELECT grantee, table_name, array_agg(column_name::text ORDER BY column_name)
        FROM information_schema.column_privileges
        WHERE grantee = ANY(:roles) AND privilege_type = 'SELECT' AND table_schema = 'public' GROUP BY 1, 2
    """, roles=sorted({role for *_, role in catalogue.CROSSING}))  # fmt: skip
    assert {(role, table): columns for role, table, columns in found} == {
        ("lianshen_relay", "calendar_edition"): ["area", "kind", "year"],
        ("lianshen_relay", "clock_shift"): ["one", "shift"],
        ("lianshen_relay", "deadline"): ["due_at", "id", "next_at", "overdue", "parked_at", "state", "tenant"],
        ("lianshen_relay", "outbox"): [
            "attempts", "created_at", "id", "job", "request_id", "sent_at", "state", "tenant",
        ],
        ("lianshen_relay", "sweep_beat"): ["at", "due_since", "one", "parked"],
        ("lianshen_relay", "tenant"): ["state", "tenant"],
        ("lianshen_relay", "timetable"): ["last_at", "name", "next_at"],
    }  # fmt: skip


@pytest.mark.demand("D26")
async def test_the_suite_works_with_the_roles_that_serve(database, worker_database):
    """A test that runs as a superuser proves nothing."""
    for made, role in ((database, "lianshen_web"), (worker_database, "lianshen_worker")):
        async with made.engine.connect() as connection:
            asked = text(
                "SELECT current_user, session_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
            )
            assert tuple((await connection.execute(asked)).one()) == (role, role, False)
