"""One beat of the scheduler's work on calendars, as a process of its own beside the browser."""

import asyncio

from lianshen.access.queries import compile_policy, use
from lianshen.kernel import cipher
from lianshen.kernel.database import Database
from lianshen.kernel.settings import settings
from lianshen.wiring import PERMISSIONS
from lianshen_workers._process import load_law
from lianshen_workers.calendars import Calendars


async def beat() -> None:
    use(compile_policy(settings().policies_dir, PERMISSIONS))
    cipher.start(settings())
    watch, act = (Database(url, pool_size=1) for url in (settings().relay_database_url, settings().worker_database_url))
    calendars = Calendars(watch, act, load_law())
    await calendars.preview()
    await calendars.recount()
    await watch.close()
    await act.close()


def main() -> None:
    asyncio.run(beat())
