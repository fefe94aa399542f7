"""The ledger in the database: it cannot fork, an act and its event stand or fall together, damage is found by place."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lianshen.audit import commands as audit
from lianshen.audit import queries
from lianshen.audit.types import By
from lianshen.kernel.database import Database
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


async def test_sixteen_writers_on_two_engines_make_one_chain(work, configured):
    before = (await verdict(work)).events
    ours, other = work.database, Database(configured.worker_database_url, pool_size=8)

    async def writer(number: int) -> None:
        desk = type(work)(ours if number % 2 else other)
        for _ in range(5):
            await write(desk, number)

    try:
        await asyncio.gather(*(writer(number) for number in range(16)))
    finally:
        await other.close()
    found = await verdict(work)
    assert (found.events, found.broken_at) == (before + 16 * 5 * 2, None)


async def test_what_is_rolled_back_leaves_no_event_and_no_gap(work):
    before = await verdict(work)
    async with work() as uow:
        await uow.enter(TENANT)
        audit.record(uow, "test.act", label="never", by=By(label="测试"))
    await write(work, 1)
    after = await verdict(work)
    assert (after.events, after.broken_at) == (before.events + 2, None)


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


@pytest.mark.parametrize("statement", ["UPDATE event SET note = ''", "DELETE FROM event", "TRUNCATE event"])
async def test_nobody_changes_the_ledger_not_even_its_owner(superuser, statement):
    await superuser.execute(text("SELECT enter('360000')"))
    for role in ("lianshen_owner", "lianshen_web", "lianshen_worker"):
        await superuser.execute(text(f"SET LOCAL ROLE {role}"))
        with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
            async with superuser.begin_nested():
                await superuser.execute(text(statement))


DAMAGE = {
    "edited": "UPDATE event SET actor = '别人' WHERE tenant = :t AND seq = :at",
    "article changed": "UPDATE event SET article = '第一条' WHERE tenant = :t AND seq = :at",
    "facts changed": "UPDATE event SET facts = '{\"a\": [1, 2]}' WHERE tenant = :t AND seq = :at",
    "time changed": "UPDATE event SET at = at + interval '1 microsecond' WHERE tenant = :t AND seq = :at",
    "digests exchanged": "UPDATE event SET sha256 = sm3 WHERE tenant = :t AND seq = :at",
    "deleted": "DELETE FROM event WHERE tenant = :t AND seq = :at",
    "tail cut off": "DELETE FROM event WHERE tenant = :t AND seq >= :at",
    "reordered": "UPDATE event SET seq = -seq WHERE tenant = :t AND seq >= :at; "
    "UPDATE event SET seq = 2 * CAST(:at AS bigint) + 1 + seq WHERE tenant = :t AND seq < 0",
}


@pytest.mark.parametrize("damage", DAMAGE)
async def test_damage_is_found_at_its_place(work, superuser, damage):
    await write(work, 0)
    await write(work, 1)
    at = (await verdict(work)).events - 1
    copy = f"kept_{uuid4().hex}"
    await superuser.execute(text("ALTER TABLE event DISABLE TRIGGER USER"))
    await superuser.execute(text(f"CREATE TABLE {copy} AS SELECT * FROM event WHERE tenant = :t"), {"t": TENANT})
    for statement in DAMAGE[damage].split(";"):
        await superuser.execute(text(statement), {"t": TENANT} | ({"at": at} if ":at" in statement else {}))
    await superuser.commit()
    try:
        assert (await verdict(work)).broken_at == at
    finally:
        await superuser.execute(text("DELETE FROM event WHERE tenant = :t"), {"t": TENANT})
        await superuser.execute(text(f"INSERT INTO event SELECT * FROM {copy}"))
        await superuser.execute(text(f"DROP TABLE {copy}"))
        await superuser.execute(text("ALTER TABLE event ENABLE TRIGGER USER"))
        await superuser.commit()
    assert (await verdict(work)).broken_at is None
