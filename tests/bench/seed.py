"""A full instance: counties, people, and projects with whole histories and true chains of digests.

A few projects of each shape are walked through the product's commands; their rows are then given new ids, counties,
units, titles and hours of the day, and each county's events are sealed into its own chain in order of time.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from lianshen import wiring
from lianshen.access.queries import compile_policy, use
from lianshen.audit import _chain
from lianshen.audit.queries import Verdict, verify
from lianshen.cli.accounts import Account
from lianshen.cli.seed import seed_demo
from lianshen.kernel import clock, integrity
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.settings import Settings
from lianshen.rules.queries import load_law
from tests.bench.keys import LEAD, UNITS, county, key, unit_of
from tests.bench.shapes import SHAPES, Walker, walked
from tests.support.people import Staff

_USERS = 200
_UNIT, _UNIT_LOGIN, _TITLE = "jyj", "jyj-sb", "教育数据平台"
"""What the walked projects have in common: the demo's office and person that declare them, and their title."""
_TABLES = ("project", "project_duty", "task", "document", "deadline", "deadline_entry", "rung", "opinion", "event")
_HOURS = {"at", "created_at", "updated_at", "opened_at", "closed_at", "asked_at", "given_at", "uploaded_at", "since"}
_LOADERS = 2


class Rows(NamedTuple):
    """Rows of one table of one walked project, and at which places of a row something is put in on copying."""

    table: str
    columns: tuple[str, ...]
    rows: list[list[Any]]
    ids: tuple[int, ...]
    hours: tuple[int, ...]


class People(NamedTuple):
    """The demo's offices, people and posts outside project units: (code, name, body), (login, name, role, office)."""

    offices: list[tuple[str, str, str]]
    posts: list[tuple[str, str, str, str]]
    ids: dict[UUID, str]
    """What each id of theirs names, as a path."""


class Pattern(NamedTuple):
    """Everything that the counties are made from."""

    people: People
    copies: list[list[list[Rows]]]
    """By shape, by first day, by table."""


class _Ids(dict[UUID, UUID]):
    """New ids by old ones; one that is not known yet is made."""

    def __init__(self, random: Random, known: Mapping[UUID, UUID]) -> None:
        super().__init__(known)
        self._random = random

    def __missing__(self, old: UUID) -> UUID:
        return self.setdefault(old, UUID(int=self._random.getrandbits(128), version=4))


class Work:
    """Opens units of work at a time of the walk's choosing."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = clock.now()

    def __call__(self, *, read_only: bool = False) -> UnitOfWork:
        return UnitOfWork(
            self.database, now=self.now, jobs_for=wiring.jobs_for, request_id="bench", read_only=read_only
        )


async def fill(settings: Settings, superuser_url: str, folder: Path, counties: int) -> Verdict:
    """Fill a migrated database. Returns the verdict on one county's chain."""
    use(compile_policy(settings.policies_dir, wiring.PERMISSIONS))
    await seed_demo(settings, folder / "accounts.json")
    connection = await asyncpg.connect(superuser_url)
    try:
        pattern = await _walk(settings, folder, connection)
        await _enter(connection, pattern.people, counties)
        parts = [range(start, counties, _LOADERS) for start in range(_LOADERS)]
        with ProcessPoolExecutor(_LOADERS) as pool:
            loop = asyncio.get_running_loop()
            await asyncio.gather(
                *(loop.run_in_executor(pool, _load, superuser_url, pattern, part) for part in parts if part)
            )
        await _protect(settings, counties)
        await connection.execute("VACUUM (ANALYZE, PARALLEL 2)")
    finally:
        await connection.close()
    return await verdict(settings, county(0))


async def _protect(settings: Settings, counties: int) -> None:
    """Codes on the counties' posts, without which these would count as changed past our commands."""
    database = Database(settings.worker_database_url, pool_size=1)
    try:
        for place in range(counties):
            async with Work(database)() as uow:
                await uow.enter(county(place))
                await integrity.protect_all(uow)
                await uow.commit()
    finally:
        await database.close()


async def verdict(settings: Settings, tenant: str) -> Verdict:
    """The product's own check of a county's chain."""
    database = Database(settings.database_url, pool_size=1)
    try:
        async with Work(database)(read_only=True) as uow:
            await uow.enter(tenant)
            return await verify(uow)
    finally:
        await database.close()


