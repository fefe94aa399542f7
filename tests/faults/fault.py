"""What a fault is, and what it is done with: a site, its users, chance, and how long."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from random import Random
from typing import Any, NamedTuple

import asyncpg

from tests.faults.site import Process, Site
from tests.faults.users import Crowd


class Run:
    """One fault under one seed: where, who, chance, and how long."""

    def __init__(self, site: Site, crowd: Crowd, seed: int, seconds: float) -> None:
        self.site, self.crowd, self.seconds = site, crowd, seconds
        self.random = Random(seed)
        self.seen: dict[str, Any] = {}
        """What a fault has noted on the way, for what is asked of it afterwards."""
        self._end = time.monotonic() + seconds

    def begin(self) -> None:
        """Its time begins now."""
        self._end = time.monotonic() + self.seconds

    @property
    def lasts(self) -> bool:
        return time.monotonic() < self._end

    async def pause(self, least: float, most: float | None = None) -> None:
        await asyncio.sleep(min(self.random.uniform(least, most or least), max(0.0, self._end - time.monotonic())))

    def any_of(self, *names: str) -> Process:
        return self.site.processes[self.random.choice(names)]

    async def sql(self, statement: str, *values: Any) -> Any:
        connection = await asyncpg.connect(self.site.superuser, timeout=5)
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def armed(self, names: Sequence[str], **environment: str) -> None:
        """Run these processes with that in their environment until the time is over; then as before."""
        processes = [self.site.processes[name] for name in names]
        for process in processes:
            process.arm(**environment)
        try:
            await self.pause(self.seconds)
        finally:
            for process in processes:
                process.arm()

    async def fail_at(self, names: Sequence[str], point: str, nth: int | str, action: str = "kill") -> None:
        await self.armed(names, LIANSHEN_FAILPOINT=f"{point}:{nth}:{action}")


class Fault(NamedTuple):
    """``seconds`` of load under the fault; ``bound``: seconds until everything is as it should be again."""

    code: str
    title: str
    inject: Callable[[Run], Awaitable[None]]
    seconds: float = 10.0
    bound: float = 120.0
    short: bool = False
    on: date | None = None
    """The day on which a site of its own begins: none of the others sees its days."""
    before: Callable[[Run], Awaitable[None]] | None = None
    """What there is already when the users sign in."""
    after: Callable[[Run], Awaitable[None]] | None = None
    """What must be so once everything has recovered, beside the invariants."""


WEBS, WORKERS = ("web-1", "web-2"), ("worker-1", "worker-2")
CATALOGUE: list[Fault] = []


def fault(code: str, title: str, **more: Any) -> Callable[[Callable[[Run], Awaitable[None]]], Any]:
    def enter(inject: Callable[[Run], Awaitable[None]]) -> Any:
        CATALOGUE.append(Fault(code, title, inject, **more))
        return inject

    return enter


async def shift_clock(run: Run, days: int) -> None:
    """Let the clock of duties go on by so many days: what is due then is due now."""
    await run.sql(
        "INSERT INTO clock_shift (one, shift) VALUES (true, make_interval(days => $1)) "
        "ON CONFLICT (one) DO UPDATE SET shift = clock_shift.shift + excluded.shift", days)  # fmt: skip
