"""Operation E: what is due takes effect over all tenants, and people have their notices.

Measured against the same rows written by one statement over all of them (digests by SHA-256 alone, since PostgreSQL has
no SM3). Then in service: sweep, relay, worker and broker as processes, from the instant a term is over to its notice.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from statistics import median, quantiles
from typing import Any, NamedTuple

import asyncpg

from lianshen import wiring
from lianshen.access.queries import compile_policy
from lianshen.cli.process import Child, Service
from lianshen.cli.valkey import EmbeddedValkey
from lianshen.kernel.database import Database
from lianshen.rules.queries import Law
from lianshen_workers.deliver import SCHEMA, deliver
from lianshen_workers.sweep import Sweep
from tests.bench.data import Data
from tests.bench.keys import county
from tests.bench.stack import cpu

EACH = 334
"""Deadlines that are due in each county: 100,000 over 300."""
_SINGLE = 200
"""Deadlines that fall due one by one, in service."""
_OVER = "2026-01-06T16:00:00Z"
_CLOCK = "file_contract"
_PROCESSES = ("relay", "sweep")

_ARM = f"""
    INSERT INTO deadline SELECT (jsonb_populate_record(NULL::deadline, to_jsonb(d) || jsonb_build_object(
        'id', gen_random_uuid(), 'state', 'open', 'closed_at', NULL, 'overdue', false, 'due_on', '2026-01-06',
        'label', 'E'))).*
    FROM (SELECT *, dense_rank() OVER (PARTITION BY tenant ORDER BY project) AS place
          FROM deadline WHERE clock = '{_CLOCK}' AND tenant >= '990001' AND state = 'met') AS d
    WHERE place <= $1 ON CONFLICT DO NOTHING
"""
_BACKLOG = f"""
    INSERT INTO deadline SELECT (jsonb_populate_record(NULL::deadline, to_jsonb(d) || jsonb_build_object(
        'id', gen_random_uuid(), 'clock', 'E' || n, 'overdue', false, 'next_at', '{_OVER}', 'label', 'backlog',
        'plan', jsonb_build_array(jsonb_build_array('{_OVER}', 'ahead'))))).*
    FROM deadline d, generate_series(1, 300) AS n
    WHERE d.tenant = $1 AND d.label = 'E' AND d.state = 'open' ON CONFLICT DO NOTHING
"""
_AWAY = "UPDATE deadline SET next_at = NULL, plan = '[]' WHERE next_at IS NOT NULL"
_REARM = f"""
    UPDATE deadline SET due_on = due_on - 1, overdue = false, next_at = '{_OVER}',
           plan = jsonb_build_array(jsonb_build_array('{_OVER}', 'expiry')) WHERE label = 'E' AND state = 'open'
"""

_ONE_STATEMENT = """
    WITH due AS MATERIALIZED (
        SELECT d.tenant, d.id, d.project, d.label, d.article, d.owed_by, d.owed_to, d.due_on, d.next_at, p.title,
               p.office,
               h.seq + row_number() OVER (PARTITION BY d.tenant ORDER BY d.next_at, d.id) AS seq,
               row_number() OVER (PARTITION BY d.tenant ORDER BY d.next_at, d.id) AS place,
               gen_random_uuid() AS event, h.digest
        FROM deadline d JOIN project p ON p.tenant = d.tenant AND p.id = d.project
        JOIN chain_head h ON h.tenant = d.tenant
        WHERE d.next_at <= now()
    ), marked AS (
        UPDATE deadline d SET overdue = true, plan = '[]', next_at = NULL FROM due
        WHERE d.tenant = due.tenant AND d.id = due.id
    ), entered AS (
        INSERT INTO deadline_entry (tenant, id, deadline, kind, "on", reason, at)
        SELECT tenant, event, id, 'expired', due_on, '', now() FROM due
    ), fired AS (
        INSERT INTO rung (tenant, deadline, rung, due_on, planned_at, fired_at, late, event, told, tell)
        SELECT tenant, id, 'expiry', due_on, next_at, now(), true, event, event, ARRAY['officer', 'head', 'organiser']
        FROM due
    ), recorded AS (
        INSERT INTO event (tenant, seq, id, project, at, action, label, actor, article, facts, note, request_id,
                           encoding, result, source, law, previous, sm3, sha256)
        SELECT tenant, seq, event, project, now(), 'deadlines.expired', '期限已过：' || label,
               '系统（期限到期自动办理）', article, '{}',
               '应于 ' || due_on || ' 前办理本应于 2026-01-07 00:00 办理，系统恢复运行后补办。',
               gen_random_uuid()::text, 2, 'done', '', '320723@2025-09-06 ' || encode(sha256(uuid_send(id)), 'hex'),
               sha256(digest || uuid_send(event)) || sha256(uuid_send(event)),
               sha256(uuid_send(id) || uuid_send(event)), sha256(uuid_send(event) || digest)
        FROM due
    ), heads AS (
        UPDATE chain_head h SET seq = last.seq, digest = sha256(h.digest) || sha256(h.digest)
        FROM (SELECT tenant, max(seq) AS seq FROM due GROUP BY tenant) AS last WHERE h.tenant = last.tenant
    ), messages AS (
        INSERT INTO outbox (tenant, id, event, job, request_id, state, attempts, created_at, done_at)
        SELECT tenant, gen_random_uuid(), event, 'tell_rungs', '', 'done', 1, now(), now()
        FROM due WHERE place % 200 = 1
    ), holders AS MATERIALIZED (
        SELECT t.tenant, t.office, o.body, t.person, bool_or(t.roles && $2) AS head FROM post t
        JOIN office o ON o.tenant = t.tenant AND o.id = t.office
        JOIN person h ON h.tenant = t.tenant AND h.id = t.person AND h.active
        WHERE t.ended_at IS NULL AND t.roles && $1
          AND (now() AT TIME ZONE 'Asia/Shanghai')::date BETWEEN t.since AND coalesce(t.until, 'infinity')
        GROUP BY t.tenant, t.office, o.body, t.person
    ), able AS (
        SELECT due.*, whom, h.person, h.head, u.person IS NOT NULL AS handles,
               bool_or(h.head) OVER each AS headed, bool_or(u.person IS NOT NULL AND NOT h.head) OVER each AS handled
        FROM due CROSS JOIN LATERAL unnest(ARRAY['officer', 'head', 'organiser']) AS whom (whom)
        JOIN holders h ON h.tenant = due.tenant AND CASE WHEN whom = 'organiser' THEN h.body = due.owed_to
             WHEN due.owed_by = 'project_unit' THEN h.office = due.office ELSE h.body = due.owed_by END
        LEFT JOIN project_duty u ON u.tenant = due.tenant AND u.project = due.project AND u.person = h.person
        WINDOW each AS (PARTITION BY due.event, whom, h.office)
    )
    INSERT INTO notice (tenant, event, person, project, subject, body, kind, at)
    SELECT DISTINCT ON (tenant, event, person) tenant, event, person, project, title || '：期限已过：' || label,
           article || E'\\n应于 ' || due_on || ' 前办理', 'deadline', now()
    FROM able WHERE CASE WHEN whom = 'head' AND headed THEN head ELSE NOT head AND (handles OR NOT handled) END
