"""What the database says about its own walls, as checks that each raise AssertionError naming what is open.

A check is given ``ask(sql, **values) -> list of tuples`` on any connection, so that the mutants of ``test_mutants`` can
ask it within a transaction in which a wall has just been torn down.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from lianshen.kernel.schema import metadata
from lianshen.tables import UNWALLED

Ask = Callable[..., Awaitable[list[tuple[Any, ...]]]]

OWNER = "lianshen_owner"
WITHIN = ("lianshen_web", "lianshen_worker")
"""Roles that work within the tenant they have entered."""
CROSSING = {
    ("deadline", "relay", "SELECT", "lianshen_relay"): "the sweep looks for what is due, over all tenants",
    ("message", "relay", "SELECT", "lianshen_relay"): "the sender looks for what may leave, over all tenants",
    ("outbox", "relay", "ALL", "lianshen_relay"): "the relay publishes what waits, over all tenants",
}
"""The register of policies that cross tenants, each with its reason (D16); (table, policy, command, role)."""
OPERATOR = "lianshen_operator"
"""The role of the operator's process: within the tenant it has entered, and by what state that tenant is in."""
_MINE, _STATE = "(tenant = ( SELECT current_tenant() AS current_tenant))", "( SELECT tenant_state() AS tenant_state)"
OPERATOR_USUAL = {
    "operator_wall": ("RESTRICTIVE", "ALL", _MINE, _MINE),
    "operator_reads": ("PERMISSIVE", "SELECT", _MINE, None),
    "operator_founds": ("PERMISSIVE", "INSERT", None, f"({_MINE} AND ({_STATE} = 'founding'::text))"),
    "operator_edits": ("PERMISSIVE", "UPDATE", f"({_MINE} AND ({_STATE} = 'founding'::text))", None),
    "operator_closes": ("PERMISSIVE", "DELETE", f"({_MINE} AND ({_STATE} = 'closing'::text))", None),
}
"""What that role may do at every walled table: (kind, command, USING, WITH CHECK)."""
_ITS_OWN = f"({_MINE} AND (split_part(action, '.'::text, 1) = ANY (ARRAY['tenancy'::text, 'operations'::text])))"
OPERATOR_MORE = {
    ("event", "operator_records"): ("PERMISSIVE", "INSERT", None, _ITS_OWN),
    ("outbox", "operator_releases"): (
        "PERMISSIVE",
        "UPDATE",
        f"({_MINE} AND (state = 'parked'::text))",
        f"({_MINE} AND (state = 'pending'::text))",
    ),
    ("chain_head", "operator_records"): ("PERMISSIVE", "UPDATE", _MINE, _MINE),
    ("operator_order", "operator_works"): ("PERMISSIVE", "UPDATE", _MINE, _MINE),
    ("tenant_figure", "operator_counts"): ("PERMISSIVE", "INSERT", None, _MINE),
    ("tenant_figure", "operator_recounts"): ("PERMISSIVE", "UPDATE", _MINE, _MINE),
    ("tenant_figure", "operator_forgets"): ("PERMISSIVE", "DELETE", _MINE, None),
}
"""And beyond: its own acts in the ledger of whom they concern, how orders go, the counts of its page."""
OUTSIDE_KEYS = {
    "parent_edge_parent_fkey": "the other end of an edge between two tenants, both public",
    "succession_successor_fkey": "what came of a tenant by merger or split, both public",
}
"""Foreign keys whose two ends are of different tenants, each with its reason (D11)."""
APPEND_ONLY = (
    "checkpoint", "deadline_entry", "document", "event", "filing", "late_below", "ledger_check", "message_template",
    "project_duty", "receipt", "received_root", "reconciliation", "rung", "tally", "tree_node",
)  # fmt: skip
DEFINERS: dict[str, str] = {}
"""Functions that run with their owner's rights, each with its reason (D14)."""

_CONTEXT = "(tenant = ( SELECT current_tenant() AS current_tenant))"
_NEVER = ("TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")


async def roles(ask: Ask) -> list[str]:
    """Every role of ours that serves: all but the owner."""
    found = await ask("SELECT rolname FROM pg_roles WHERE rolname LIKE 'lianshen\\_%' ORDER BY 1")
    return [name for (name,) in found if name != OWNER]


async def relations(ask: Ask, kinds: str = "rpfm") -> list[str]:
    found = await ask(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relkind = ANY(string_to_array(:kinds, NULL)) ORDER BY 1",
        kinds=kinds,
    )
    return [name for (name,) in found]


async def walled(ask: Ask) -> list[str]:
    return [name for name in await relations(ask) if name not in UNWALLED]


