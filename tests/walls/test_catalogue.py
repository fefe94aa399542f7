"""The walls as the database itself reports them: a table without them fails here (D1–D14, D17, D26)."""

import pytest
from sqlalchemy import text

from lianshen.tables import UNWALLED, metadata

RUNTIME = ("lianshen_web", "lianshen_worker", "lianshen_relay")
SURROGATE_FREE = "every key of a tenant's table leads with tenant"


@pytest.fixture
async def rows(superuser):
    async def ask(sql: str, **values):
        return [tuple(row) for row in await superuser.execute(text(sql), values)]

    return ask


async def walled(rows) -> list[str]:
    found = await rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'f', 'm')"
    )
    return sorted(name for (name,) in found if name not in UNWALLED)


async def test_every_table_is_declared_in_code(rows):
    assert set(await walled(rows)) | set(UNWALLED) == set(metadata.tables) | {"alembic_version"}


async def test_row_security_is_forced_with_both_policies_that_read_the_context(rows):
    flags = {
        name: (on, forced)
        for name, on, forced in await rows("SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class")
    }
    policies = await rows(
        "SELECT tablename, permissive, cmd, qual, with_check, roles::text[] FROM pg_policies "
        "WHERE schemaname = 'public'"
    )
    for table in await walled(rows):
        assert flags[table] == (True, True), table
        mine = [policy for policy in policies if policy[0] == table and "lianshen_web" in policy[5]]
        assert sorted(policy[1] for policy in mine) == ["PERMISSIVE", "RESTRICTIVE"], table
        for _, _, command, using, check, roles in mine:
            assert command == "ALL"
            assert "current_tenant()" in using
            assert using == check
            assert {"lianshen_owner", "lianshen_web", "lianshen_worker"} == set(roles)
    others = {(policy[0], tuple(policy[5])) for policy in policies if "lianshen_web" not in policy[5]}
    relays = {("outbox", ("lianshen_relay",)), ("deadline", ("lianshen_relay",))}
    assert others == relays | {(table, ("lianshen_operator",)) for table in await walled(rows)}


async def test_the_operators_role_stays_in_the_tenant_it_entered_and_in_the_state_that_allows_it(rows):
    """What it may do is a policy of its own kind on every table; the few exceptions are named here."""
    policies = await rows("""
        SELECT tablename, policyname, permissive, cmd, coalesce(qual, with_check) FROM pg_policies
        WHERE schemaname = 'public' AND roles = ARRAY['lianshen_operator']::name[]
    """)
    usual = {
        "operator_wall": ("RESTRICTIVE", "ALL", ""),
        "operator_reads": ("PERMISSIVE", "SELECT", ""),
        "operator_founds": ("PERMISSIVE", "INSERT", "founding"),
        "operator_edits": ("PERMISSIVE", "UPDATE", "founding"),
        "operator_closes": ("PERMISSIVE", "DELETE", "closing"),
    }
    more = {
        ("event", "INSERT"), ("chain_head", "UPDATE"), ("operator_order", "UPDATE"),
        ("tenant_figure", "INSERT"), ("tenant_figure", "UPDATE"), ("tenant_figure", "DELETE"),
    }  # fmt: skip
    for table in await walled(rows):
        mine = {policy[1]: policy[2:] for policy in policies if policy[0] == table}
        for name, (kind, command, state) in usual.items():
            assert mine[name][:2] == (kind, command), (table, name)
            assert "current_tenant()" in mine[name][2], (table, name)
            assert f"'{state}'" in mine[name][2] or not state, (table, name)
        extra = {(table, policy[1]) for name, policy in mine.items() if name not in usual}
        assert extra == {one for one in more if one[0] == table}, table


async def test_every_key_and_index_leads_with_tenant(rows):
    found = await rows("""
        SELECT c.relname, i.relname, a.attname FROM pg_index x
        JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
        WHERE c.relnamespace = 'public'::regnamespace
    """)
    tables = set(await walled(rows))
    assert [(index, column) for table, index, column in found if table in tables and column != "tenant"] == []


async def test_every_foreign_key_carries_the_tenant_on_both_sides(rows):
    found = await rows("""
        SELECT k.conname, a.attname, b.attname FROM pg_constraint k
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
        JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
        WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
    """)
    assert len(found) > 15
    allowed = {"parent_edge_parent_fkey", "succession_successor_fkey"}
    assert [row for row in found if row[1:] != ("tenant", "tenant") and row[0] not in allowed] == []


async def test_tenant_is_not_null_and_never_updatable(rows):
    for table in await walled(rows):
        (nullable,) = await rows(
            "SELECT is_nullable FROM information_schema.columns WHERE table_name = :t AND column_name = 'tenant'",
            t=table,
        )
        assert nullable == ("NO",), table
        for role in RUNTIME:
            (granted,) = await rows("SELECT has_column_privilege(:r, :t, 'tenant', 'UPDATE')", r=role, t=table)
            assert granted == (False,), (role, table)


async def test_runtime_roles_are_powerless(rows):
    for role in RUNTIME:
        (flags,) = await rows(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles "
            "WHERE rolname = :r",
            r=role,
        )
        assert flags == (False,) * 5
        assert await rows("SELECT 1 FROM pg_class WHERE relowner = :r ::regrole", r=role) == []
        assert await rows("SELECT 1 FROM pg_auth_members WHERE member = :r ::regrole", r=role) == []
        for table in metadata.tables:
            for right in ("TRUNCATE", "REFERENCES", "TRIGGER"):
                (granted,) = await rows("SELECT has_table_privilege(:r, :t, :p)", r=role, t=table, p=right)
                assert granted == (False,), (role, table, right)
        for right in ("CREATE", "TEMP"):
            (granted,) = await rows("SELECT has_database_privilege(:r, current_database(), :p)", r=role, p=right)
            assert granted == (False,), (role, right)
        (granted,) = await rows("SELECT has_schema_privilege(:r, 'public', 'CREATE')", r=role)
        assert granted == (False,)


async def test_relay_sees_no_content(rows):
    found = await rows("""
        SELECT table_name, column_name FROM information_schema.column_privileges
        WHERE grantee = 'lianshen_relay' AND privilege_type = 'SELECT' ORDER BY 1, 2
    """)
    seen: dict[str, set[str]] = {}
    for table, column in found:
        seen.setdefault(table, set()).add(column)
    assert seen == {
        "deadline": {"tenant", "id", "due_at", "state", "overdue"},
        "outbox": {"tenant", "id", "job", "request_id", "state", "attempts", "created_at", "sent_at"},
        "tenant": {"tenant", "state"},
        "timetable": {"name", "next_at", "last_at"},
    }


async def test_no_view_and_no_definer_function(rows):
    assert (
        await rows("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')")
        == []
    )
    assert await rows("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef") == []


async def test_the_ledger_is_append_only_for_every_role(rows):
    for table in ("event", "deadline_entry", "document", "project_duty"):
        for role in RUNTIME:
            for right in ("UPDATE", "DELETE"):
                (granted,) = await rows("SELECT has_table_privilege(:r, :t, :p)", r=role, t=table, p=right)
                assert granted == (False,), (role, table, right)
        triggers = await rows(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:t AS regclass) AND NOT tgisinternal ORDER BY 1",
            t=table,
        )
        assert [one for one in triggers if one != ("refuse_act",)] == [
            ("append_only",), ("keep_tenant",), ("never_truncated",),
        ]  # fmt: skip
