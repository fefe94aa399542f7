"""The walls cost no scan: under the policies the hottest statements still find their rows by an index (D20)."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine

from lianshen import wiring
from lianshen.deadlines import queries as deadlines
from lianshen.identity.types import Actor
from lianshen.kernel import outbox
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.notifications import queries as notices
from lianshen.projects import queries as projects
from lianshen_workers.deliver import SCHEMA, deliver
from tests.conftest import Desk
from tests.support.stack import clone
from tests.walk.driver import LEAD, Driver

OURS = "320723"
TENANTS, EACH = 30, 300
NOW = datetime(2026, 3, 2, tzinfo=UTC)
COPIES = {
    "project": "'id', gen_random_uuid(), 'number', 'n' || n, 'updated_at', now() - make_interval(mins => n)",
    "task": "'project', gen_random_uuid()",
    "deadline": "'id', gen_random_uuid(), 'project', gen_random_uuid()",
    "event": "'id', gen_random_uuid(), 'seq', 1000 * seq + 1000000 + n, 'project', gen_random_uuid(), "
    "'previous', '\\x' || encode(sha512(gen_random_uuid()::text::bytea), 'hex')",
    "outbox": "'id', gen_random_uuid(), 'event', gen_random_uuid(), 'state', 'done', 'done_at', now()",
    "notice": "'id', gen_random_uuid(), 'event', gen_random_uuid()",
    "filing": "'id', gen_random_uuid(), 'number', 'n' || n, 'event', gen_random_uuid(), 'project', gen_random_uuid()",
}
"""What differs between a row and its copies, by table; columns that are not named here are as they were."""
COPY = """
    INSERT INTO {table} SELECT made.* FROM (SELECT * FROM {table} WHERE tenant = '320723' AND {mine} LIMIT 2) AS one,
        generate_series(1, {each}) AS n,
        (SELECT to_char(900000 + i, 'FM000000') FROM generate_series(1, {tenants}) i UNION SELECT '320723') AS t (code),
        LATERAL jsonb_populate_record(
            NULL::{table}, to_jsonb(one) || jsonb_build_object('tenant', t.code, 'copy', n, {new})
        ) AS made
    ON CONFLICT DO NOTHING
"""
SMALL = {"tenant", "office", "person", "post", "standing", "opinion", "project_duty", "document", "move_plan"}
"""Tables that hold so few rows in this data that reading them whole may be right."""


class Full:
    """A database with 31 counties of many hundred projects, and one project driven by people of ours."""

    def __init__(self, url: str, relay_url: str, drive: Driver, actor: Actor) -> None:
        self.url, self.relay_url, self.drive, self.actor = url, relay_url, drive, actor


@pytest.fixture(scope="module")
async def full(stack, name, staff, law, tmp_path_factory):
    large = f"{name}_large"
    await clone(stack, large)
    web, worker = (Database(stack.url(f"lianshen_{role}", large), pool_size=1) for role in ("web", "worker"))
    drive = Driver(Desk(web), staff, law, tmp_path_factory.mktemp("files"))
    drive.at("2026-03-02")
    await drive.to_joint_review("2026-03-20", "700000")
    engine = create_async_engine(stack.superuser_url.rpartition("/")[0] + f"/{large}")
    async with engine.begin() as connection:
        waiting = list(await connection.execute(text("SELECT tenant, id FROM outbox WHERE job <> 'canary'")))
    for tenant, message in waiting:
        assert await deliver(worker, tenant=tenant, message=message, request_id="", schema=SCHEMA)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("SET session_replication_role = replica")
        for table, new in COPIES.items():
            mine = "job <> 'canary'" if table == "outbox" else "true" if table == "project" else "project IS NOT NULL"
            await connection.exec_driver_sql(
                COPY.format(table=table, new=new, mine=mine, each=EACH, tenants=TENANTS).replace("%", "%%")
            )
        await connection.exec_driver_sql("ANALYZE")
    await engine.dispose()
    for made in (web, worker):
        await made.close()
    actor = await drive.actor(LEAD)
    return Full(stack.url("lianshen_web", large), stack.url("lianshen_relay", large), drive, actor)


class Explained:
    """Collects the plans of whatever statements a block runs, as the database makes them for this role."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.asked: list[tuple[str, object]] = []

    async def plans(self, tenant: str | None) -> list[dict]:
        found = []
        async with self._database.engine.connect() as connection:
            if tenant:
                await connection.execute(text("SELECT enter(:t)"), {"t": tenant})
            for statement, values in self.asked:
                if statement.lstrip().upper().startswith(("SELECT ENTER(", "SELECT * FROM ENTER_SESSION")):
                    continue
                plan = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
                said = plan.scalar_one()
                found.append((json.loads(said) if isinstance(said, str) else said)[0]["Plan"])
        return found

    def __enter__(self) -> "Explained":
        event.listen(self._database.engine.sync_engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *exc: object) -> None:
        event.remove(self._database.engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, connection, cursor, statement, parameters, context, many) -> None:
        self.asked.append((statement, parameters))


def nodes(plan: dict):
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def scans(plan: dict) -> list[str]:
    """Scans of large tables that no condition on an index leads."""
    found = []
    for node in nodes(plan):
        if node["Node Type"] in ("Seq Scan", "Parallel Seq Scan") and node["Relation Name"] not in SMALL:
            found.append(f"{node['Node Type']} {node['Relation Name']}")
        if "Index" in node["Node Type"] and "tenant" not in node.get("Index Cond", "") + node.get("Filter", ""):
            found.append(f"{node['Node Type']} {node.get('Index Name')}: {node.get('Index Cond')}")
    return found


def _unit(database: Database) -> UnitOfWork:
    return UnitOfWork(database, now=NOW, jobs_for=wiring.jobs_for, request_id="", read_only=False)


@pytest.mark.demand("D20")
async def test_the_hottest_statements_find_their_rows_by_an_index(full, law):
    database, actor, project = Database(full.url, pool_size=1), full.actor, full.drive.project
    asks = {
        "a project": lambda uow: projects.view(uow, actor, project),
        "the list": lambda uow: projects.page(uow, actor),
        "the list of one phase": lambda uow: projects.page(uow, actor, phase="none"),
        "a word in the list": lambda uow: projects.page(uow, actor, words="数据"),
        "the inbox": lambda uow: projects.inbox(uow, actor, law.calendar),
        "notices": lambda uow: notices.notices(uow, actor),
        "unread notices": lambda uow: notices.unread(uow, actor),
        "deadlines of a project": lambda uow: deadlines.of_project(uow, project),
        "versions in use": lambda uow: projects.pins(uow, law),
    }
    try:
        for what, ask in asks.items():
            with Explained(database) as seen:
                async with _unit(database) as uow:
                    await uow.enter(OURS)
                    await ask(uow)
            assert seen.asked, what
            for plan in await seen.plans(OURS):
                assert scans(plan) == [], what
    finally:
        await database.close()


@pytest.mark.demand("D20")
async def test_who_looks_over_all_tenants_reads_what_waits_and_no_more(full):
    """The partial indexes hold what is open; canaries are found one by one."""
    watch = Database(full.relay_url, pool_size=1)
    try:
        with Explained(watch) as seen:
            async with _unit(watch) as uow:
                await deadlines.unseen(uow, [OURS])
                await outbox.unseen(uow, [OURS])
        for plan in await seen.plans(None):
            assert [node["Node Type"] for node in nodes(plan) if "Seq Scan" in node["Node Type"]] == []
    finally:
        await watch.close()
