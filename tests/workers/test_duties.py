"""Duties survive whatever happens to Redis and to workers, and take effect once (D71–D79)."""

import asyncio
from uuid import UUID, uuid4

import pytest
import redis
from sqlalchemy import text
from structlog.testing import capture_logs
from tests.walk.driver import UNIT, Driver

from lianshen import wiring
from lianshen.audit.commands import record
from lianshen.kernel import outbox, timetable
from lianshen.kernel.database import Database, UnitOfWork
from lianshen_workers import broker as brokers
from lianshen_workers import deliver as deliver_module
from lianshen_workers._process import work as process_work
from lianshen_workers.broker import WrongRedis, make, require_settings
from lianshen_workers.deliver import SCHEMA, deliver
from lianshen_workers.relay import look_at_timetable, publish
from lianshen_workers.scheduler import report_parked, watch_backlog

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
    await superuser.execute(text("DELETE FROM outbox WHERE job NOT IN ('canary', 'tell_concerned')"))
    await superuser.commit()
    return UUID(str((await superuser.execute(text("SELECT id FROM outbox WHERE job = 'tell_concerned'"))).scalar_one()))


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


@pytest.mark.demand("D71", "D79")
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


@pytest.mark.demand("D72", "D75")
async def test_after_flushall_the_relay_sends_anew(configured, relay_database, message, superuser):
    broker = make(configured.redis_url)
    broker.declare_queue("duties")
    assert await publish(relay_database, broker, again_after=120) == 1
    redis.Redis.from_url(configured.redis_url).flushall()
    assert await publish(relay_database, broker, again_after=120) == 0
    await lapse(superuser, message)
    assert await publish(relay_database, broker, again_after=120) == 1


@pytest.mark.demand("D74")
async def test_ten_deliveries_at_once_have_one_effect(worker_database, message, ask):
    done = await asyncio.gather(*(delivery(worker_database, message) for _ in range(10)))
    assert sum(done) == 1
    first = await notices(ask, message)
    assert tuple(await ask("SELECT state, attempts FROM outbox WHERE job <> 'canary'")) == ("done", 1)
    assert not await delivery(worker_database, message)
    assert await notices(ask, message) == first > 0


@pytest.mark.demand("D76", "D77")
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


@pytest.mark.demand("D76")
async def test_a_worker_that_dies_each_time_parks_it_too(
    work, worker_database, relay_database, message, ask, superuser
):
    for _ in range(outbox.MOST):
        async with _worker(work, worker_database) as uow:
            await uow.enter(TENANT)
            assert await outbox.begin(uow, message) is not None
            await uow.commit()
        await lapse(superuser, message)
        async with _worker(work, relay_database) as uow:
            assert [one.id for one in await outbox.claim(uow, again_after=60, limit=10)] == [message]
            await uow.commit()
    assert not await delivery(worker_database, message)
    state, reason = await ask("SELECT state, reason FROM outbox WHERE job <> 'canary'")
    assert (state, reason) == ("parked", "attempts exhausted")
    with capture_logs() as said:
        await report_parked(relay_database)
    assert [(line["event"], line["tenant"], line["parked"]) for line in said] == [("messages_parked", TENANT, 1)]


async def lapse(superuser, message: UUID) -> None:
    """As if the lease of whoever began it had run out."""
    await superuser.execute(text("UPDATE outbox SET next_at = now() WHERE id = :id"), {"id": message})
    await superuser.commit()


def _worker(work, database):
    return UnitOfWork(database, now=work.now, jobs_for=wiring.jobs_for, request_id="test")


@pytest.mark.demand("D24")
async def test_a_message_naming_the_wrong_tenant_or_row_does_nothing(worker_database, message, ask):
    assert not await delivery(worker_database, message, tenant="421000")
    assert not await delivery(worker_database, uuid4())
    assert tuple(await ask("SELECT state, attempts FROM outbox WHERE job <> 'canary'")) == ("pending", 0)


async def test_unknown_jobs_and_versions_are_parked(worker_database, message, ask, monkeypatch):
    assert not await delivery(worker_database, message, schema=SCHEMA + 1)
    assert (await ask("SELECT state FROM outbox WHERE job <> 'canary'"))[0] == "parked"


@pytest.mark.demand("D73")
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