"""
_READS, _ANSWERS = "projects.read", "deadlines.answer"
"""What a post must carry to be told of a project, and to be its office's head."""
_COUNTIES = "tenant >= '990001'"
"""The counties alone: what the walked projects left behind in the demo's tenants is nobody's measure."""
_LEFT = f"""
    SELECT (SELECT count(*) FROM rung WHERE {_COUNTIES}), (SELECT count(*) FROM event WHERE {_COUNTIES}),
           (SELECT count(*) FROM notice WHERE {_COUNTIES})
"""
_WAITING = f"""
    SELECT tenant, id FROM outbox WHERE job = 'tell_rungs' AND state IN ('pending', 'sent') AND {_COUNTIES}
    ORDER BY tenant
"""
_ANALYZE = "VACUUM (ANALYZE) deadline, event, notice, rung, deadline_entry, outbox, project"


class Cost(NamedTuple):
    """Of one sweep over all that is due: seconds, and seconds of CPU of our process and of PostgreSQL."""

    seconds: float
    ours: float
    postgres: float

    @property
    def cpu(self) -> float:
        return self.ours + self.postgres


class Swept(NamedTuple):
    """Operation E. ``latency`` and ``beside``: (p50, p99) seconds from due to notice, alone and beside a backlog."""

    due: int
    tenants: int
    limits: list[Cost]
    products: list[Cost]
    idle: float
    again: int
    latency: tuple[float, float]
    beside: tuple[float, float]
    backlog: int

    @property
    def ratios(self) -> list[float]:
        return [one.cpu / limit.cpu for one, limit in zip(self.products, self.limits, strict=True)]


async def measure(data: Data, law: Law, counties: int, rounds: int) -> Swept:
    """Everything of operation E."""
    connection = await asyncpg.connect(data.superuser_url)
    try:
        await armed(connection)
        found = [await compared(data, law, connection) for _ in range(rounds)]
        async with _in_service(data):
            latency = await _latency(connection, counties, "")
            backlog = await _backlog(connection)
            beside = await _latency(connection, counties, county(0))
        limits, products, due, again, idle = zip(*found, strict=True)
        return Swept(due[0], counties, list(limits), list(products), median(idle), sum(again), latency, beside, backlog)
    finally:
        await connection.close()


async def compared(data: Data, law: Law, connection: Any) -> tuple[Cost, Cost, int, int, float]:
    """What the one statement costs, and the product; how much was due, how much more a second sweep does, and seconds
    of looking in vain. Both leave behind as many rungs, events and notices, else this fails."""
    due = await _rearmed(connection)
    before = await connection.fetchrow(_LEFT)
    limit = await _limit(data, connection)
    wanted = [one - other for one, other in zip(await connection.fetchrow(_LEFT), before, strict=True)]
    assert await _rearmed(connection) == due
    before = await connection.fetchrow(_LEFT)
    cost, again, idle = await _product(data, connection, law)
    made = [one - other for one, other in zip(await connection.fetchrow(_LEFT), before, strict=True)]
    assert made == wanted, f"the one statement does something else than the product: {wanted}, {made}"
    return limit, cost, due, again, idle