async def every_table_is_declared(ask: Ask) -> None:
    """D2: tables, partitions and their children, foreign tables, materialized views; none that nobody answers for."""
    declared = set(metadata.tables) | {"alembic_version"}
    assert set(await relations(ask)) == declared
    assert set(UNWALLED) <= declared
    assert all(UNWALLED.values()), "each with its reason"
    schemas = await ask("SELECT DISTINCT nspname FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid")
    assert {name for (name,) in schemas} == {"public", "pg_catalog", "pg_toast", "information_schema"}


async def row_security_is_forced(ask: Ask) -> None:
    """D2: for the owner too."""
    flags = {
        name: (on, forced)
        for name, on, forced in await ask("SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class")
    }
    assert [name for name in await walled(ask) if flags[name] != (True, True)] == []


async def policies_read_the_context(ask: Ask) -> None:
    """D4, by what they say and not by their names: one permissive, one restrictive, and those of the register.

    The operator's role has five at every table, and the few more that are registered.
    """
    found = await ask(
        "SELECT tablename, policyname, permissive, cmd, qual, with_check, roles::text[] FROM pg_policies "
        "WHERE schemaname = 'public'"
    )
    crossing = set()
    standard: dict[str, list[str]] = {}
    operators: dict[tuple[str, str], tuple[Any, ...]] = {}
    for table, policy, kind, command, using, check, held in found:
        if held == sorted([OWNER, *WITHIN]) or set(held) == {OWNER, *WITHIN}:
            assert (command, using, check) == ("ALL", _CONTEXT, _CONTEXT), (table, policy)
            standard.setdefault(table, []).append(kind)
        elif held == [OPERATOR]:
            operators[table, policy] = (kind, command, using, check)
        else:
            assert len(held) == 1, (table, policy, held)
            assert not set(held) & {OWNER, *WITHIN}, (table, policy, "a role that works within one tenant")
            crossing.add((table, policy, command, held[0]))
    assert {name: sorted(kinds) for name, kinds in standard.items()} == {
        name: ["PERMISSIVE", "RESTRICTIVE"] for name in await walled(ask)
    }
    assert crossing == set(CROSSING)
    usual = {(table, name): said for table in await walled(ask) for name, said in OPERATOR_USUAL.items()}
    assert operators == usual | OPERATOR_MORE


async def tenant_never_changes(ask: Ask) -> None:
    """D3: not NULL, updated by nobody, and a trigger for whoever is granted it by mistake."""
    names = await walled(ask)
    nullable = await ask(
        "SELECT table_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND column_name = 'tenant' AND is_nullable = 'NO'"
    )
    assert set(names) <= {name for (name,) in nullable}
    triggers = await ask(
        "SELECT c.relname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND t.tgname = 'keep_tenant' AND t.tgenabled = 'O'"
    )
    said = dict(triggers)
    for name in names:
        assert "BEFORE UPDATE OF tenant" in said.get(name, ""), name
        assert "WHEN ((old.tenant IS DISTINCT FROM new.tenant)) EXECUTE FUNCTION keep_tenant()" in said[name], name
    granted = await ask(
        "SELECT r.rolname, c.relname FROM pg_roles r, pg_class c WHERE r.rolname = ANY(:roles) "
        "AND c.relname = ANY(:names) AND has_column_privilege(r.oid, c.oid, 'tenant', 'UPDATE')",
        roles=await roles(ask),
        names=names,
    )
    assert granted == []


async def foreign_keys_carry_the_tenant(ask: Ask) -> None:
    """D11: on both sides, and first."""
    found = await ask("""
        SELECT k.conname, a.attname, b.attname FROM pg_constraint k
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
        JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
        WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND k.conparentid = 0
    """)
    assert len(found) > 20
    assert {name for name, *ends in found if ends != ["tenant", "tenant"]} == set(OUTSIDE_KEYS)


async def links_are_foreign_keys(ask: Ask) -> None:
    """D11: a column that names a row of another table is held to it, or is on the list of what is deliberately free."""
    found = await ask("""
        SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_class other ON other.relname = a.attname AND other.relnamespace = c.relnamespace AND other.relkind = 'r'
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.atttypid = 'uuid'::regtype
          AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f'
                          AND k.confrelid = other.oid AND a.attnum = ANY(k.conkey))
    """)
    assert set(found) == FREE_LINKS.keys(), set(found) ^ FREE_LINKS.keys()


