"""Daily roots filed to the level above: once, as of the day's parent, and not to be shown two histories (D127)."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from lianshen import wiring
from lianshen.audit import commands as audit
from lianshen.audit.checkpoints import Signer, checkpoint
from lianshen.audit.types import By
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.settings import settings
from lianshen_workers._process import work as process_work
from lianshen_workers.deliver import SCHEMA, deliver
from lianshen_workers.deliver import _file as carry
from lianshen_workers.proof import Proof

pytestmark = pytest.mark.demand("D127", "D24", "D15")
CHILD, PARENT = "360824", "360800"


@pytest.fixture
async def rows(superuser):
    async def ask(sql, **values):
        await superuser.commit()
        return [tuple(row) for row in await superuser.execute(text(sql), values)]

    return ask


async def signed(worker_database, relay_database, configured, day):
    """Something happened at noon of ``day`` in the child, and its ledger was signed."""
    at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    async with UnitOfWork(worker_database, now=at, jobs_for=lambda _: (), request_id="test") as uow:
        await uow.enter(CHILD)
        audit.record(uow, "test.act", label="一笔", by=By(label="测试"))
        await uow.commit()
    async with UnitOfWork(worker_database, now=at, jobs_for=lambda _: (), request_id="test") as uow:
        await uow.enter(CHILD)
        made = await checkpoint(uow, configured, Signer(configured.signing_key))
        await uow.commit()
    return made


async def delivered(worker_database, rows, times=1):
    said = "SELECT tenant, id FROM outbox WHERE job = 'file_root' AND state = 'pending' ORDER BY created_at"
    waiting = await rows(said)
    for tenant, message in waiting:
        for _ in range(times):
            await deliver(worker_database, tenant=tenant, message=UUID(str(message)), request_id="t", schema=SCHEMA)
    return len(waiting)


async def test_the_roots_of_days_that_ended_reach_the_level_above_once(
    worker_database, relay_database, configured, rows
):
    today = day_of(datetime.now(UTC))
    made = await signed(worker_database, relay_database, configured, today - timedelta(days=1))
    proof = Proof(relay_database, worker_database, configured)
    assert await proof.file_roots() >= 1
    assert await proof.file_roots() == 0
    assert await delivered(worker_database, rows, times=2) >= 1
    received = await rows("SELECT child, day, size, note FROM received_root WHERE tenant = :t", t=PARENT)
    assert [one for one in received if one[0] == CHILD] == [(CHILD, today - timedelta(days=1), made.size, made.note)]
    said = await rows("SELECT note FROM event WHERE tenant = :t AND action = 'audit.receive_root'", t=PARENT)
    assert len([one for (one,) in said if CHILD in one and made.sm3.hex() in one]) == 1
    assert await rows("SELECT state FROM outbox WHERE job = 'file_root' AND state <> 'done'") == []
    await carried_twice(worker_database, rows, received, said)
    await two_histories(worker_database, rows, made)


async def carried_twice(worker_database, rows, received, said):
    """A worker that dies between the parent's COMMIT and its own mark carries the root once more: all as it was."""
    ((event,),) = await rows("SELECT max(event::text) FROM outbox WHERE job = 'file_root' AND tenant = :t", t=CHILD)
    await carry(worker_database, CHILD, UUID(event), wiring.FILINGS["file_root"], "t")
    assert await rows("SELECT child, day, size, note FROM received_root WHERE tenant = :t", t=PARENT) == received
    events = "SELECT note FROM event WHERE tenant = :t AND action = 'audit.receive_root'"
    assert await rows(events, t=PARENT) == said


async def two_histories(worker_database, rows, made):
    """Another root of the same day is refused and said aloud; what was received first stays."""
    yesterday = day_of(datetime.now(UTC)) - timedelta(days=1)
    later = await signed_again(worker_database)
    async with process_work(worker_database) as uow:
        await uow.enter(CHILD)
        audit._file(uow, yesterday, later)
        await uow.commit()
    with capture_logs() as logged:
        await delivered(worker_database, rows, times=5)
    assert {line["event"] for line in logged} >= {"job_failed", "message_parked"}
    kept = await rows("SELECT size FROM received_root WHERE tenant = :t AND child = :c", t=PARENT, c=CHILD)
    assert kept == [(made.size,)]


async def signed_again(worker_database):
    async with process_work(worker_database) as uow:
        await uow.enter(CHILD)
        made = await checkpoint(uow, settings(), Signer(settings().signing_key))
        await uow.commit()
    assert made is not None
    return made


async def test_the_hourly_beat_signs_what_has_grown_and_nothing_twice(
    worker_database, relay_database, configured, rows
):
    proof = Proof(relay_database, worker_database, configured)
    await proof.checkpoint()
    before = await rows("SELECT tenant, size FROM checkpoint")
    assert await proof.checkpoint() == 0
    assert await rows("SELECT tenant, size FROM checkpoint") == before
    files = await asyncio.to_thread(lambda: list(configured.checkpoints_dir.rglob("*.txt")))
    assert {(path.parent.name, int(path.name.partition("-")[0])) for path in files} >= set(before)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o444}