@pytest.mark.demand("D74", "D87")
async def test_a_worker_that_was_thought_dead_writes_nothing(
    work, worker_database, relay_database, message, ask, superuser
):
    """It stood still between the count and the effect; another has the message meanwhile."""
    async with _worker(work, worker_database) as uow:
        await uow.enter(TENANT)
        paused = await outbox.begin(uow, message)
        await uow.commit()
    assert paused is not None
    assert not await delivery(worker_database, message), "it is the other's for a while"
    await lapse(superuser, message)
    async with _worker(work, relay_database) as uow:
        assert len(await outbox.claim(uow, again_after=60, limit=10)) == 1
        await uow.commit()
    async with _worker(work, worker_database) as uow:
        await uow.enter(TENANT)
        assert not await outbox.hold(uow, message, paused)
        assert not await outbox.fail(uow, message, paused, "late")
        await uow.commit()
    assert await delivery(worker_database, message)
    async with _worker(work, worker_database) as uow:
        await uow.enter(TENANT)
        assert not await outbox.park(uow, message, paused, "late")
        await uow.commit()
    assert tuple(await ask("SELECT state, attempts FROM outbox WHERE job <> 'canary'")) == ("done", 2)


@pytest.mark.demand("D74")
async def test_a_worker_that_comes_late_does_not_do_it_again(
    work, relay_database, worker_database, message, ask, superuser, monkeypatch
):
    """It had counted its attempt and stood still until its lease was over; another did the work meanwhile."""
    tell, begin, done = wiring.JOBS["tell_concerned"], deliver_module._begin, list[UUID]()

    async def told(uow, event):
        done.append(event)
        await tell(uow, event)

    async def stands_still(*given):
        monkeypatch.setattr(deliver_module, "_begin", begin)
        attempt = await begin(*given)
        await lapse(superuser, message)
        async with _worker(work, relay_database) as uow:
            assert len(await outbox.claim(uow, again_after=60, limit=10)) == 1
            await uow.commit()
        assert await delivery(worker_database, message)
        return attempt

    monkeypatch.setitem(wiring.JOBS, "tell_concerned", told)
    monkeypatch.setattr(deliver_module, "_begin", stands_still)
    assert not await delivery(worker_database, message)
    assert len(done) == 1
    assert tuple(await ask("SELECT state, attempts FROM outbox WHERE job <> 'canary'")) == ("done", 2)


@pytest.mark.demand("D74")
async def test_an_effect_that_comes_twice_adds_nothing(work, worker_database, message, ask):
    """Notices of one event are one for each person, however often the event is told."""
    assert await delivery(worker_database, message)
    first = await notices(ask, message)
    (event,) = await ask("SELECT event FROM outbox WHERE id = :id", id=message)
    async with _worker(work, worker_database) as uow:
        await uow.enter(TENANT)
        await wiring.JOBS["tell_concerned"](uow, UUID(str(event)))
        await uow.commit()
    assert await notices(ask, message) == first > 0


@pytest.mark.demand("D71")
async def test_an_act_and_what_follows_from_it_are_written_together(work, staff, law, tmp_path, ask):
    drive = Driver(work, staff, law, tmp_path)
    drive.at("2026-03-02")
    await drive.submit("400000")
    waiting = """
        SELECT count(*) FROM outbox o JOIN event e ON (e.tenant, e.id) = (o.tenant, o.event)
        WHERE e.project = :project AND e.action = 'projects.submit' AND o.job = 'tell_concerned'
    """
    assert tuple(await ask(waiting, project=drive.project)) == (1,)


async def test_what_a_worker_holds_is_not_sent_anew(work, worker_database, relay_database, message, superuser):
    """Longer than its lease, as long as its transaction lives."""
    async with _worker(work, worker_database) as begun:
        await begun.enter(TENANT)
        attempt = await outbox.begin(begun, message)
        await begun.commit()
    await lapse(superuser, message)
    async with _worker(work, worker_database) as holding:
        await holding.enter(TENANT)
        assert await outbox.hold(holding, message, attempt)
        async with _worker(work, relay_database) as uow:
            assert await outbox.claim(uow, again_after=60, limit=10) == []
    async with _worker(work, relay_database) as uow:
        assert len(await outbox.claim(uow, again_after=60, limit=10)) == 1


ENQUEUE = text("""
    INSERT INTO outbox (tenant, id, event, job, request_id, state, attempts, created_at)
    SELECT :tenant, gen_random_uuid(), gen_random_uuid(), 'probe', '', 'pending', 0, now()
    FROM generate_series(1, :many)
""")


@pytest.fixture
async def only_probes(superuser):
    await superuser.execute(text("DELETE FROM outbox WHERE job <> 'canary'"))
    await superuser.commit()
    yield
    await superuser.execute(text("DELETE FROM outbox WHERE job = 'probe'"))
    await superuser.commit()


