"""The relay process: publishes what waits in the outbox. The only place that sends (D78)."""

from time import monotonic

from dramatiq import Message
from dramatiq.brokers.redis import RedisBroker

from lianshen.kernel import failpoints, log, outbox, timetable
from lianshen.kernel.database import Database
from lianshen.kernel.settings import settings
from lianshen_workers._process import Powerless, run, work
from lianshen_workers.broker import QUEUE, make, unfetched
from lianshen_workers.deliver import SCHEMA

_PAUSE = 0.3
_BATCH = 200
WINDOW = 400
"""How many messages may lie in Redis unfetched. The rest waits in PostgreSQL, where tenants take turns (D83)."""
_LATE = 300.0
_LOOK_EVERY = 60.0


async def publish(database: Database, broker: RedisBroker, *, again_after: float, window: int = WINDOW) -> int:
    """Publish one batch; how many. Sent before COMMIT: a crash between the two sends twice, never not at all.

    Raises redis.RedisError while Redis is away; nothing is marked then.
    """
    free = min(_BATCH, window - unfetched(broker))
    if free <= 0:
        return 0
    async with work(database) as uow:
        waiting = await outbox.claim(uow, again_after=again_after, limit=free)
        failpoints.hit("relay.claimed")
        for one in waiting:
            values = {
                "tenant": one.tenant,
                "message": str(one.id),
                "request_id": one.request_id,
                "schema": SCHEMA,
            }
            broker.enqueue(Message(queue_name=QUEUE, actor_name="deliver", args=(), kwargs=values, options={}))
        failpoints.hit("relay.published")
        await uow.commit()
    return len(waiting)


async def look_at_timetable(database: Database) -> None:
    """Alarm when beats are not begun: the scheduler is not there, stands still, or has an endless beat (D60)."""
    async with work(database) as uow:
        if late := await timetable.late(uow, _LATE):
            log.get("relay").error("beats_late", beats=late)


def main() -> None:
    database = Database(settings().relay_database_url, pool_size=1, name="lianshen-relay")
    broker = make(settings().redis_url)
    broker.declare_queue(QUEUE)
    powerless = Powerless(database)
    looked = [monotonic()]

    async def turn() -> bool:
        await powerless.require()
        if monotonic() - looked[0] > _LOOK_EVERY:
            looked[0] = monotonic()
            await look_at_timetable(database)
        return await publish(database, broker, again_after=settings().republish_after) > 0

    run("relay", turn, pause=_PAUSE, close=database.close)


if __name__ == "__main__":
    main()
