"""The scheduler process: the timetable of periodic work. Any number may run; each beat is done by one."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from croniter import croniter

from lianshen.access.queries import compile_policy, use
from lianshen.kernel import cipher, failpoints, log, outbox, timetable
from lianshen.kernel.clock import SHANGHAI
from lianshen.kernel.database import Database
from lianshen.kernel.settings import settings
from lianshen.tenancy import queries as tenancy
from lianshen.wiring import PERMISSIONS
from lianshen_workers._process import Powerless, load_law, run, say_unseen, work
from lianshen_workers.files import Files
from lianshen_workers.idle import see_to_idle
from lianshen_workers.keys import Keys
from lianshen_workers.proof import Proof
from lianshen_workers.reckoning import Reckoning
from lianshen_workers.sweep import Sweep
from lianshen_workers.versions import Versions

_PAUSE = 1.0


def following(expression: str, after: datetime) -> datetime:
    """The next time of a cron expression, minutes first and seconds last, read in Asia/Shanghai."""
    found: datetime = croniter(expression, after.astimezone(SHANGHAI)).get_next(datetime)
    return found


async def report_parked(watch: Database) -> None:
    """Say again and again which tenants have work set aside, until a person has seen to it (D77, D84)."""
    async with work(watch) as uow:
        for tenant, parked in (await outbox.parked(uow)).items():
            log.get("report_parked").error("messages_parked", tenant=tenant, parked=parked)


async def look_for_canaries(watch: Database) -> None:
    """Alarm when the role that looks for messages over all tenants does not see one of them (D25)."""
    async with work(watch) as uow:
        say_unseen("outbox", await outbox.unseen(uow, await tenancy.codes(uow)))


def main() -> None:
    watch = Database(settings().relay_database_url, pool_size=1, name="lianshen-scheduler")
    act = Database(settings().worker_database_url, pool_size=1, name="lianshen-scheduler")
    law = load_law()
    cipher.start(settings())
    use(compile_policy(settings().policies_dir, PERMISSIONS))
    sweep = Sweep(watch, act, law)
    proof = Proof(watch, act, settings())
    versions = Versions(watch, act, law, settings().law_warning_days)
    keys = Keys(watch, act)
    files = Files(watch, act, settings())
    reckoning = Reckoning(watch, act, settings())
    powerless = Powerless(watch, act)

    async def sweep_all() -> None:
        while await sweep.turn():
            pass

    beats: dict[str, tuple[str, Callable[[], Awaitable[object]]]] = {
        "sweep_deadlines": ("* * * * * */3", sweep_all),
        "look_for_canaries": ("* * * * *", lambda: look_for_canaries(watch)),
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
        "settle_files": ("*/5 * * * *", files.settle),
        "tally": ("5 0 * * *", reckoning.tally),
        "check_receipts": ("10 3 * * *", reckoning.receipts),
        "check_files": ("15 3 * * *", reckoning.files),
        "verify_ledgers": ("30 2 * * *", proof.verify),
    }

    async def turn() -> bool:
        await powerless.require()
        for name, (expression, beat) in beats.items():
            async with work(watch) as uow:
                mine = await timetable.claim(uow, name, partial(following, expression))
                await uow.commit()
            if mine:
                failpoints.hit("beat.claimed")
                await beat()
        return False

    async def close() -> None:
        await watch.close()
        await act.close()

    run("scheduler", turn, pause=_PAUSE, close=close)


if __name__ == "__main__":
    main()
