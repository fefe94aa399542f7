"""What every process does first and last: settings, logging, its own role checked, signals heeded."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from math import inf
from uuid import uuid4

from lianshen import wiring
from lianshen.kernel import log
from lianshen.kernel.clock import now
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.queries import excess_powers
from lianshen.kernel.settings import settings
from lianshen.rules import queries as rules
from lianshen.rules.queries import Law

_LONGEST_PAUSE = 10.0


class TooPowerful(Exception):
    """The database role of this process could pass or change the walls; it must not serve (D1)."""


def work(database: Database, request_id: str | None = None) -> UnitOfWork:
    """A unit of work at the present instant."""
    return UnitOfWork(database, now=now(), jobs_for=wiring.jobs_for, request_id=request_id or str(uuid4()))


async def require_powerless(database: Database) -> None:
    """Raise TooPowerful unless the role owns nothing and passes no wall."""
    async with work(database) as uow:
        if powers := await excess_powers(uow):
            raise TooPowerful(", ".join(powers))


class Powerless:
    """Looks at the roles of a process before its first turn and then each minute (D1)."""

    def __init__(self, *databases: Database, every: float = 60.0) -> None:
        self._databases = databases
        self._every = every
        self._next = -inf

    async def require(self) -> None:
        """Raise TooPowerful when it is time to look and a role has power."""
        if time.monotonic() < self._next:
            return
        for database in self._databases:
            await require_powerless(database)
        self._next = time.monotonic() + self._every


def say_unseen(table: str, tenants: Sequence[str]) -> None:
    """The alarm of a canary: for these tenants "nothing to do" means "cannot see" (D25)."""
    if tenants:
        log.get("canary").error("canary_unseen", table=table, tenants=list(tenants))


def load_law() -> Law:
    """Every jurisdiction's packs, and the calendar."""
    return rules.load_law(settings().tenants_dir, drafts=settings().draft_versions)


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
    logger.info("started")
    wait = pause
    while not stop.is_set():
        try:
            more = await turn()
            wait = 0.0 if more else pause
        except TooPowerful:
            raise
        except Exception:
            logger.exception("turn_failed")
            wait = min(max(wait, pause) * 2, _LONGEST_PAUSE)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), wait)
    await close()
    logger.info("stopped")
