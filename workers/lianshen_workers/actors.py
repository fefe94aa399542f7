"""The worker process: ``dramatiq lianshen_workers.actors``. One actor; what it does is in ``deliver``."""

import asyncio
from functools import cache
from uuid import UUID

import dramatiq

from lianshen.access.queries import compile_policy, use
from lianshen.kernel import cipher, log
from lianshen.kernel.database import Database
from lianshen.kernel.settings import settings
from lianshen.wiring import PERMISSIONS
from lianshen_workers._process import Powerless, limit_memory, require_powerless
from lianshen_workers.broker import QUEUE, install, require_settings
from lianshen_workers.deliver import deliver


@cache
def _database() -> Database:
    """One pool for all actors of this process; made on their event loop."""
    return Database(settings().worker_database_url, pool_size=settings().pool_size, name="lianshen-worker")


@cache
def _powerless() -> Powerless:
    return Powerless(_database())


async def _check() -> None:
    database = Database(settings().worker_database_url, pool_size=1, name="lianshen-worker")
    try:
        await require_powerless(database)
    finally:
        await database.close()


log.configure(settings().log_format, settings().log_dir, settings().log_days)
cipher.start(settings())
use(compile_policy(settings().policies_dir, PERMISSIONS))
asyncio.run(_check())
require_settings(settings().redis_url)
limit_memory(settings().job_memory)
install()


@dramatiq.actor(actor_name="deliver", queue_name=QUEUE, max_retries=0, time_limit=60_000)
async def deliver_message(*, tenant: str, message: str, request_id: str, schema: int) -> None:
    """Deliver one message of the outbox; ids only, and it may come twice (D79, D74)."""
    await _powerless().require()
    await deliver(_database(), tenant=tenant, message=UUID(message), request_id=request_id, schema=schema)