async def _walk(settings: Settings, folder: Path, connection: Any) -> Pattern:
    accounts = msgspec.json.decode((folder / "accounts.json").read_bytes(), type=list[Account])
    database = Database(settings.database_url, pool_size=1)
    workers = Database(settings.worker_database_url, pool_size=1)
    law = load_law(settings.tenants_dir)
    try:
        with tempfile.TemporaryDirectory() as files:
            work, staff = Work(database), Staff(database, accounts)

            def walker() -> Walker:
                return Walker(work, staff, law, Path(files), Work(workers))

            projects = await walked(walker, day_of(clock.now()))
    finally:
        await database.close()
        await workers.close()
    tenant = next(one.tenant for one in accounts if one.login == LEAD)
    people = await _people(connection, tenant)
    copies = [
        [[await _rows(connection, table, tenant, project) for table in _TABLES] for project in copies]
        for copies in projects
    ]
    return Pattern(people, copies)


async def _people(connection: Any, tenant: str) -> People:
    offices = await connection.fetch("SELECT * FROM office WHERE tenant = $1", tenant)
    posts = await connection.fetch(
        "SELECT DISTINCT ON (p.login) t.id, p.id AS person, p.login, p.name, t.roles[1] AS role, o.code AS office"
        " FROM post t"
        " JOIN person p ON p.tenant = t.tenant AND p.id = t.person"
        " JOIN office o ON o.tenant = t.tenant AND o.id = t.office WHERE t.tenant = $1 AND t.admin IS NULL",
        tenant,
    )
    ids = {row["id"]: f"office/{row['code']}" for row in offices}
    for row in posts:
        ids |= {row["person"]: f"person/{row['login']}", row["id"]: f"post/{row['login']}"}
    bodies = {row["code"] for row in offices if row["body"] != "project_unit"}
    return People(
        [(row["code"], row["name"], row["body"]) for row in offices if row["code"] in bodies],
        [(row["login"], row["name"], row["role"], row["office"]) for row in posts if row["office"] in bodies],
        ids,
    )


async def _rows(connection: Any, table: str, tenant: str, project: UUID) -> Rows:
    condition = {
        "project": "id = $2",
        "deadline_entry": "deadline IN (SELECT id FROM deadline WHERE tenant = $1 AND project = $2)",
        "rung": "deadline IN (SELECT id FROM deadline WHERE tenant = $1 AND project = $2)",
    }.get(table, "project = $2")
    order = "ORDER BY seq" if table == "event" else ""
    found = await connection.fetch(f"SELECT * FROM {table} WHERE tenant = $1 AND {condition} {order}", tenant, project)
    columns = tuple(found[0].keys()) if found else ()
    held = {place for row in found for place, cell in enumerate(row) if isinstance(cell, UUID)}
    hours = {place for place, name in enumerate(columns) if name in _HOURS}
    return Rows(table, columns, [list(row) for row in found], tuple(sorted(held)), tuple(sorted(hours)))


async def _enter(connection: Any, people: People, counties: int) -> None:
    """Counties, offices, people, posts. Passwords are not used: sessions are opened directly."""
    offices = people.offices + [(unit_of(n), f"项目单位{n:02}", "project_unit") for n in range(UNITS)]
    posts = people.posts + [
        (f"{unit_of(n)}-{n // UNITS:02}", f"申报岗{n // UNITS:02}", "applicant", unit_of(n))
        for n in range(_USERS - len(people.posts))
    ]
    codes = [county(place) for place in range(counties)]
    today, now = day_of(clock.now()), clock.now()
    columns = {
        "tenant": ("tenant", "name", "level", "state"),
        "office": ("tenant", "id", "code", "name", "body"),
        "person": ("tenant", "id", "login", "name", "password", "failures", "state", "state_at"),
        "post": ("tenant", "id", "person", "office", "roles", "since"),
    }
    rows: dict[str, list[tuple[Any, ...]]] = {
        "tenant": [(code, f"测试县{code}", "county", "active") for code in codes],
        "office": [(code, key(code, f"office/{office[0]}"), *office) for code in codes for office in offices],
        "person": [
            (code, key(code, f"person/{login}"), login, name, "", 0, "enabled", now)
            for code in codes
            for login, name, _, _ in posts
        ],
        "post": [
            (
                code,
                key(code, f"post/{login}"),
                key(code, f"person/{login}"),
                key(code, f"office/{office}"),
                [role],
                today,
            )
            for code in codes
            for login, _, role, office in posts
        ],
    }
    for table, records in rows.items():
        await connection.copy_records_to_table(table, records=records, columns=columns[table])


