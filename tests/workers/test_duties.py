"""Duties survive whatever happens to Redis and to workers, and take effect once (D71–D79)."""

import asyncio
from uuid import UUID, uuid4

import pytest
import redis
from sqlalchemy import text
from structlog.testing import capture_logs
from tests.walk.driver import UNIT, Driver

from lianshen import wiring
from lianshen.kernel import outbox
from lianshen.kernel.database import Database, UnitOfWork
from lianshen_workers import broker as brokers
from lianshen_workers.broker import WrongRedis, make, require_settings
from lianshen_workers.deliver import SCHEMA, deliver
from lianshen_workers.relay import publish
from lianshen_workers.scheduler import report_parked

TENANT = "320723"


@pytest.fixture
async def relay_database(configured):
    made = Database(configured.relay_database_url, pool_size=2)
    yield made
    await made.close()


@pytest.fixture
async def message(work, staff, law, tmp_path, superuser):
    """The outbox row of one submission; everything older is out of the way."""
    await superuser.execute(text("DELETE FROM outbox WHERE job <> 'canary'"))
    await superuser.commit()
    drive = Driver(work, staff, law, tmp_path)
    drive.at("2026-03-02")
    await drive.declare("400000")
    await drive.hand_in_all()
    await superuser.execute(text("DELETE FROM outbox WHERE job <> 'canary'"))
    await superuser.commit()
    await drive.act(UNIT, "submit")
    return UUID(str((await superuser.execute(text("SELECT id FROM outbox WHERE job <> 'canary'"))).scalar_one()))


@pytest.fixture
async def ask(superuser):
    async def one(sql: str, **values):
        await superuser.commit()
        return (await superuser.execute(text(sql), values)).one()

    return one


async def notices(ask, message: UUID) -> int:
    (count,) = await ask(
        "SELECT count(*) FROM notice n JOIN outbox o USING (tenant, event) WHERE o.id = :id", id=message
    )
    return count


def delivery(database: Database, message: UUID, *, tenant: str = TENANT, schema: int = SCHEMA):
    return deliver(database, tenant=tenant, message=message, request_id="r", schema=schema)


async def test_an_act_leads_to_notices_through_the_queue(configured, relay_database, worker_database, message, ask):
    broker = make(configured.redis_url)
    broker.declare_queue("duties")
    broker.flush_all()
    assert await publish(relay_database, broker, again_after=120) == 1
    assert await publish(relay_database, broker, again_after=120) == 0
    consumer = broker.consume("duties", timeout=1000)
    received = next(consumer)
    assert set(received.kwargs) == {"tenant", "message", "request_id", "schema"}
    consumer.ack(received)
    consumer.close()
    assert await delivery(worker_database, UUID(received.kwargs["message"]))
    assert await notices(ask, message) > 0
    assert tuple(await ask("SELECT state, attempts FROM outbox WHERE job <> 'canary'")) == ("done", 1)


async def test_after_flushall_the_relay_sends_anew(configured, relay_database, message):
    broker = make(configured.redis_url)
    broker.declare_queue("duties")
    assert await publish(relay_database, broker, again_after=120) == 1
    redis.Redis.from_url(configured.redis_url).flushall()
    assert await publish(relay_database, broker, again_after=120) == 0
    assert await publish(relay_database, broker, again_after=0.0) == 1


async def test_ten_deliveries_at_once_have_one_effect(worker_database, message, ask):
    done = await asyncio.gather(*(delivery(worker_database, message) for _ in range(4)))
    assert sum(done) == 1
    first = await notices(ask, message)
    assert not await delivery(worker_database, message)
    assert await notices(ask, message) == first > 0


async def test_a_job_that_fails_leaves_nothing_and_is_parked_at_the_fifth(worker_database, message, ask, monkeypatch):
    tell = wiring.JOBS["tell_concerned"]

    async def fails(uow, event):
        await tell(uow, event)
        raise RuntimeError("after its effect")

    monkeypatch.setitem(wiring.JOBS, "tell_concerned", fails)
    for attempt in range(1, outbox.MOST + 1):
        assert not await delivery(worker_database, message)
        assert await notices(ask, message) == 0
        state, attempts = await ask("SELECT state, attempts FROM outbox WHERE job <> 'canary'")
        assert (state, attempts) == ("parked" if attempt == outbox.MOST else "pending", attempt)
    monkeypatch.setitem(wiring.JOBS, "tell_concerned", tell)
    assert not await delivery(worker_database, message)
    assert (await ask("SELECT reason FROM outbox WHERE job <> 'canary'"))[0] == "RuntimeError at the last attempt"


async def test_a_worker_that_dies_each_time_parks_it_too(work, worker_database, relay_database, message, ask):
    for _ in range(outbox.MOST):
        async with _worker(work, worker_database) as uow:
            await uow.enter(TENANT)
            assert await outbox.begin(uow, message) is not None
            await uow.commit()
    assert not await delivery(worker_database, message)
    state, reason = await ask("SELECT state, reason FROM outbox WHERE job <> 'canary'")
    assert (state, reason) == ("parked", "attempts exhausted")
    with capture_logs() as said:
        await report_parked(relay_database)
    assert [(line["event"], line["tenant"], line["parked"]) for line in said] == [("messages_parked", TENANT, 1)]


def _worker(work, database):
    return UnitOfWork(database, now=work.now, jobs_for=wiring.jobs_for, request_id="test")


async def test_a_message_naming_the_wrong_tenant_or_row_does_nothing(worker_database, message, ask):
    assert not await delivery(worker_database, message, tenant="421000")
    assert not await delivery(worker_database, uuid4())
    assert tuple(await ask("SELECT state, attempts FROM outbox WHERE job <> 'canary'")) == ("pending", 0)


async def test_unknown_jobs_and_versions_are_parked(worker_database, message, ask, monkeypatch):
    assert not await delivery(worker_database, message, schema=SCHEMA + 1)
    assert (await ask("SELECT state FROM outbox WHERE job <> 'canary'"))[0] == "parked"


def test_a_redis_that_forgets_is_refused(configured):
    require_settings(configured.redis_url)
    client = redis.Redis.from_url(configured.redis_url)
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(WrongRedis, match="maxmemory-policy"):
            require_settings(configured.redis_url)
    finally:
        client.config_set("maxmemory-policy", "noeviction")


def test_keys_in_redis_carry_our_namespace(configured):
    keys = redis.Redis.from_url(configured.redis_url, decode_responses=True).keys()
    assert [key for key in keys if not key.startswith(brokers.NAMESPACE)] == []
