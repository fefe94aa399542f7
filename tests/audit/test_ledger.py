"""The ledger in the database: it cannot fork, an act and its event stand or fall together, damage is found by place."""

import asyncio
import sys

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lianshen.audit import commands as audit
from lianshen.audit import queries
from lianshen.audit.types import By
from tests.walk.driver import UNIT, Driver

TENANT = "360000"
"""A jurisdiction in which no other test acts."""


async def write(work, number: int) -> None:
    async with work() as uow:
        await uow.enter(TENANT)
        for part in range(2):
            audit.record(uow, "test.act", label=f"{number}.{part}", by=By(label="测试"))
        await uow.commit()


async def verdict(work) -> queries.Verdict:
    async with work(read_only=True) as uow:
        await uow.enter(TENANT)
        return await queries.verify(uow)


WRITERS = """
import asyncio, sys
from lianshen.audit import commands as audit
from lianshen.audit.types import By
from lianshen.kernel.clock import now
from lianshen.kernel.database import Database, UnitOfWork
async def writer(database, number):
    for _ in range(10):
        async with UnitOfWork(database, now=now(), jobs_for=lambda _: (), request_id="writer") as uow:
            await uow.enter(sys.argv[2])
            for part in range(2):
                audit.record(uow, "test.act", label=f"{number}.{part}", by=By(label="测试"))
            await uow.commit()
async def main():
    database = Database(sys.argv[1], pool_size=8)
    await asyncio.gather(*(writer(database, number) for number in range(8)))
    await database.close()
asyncio.run(main())
"""


@pytest.mark.demand("D125")
async def test_sixteen_writers_in_two_processes_make_one_chain_and_do_not_lock_each_other_out(work, configured):
    before = (await verdict(work)).events
    urls = (configured.database_url, configured.worker_database_url)
    processes = [await asyncio.create_subprocess_exec(sys.executable, "-c", WRITERS, url, TENANT) for url in urls]
    assert [await asyncio.wait_for(process.wait(), 60) for process in processes] == [0, 0]
    found = await verdict(work)
    assert (found.events, found.broken_at) == (before + 16 * 10 * 2, None)


@pytest.mark.demand("D121")
async def test_what_is_rolled_back_leaves_no_event_and_no_gap(work):
    before = await verdict(work)
    async with work() as uow:
        await uow.enter(TENANT)
        audit.record(uow, "test.act", label="never", by=By(label="测试"))
    await write(work, 1)
    after = await verdict(work)
    assert (after.events, after.broken_at) == (before.events + 2, None)


@pytest.mark.demand("D122")
async def test_an_act_that_cannot_be_recorded_does_not_happen(work, staff, law, tmp_path, superuser):
    drive = Driver(work, staff, law, tmp_path)
    drive.at("2026-03-02")
    await drive.declare("400000")
    version = (await drive.desk(UNIT)).project.version
    await superuser.execute(text("REVOKE INSERT ON event FROM lianshen_web"))
    await superuser.commit()
    try:
        with pytest.raises(DBAPIError, match="permission denied"):
            await drive.hand_in(UNIT, "project_proposal")
    finally:
        await superuser.execute(text("GRANT INSERT ON event TO lianshen_web"))
        await superuser.commit()
    desk = await drive.desk(UNIT)
    assert desk.project.version == version
    assert [slot.versions for slot in desk.papers if slot.code == "project_proposal"] == [()]


@pytest.mark.demand("D123")
@pytest.mark.parametrize("statement", ["UPDATE event SET note = ''", "DELETE FROM event", "TRUNCATE event"])
async def test_nobody_changes_the_ledger_not_even_its_owner(superuser, statement):
    await superuser.execute(text("SELECT enter('360000')"))
    for role in ("lianshen_owner", "lianshen_web", "lianshen_worker"):
        await superuser.execute(text(f"SET LOCAL ROLE {role}"))
        with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
            async with superuser.begin_nested():
                await superuser.execute(text(statement))
