"""Every wall of every table, torn down in turn, turns the catalogue's checks red (D211).

DDL is transactional here, so each mutant lives for one transaction in this process's own database. Mutants of the code
are in ``tests.mutants``.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from lianshen.tables import UNWALLED, metadata
from tests.mutants.trial import unnoticed
from tests.walls import catalogue
from tests.walls.test_catalogue import FILE

WALLED = sorted(set(metadata.tables) - set(UNWALLED))
_EVERY = (
    ("DROP POLICY tenant ON {t}", catalogue.policies_read_the_context),
    ("DROP POLICY wall ON {t}", catalogue.policies_read_the_context),
    ("ALTER POLICY wall ON {t} USING (true)", catalogue.policies_read_the_context),
    ("ALTER POLICY tenant ON {t} WITH CHECK (true)", catalogue.policies_read_the_context),
    ("ALTER POLICY wall ON {t} TO lianshen_owner, lianshen_web", catalogue.policies_read_the_context),
    ("CREATE POLICY rogue ON {t} TO lianshen_web USING (true)", catalogue.policies_read_the_context),
    ("CREATE POLICY rogue ON {t} USING (true)", catalogue.policies_read_the_context),
    ("CREATE POLICY rogue ON {t} TO lianshen_relay USING (true)", catalogue.policies_read_the_context),
    ("ALTER TABLE {t} DISABLE ROW LEVEL SECURITY", catalogue.row_security_is_forced),
    ("ALTER TABLE {t} NO FORCE ROW LEVEL SECURITY", catalogue.row_security_is_forced),
    ("DROP TRIGGER keep_tenant ON {t}", catalogue.tenant_never_changes),
    ("ALTER TABLE {t} DISABLE TRIGGER keep_tenant", catalogue.tenant_never_changes),
    ("GRANT UPDATE (tenant) ON {t} TO lianshen_worker", catalogue.tenant_never_changes),
    ("GRANT TRUNCATE ON {t} TO lianshen_web", catalogue.roles_are_powerless),
    ("GRANT REFERENCES ON {t} TO PUBLIC", catalogue.roles_are_powerless),
    ("ALTER TABLE {t} OWNER TO lianshen_web", catalogue.roles_are_powerless),
    ("CREATE INDEX rogue ON {t} (lower(tenant))", catalogue.keys_lead_with_tenant),
    ("CREATE VIEW rogue AS SELECT * FROM {t}", catalogue.views_ask_as_their_reader),
    ("CREATE MATERIALIZED VIEW rogue AS SELECT * FROM {t}", catalogue.views_ask_as_their_reader),
    ("CREATE TABLE rogue () INHERITS ({t})", catalogue.every_table_is_declared),
    ("GRANT DELETE ON {t} TO lianshen_relay", None),
)
_ONCE = (
    ("CREATE TABLE rogue (tenant text NOT NULL)", catalogue.every_table_is_declared),
    ("CREATE SCHEMA rogue; CREATE TABLE rogue.rogue (x int)", catalogue.every_table_is_declared),
    ("CREATE SEQUENCE rogue", catalogue.no_sequences),
    ("ALTER FUNCTION enter(text) SECURITY DEFINER", catalogue.no_function_lends_its_owners_rights),
    ("ALTER FUNCTION enter(text) RESET search_path", catalogue.no_function_lends_its_owners_rights),
    ("ALTER ROLE lianshen_relay BYPASSRLS", catalogue.roles_are_powerless),
    ("GRANT lianshen_owner TO lianshen_worker", catalogue.roles_are_powerless),
    ("GRANT pg_read_all_data TO lianshen_relay", catalogue.roles_are_powerless),
    ("GRANT CREATE ON SCHEMA public TO PUBLIC", catalogue.roles_are_powerless),
    ("GRANT EXECUTE ON FUNCTION pg_read_file(text) TO PUBLIC", catalogue.roles_are_powerless),
    ("CREATE ROLE lianshen_rogue SUPERUSER", catalogue.roles_are_powerless),
    ("ALTER FUNCTION current_tenant() OWNER TO lianshen_web", catalogue.roles_are_powerless),
    ("ALTER POLICY relay ON deadline TO lianshen_worker", catalogue.policies_read_the_context),
    ("ALTER FUNCTION current_tenant() VOLATILE", catalogue.the_context_functions_raise),
    (
        (
            "CREATE OR REPLACE FUNCTION current_tenant() RETURNS text LANGUAGE sql STABLE "
            "AS $$ SELECT current_setting('lianshen.tenant', true) $$"
        ),
        catalogue.the_context_functions_raise,
    ),
    ("GRANT SELECT (remarks) ON opinion TO lianshen_relay", None),
    ("GRANT EXECUTE ON FUNCTION wall(text[]) TO lianshen_web", None),
    ("CREATE UNIQUE INDEX rogue ON person (login, id)", catalogue.keys_lead_with_tenant),
    ("ALTER TABLE move_plan ADD CONSTRAINT rogue EXCLUDE (id WITH =)", catalogue.keys_lead_with_tenant),
    ("ALTER TABLE post DROP CONSTRAINT post_tenant_office_fkey", catalogue.links_are_foreign_keys),
    (
        "CREATE UNIQUE INDEX rogue ON office (id); ALTER TABLE post ADD FOREIGN KEY (office) REFERENCES office (id)",
        catalogue.foreign_keys_carry_the_tenant,
    ),
)
_APPEND = (
    "DROP TRIGGER append_only ON {t}",
    "ALTER TABLE {t} DISABLE TRIGGER append_only",
    "DROP TRIGGER never_truncated ON {t}",
    "GRANT UPDATE ON {t} TO lianshen_web",
    "GRANT DELETE ON {t} TO lianshen_worker",
)


def mutants() -> Iterator[tuple[str, Any]]:
    """(statements, the check that must turn red; None: the committed file of privileges, or the index check)."""
    for table in WALLED:
        for statement, check in _EVERY:
            yield statement.format(t=table), check
    for table in catalogue.APPEND_ONLY:
        for statement in _APPEND:
            yield statement.format(t=table), catalogue.the_ledger_is_append_only
    yield from _ONCE


@pytest.mark.demand("D2", "D4", "D211")
async def test_every_wall_torn_down_is_noticed(superuser):
    async def ask(sql: str, **values):
        return [tuple(row) for row in await superuser.execute(text(sql), values)]

    committed = FILE.read_text(encoding="utf-8")
    await superuser.rollback()
    survived, tried = [], 0
    for statements, check in mutants():
        for statement in statements.split("; "):
            await superuser.exec_driver_sql(statement)
        tried += 1
        try:
            if check is None:
                await catalogue.keys_lead_with_tenant(ask)
                assert await catalogue.privileges(ask) == committed
            else:
                await check(ask)
            survived.append(statements)
        except AssertionError:
            pass
        finally:
            await superuser.rollback()
    assert survived == []
    assert tried > 300


@pytest.mark.demand("D211")
async def test_a_question_taken_out_of_a_command_is_noticed(stack):
    """One of the mutants of the code, as a sample that they are real; all of them: ``make mutants``."""
    assert await asyncio.to_thread(unnoticed, stack, "versions/commands.py:50 nobody asks") == []