async def armed(connection: Any) -> None:
    await connection.execute(_AWAY)
    await connection.execute(_ARM, EACH)


async def _rearmed(connection: Any) -> int:
    await connection.execute(_AWAY)
    async with _unguarded(connection):
        armed = await connection.execute(_REARM)
    await connection.execute(_ANALYZE)
    await connection.execute("CHECKPOINT")
    return int(armed.rpartition(" ")[2])


@asynccontextmanager
async def _unguarded(connection: Any) -> AsyncIterator[None]:
    """For putting terms into the past, which nothing of the product may do."""
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        yield


async def _limit(data: Data, connection: Any) -> Cost:
    policy = compile_policy(data.settings.policies_dir, wiring.PERMISSIONS)
    told = [[role for role in policy.grants if policy.permits([role], what)] for what in (_READS, _ANSWERS)]
    began, spent = time.perf_counter(), cpu(data.pid)
    await connection.execute(_ONE_STATEMENT, *told)
    return Cost(time.perf_counter() - began, 0.0, cpu(data.pid) - spent)


async def _product(data: Data, connection: Any, law: Law) -> tuple[Cost, int, float]:
    """(cost, how many took effect when it was done once more, seconds of looking in vain)."""
    watch = Database(data.settings.relay_database_url, pool_size=1)
    act = Database(data.settings.worker_database_url, pool_size=1)
    sweep = Sweep(watch, act, law)
    began, ours, postgres = time.perf_counter(), time.process_time(), cpu(data.pid)
    while await sweep.turn():
        pass
    for row in await connection.fetch(_WAITING):
        await deliver(act, tenant=row["tenant"], message=row["id"], request_id="E", schema=SCHEMA)
    cost = Cost(time.perf_counter() - began, time.process_time() - ours, cpu(data.pid) - postgres)
    again, looks = 0, []
    for _ in range(20):
        began = time.perf_counter()
        again += await sweep.turn()
        looks.append(time.perf_counter() - began)
    await watch.close()
    await act.close()
    return cost, again, median(looks)


@asynccontextmanager
async def _in_service(data: Data) -> AsyncIterator[None]:
    """Broker, relay, worker and sweep, as they serve."""
    valkey = EmbeddedValkey(data.folder / "valkey")
    await asyncio.to_thread(valkey.start)
    environment = {**os.environ, **data.environment, "LIANSHEN_REDIS_URL": valkey.url}
    worker = (sys.executable, "-m", "dramatiq", "lianshen_workers.actors", "--processes", "1", "--threads", "4")
    commands = {name: (sys.executable, "-m", f"lianshen_workers.{name}") for name in _PROCESSES} | {"worker": worker}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.to_thread, valkey.stop)
        for name, command in commands.items():
            stack.enter_context(_running(name, command, data, environment))
        await asyncio.sleep(8.0)  # until all have read the law
        yield


@contextmanager
def _running(name: str, command: tuple[str, ...], data: Data, environment: dict[str, str]) -> Iterator[None]:
    child = Child(Service(name=name, command=command, log=data.folder / f"{name}.log", environment=environment))
    try:
        yield
    finally:
        child.stop()


_ONE_DUE = """
    UPDATE deadline SET due_on = due_on - 1, overdue = false, next_at = now(),
           plan = jsonb_build_array(jsonb_build_array(now(), 'expiry'))
    WHERE (tenant, id) = (SELECT tenant, id FROM deadline WHERE tenant = $1 AND label = 'E' AND state = 'open'
                          AND next_at IS NULL ORDER BY random() LIMIT 1) RETURNING id, due_on
"""
_TOLD = """
    SELECT EXISTS (SELECT FROM rung r JOIN notice n ON n.tenant = r.tenant AND n.event = r.event
                   WHERE r.tenant = $1 AND r.deadline = $2 AND r.due_on = $3)
"""


async def _latency(connection: Any, counties: int, spared: str) -> tuple[float, float]:
    """(p50, p99) seconds from the instant a term is over until its notice can be read, one term after another."""
    found = []
    for turn in range(_SINGLE):
        tenant = county(turn % (counties - 1) + 1) if spared else county(turn % counties)
        async with _unguarded(connection):
            row = await connection.fetchrow(_ONE_DUE, tenant)
        began = time.perf_counter()
        while not await connection.fetchval(_TOLD, tenant, row["id"], row["due_on"]):
            await asyncio.sleep(0.01)
            assert time.perf_counter() - began < 60, "a term that was over has no notice after a minute"
        found.append(time.perf_counter() - began)
    return median(found), quantiles(found, n=100)[98]


async def _backlog(connection: Any) -> int:
    """Three hundred times what one county has falls due there at once."""
    await connection.execute(_AWAY)
    made = await connection.execute(_BACKLOG, county(0))
    return int(made.rpartition(" ")[2])
