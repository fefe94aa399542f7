"""What a process verifies about itself before it serves; whatever fails here stops it."""

import asyncio
import hashlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Literal

from lianshen.audit.commands import record
from lianshen.audit.types import By, Change
from lianshen.kernel import clock, log
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text
from lianshen.kernel.queries import excess_powers, lossy_settings
from lianshen.rules.queries import Law
from lianshen.tenancy import queries as register
from lianshen.tenancy.types import PLATFORM
from lianshen.web._call import Services
from lianshen.wiring import jobs_for

_EVERY = 60.0


class UnfitProcess(Exception):
    """This process must not serve; the message says why."""


def log_set_aside(law: Law) -> None:
    """Say which drafts do not load. Nothing that counts depends on them, so they are no reason not to serve."""
    for fault in law.registry.faults:
        log.get("web").error("draft_set_aside", fault=str(fault))


async def require_fitness(services: Services) -> None:
    """Raise when the database role could pass the walls between tenants (D1), or the server lose what it has (D49)."""
    now = clock.now()
    async with UnitOfWork(services.database, now=now, jobs_for=jobs_for, request_id="start", read_only=True) as uow:
        if powers := await excess_powers(uow):
            raise UnfitProcess(f"the database role must hold no power, and it has: {', '.join(powers)}")
        if lossy := await lossy_settings(uow):
            raise UnfitProcess(f"the database could lose what it has acknowledged: {', '.join(lossy)}")


async def note_process(services: Services, verb: Literal["started", "stopped"]) -> None:
    """Tell the platform's ledger that acts begin or cease to be recorded here, and how (D136).

    There is no switch in the application: who would stop the recording has to stop the process, and a start without a
    stop before it shows one that was killed. Raises what the database raises: who cannot record does not serve.
    """
    configured = services.settings
    keys = configured.signing_key.with_suffix(".pub")
    facts: dict[str, Change] = {
        "process": (None, f"{socket.gethostname()}/{os.getpid()}"),
        "checkpoints": (None, str(configured.checkpoints_dir)),
        "signing_key": (None, hashlib.sha256(keys.read_bytes()).hexdigest() if keys.exists() else None),
        "timestamp_url": (None, configured.timestamp_url),
        "log_days": (None, configured.log_days if configured.log_dir else None),
    }
    async with UnitOfWork(services.database, now=clock.now(), jobs_for=jobs_for, request_id=verb) as uow:
        if await register.find(uow, PLATFORM) is None:
            log.get("web").warning("platform_not_founded")
            return
        await uow.enter(PLATFORM)
        record(uow, f"audit.{verb}", label=text(f"act.audit.{verb}"), by=By(label=text("actor.web")), facts=facts)
        await uow.commit()


@contextmanager
def told_to_end(act: Callable[[], None]) -> Iterator[None]:
    """Call ``act`` on the event loop when the server's process is told to end.

    A server waits for open answers before it ends the application, and some answers stay open until they are told. It
    has set its own handlers by now; where there are none, nobody waits, and nothing is changed.
    """
    loop = asyncio.get_running_loop()
    former: dict[int, Callable[[int, FrameType | None], object]] = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            if callable(before):
                former[number] = before
                signal.signal(number, _both(loop, act, before))
                signal.siginterrupt(number, False)
    try:
        yield
    finally:
        for which, handler in former.items():
            signal.signal(which, handler)
            signal.siginterrupt(which, False)


def _both(
    loop: asyncio.AbstractEventLoop, act: Callable[[], None], before: Callable[[int, FrameType | None], object]
) -> Callable[[int, FrameType | None], None]:
    def heard(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(act)
        before(number, frame)

    return heard


async def note_stop(services: Services) -> None:
    """``note_process`` of a process that stops, which it does also when the database has gone before it."""
    try:
        await note_process(services, "stopped")
    except Exception:  # noqa: BLE001 (a start without a stop says the same)
        log.get("web").exception("stop_not_recorded")


async def watch(services: Services, every: float = _EVERY) -> None:
    """Look again each minute, for ever. An unfit process answers 503 to everything until it is found fit again (D1)."""
    while True:
        await asyncio.sleep(every)
        try:
            await require_fitness(services)
        except UnfitProcess as error:
            services.fitness.lost = True
            log.get("web").critical("unfit", reason=str(error))
        except Exception:  # noqa: BLE001 (the database is away, which says nothing about the role)
            log.get("web").exception("fitness_unknown")
        else:
            services.fitness.lost = False
