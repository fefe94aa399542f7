"""Prices of parts, taken within this process while nothing else runs."""

import asyncio
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from lianshen.access.queries import may
from lianshen.audit import _chain
from lianshen.identity.types import Actor
from lianshen.kernel.clock import day_of, now
from lianshen.kernel.database import Database
from lianshen.kernel.settings import Settings
from lianshen.projects import permissions
from lianshen.rules.queries import Law, assess
from lianshen_workers.sweep import Sweep
from tests.bench.stack import cpu

_TURNS = 2
"""Of the sweep, 200 deadlines each."""


def each(act: Callable[[], object], *, times: int = 2000, within: int = 1) -> float:
    """Seconds of one ``act``: the median over ``times`` measurements of ``within`` calls each."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        for _ in range(within):
            act()
        found.append((time.perf_counter() - began) / within)
    return median(found)


def assessment(law: Law, pack: str, facts: dict[str, Any]) -> float:
    """Seconds of one whole answer about a project."""
    found, on = law.registry.pack(pack), day_of(now())
    return each(lambda: assess(found, facts, "", on))


def decision(actor: Actor) -> float:
    """Seconds of one question whether a post may do something."""
    return each(lambda: may(actor, permissions.APPROVE), within=1000, times=100)


def digest(row: dict[str, Any]) -> float:
    """Seconds of sealing one event into the chain."""
    return each(lambda: _chain.digest(_chain.GENESIS, row))


async def sweep(settings: Settings, law: Law, postgres: int) -> tuple[int, float, float]:
    """(deadlines that took effect, seconds, seconds of CPU) of a few turns of the sweep, as a scheduler takes them."""
    watch, act = Database(settings.relay_database_url, pool_size=1), Database(settings.worker_database_url, pool_size=1)
    sweeping = Sweep(watch, act, law)
    began, spent = time.perf_counter(), time.process_time() + cpu(postgres)
    done = sum([await sweeping.turn() for _ in range(_TURNS)])
    spent, seconds = time.process_time() + cpu(postgres) - spent, time.perf_counter() - began
    await asyncio.gather(watch.close(), act.close())
    return done, seconds, spent
