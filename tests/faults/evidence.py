"""What a run has left behind, gathered for the checker: rows, files, logs, Redis, processes."""

import hashlib
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import redis

from lianshen.audit.checkpoints import trusted
from lianshen.audit.queries import verify
from lianshen.kernel import clock
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.settings import Settings
from lianshen.wiring import jobs_for
from tests.faults.site import Site
from tests.faults.users import FORMS, History, canary

Ask = Callable[..., Awaitable[list[Any]]]


class Evidence(msgspec.Struct, kw_only=True):
    """Everything that the invariants are about. Lists of what is wrong by nature are empty when nothing is."""

    history: History
    events: list[tuple[str, str, str, str, str]]
    """(tenant, request id, action, project, result), in the order of each ledger."""
    rows: set[tuple[str, str]]
    """(kind, id) of projects and documents there are."""
    documents: dict[str, tuple[str, str]]
    """Digest of each paper by id, with its tenant."""
    files: dict[str, str]
    """Digest of the content of each visible file, by ``tenant/name``."""
    staged: set[str]
    """Files that wait for the reconciler, by ``tenant/digest``; one with a row is read where it lies."""
    crossing: list[str]
    """Rows whose tenant is not their parent's."""
    due: list[tuple[str, float]]
    """Deadlines that are due and not handled, with the seconds since."""
    consequences: list[tuple[str, str, int]]
    """(tenant, deadline and rung, how often) of what took effect."""
    duties: list[tuple[str, str, str, float, str | None]]
    """(tenant, id, state, age in seconds, reason) of messages that are not done."""
    effects: dict[str, int]
    """Notices by request id of the submission that they follow from."""
    broken: list[str]
    """Ledgers that do not verify."""
    silent: list[str]
    """Rows of papers and projects without an event that says so."""
    backends: list[tuple[str, str, float]]
    """(application, state, seconds in that state) of the database's connections."""
    waiting: list[str]
    """Locks that somebody waits for."""
    zombies: list[int]
    texts: dict[str, str]
    """Logs and the content of Redis, by place."""
    secrets: list[str]
    """What must stand in none of them."""
    dead: list[str]
    """Processes that do not run."""
    recovered: float
    """Seconds from the end of the fault until everything was done."""
    bound: float
    unresolved: list[str]
    """Acts whose outcome could not be learnt by asking under their key."""


_EVENTS = """SELECT tenant, request_id, action, coalesce(project::text, ''), result FROM event
    WHERE tenant = ANY($1) AND at > $2 ORDER BY tenant, seq"""
_DUE = """SELECT tenant, extract(epoch FROM duty_now() - next_at)::float FROM deadline
    WHERE next_at <= duty_now() AND parked IS NULL"""
_CONSEQUENCES = """SELECT tenant, deadline || ' ' || rung || ' ' || due_on, count(*) FROM rung GROUP BY 1, 2
    UNION ALL SELECT e.tenant, e.project || ' expired', 1 + count(*) - (SELECT count(*) FROM rung r
        JOIN deadline d ON d.tenant = r.tenant AND d.id = r.deadline
        WHERE r.tenant = e.tenant AND d.project = e.project AND r.rung = 'expiry')
    FROM event e WHERE e.action = 'deadlines.expired' AND e.project IS NOT NULL GROUP BY e.tenant, e.project"""
"""Of a project each of whose terms that ended says so once, and no more often, that is once."""
_DUTIES = """SELECT tenant, id::text, state, extract(epoch FROM now() - created_at)::float, reason FROM outbox
    WHERE state <> 'done'"""
_EFFECTS = """SELECT e.request_id, count(n.person) FROM event e LEFT JOIN notice n
    ON n.tenant = e.tenant AND n.event = e.id
    WHERE e.action = 'projects.submit' AND e.at > $1 GROUP BY 1"""
