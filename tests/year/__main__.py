"""``make soak``: simulated years by the dozen. Prints each seed with what it saw; a seed that fails is named last.

SEEDS=n seeds from SEED (1) on, YEARS=n years each, PROJECTS=n projects in each; REAL=0 leaves the database out.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

from sqlalchemy.ext.asyncio import create_async_engine

from lianshen import wiring
from lianshen.access.queries import compile_policy, use
from lianshen.access.strength import load_strength, use_strength
from lianshen.kernel import cipher, log
from lianshen.kernel.database import Database
from lianshen.kernel.settings import Settings
from lianshen.personal import queries as personal
from lianshen.rules.queries import load_law
from lianshen.workcalendar import _current
from tests.rules.law import packs
from tests.support.stack import Servers, Stack, clone
from tests.year import pure, real, scenario

FOLDER = Settings().tenants_dir / "_calendar"
TENANTS = ("140800", "320723", "360824", "421000", "640200")
_REAL_BEGINS, _REAL_DAYS = date(2026, 1, 5), 350


def lived(seed: int, years: int, projects: int) -> list[str]:
    """A seed without a database; what was wrong."""
    began = time.perf_counter()
    known = scenario.calendars(FOLDER, seed, years)
    shipped = [pack for pack in packs() if pack.ref[:2] != "99"]
    year = pure.Year(shipped, known, seed, projects=projects, bare=3 * projects, days=365 * years + 92)
    year.run()
    wrong = list(pure.verified(year, known))
    rows = [row for sim in year.sims for row in sim.rows]
    fired = [one for row in rows for one in row.fired]
    _say(
        f"seed {seed}", began, wrong,
        years=years, projects=len(year.sims), calendars=len(known), acts=sum(sim.acts for sim in year.sims),
        deadlines=len(rows), entries=sum(len(row.entries) for row in rows), rungs=len(fired),
        late=sum(one.late for one in fired), consequences=sum(len(sim.consequences) for sim in year.sims),
        killed=year.crashes, days_down=len(year.down),
    )  # fmt: skip
    return wrong


async def lived_on_a_database(stack: Stack, seed: int, projects: int) -> list[str]:
    """A seed on a database of its own; what was wrong."""
    began, name = time.perf_counter(), f"year_{seed}"
    await clone(stack, name)
    _current._made.clear()  # another database: numbers of editions begin anew
    settings = stack.settings(name)
    log.configure("json")
    cipher.start(settings)
    personal.use(personal.read(settings.policies_dir))
    use(compile_policy(settings.policies_dir, wiring.PERMISSIONS))
    use_strength(load_strength(settings.policies_dir, wiring.PERMISSIONS, minutes=15))
    urls = (settings.database_url, settings.relay_database_url, settings.worker_database_url)
    databases = [Database(url, pool_size=4) for url in urls]
    engine = create_async_engine(stack.superuser_url.rpartition("/")[0] + f"/{name}")
    with tempfile.TemporaryDirectory() as files:
        async with engine.connect() as superuser:
            world = real.Real(*databases, superuser, load_law(settings.tenants_dir), Path(files), seed)
            await world.run(TENANTS, _REAL_BEGINS, _REAL_DAYS, projects)
            rows = await world.rows()
    await engine.dispose()
    for one in databases:
        await one.close()
    wrong = list(real.verified(world, rows))
    states = Counter(state for _, _, state in rows)
    _say(
        f"seed {seed} on PostgreSQL", began, wrong,
        projects=len(world.sims), acts=sum(sim.acts for sim in world.sims), deadlines=len(rows),
        rungs=sum(len(row.fired) for _, row, _ in rows), late=sum(one.late for _, row, _ in rows for one in row.fired),
        notices=len(world.changes), moved_by_calendar=_moved(rows), **world.by_hand,
        killed=world.killed, days_down=len(world.down), **states,
    )  # fmt: skip
    return wrong


def _moved(rows: list[tuple[real.Sim, pure.Row, str]]) -> int:
    return sum(one.kind == "recounted" for _, row, _ in rows for one in row.entries)


def _say(what: str, began: float, wrong: list[str], **seen: int) -> None:
    said = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in seen.items())
    print(f"{what}: {'WRONG' if wrong else 'right'} in {time.perf_counter() - began:.0f} s: {said}", flush=True)
    for one in wrong[:5]:
        print(f"  {one}", flush=True)


def main() -> int:
    asked = {name: int(os.environ.get(name) or usual) for name, usual in _USUAL.items()}
    seeds = range(asked["SEED"], asked["SEED"] + asked["SEEDS"])
    failed = {seed for seed in seeds if lived(seed, asked["YEARS"], asked["PROJECTS"])}
    if asked["REAL"]:
        servers = Servers()
        stack = servers.start()
        try:
            for seed in seeds:
                if asyncio.run(lived_on_a_database(stack, seed, max(asked["PROJECTS"] // 4, 5))):
                    failed.add(seed)
        finally:
            servers.stop()
    for seed in sorted(failed):
        print(f"again: make soak SEED={seed} YEARS={asked['YEARS']} PROJECTS={asked['PROJECTS']}")
    print(f"{len(seeds)} seeds, {len(failed)} wrong")
    return bool(failed)


_USUAL = {"SEED": 1, "SEEDS": 1, "YEARS": 1, "PROJECTS": 100, "REAL": 1}

if __name__ == "__main__":
    sys.exit(main())
