"""What every process does first and last: settings, logging, its own role checked, signals heeded."""

import asyncio
import resource
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from math import inf
from uuid import uuid4

from lianshen import wiring
from lianshen.kernel import log
from lianshen.kernel.clock import now
from lianshen.kernel.database import Database, Fence, UnitOfWork
from lianshen.kernel.queries import excess_powers, lossy_settings
from lianshen.kernel.settings import settings
from lianshen.kernel.watchdog import watch_loop
from lianshen.rules import queries as rules
from lianshen.rules.queries import Law

_LONGEST_PAUSE = 10.0
fence: ContextVar[Fence | None] = ContextVar("fence", default=None)
"""The lease under which the present work is done: every transaction of ``work`` is held to it."""


class TooPowerful(Exception):
    """The database role of this process could pass or change the walls; it must not serve (D1)."""


def work(database: Database, request_id: str | None = None) -> UnitOfWork:
    """A unit of work at the present instant."""
    return UnitOfWork(
        database, now=now(), jobs_for=wiring.jobs_for, request_id=request_id or str(uuid4()), fence=fence.get()
    )


async def require_powerless(database: Database) -> None:
    """Raise TooPowerful unless the role owns nothing and passes no wall; Lossy unless its server keeps what it has."""
    async with work(database) as uow:
        if powers := await excess_powers(uow):
            raise TooPowerful(", ".join(powers))
        if lossy := await lossy_settings(uow):
            raise Lossy(", ".join(lossy))


class Lossy(Exception):
    """The server could lose what it has acknowledged; nothing must be done in it (D49)."""


class Powerless:
    """Looks at the roles of a process before its first turn and then each minute (D1)."""

    def __init__(self, *databases: Database, every: float = 60.0) -> None:
        self._databases = databases
        self._every = every
        self._next = -inf

    async def require(self) -> None:
        """Raise TooPowerful when it is time to look and a role has power, Lossy for a server that could lose work."""
        if time.monotonic() < self._next:
            return
        for database in self._databases:
            await require_powerless(database)
        self._next = time.monotonic() + self._every


def limit_memory(limit: int) -> None:
    """Let this process have ``limit`` bytes of its own, so that a job that wants more fails alone (D80)."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))


def say_unseen(table: str, tenants: Sequence[str]) -> None:
    """The alarm of a canary: for these tenants "nothing to do" means "cannot see" (D25)."""
    if tenants:
        log.get("canary").error("canary_unseen", table=table, tenants=list(tenants))


def load_law() -> Law:
    """Every jurisdiction's packs, and the calendar."""
    return rules.load_law(settings().tenants_dir, drafts=settings().draft_versions, permissions=wiring.ACTS)


def run(name: str, turn: Callable[[], Awaitable[bool]], *, pause: float, close: Callable[[], Awaitable[None]]) -> None:
    """Take turns until SIGTERM or SIGINT. ``turn`` says whether there is more to do at once.

    A turn that fails (the database or Redis away) is logged, and the next one comes after a growing pause.
    """
    log.configure(settings().log_format, settings().log_dir, settings().log_days)
    asyncio.run(_turns(name, turn, pause, close))


async def _turns(
    name: str, turn: Callable[[], Awaitable[bool]], pause: float, close: Callable[[], Awaitable[None]]
) -> None:
    logger = log.get(name)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    watching = asyncio.create_task(watch_loop(settings().stall_limit))
    logger.info("started")
    wait = pause
    while not stop.is_set():
        try:
            more = await turn()
            wait = 0.0 if more else pause
        except (TooPowerful, Lossy):
            raise
        except Exception:
            logger.exception("turn_failed")
            wait = min(max(wait, pause) * 2, _LONGEST_PAUSE)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), wait)
    watching.cancel()
    await close()
    logger.info("stopped")
