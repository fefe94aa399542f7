"""There is one door to the database, and what comes out of it on failure says nothing (D1, D7–D9, D19)."""

import ast
import asyncio
import json
import re
from functools import partial
from pathlib import Path

import msgspec
import pytest
from litestar import post
from litestar.params import JSONBody
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from lianshen.kernel.database import OwnTransaction
from lianshen.web import pages
from lianshen.web._auth import PUBLIC
from lianshen.web._context import Asked
from lianshen.web._startup import UnfitProcess, require_fitness, watch
from lianshen.web.app import create_app
from lianshen_workers._process import Powerless, TooPowerful
from tests.web.conftest import browser, serving

OURS = "320723"
ROOT = Path(__file__).parents[2]
SOURCES = [
    path for root in ("platform", "workers") for path in (ROOT / root).rglob("*.py") if "node_modules" not in str(path)
]
DOOR = Path("platform/lianshen/kernel/database.py")
BUILDERS = {
    "platform/lianshen/cli/migrate.py": "makes the roles as a superuser, and the schema as its owner",
}
"""Files that may connect besides the door, each with its reason; none of them is part of a serving process."""
LIMITS = {
    "platform/lianshen/operations/_store.py": {"SET LOCAL timezone = 'UTC'"},
}
"""What a file sets besides the door, for its transaction alone and never the tenant: an archive's instants."""
MAKERS = {
    "create_async_engine", "create_engine", "create_pool", "AsyncSession", "sessionmaker",
    "async_sessionmaker", "begin_nested", "get_raw_connection", "raw_connection", "copy_records_to_table",
    "copy_to_table", "copy_from_query", "add_listener",
}  # fmt: skip
SETTERS = re.compile(
    r"\bset_config\s*\(|^\s*(RE)?SET\s+(LOCAL\s+|SESSION\s+)?[a-z_]+[.=\s]|\bLISTEN\b|\bNOTIFY\b"
    r"|\bpg_(try_)?advisory_(?!xact_lock\(hashtext\('[a-z_]+'\), [^)]*:tenant)"
)
"""What sets something for longer than a transaction, and locks that do not carry the tenant."""


def names(tree: ast.AST):
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="asyncpg" | "psycopg" | "psycopg2"), attr="connect"):
                yield "connect"
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name):
                yield name


@pytest.mark.demand("D8", "D95")
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_connects_but_through_the_one_door(path):
    """Engines, raw connections, COPY, LISTEN: all would pass by the place that sets the tenant."""
    name = str(path.relative_to(ROOT))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if name != str(DOOR) and name not in BUILDERS:
        assert set(names(tree)) & (MAKERS | {"connect"} | {"engine"}) == set()
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and not name.startswith("platform/lianshen/cli")
        ):
            docstring = "\n" in node.value and "SELECT" not in node.value
            known = name == str(DOOR) or node.value in LIMITS.get(name, ())
            assert docstring or known or not SETTERS.search(node.value), node.lineno


def test_the_list_of_builders_holds_no_file_that_builds_nothing():
    for name in BUILDERS:
        assert set(names(ast.parse((ROOT / name).read_text(encoding="utf-8")))) & (MAKERS | {"connect"}), name


@pytest.mark.demand("D6", "D8")
async def test_a_connection_without_a_tenant_raises_even_for_whoever_gets_hold_of_the_engine(database):
    async with database.engine.connect() as connection:
        with pytest.raises(DBAPIError, match="no tenant in this transaction"):
            await connection.execute(text("SELECT count(*) FROM project"))


@pytest.mark.demand("D9")
@pytest.mark.parametrize("level", ["AUTOCOMMIT", "READ COMMITTED", "SERIALIZABLE"])
async def test_no_connection_takes_an_isolation_level_of_its_own(database, level):
    async with database.engine.connect() as connection:
        with pytest.raises(OwnTransaction):
            await connection.execution_options(isolation_level=level)
    with pytest.raises(OwnTransaction):
        database.engine.execution_options(isolation_level=level)


@pytest.mark.demand("D7")
async def test_a_second_transaction_of_the_same_unit_has_to_say_its_tenant_again(work):
    """Never unscoped: after COMMIT the same statement raises, and entered anew it sees the same rows."""
    count = text("SELECT count(*) FROM office")
    async with work() as uow:
        await uow.enter(OURS)
        first = (await uow.execute(count)).scalar_one()
        await uow.commit()
        with pytest.raises(DBAPIError, match="no tenant"):
            await uow.execute(count)
    async with work() as uow:
        for _ in range(2):
            await uow.enter(OURS)
            assert (await uow.execute(count)).scalar_one() == first > 0
            await uow.commit()


