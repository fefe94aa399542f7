"""Prices of parts, taken within this process while nothing else runs."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from lianshen.audit import _chain
from lianshen.kernel.clock import day_of, now
from lianshen.rules.queries import Law, assess


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


def digest(row: dict[str, Any]) -> float:
    """Seconds of sealing one event into the chain."""
    return each(lambda: _chain.digest(_chain.GENESIS, row))