FREE_LINKS = {
    ("event", "project"): "the ledger outlives what it tells of, and is written last",
    ("event", "person"): "as before",
    ("event", "post"): "as before",
    ("event", "office"): "as before",
    ("outbox", "event"): "written in one statement with the event, from the same id",
    ("message", "event"): "that of the notice it brings, or of a job that has just read the event under the wall",
    ("message", "lease"): "the sender's token of one attempt, which names no row of the table ``lease``",
    ("notice", "event"): "written by a job that has just read the event under the wall",
    ("filing", "event"): "the event is written last, and the nightly check asks whether it is there",
    ("rung", "event"): "written in one transaction with the event, from the same id",
    ("late_below", "deadline"): "a deadline of the jurisdiction below, as it was reported: no key leads across",
    ("replay", "person"): "the person of the session that the guard has just read under the wall",
}
"""Columns named like a table that hold its ids without a foreign key, each with its reason."""


async def keys_lead_with_tenant(ask: Ask) -> None:
    """D12: every unique, primary and exclusion constraint; and every index, for the planner (D20)."""
    found = await ask("""
        SELECT c.relname, i.relname, a.attname FROM pg_index x
        JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
        WHERE c.relnamespace = 'public'::regnamespace
    """)
    names = set(await walled(ask))
    assert [index for table, index, column in found if table in names and column != "tenant"] == []
    assert names <= {table for table, *_ in found}


async def no_sequences(ask: Ask) -> None:
    """D18: a sequence counts for all tenants together, and leaves gaps that look like something deleted."""
    assert await relations(ask, "S") == []


async def views_ask_as_their_reader(ask: Ask) -> None:
    """D13, D14: no materialized view; a view, should there be one, is ``security_invoker``."""
    assert await relations(ask, "m") == []
    found = await ask(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v' "
        "AND NOT coalesce(reloptions @> '{security_invoker=true}', false)"
    )
    assert found == []


async def no_function_lends_its_owners_rights(ask: Ask) -> None:
    """D14: no SECURITY DEFINER, and a search path that no caller can bend."""
    found = await ask(
        "SELECT proname, prosecdef, coalesce(array_to_string(proconfig, ','), '') FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace"
    )
    assert {name for name, definer, _ in found if definer} == set(DEFINERS)
    assert [name for name, _, config in found if "search_path=" not in config] == []


async def roles_are_powerless(ask: Ask) -> None:
    """D1, D17."""
    serving = await roles(ask)
    assert {*WITHIN, "lianshen_relay"} <= set(serving)
    for role in serving:
        flags = await ask(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles "
            "WHERE rolname = :r",
            r=role,
        )
        assert flags == [(False,) * 5], role
        assert await ask("SELECT 1 FROM pg_class WHERE relowner = CAST(:r AS regrole)", r=role) == []
        assert await ask("SELECT 1 FROM pg_proc WHERE proowner = CAST(:r AS regrole)", r=role) == []
        assert await ask("SELECT 1 FROM pg_auth_members WHERE member = CAST(:r AS regrole)", r=role) == []
        for right in ("CREATE", "TEMP"):
            held = await ask("SELECT has_database_privilege(:r, current_database(), :p)", r=role, p=right)
            assert held == [(False,)], (role, right)
        assert await ask("SELECT has_schema_privilege(:r, 'public', 'CREATE')", r=role) == [(False,)], role
        held = await ask(
            "SELECT c.relname, p FROM pg_class c, unnest(CAST(:never AS text[])) AS p "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'f', 'm', 'v') "
            "AND has_table_privilege(:r, c.oid, p)",
            r=role,
            never=list(_NEVER),
        )
        assert held == [], role
        reach = await ask(
            "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.proname IN "
            "('pg_read_file', 'pg_read_binary_file', 'pg_ls_dir', 'pg_stat_file', 'lo_import', 'lo_export', "
            "'pg_reload_conf', 'pg_rotate_logfile', 'pg_create_restore_point', 'pg_switch_wal', 'pg_promote') "
            "AND has_function_privilege(:r, p.oid, 'EXECUTE')",
            r=role,
        )
        assert reach == [], role


