"""``python -m tests.bench [--scale 0.1] [--rounds 7] [--only sweep]``: measure, print, exit 1 when a goal is missed."""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from contextlib import AsyncExitStack, redirect_stderr
from datetime import timedelta
from pathlib import Path
from random import Random

import asyncpg
import msgspec

from lianshen import wiring
from lianshen.access.queries import compile_policy, use
from lianshen.identity.queries import actor_of
from lianshen.identity.types import Actor
from lianshen.kernel import cipher, log
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.settings import settings
from lianshen.projects import commands, queries
from lianshen.rules.queries import Law, load_law
from tests.bench import arithmetic, inner, profile, report, sweep
from tests.bench import law as cost_of_law
from tests.bench import rights as cost_of_rights
from tests.bench.data import WAITING, Data, seeded
from tests.bench.keys import APPLICANT, DECLARING, LEAD, county, key, token
from tests.bench.limit import Function, pgbench, recorded
from tests.bench.load import Question, Result, Task
from tests.bench.report import Measure, Prices, Round
from tests.bench.seed import Work
from tests.bench.shapes import SHAPES
from tests.bench.stack import Web, cpu, machine, proportional_memory, serving
from tests.walk.driver import form

_CONNECTIONS = 8
_COUNTIES = 300
_SWEEPS = 3
"""Rounds of operation E."""
_DAY = timedelta(days=1)
_ACT, _REMARKS = "return_with_remarks", {"remarks": "请完善接口设计，补充数据共享清单。"}
_READ = SHAPES[1].places
"""Numbers of the projects that are read: returned from joint review, with ten events and four deadlines."""
_PHASE, _LINES = "contract_filed", 50
"""The list that is asked for: projects whose contract is filed, by their nearest date."""
_DECLARED = form("700000.00")
_WARM = 10
"""Calls on each connection of pgbench that are not counted: connecting and planning."""

_TRACE = """
    SELECT p.phase, p.version, p.facts ->> 'joint_review_passed',
           (SELECT count(*) FROM event e WHERE e.tenant = p.tenant AND e.project = p.id),
           (SELECT count(*) FROM outbox o JOIN event e ON e.tenant = o.tenant AND e.id = o.event
            WHERE e.tenant = p.tenant AND e.project = p.id),
           (SELECT array_agg(t.action || coalesce(t.due_on::text, '') ORDER BY t.action)
            FROM task t WHERE t.tenant = p.tenant AND t.project = p.id),
           (SELECT array_agg(d.clock || d.owed_by || d.state ORDER BY d.clock, d.owed_by)
            FROM deadline d WHERE d.tenant = p.tenant AND d.project = p.id),
           (SELECT count(*) FROM deadline_entry n JOIN deadline d ON d.tenant = n.tenant AND d.id = n.deadline
            WHERE d.tenant = p.tenant AND d.project = p.id)
    FROM project p WHERE p.tenant = $1 AND p.id = $2
"""
"""What operations C and D leave behind."""


_NEWEST = "SELECT id FROM project WHERE tenant = $1 ORDER BY number DESC LIMIT 1"