def _load(superuser_url: str, pattern: Pattern, part: range) -> None:
    asyncio.run(_load_counties(superuser_url, pattern, part))


async def _load_counties(superuser_url: str, pattern: Pattern, part: range) -> None:
    connection = await asyncpg.connect(superuser_url)
    try:
        for place in part:
            for table, columns, records in _county(pattern, county(place)):
                await connection.copy_records_to_table(table, records=records, columns=columns)
    finally:
        await connection.close()


def _county(pattern: Pattern, tenant: str) -> list[tuple[str, tuple[str, ...], list[list[Any]]]]:
    """Everything of one county, table by table in the order of their references."""
    random = Random(tenant)
    common = {old: key(tenant, path) for old, path in pattern.people.ids.items()}
    made: dict[str, list[list[Any]]] = {table: [] for table in _TABLES}
    columns: dict[str, tuple[str, ...]] = {}
    for shape, copies in zip(SHAPES, pattern.copies, strict=True):
        for place in shape.places:
            for rows in _copy(copies[place % len(copies)], tenant, place, common, pattern.people.ids, random):
                columns.setdefault(rows.table, rows.columns)
                made[rows.table] += rows.rows
    head = _seal(made["event"], columns["event"])
    return [
        *((table, columns[table], made[table]) for table in _TABLES),
        ("chain_head", ("tenant", "seq", "digest"), [[tenant, *head]]),
    ]


def _copy(
    walked: list[Rows], tenant: str, place: int, common: Mapping[UUID, UUID], paths: Mapping[UUID, str], random: Random
) -> list[Rows]:
    """One project like ``walked``: number ``place`` of its county."""
    unit, later = unit_of(place), timedelta(seconds=random.randrange(8 * 3600))
    title, name = f"{_TITLE}（{place:03}）", f"项目单位{unit[1:]} 申报岗00"
    paths_of_unit = {f"office/{_UNIT}": f"office/{unit}"} | {
        f"{kind}/{_UNIT_LOGIN}": f"{kind}/{unit}-00" for kind in ("person", "post")
    }
    (project,) = walked[0].rows
    ids = _Ids(random, common)
    ids[project[walked[0].columns.index("id")]] = key(tenant, f"project/{place}")
    ids |= {old: key(tenant, paths_of_unit[path]) for old, path in paths.items() if path in paths_of_unit}
    made = []
    for rows in walked:
        fresh = []
        for row in rows.rows:
            cells: list[Any] = [
                cell.replace(_TITLE, title).replace("县教育局 申报岗", name) if type(cell) is str else cell
                for cell in row
            ]
            cells[0] = tenant
            for at in rows.ids:
                if cells[at] is not None:
                    cells[at] = ids[cells[at]]
            for at in rows.hours:
                if cells[at] is not None:
                    cells[at] += later
            fresh.append(cells)
        made.append(rows._replace(rows=fresh))
    made[0].rows[0][made[0].columns.index("number")] = f"{tenant}-2026-{place + 1:04}"
    return made


def _seal(events: list[list[Any]], columns: tuple[str, ...]) -> tuple[int, bytes]:
    """Put the county's events in order of time and chain them; the head."""
    at, seq, facts = (columns.index(name) for name in ("at", "seq", "facts"))
    previous, sm3, sha256 = (columns.index(name) for name in ("previous", "sm3", "sha256"))
    events.sort(key=lambda event: _time(event[at]))
    head = _chain.GENESIS
    for number, event in enumerate(events, 1):
        event[seq] = number
        record = dict(zip(columns, event, strict=True))
        record["facts"] = msgspec.json.decode(event[facts])
        digests = _chain.digest(head, record)
        event[previous], event[sm3], event[sha256] = head, digests.sm3, digests.sha256
        head = digests.joined
    return len(events), head


def _time(at: datetime) -> float:
    return at.timestamp()