GAINED = {
    "ALTER ROLE {role} BYPASSRLS": "ALTER ROLE {role} NOBYPASSRLS",
    "ALTER ROLE {role} SUPERUSER": "ALTER ROLE {role} NOSUPERUSER",
    "ALTER ROLE {role} CREATEROLE": "ALTER ROLE {role} NOCREATEROLE",
    "GRANT pg_read_all_data TO {role}": "REVOKE pg_read_all_data FROM {role}",
    "GRANT lianshen_owner TO {role}": "REVOKE lianshen_owner FROM {role}",
    "CREATE TABLE bare (x int); ALTER TABLE bare OWNER TO {role}": "DROP TABLE bare",
    "CREATE FUNCTION bare() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION bare() OWNER TO {role}": (
        "DROP FUNCTION bare()"
    ),
    "CREATE SCHEMA bare AUTHORIZATION {role}": "DROP SCHEMA bare",
}
"""Ways in which a role gains power, and how it loses it."""


@pytest.fixture
async def probe(configured, superuser, name):
    """Settings with a role of this test alone: roles are the server's, and other processes test with theirs."""
    role = f"probe_{name}"
    run = partial(_run, superuser, role)
    await run("CREATE ROLE {role} LOGIN PASSWORD 'probe'; GRANT USAGE ON SCHEMA public TO {role}; "
              "GRANT SELECT ON tenant, parent_edge TO {role}")  # fmt: skip
    url = make_url(configured.database_url).set(username=role, password="probe")
    yield msgspec.structs.replace(configured, database_url=url.render_as_string(hide_password=False)), run
    await run("DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.demand("D1")
async def test_a_process_whose_role_gains_power_stops_serving_at_its_next_look(probe, monkeypatch):
    """Each way to gain it; and the process serves again once it is taken away."""
    settings, run = probe

    async def untold(*_: object) -> None:
        """The policies name the roles that serve; a role of this test alone has no place in the ledger."""

    monkeypatch.setattr("lianshen.web.app.note_process", untold)
    monkeypatch.setattr("lianshen.web.app.note_stop", untold)
    made = create_app(settings)
    powerless = Powerless(made.services.database, every=0.0)
    async with serving(made), browser(made) as client:
        looking = asyncio.create_task(watch(made.services, every=0.01))
        for gain, lose in GAINED.items():
            assert (await client.get("/readyz")).status_code == 200
            await powerless.require()
            await run(gain)
            try:
                with pytest.raises(UnfitProcess):
                    await require_fitness(made.services)
                with pytest.raises(TooPowerful):
                    await powerless.require()
                await _until(made.services.fitness, lost=True)
                for path in ("/readyz", "/healthz", "/login", "/api/v1/tenants"):
                    assert (await client.get(path)).status_code == 503, (gain, path)
            finally:
                await run(lose)
            await _until(made.services.fitness, lost=False)
        looking.cancel()


async def _run(superuser, role: str, script: str) -> None:
    for statement in script.format(role=role).split("; "):
        await superuser.execute(text(statement))
    await superuser.commit()


async def _until(fitness, *, lost: bool) -> None:
    for _ in range(500):
        if fitness.lost == lost:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"after 5 s fitness is still {'not ' * lost}lost")


BROKEN = {
    "unique": "INSERT INTO counter VALUES (current_tenant(), 'x', 2026, 1), (current_tenant(), 'x', 2026, 1)",
    "foreign key": "INSERT INTO project_duty SELECT tenant, gen_random_uuid(), id, 'apply' FROM person LIMIT 1",
    "check": (
        "INSERT INTO outbox VALUES (current_tenant(), gen_random_uuid(), gen_random_uuid(), '', '', 'odd', 0, now())"
    ),
    "row security": "INSERT INTO counter VALUES ('421000', 'secret-kind', 2026, 1)",
    "permission": "UPDATE office SET tenant = '421000'",
    "no such column": "SELECT secret_column FROM office",
    "cast": "SELECT code::uuid FROM office",
}


@pytest.mark.demand("D19")
async def test_nothing_that_the_database_says_reaches_the_caller(configured, monkeypatch):
    """Constraint names and DETAIL hold names and values of rows."""

    @post("/broken", opt=PUBLIC)
    async def broken(call: Asked, data: JSONBody[dict[str, str]]) -> None:
        await call.uow.enter(OURS)
        await call.uow.execute(text(data["sql"]))

    monkeypatch.setattr(pages, "HANDLERS", (*pages.HANDLERS, broken))
    made = create_app(configured)
    async with browser(made) as client:
        for what, sql in BROKEN.items():
            for accept in ("application/json", "text/html"):
                answer = await client.post(
                    "/broken", json={"sql": sql}, headers={"accept": accept, "x-request-id": "id"}
                )
                assert answer.status_code == 500, what
                said = answer.text.lower() + json.dumps(dict(answer.headers)).lower()
                for word in ("constraint", "violat", "office", "counter", "secret", "421000", "relation", "sqlalchemy",
                             "asyncpg", "select", "insert", "detail:", "uuid"):  # fmt: skip
                    assert word not in said, (what, word)
    await made.services.database.close()


@pytest.mark.demand("D54")
async def test_a_read_only_unit_writes_nothing(database, work):
    async with work(read_only=True) as uow:
        await uow.enter(OURS)
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await uow.execute(text("INSERT INTO counter VALUES (current_tenant(), 'x', 2026, 1)"))