_BACKENDS = """SELECT coalesce(application_name, ''), coalesce(state, ''),
    extract(epoch FROM clock_timestamp() - state_change)::float FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_LOCKS = """SELECT a.application_name || ' ' || l.mode FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE NOT l.granted AND a.query_start < clock_timestamp() - interval '30 seconds'"""
_PARENTS = """SELECT conrelid::regclass::text, confrelid::regclass::text,
    (SELECT array_agg(attname::text ORDER BY ord) FROM unnest(conkey) WITH ORDINALITY AS k (num, ord)
       JOIN pg_attribute ON attrelid = conrelid AND attnum = num),
    (SELECT array_agg(attname::text ORDER BY ord) FROM unnest(confkey) WITH ORDINALITY AS k (num, ord)
       JOIN pg_attribute ON attrelid = confrelid AND attnum = num)
    FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace"""


async def crossing(ask: Ask) -> list[str]:
    """Rows that name a parent, by its id alone, which only another tenant has."""
    found = []
    for child, parent, columns, keys in await ask(_PARENTS):
        if "tenant" not in columns or "tenant" not in keys or len(columns) != 2:
            continue
        own, key = (next(one for one in names if one != "tenant") for names in (columns, keys))
        strays = await ask(
            f'SELECT count(*) FROM {child} c WHERE c."{own}" IS NOT NULL AND NOT EXISTS '
            f'(SELECT FROM {parent} p WHERE p.tenant = c.tenant AND p."{key}" = c."{own}")'
        )
        if strays[0][0]:
            found.append(f"{strays[0][0]} of {child}.{own}")
    return found


async def gather(
    ask: Ask,
    history: History,
    since: datetime,
    *,
    broken: list[str],
    files: Path,
    texts: dict[str, str],
    secrets: list[str],
    dead: list[str],
    zombies: list[int],
    recovered: float,
    bound: float,
    unresolved: list[str],
) -> Evidence:
    """Look at everything; ``ask(sql, *values)`` is a connection that sees all rows."""
    tenants = list(FORMS)
    documents = {str(id_): (tenant, sha) for tenant, id_, sha in await ask("SELECT tenant, id, sha256 FROM document")}
    projects = {str(id_) for (id_,) in await ask("SELECT id FROM project")}
    unsaid = await ask(
        "SELECT 'project ' || p.id FROM project p WHERE NOT EXISTS (SELECT FROM event e WHERE e.tenant = p.tenant "
        "AND e.project = p.id AND e.action = 'projects.declare') UNION ALL "
        "SELECT 'document ' || d.id FROM document d WHERE NOT EXISTS (SELECT FROM event e WHERE e.tenant = d.tenant "
        "AND e.project = d.project AND e.facts::text LIKE '%' || d.sha256 || '%' OR e.tenant = d.tenant AND "
        "e.project = d.project AND e.note LIKE '%' || d.sha256 || '%')"
    )
    return Evidence(
        history=history,
        events=[tuple(row) for row in await ask(_EVENTS, tenants, since)],
        rows={("project", one) for one in projects} | {("document", one) for one in documents},
        documents=documents,
        files=visible(files),
        staged=staged(files),
        crossing=await crossing(ask),
        due=[tuple(row) for row in await ask(_DUE)],
        consequences=[tuple(row) for row in await ask(_CONSEQUENCES)],
        duties=[tuple(row) for row in await ask(_DUTIES)],
        effects=dict([tuple(row) for row in await ask(_EFFECTS, since)]),
        broken=broken,
        silent=[one for (one,) in unsaid],
        backends=[tuple(row) for row in await ask(_BACKENDS)],
        waiting=[one for (one,) in await ask(_LOCKS)],
        zombies=zombies,
        texts=texts,
        secrets=secrets,
        dead=dead,
        recovered=recovered,
        bound=bound,
        unresolved=unresolved,
    )


async def of_site(site: Site, history: History, tokens: list[str], since: datetime, **timed: Any) -> Evidence:
    """The evidence that a site's run has left."""
    connection = await asyncpg.connect(site.superuser)
    try:
        return await gather(
            connection.fetch,
            history,
            since,
            broken=await broken_ledgers(site.settings, list(FORMS)),
            files=Path(site.environment["LIANSHEN_FILES_DIR"]),
            texts=site.logs() | {"redis": held(site.redis())},
            secrets=[*tokens, *(canary(code) for code in FORMS), *{one.password for one in site.accounts}],
            dead=[name for name, process in site.processes.items() if not process.alive],
            zombies=zombies(),
            **timed,
        )
    finally:
        await connection.close()


def visible(files: Path) -> dict[str, str]:
    """Content digests of the files that have their place."""
    return {
        f"{path.parent.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files.glob("*/[0-9a-f][0-9a-f]/*")
    }


def staged(files: Path) -> set[str]:
    """``tenant/digest`` of the files that wait to be given their place."""
    return {f"{path.parent.parent.name}/{path.name[:64]}" for path in files.glob("*/.staged/*.*")}


async def broken_ledgers(settings: Settings, tenants: list[str]) -> list[str]:
    """By the product's own verification: order, links, digests, head, checkpoints in and outside the database."""
    database = Database(settings.database_url, pool_size=1)
    keys, found = trusted(settings.signing_key.parent), []
    try:
        for tenant in tenants:
            uow = UnitOfWork(database, now=clock.now(), jobs_for=jobs_for, request_id="check", read_only=True)
            async with uow:
                await uow.enter(tenant)
                verdict = await verify(uow, outside=settings.checkpoints_dir, keys=keys)
            if verdict.damage:
                found.append(f"{tenant}: {verdict.damage} at {verdict.broken_at}")
    finally:
        await database.close()
    return found


def held(client: "redis.Redis") -> str:
    """Every key of every database in use, with its value."""
    said = []
    try:
        for number in (0, 1):
            client.select(number)
            for key in client.scan_iter():
                kind = client.type(key).decode()
                if kind in ("hash", "string", "set"):
                    value = {"hash": client.hgetall, "string": client.get, "set": client.smembers}[kind](key)
                else:
                    value = (client.lrange if kind == "list" else client.zrange)(key, 0, -1)
                said.append(f"{key!r} {value!r}")
    finally:
        client.close()
    return "\n".join(said)


def zombies() -> list[int]:
    """Children of this process that ended and that nobody waited for."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] == "Z" and int(fields[1]) == os.getpid():
            found.append(int(folder.name))
    return found
