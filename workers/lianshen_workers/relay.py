"""The relay process: publishes what waits in the outbox. The only place that sends (D78)."""

from dramatiq import Message
from dramatiq.brokers.redis import RedisBroker

from lianshen.kernel import failpoints, outbox
from lianshen.kernel.database import Database
from lianshen.kernel.settings import settings
from lianshen_workers._process import Powerless, run, work
from lianshen_workers.broker import make
from lianshen_workers.deliver import SCHEMA

_PAUSE = 0.3
_BATCH = 200


async def publish(database: Database, broker: RedisBroker, *, again_after: float) -> int:
    """Publish one batch; how many. Sent before COMMIT: a crash between the two sends twice, never not at all."""
    async with work(database) as uow:
        waiting = await outbox.claim(uow, again_after=again_after, limit=_BATCH)
        failpoints.hit("relay.claimed")
        for one in waiting:
            values = {
                "tenant": one.tenant,
                "message": str(one.id),
                "request_id": one.request_id,
                "schema": SCHEMA,
            }
            broker.enqueue(Message(queue_name="duties", actor_name="deliver", args=(), kwargs=values, options={}))
        failpoints.hit("relay.published")
        await uow.commit()
    return len(waiting)


def main() -> None:
    database = Database(settings().relay_database_url, pool_size=1, name="lianshen-relay")
    broker = make(settings().redis_url)
    broker.declare_queue("duties")
    powerless = Powerless(database)

    async def turn() -> bool:
        await powerless.require()
        return await publish(database, broker, again_after=settings().republish_after) == _BATCH

    run("relay", turn, pause=_PAUSE, close=database.close)


if __name__ == "__main__":
    main()