async def the_ledger_is_append_only(ask: Ask) -> None:
    """D123: by grant, and by trigger for whoever is granted more by mistake, the owner included.

    The one who deletes is the operator's role, from a tenant that is being deleted as a whole. It is granted UPDATE by
    column as at every table, and the trigger refuses it. The code over a row follows the keys: it alone may be
    written anew. A closed tenant takes no further act.
    """
    assert set(APPEND_ONLY) <= {name for (name,) in await ask(
        "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE t.tgname = 'append_only' AND t.tgenabled = 'O'"
    )}  # fmt: skip
    guarded = await ask(
        "SELECT c.relname, array_agg(pg_get_triggerdef(t.oid) ORDER BY t.tgname) FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE t.tgname IN ('append_only', 'never_truncated') AND t.tgenabled = 'O' GROUP BY 1"
    )
    for table, said in guarded:
        assert len(said) == 2, table
        assert "BEFORE DELETE OR UPDATE" in said[0], table
        assert "FOR EACH ROW EXECUTE FUNCTION refuse_change()" in said[0], table
        assert "BEFORE TRUNCATE" in said[1], table
        for role in await roles(ask):
            for right in ("UPDATE", "DELETE"):
                held = await ask("SELECT has_table_privilege(:r, :t, :p)", r=role, t=table, p=right)
                assert held == [(role == OPERATOR and right == "DELETE",)], (role, table, right)
        columns = await ask(
            "SELECT grantee, column_name FROM information_schema.column_privileges "
            "WHERE table_schema = 'public' AND table_name = :t AND privilege_type = 'UPDATE' "
            "AND grantee NOT IN (:o, :operator)",
            t=table,
            o=OWNER,
            operator=OPERATOR,
        )
        coded = [("lianshen_web", "mac"), ("lianshen_worker", "mac")] if table == "document" else []
        assert sorted(columns) == coded, table
    (said,) = (await ask("SELECT prosrc FROM pg_proc WHERE proname = 'refuse_change'"))[0]
    assert "current_user = 'lianshen_operator' AND is_closing(OLD.tenant)" in said
    assert "to_jsonb(NEW) ? 'mac' AND to_jsonb(NEW) - 'mac' = to_jsonb(OLD) - 'mac'" in said
    assert "RAISE EXCEPTION" in said
    refusing = await ask(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'refuse_act' AND tgenabled = 'O' "
        "AND tgrelid = 'event'::regclass"
    )
    assert len(refusing) == 1
    assert "BEFORE INSERT" in refusing[0][0]


async def the_context_functions_raise(ask: Ask) -> None:
    """D6: what the policies call says no rather than NULL; no policy holds a subquery that runs for each row (D20)."""
    (said,) = (await ask("SELECT prosrc FROM pg_proc WHERE proname = 'current_tenant'"))[0]
    assert "RAISE EXCEPTION" in said
    assert await ask("SELECT provolatile::text FROM pg_proc WHERE proname = 'current_tenant'") == [("s",)]


CHECKS: dict[Callable[[Ask], Awaitable[None]], tuple[str, ...]] = {
    every_table_is_declared: ("D2", "D191"),
    row_security_is_forced: ("D2", "D191"),
    policies_read_the_context: ("D4", "D16", "D191"),
    tenant_never_changes: ("D3",),
    foreign_keys_carry_the_tenant: ("D11", "D191"),
    links_are_foreign_keys: ("D11",),
    keys_lead_with_tenant: ("D12", "D191"),
    no_sequences: ("D18",),
    views_ask_as_their_reader: ("D13", "D14", "D191"),
    no_function_lends_its_owners_rights: ("D14", "D191"),
    roles_are_powerless: ("D1", "D17", "D191"),
    the_ledger_is_append_only: ("D123",),
    the_context_functions_raise: ("D6", "D20"),
}
"""Every check with the demands that it proves."""


async def privileges(ask: Ask) -> str:
    """All that each serving role may do in this database, effectively, one right a line: for a committed file (D17)."""
    lines = []
    for role in await roles(ask):
        powers = await ask(
            "SELECT p FROM unnest(ARRAY['CONNECT', 'CREATE', 'TEMP']) AS p "
            "WHERE has_database_privilege(:r, current_database(), p)",
            r=role,
        )
        lines += [f"{role}  database  {right}" for (right,) in powers]
        for table in await relations(ask, "rpfmvS"):
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", *_NEVER):
                if await ask("SELECT has_table_privilege(:r, :t, :p)", r=role, t=table, p=right) == [(True,)]:
                    lines.append(f"{role}  {table}  {right}")
                elif right in ("SELECT", "INSERT", "UPDATE", "REFERENCES"):
                    columns = await ask(
                        "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:t AS regclass) AND attnum > 0 "
                        "AND NOT attisdropped AND has_column_privilege(:r, attrelid, attnum, :p) ORDER BY attname",
                        r=role,
                        t=table,
                        p=right,
                    )
                    lines += [f"{role}  {table}.{column}  {right}" for (column,) in columns]
        functions = await ask(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
            "AND has_function_privilege(:r, oid, 'EXECUTE') ORDER BY 1",
            r=role,
        )
        lines += [f"{role}  {name}  EXECUTE" for (name,) in functions]
    return "\n".join(lines) + "\n"