class Bench:
    """What is measured, on ``counties`` counties; ``acts`` of operation C in each round."""

    def __init__(self, data: Data, counties: int, product: Web, bare: Web, acts: int) -> None:
        self._data, self._counties, self._product, self._bare, self._acts = data, counties, product, bare, acts
        self._random = Random(counties)

    def round(self) -> Round:
        busy, given = machine()
        ours = self._all()
        bare = self._ask(self._bare, [Question("GET", "/bare")] * 8000)
        limit_read = self._call("bench_read", 250)
        read = self._ask(self._product, self._reads(1500))
        limit_act = self._call("bench_act", self._acts // _CONNECTIONS)
        act = self._ask(self._product, self._returns(self._acts))
        limit_list = self._call("bench_list", 250)
        listed = self._ask(self._product, self._lists(1500))
        limit_create = self._call("bench_create", self._acts // _CONNECTIONS)
        create = self._ask(self._product, self._declarations(self._acts))
        busy_after, given_after = machine()
        others = (busy_after - busy - (self._all() - ours)) / (given_after - given)
        return Round(bare, limit_read, read, limit_list, listed, limit_act, act, limit_create, create, max(others, 0))

    def warm_up(self) -> None:
        """Reads in every county by every worker, and one round that does not count."""
        self._ask(self._product, self._reads(8 * self._counties))
        self.round()

    def _all(self) -> float:
        return cpu(os.getpid())

    def _reads(self, count: int) -> list[Question]:
        places = [(county(self._random.randrange(self._counties)), self._random.choice(_READ)) for _ in range(count)]
        return [
            Question("GET", f"/api/v1/projects/{key(tenant, f'project/{at}')}", token(tenant, LEAD))
            for tenant, at in places
        ]

    def _lists(self, count: int) -> list[Question]:
        counties = (county(self._random.randrange(self._counties)) for _ in range(count))
        return [
            Question("GET", f"/api/v1/projects?sort=due&phase={_PHASE}&limit={_LINES}", token(tenant, LEAD))
            for tenant in counties
        ]

    def _declarations(self, count: int) -> list[Question]:
        body = msgspec.json.encode(_DECLARED).decode()
        return [Question("POST", "/api/v1/projects", token(DECLARING, APPLICANT), body)] * count

    def _returns(self, count: int) -> list[Question]:
        body = msgspec.json.encode(_REMARKS).decode()
        first = self._data.take(count)
        places = ((county(turn % self._counties), turn // self._counties) for turn in range(first, first + count))
        return [
            Question(
                "POST", f"/api/v1/projects/{key(tenant, f'project/{at}')}/actions/{_ACT}", token(tenant, LEAD), body
            )
            for tenant, at in places
        ]

    def _ask(self, web: Web, questions: list[Question]) -> Measure:
        task = msgspec.json.encode(Task(web.port, _CONNECTIONS, questions))
        before = cpu(web.pid), cpu(self._data.pid)
        said = subprocess.run((sys.executable, "-m", "tests.bench.load"), input=task, capture_output=True, check=False)
        spent = cpu(web.pid) - before[0], cpu(self._data.pid) - before[1]
        if said.returncode:
            raise SystemExit(said.stderr.decode())
        result = msgspec.json.decode(said.stdout, type=Result)
        count = len(questions)
        return Measure(spent[0] / count, spent[1] / count, count / result.seconds, result.p50, result.p99, result.size)

    def _call(self, name: str, each: int) -> Measure:
        """The slope between a short and a long run of pgbench, so that connecting and planning do not count."""
        runs = [self._run(name, calls) for calls in (_WARM, each + _WARM)]
        return Measure(0, (runs[1] - runs[0]) / (each * _CONNECTIONS))

    def _run(self, name: str, each: int) -> float:
        count = each * _CONNECTIONS
        start = self._data.take(count) if name == "bench_act" else 0 if name == "bench_create" else None
        before = cpu(self._data.pid)
        pgbench(
            self._data.bin / "pgbench", self._data.url("lianshen_web"), name,
            connections=_CONNECTIONS, each=each, start=start, upto=self._counties * len(_READ),
        )  # fmt: skip
        return cpu(self._data.pid) - before


async def make_limits(data: Data, law: Law, counties: int) -> None:
    """Do each operation once in this process, and make of what was sent the functions that pgbench calls.

    The functions of operations C and D are then called once, and must leave behind what the product did.
    """
    database = Database(data.settings.database_url, pool_size=1)
    work, turn = Work(database), data.take(2)
    tenant, number = county(turn % counties), turn // counties
    again = county((turn + 1) % counties), (turn + 1) // counties
    for place, login in ((tenant, LEAD), (DECLARING, APPLICANT)):
        async with work(read_only=True) as uow:
            await _enter(uow, place, login)  # keys are asked for once a minute and are no part of an operation
    with recorded(database) as read:
        async with work(read_only=True) as uow:
            actor = await _enter(uow, tenant, LEAD)
            await queries.view(uow, actor, key(tenant, f"project/{_READ[0]}"))
    with recorded(database) as listed:
        async with work(read_only=True) as uow:
            await _enter(uow, tenant, LEAD)
            await queries.page(uow, actor, sort="due", phase=_PHASE, limit=_LINES)
    with recorded(database) as act:
        async with work() as uow:
            await _enter(uow, tenant, LEAD)
            project = key(tenant, f"project/{number}")
            await commands.perform(uow, actor, law, project, _ACT, _REMARKS, effects=wiring.EFFECTS)
            await uow.commit()
    with recorded(database) as create:
        async with work() as uow:
            unit = await _enter(uow, DECLARING, APPLICANT)
            done = await commands.declare(uow, unit, law, _DECLARED)
            await uow.commit()
    async with work(read_only=True) as uow:
        await uow.enter(DECLARING)
        begun = (await queries.view(uow, unit, done.project)).number
    await database.close()
    connection = await asyncpg.connect(data.superuser_url)
    for function, first in (
        (Function("bench_read", read, tenant, _READ[0]), _READ[0]),
        (Function("bench_list", listed, tenant, 0), 0),
        (Function("bench_act", act, tenant, number), 0),
        (Function("bench_create", create, DECLARING, 0, begun=begun, kept=(unit.person, unit.post, unit.office)), 0),
    ):
        await connection.execute(function.ddl(counties, first))
    async with connection.transaction():
        await connection.execute("SET LOCAL ROLE lianshen_web")
        await connection.execute("SELECT bench_act($1)", turn + 1)
    async with connection.transaction():
        await connection.execute("SET LOCAL ROLE lianshen_web")
        await connection.execute("SELECT bench_create($1)", turn + 1)
    newest = await connection.fetchval(_NEWEST, DECLARING)
    for ours, theirs in (
        ((tenant, project), (again[0], key(again[0], f"project/{again[1]}"))),
        ((DECLARING, done.project), (DECLARING, newest)),
    ):
        traces = [await connection.fetchrow(_TRACE, *one) for one in (ours, theirs)]
        assert traces[0] == traces[1], f"the limit does something else than the product: {traces}"
    await connection.close()


async def _enter(uow: UnitOfWork, tenant: str, login: str) -> Actor:
    actor = await actor_of(uow, token(tenant, login), step_up_after=_DAY)
    assert actor is not None
    return actor


async def prices(data: Data, law: Law, workers: list[int]) -> Prices:
    """What the parts cost; the memory is what the workers hold after all rounds."""
    connection = await asyncpg.connect(data.superuser_url)
    tenant = county(0)
    row = await connection.fetchrow("SELECT * FROM event WHERE tenant = $1 ORDER BY seq DESC LIMIT 1", tenant)
    project = await connection.fetchrow("SELECT pack, facts FROM project WHERE tenant = $1 LIMIT 1", tenant)
    await connection.close()
    return Prices(
        assessment=inner.assessment(law, project["pack"], msgspec.json.decode(project["facts"])),
        digest=inner.digest({**row, "facts": msgspec.json.decode(row["facts"])}),
        memory=tuple(map(proportional_memory, workers)),
    )


async def answers(data: Data, law: Law, counties: int, rounds: int, acts: int) -> bool:
    """Operations A to D, through the served application: True when their goals are met."""
    await make_limits(data, law, counties)
    with (
        serving("web", "lianshen.web.app:create_app", data.folder, data.environment, "/readyz") as product,
        serving("bare", "tests.bench.bare:create_app", data.folder, {}, "/bare") as bare,
    ):
        bench = Bench(data, counties, product, bare, acts)
        bench.warm_up()
        found = [bench.round() for _ in range(rounds)]
        return report.answered(found, await prices(data, law, product.workers))


async def main(counties: int, rounds: int, only: str, home: Path) -> bool:
    spare = _WARM * _CONNECTIONS
    acts = min(640, (counties * WAITING // (rounds + 1) // 2 - 2 * spare) // (2 * _CONNECTIONS) * _CONNECTIONS)
    if acts < _CONNECTIONS:
        raise SystemExit("too few projects in joint review for so many rounds: take a larger scale")
    began = time.monotonic()
    turns = 0 if only in ("sweep", "profile") else (rounds + 1) * (2 * acts + 2 * spare) + 2
    met = True
    async with AsyncExitStack() as stack:
        data = await stack.enter_async_context(seeded(home, counties, turns))
        print(f"{counties} counties, {counties * 1000:,} projects; ready after {time.monotonic() - began:.0f} s")
        use(compile_policy(data.settings.policies_dir, wiring.PERMISSIONS))
        cipher.start(data.settings)
        stack.enter_context(redirect_stderr(stack.enter_context((data.folder / "bench.log").open("w"))))
        log.configure("json")
        law = load_law(data.settings.tenants_dir)
        if only in ("", "answers"):
            met &= await answers(data, law, counties, rounds, acts)
        if only in ("", "sweep"):
            met &= report.swept(await sweep.measure(data, law, counties, _SWEEPS))
        if only in ("", "profile"):
            await profile.report(data, counties)
    print(f"{time.monotonic() - began:.0f} s in all")
    return met


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help=f"share of the {_COUNTIES} counties")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=("parts", "answers", "sweep", "profile"), default="", help="one section")
    options = parser.parse_args()
    met = True
    if options.only in ("", "parts"):
        met &= cost_of_law.report(settings().tenants_dir)
        met &= cost_of_rights.report(settings().policies_dir)
        met &= arithmetic.report(settings().tenants_dir)
    if options.only != "parts":
        counties = max(2, round(_COUNTIES * options.scale))
        met &= asyncio.run(main(counties, options.rounds, options.only, Path(__file__).parents[2] / ".bench"))
    sys.exit(not met)