@pytest.mark.demand("D83")
async def test_tenants_take_turns_however_long_one_queue_is(work, relay_database, superuser, only_probes):
    await superuser.execute(ENQUEUE, {"tenant": TENANT, "many": 5000})
    await superuser.commit()
    await superuser.execute(ENQUEUE, {"tenant": "421000", "many": 3})
    await superuser.commit()
    async with _worker(work, relay_database) as uow:
        first = await outbox.claim(uow, again_after=60, limit=20)
    assert len(first) == 13, "half of the batch for each, and three were all that the second had"
    assert [one.tenant for one in first].count("421000") == 3
    assert max(place for place, one in enumerate(first) if one.tenant == "421000") < 6, "and in turns"


@pytest.mark.demand("D83")
async def test_what_redis_holds_unfetched_is_bounded(configured, relay_database, superuser, only_probes):
    """So that the order in which tenants take turns is PostgreSQL's, also when nobody fetches."""
    await superuser.execute(ENQUEUE, {"tenant": TENANT, "many": 60})
    await superuser.commit()
    broker = make(configured.redis_url)
    broker.declare_queue(brokers.QUEUE)
    broker.flush_all()
    sent = [await publish(relay_database, broker, again_after=0.0, window=25) for _ in range(4)]
    assert sent == [25, 0, 0, 0]
    broker.flush_all()
    assert await publish(relay_database, broker, again_after=0.0, window=25) == 25


@pytest.mark.demand("D65")
async def test_a_clock_that_went_back_holds_nothing_up(work, relay_database, superuser, only_probes):
    """What was written for the next minutes by the clock before is sent now, not when the clock is there again."""
    await superuser.execute(ENQUEUE, {"tenant": TENANT, "many": 1})
    await superuser.execute(text("UPDATE outbox SET next_at = now() + interval '10 minutes' WHERE job = 'probe'"))
    await superuser.commit()
    async with _worker(work, relay_database) as uow:
        assert len(await outbox.claim(uow, again_after=30, limit=10)) == 1


@pytest.mark.demand("D78")
async def test_an_act_that_is_rolled_back_sends_nothing(work, staff, law, tmp_path, superuser, only_probes):
    drive = Driver(work, staff, law, tmp_path)
    drive.at("2026-03-02")
    await drive.declare("400000")
    actor = await staff.actor(staff.find(*UNIT))
    await superuser.execute(text("DELETE FROM outbox WHERE job <> 'canary'"))
    await superuser.commit()
    async with work() as uow:
        await uow.enter(TENANT)
        record(uow, "projects.submit", label="x", by=actor.by)
    assert (await superuser.execute(text("SELECT count(*) FROM outbox WHERE job <> 'canary'"))).scalar_one() == 0


@pytest.mark.demand("D80")
@pytest.mark.parametrize("moment", range(8))
async def test_a_job_broken_off_at_any_point_leaves_all_or_nothing(worker_database, message, ask, moment, superuser):
    """As its limit of time or a shutdown does: the coroutine is cancelled wherever it stands."""
    task = asyncio.create_task(delivery(worker_database, message))
    await asyncio.sleep(0.002 * moment)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    state, _ = await ask("SELECT state, attempts FROM outbox WHERE job <> 'canary'")
    assert (await notices(ask, message) > 0) == (state == "done")
    if state == "begun":
        await superuser.execute(text("UPDATE outbox SET state = 'sent' WHERE id = :id"), {"id": message})
        await superuser.commit()
    assert await delivery(worker_database, message) == (state != "done")
    assert await notices(ask, message) > 0


@pytest.mark.demand("D84", "D60")
async def test_what_waits_too_long_is_an_alarm_and_a_figure(relay_database, superuser, only_probes):
    await superuser.execute(ENQUEUE, {"tenant": TENANT, "many": 2})
    await superuser.execute(text("UPDATE outbox SET created_at = now() - interval '10 minutes' WHERE job = 'probe'"))
    await superuser.execute(
        text(
            "INSERT INTO timetable (name, next_at) VALUES ('watch_backlog', now() - interval '10 minutes') "
            "ON CONFLICT (name) DO UPDATE SET next_at = excluded.next_at"
        )
    )
    await superuser.commit()
    with capture_logs() as said:
        await watch_backlog(relay_database)
        await look_at_timetable(relay_database)
    assert [(line["event"], line.get("waiting"), line.get("beats")) for line in said] == [
        ("backlog_old", 2, None),
        ("beats_late", None, ["watch_backlog"]),
    ]
    async with process_work(relay_database) as uow:
        found = await timetable.found(uow, "watch_backlog")
    assert (found["waiting"], round(found["oldest"] / 60)) == (2, 10)
    await superuser.execute(text("DELETE FROM timetable WHERE name = 'watch_backlog'"))
    await superuser.commit()
