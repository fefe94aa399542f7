"""The scheduler process: the timetable of periodic work. Any number may run; one leads, and does each beat (D62)."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from uuid import uuid4

import msgspec
from croniter import croniter

from lianshen.access.queries import compile_policy, use
from lianshen.kernel import cipher, failpoints, log, outbox, timetable
from lianshen.kernel.clock import SHANGHAI
from lianshen.kernel.database import Database
from lianshen.kernel.settings import settings
from lianshen.tenancy import queries as tenancy
from lianshen.wiring import PERMISSIONS
from lianshen_workers._process import Powerless, fence, load_law, run, say_unseen, work
from lianshen_workers.calendars import Calendars
from lianshen_workers.files import Files
from lianshen_workers.idle import see_to_idle
from lianshen_workers.keys import Keys
from lianshen_workers.proof import Proof
from lianshen_workers.reckoning import Reckoning
from lianshen_workers.send import report_overdue
from lianshen_workers.sweep import watch_sweep
from lianshen_workers.versions import Versions

_PAUSE = 1.0
_GRACE = 5.0
"""Seconds that beats under way have to end by themselves when the process is asked to stop."""
_PATIENCE = 60.0
"""Seconds that a beat waits for a connection: all are due at once after days offline, and nobody is kept waiting."""
_OLD = 120.0
"""Seconds that a message may wait before it is an alarm: nobody delivers, or fewer than is needed (D84)."""

Beat = tuple[str, Callable[[], Awaitable[object]]]
"""When, as a cron expression, minutes first and seconds last, and what."""


def following(expression: str, after: datetime) -> datetime:
    """The next time of a cron expression, minutes first and seconds last, read in Asia/Shanghai."""
    found: datetime = croniter(expression, after.astimezone(SHANGHAI)).get_next(datetime)
    return found


class Leader:
    """Does the beats of the timetable while this process holds the lease, each beside the others, none beside itself.

    A beat that fails is logged and comes again; the others go on. What a beat writes is held to the lease, so that a
    process that stood still while another took over writes nothing (D62).
    """

    def __init__(self, watch: Database, beats: Mapping[str, Beat], holder: str | None = None) -> None:
        self._watch, self._beats = watch, beats
        self._holder = holder or f"{socket.gethostname()}.{os.getpid()}.{uuid4()}"
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._token = 0

    async def turn(self) -> bool:
        """Keep the lead and begin what is due. False while another process leads."""
        fence.set(None)  # asking for the lead is no work of whoever led before
        async with work(self._watch) as uow:
            held = await timetable.lead(uow, self._holder)
            await uow.commit()
        fence.set(held)
        if held is None:
            return False
        if held.token != self._token:
            self._token = held.token
            log.get("scheduler").info("leads", token=held.token)
        for name, (expression, beat) in self._beats.items():
            if name not in self._under_way and await self._claim(name, expression):
                self._under_way[name] = asyncio.create_task(self._do(name, beat))
        return True

    async def _claim(self, name: str, expression: str) -> bool:
        async with work(self._watch) as uow:
            mine = await timetable.claim(uow, name, partial(following, expression))
            await uow.commit()
        return mine

    async def _do(self, name: str, beat: Callable[[], Awaitable[object]]) -> None:
        try:
            failpoints.hit("beat.claimed")
            await beat()
        except Exception:  # noqa: BLE001 - one beat that fails must not stop the others
            log.get("scheduler").exception("beat_failed", beat=name)
        finally:
            del self._under_way[name]

    async def end(self) -> None:
        """Let what is under way end, break off what does not, and leave the lead to another."""
        if left := set(self._under_way.values()):
            _, left = await asyncio.wait(left, timeout=_GRACE)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        fence.set(None)
        async with work(self._watch) as uow:
            await timetable.resign(uow, self._holder)
            await uow.commit()


async def watch_backlog(watch: Database) -> None:
    """Keep how much waits, for whoever asks how the instance is, and alarm when it waits too long (D84)."""
    async with work(watch) as uow:
        now = await outbox.backlog(uow)
        await timetable.note(uow, "watch_backlog", msgspec.to_builtins(now))
        await uow.commit()
    if now.oldest > _OLD:
        log.get("backlog").error("backlog_old", waiting=now.waiting, oldest=round(now.oldest))


async def report_parked(watch: Database) -> None:
    """Say again and again which tenants have work set aside, until a person has seen to it (D77, D84)."""
    async with work(watch) as uow:
        for tenant, parked in (await outbox.parked(uow)).items():
            log.get("report_parked").error("messages_parked", tenant=tenant, parked=parked)


async def look_for_canaries(watch: Database) -> None:
    """Alarm when the role that looks for messages over all tenants does not see one of them (D25)."""
    async with work(watch) as uow:
        say_unseen("outbox", await outbox.unseen(uow, await tenancy.codes(uow)))


def _databases() -> tuple[Database, Database]:
    """Those of the role that watches and of the role that acts."""
    one, other, size = settings().relay_database_url, settings().worker_database_url, settings().pool_size
    watch = Database(one, pool_size=2, name="lianshen-scheduler", patience=_PATIENCE)
    return watch, Database(other, pool_size=size, name="lianshen-scheduler", patience=_PATIENCE)


def main() -> None:
    watch, act = _databases()
    law = load_law()
    cipher.start(settings())
    use(compile_policy(settings().policies_dir, PERMISSIONS))
    proof = Proof(watch, act, settings())
    versions = Versions(watch, act, law, settings().law_warning_days)
    keys = Keys(watch, act)
    files = Files(watch, act, settings())
    reckoning = Reckoning(watch, act, settings())
    calendars = Calendars(watch, act, law)
    powerless = Powerless(watch, act)

    beats: dict[str, Beat] = {
        "watch_sweep": ("* * * * * */20", lambda: watch_sweep(watch)),
        "look_for_canaries": ("* * * * *", lambda: look_for_canaries(watch)),
        "watch_backlog": ("* * * * * */20", lambda: watch_backlog(watch)),
        "report_overdue": ("*/10 * * * *", lambda: report_overdue(watch)),
        "report_parked": ("*/10 * * * *", lambda: report_parked(watch)),
        "move_projects": ("* * * * * */5", versions.move),
        "warn_of_ends": ("10 * * * *", versions.warn),
        "check_pins": ("40 * * * *", versions.check_pins),
        "renew_values": ("* * * * * */30", keys.renew),
        "check_rows": ("50 2 * * *", keys.check_rows),
        "see_to_idle": (
            "20 3 * * *",
            lambda: see_to_idle(watch, act, settings().idle_account_days, settings().idle_warning_days),
        ),
        "checkpoints": ("*/5 * * * *", proof.checkpoint),
        "file_roots": ("20 * * * *", proof.file_roots),
        "settle_files": ("* * * * *", files.settle),
        "tally": ("5 0 * * *", reckoning.tally),
        "check_receipts": ("10 3 * * *", reckoning.receipts),
        "check_files": ("15 3 * * *", reckoning.files),
        "verify_ledgers": ("30 2 * * *", proof.verify),
        "preview_calendars": ("* * * * * */5", calendars.preview),
        "recount_deadlines": ("* * * * * */10", calendars.recount),
        "warn_of_horizon": ("30 8 * * *", calendars.warn),
    }

    leader = Leader(watch, beats)

    async def turn() -> bool:
        await powerless.require()
        await leader.turn()
        return False

    async def close() -> None:
        with suppress(Exception):  # what it could not give up ends by itself
            await leader.end()
        await watch.close()
        await act.close()

    run("scheduler", turn, pause=_PAUSE, close=close)


if __name__ == "__main__":
    main()
