"""The life of the keys: rotation while people work, retirement, a new master key, destruction (D144)."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import text
from tests.conftest import Desk

from lianshen.identity import commands, queries
from lianshen.kernel import cipher, integrity, keys
from lianshen.kernel.cipher import Unreadable
from lianshen.kernel.database import Database

pytestmark = pytest.mark.demand("D144")
HERE, THERE = "320723", "140800"


@pytest.fixture
async def owner(stack, name):
    """The command line's role."""
    made = Database(stack.url("lianshen_owner", name), pool_size=2)
    desk = Desk(made)
    desk.now = datetime.now(UTC)
    yield desk
    await made.close()


@pytest.fixture
def scheduler(worker_database):
    desk = Desk(worker_database)
    desk.now = datetime.now(UTC)
    return desk


async def rotate(owner, tenant=HERE):
    async with owner() as uow:
        await uow.enter(tenant)
        await keys.rotate(uow)
        await uow.commit()


async def renew_all(scheduler, tenant=HERE, batch=7):
    """As the scheduler does, until nothing is left."""
    while True:
        async with scheduler() as uow:
            await uow.enter(tenant)
            done = await keys.renew(uow, batch)
            await keys.retire(uow)
            await uow.commit()
        if not done.renewed:
            return done


async def states(owner, tenant=HERE):
    async with owner() as uow:
        await uow.enter(tenant)
        return [(key.purpose, key.state) for key in await keys.inventory(uow)]


async def everybody(work, tenant=HERE):
    async with work() as uow:
        await uow.enter(tenant)
        return {one.person: one.phone for one in await queries.contacts(uow)}


class Crowd:
    """People who read, write and look one another up until they are told to stop."""

    def __init__(self, work, people):
        self.work, self.people = work, people
        self.stop = asyncio.Event()
        self.done = {"read": 0, "written": 0, "found": 0}

    async def read(self):
        while not self.stop.is_set():
            cipher.keyring().forget(HERE)
            found = await everybody(self.work)
            assert all(found[who] for who in self.people), "somebody became unreadable"
            self.done["read"] += 1

    async def write(self, number):
        for turn in range(10**6):
            if self.stop.is_set():
                break
            async with self.work() as uow:
                await uow.enter(HERE)
                who = self.people[(number + 4 * turn) % len(self.people)]
                await commands.set_contact(uow, who, f"1009{number}{turn:06}", "somebody@example.invalid")
                await asyncio.sleep(0.002)
                await uow.commit()
            self.done["written"] += 1

    async def seek(self):
        while not self.stop.is_set():
            async with self.work() as uow:
                await uow.enter(HERE)
                one = await queries.contact_of(uow, self.people[0])
                again = await queries.contacts(uow, one.phone)
            self.done["found"] += bool(again and again[0].person == self.people[0])


async def test_rotating_while_people_read_and_write_fails_nobody(work, owner, scheduler, superuser):
    before = [who for who, phone in (await everybody(work)).items() if phone]
    assert len(before) > 10
    crowd = Crowd(work, before)
    async with asyncio.TaskGroup() as tasks:  # whatever fails in one of them fails here
        for doing in (crowd.read(), crowd.read(), crowd.write(0), crowd.write(1), crowd.write(2), crowd.seek()):
            tasks.create_task(doing)
        for _ in range(5):
            await asyncio.sleep(0.2)
            await rotate(owner)
            await renew_all(scheduler)
        crowd.stop.set()
    assert min(crowd.done.values()) > 5, crowd.done
    await renew_all(scheduler)
    await renew_all(scheduler)
    found = await states(owner)
    assert {state for _, state in found} == {"active", "retired"}
    assert [purpose for purpose, state in found if state == "active"] == ["index", "integrity", "seal"]
    async with scheduler() as uow:
        await uow.enter(HERE)
        assert await integrity.altered(uow) == [], "the posts were brought under the new key too"
    scheduler.now += timedelta(minutes=11)
    await renew_all(scheduler)
    assert {state for _, state in await states(owner)} == {"active", "destroyed"}
    cipher.keyring().forget(HERE)
    after = await everybody(work)
    assert all(after[who] for who in before)
    under = text("SELECT count(DISTINCT substr(phone, 2, 16)) FROM person WHERE tenant = :here AND phone IS NOT NULL")
    assert (await superuser.execute(under, {"here": HERE})).scalar_one() == 1


async def test_seeds_of_authenticators_come_under_the_new_key_too(work, owner, scheduler, staff, superuser):
    """The scheduler's role may put a seed under another key, and nothing else about it."""
    who = (await staff.actor("jyj-sb")).person
    kept = text("SELECT id, secret FROM factor WHERE person = :who AND removed_at IS NULL")

    async def seed():
        await superuser.rollback()
        row = (await superuser.execute(kept, {"who": who})).one()
        async with work() as uow:
            await uow.enter(HERE)
            return row.secret, await cipher.open_(uow, "factor", "secret", row.id, row.secret)

    async with work() as uow:
        await uow.enter(HERE)
        await commands.begin_factor(uow, who)
        await uow.commit()
    sealed, opened = await seed()
    await rotate(owner)
    assert (await renew_all(scheduler)).broken == 0
    again, same = await seed()
    assert (again[:17] != sealed[:17], same) == (True, opened)


async def test_a_writer_who_took_the_key_before_rotation_keeps_it_from_being_given_up(work, owner, scheduler):
    who = next(who for who, phone in (await everybody(work)).items() if phone)
    async with work() as uow:
        await uow.enter(HERE)
        await commands.set_contact(uow, who, "10099990001", "")
        rotation = asyncio.create_task(rotate(owner))
        await asyncio.sleep(0.2)
        assert not rotation.done(), "rotation waits for whoever is sealing"
        await uow.commit()
    await rotation
    await renew_all(scheduler)
    assert (await everybody(work))[who] == "10099990001"


async def test_what_does_not_open_keeps_its_key_and_is_reported(work, owner, scheduler, superuser):
    (one, other, *_) = await everybody(work, "421000")
    move = text("UPDATE person SET phone = (SELECT phone FROM person WHERE id = :other) WHERE id = :one")
    await superuser.execute(move, {"one": one, "other": other})
    await superuser.commit()
    await rotate(owner, "421000")
    assert (await renew_all(scheduler, "421000")).broken == 2, "the number, and the index that is made from it"
    assert ("seal", "outgoing") in await states(owner, "421000")


async def test_a_new_master_key_wraps_what_the_old_one_did(configured, owner, tmp_path, monkeypatch):
    path = tmp_path / "master.key"
    path.write_text(configured.master_key_file.read_text())
    path.chmod(0o600)
    old = path.read_text()
    monkeypatch.setattr(cipher, "_running", [])
    moved = msgspec.structs.replace(configured, master_key_file=path)
    cipher.make_master_key(path)
    cipher.start(moved)
    row = uuid4()
    async with owner() as uow:
        await uow.enter("360824")
        sealed = await cipher.seal(uow, "person", "phone", row, "10036080001")
        assert await keys.rewrap(uow) > 0
        assert await keys.rewrap(uow) == 0
        path.write_text(path.read_text().removesuffix(old))
        cipher.start(moved)
        assert await cipher.open_(uow, "person", "phone", row, sealed) == "10036080001"
        path.write_text(old)
        cipher.start(moved)
        with pytest.raises(Unreadable):
            await cipher.open_(uow, "person", "phone", row, sealed)


@pytest.fixture
async def mortal(superuser):
    """A tenant whose keys may be destroyed; other tests get them back."""
    there = {"there": THERE}
    await superuser.execute(text("CREATE TEMP TABLE saved AS SELECT * FROM data_key WHERE tenant = :there"), there)
    await superuser.commit()
    yield THERE
    await superuser.rollback()
    await superuser.execute(text("SET LOCAL session_replication_role = replica"))
    await superuser.execute(text("DELETE FROM data_key WHERE tenant = :there"), there)
    await superuser.execute(text("INSERT INTO data_key SELECT * FROM saved"))
    await superuser.commit()


async def test_a_destroyed_tenant_cannot_be_read_even_from_a_copy_made_before(
    configured, work, owner, superuser, tmp_path, monkeypatch, mortal
):
    before = await everybody(work, THERE)
    assert any(before.values())
    copy = (await superuser.execute(text("SELECT id, wrapped FROM data_key WHERE tenant = :t"), {"t": THERE})).all()
    await superuser.rollback()
    async with owner() as uow:
        await uow.enter(THERE)
        assert await keys.destroy(uow) == len(copy)
        await uow.commit()
    assert not any((await everybody(work, THERE)).values())
    path = tmp_path / "master.key"
    cipher.make_master_key(path)
    monkeypatch.setattr(cipher, "_running", [])
    cipher.start(msgspec.structs.replace(configured, master_key_file=path))
    for key in copy:
        with pytest.raises(Unreadable):
            cipher.keyring().unwrap(THERE, key.id, key.wrapped)


async def test_keys_of_one_tenant_are_behind_its_wall(work):
    async with work() as uow:
        await uow.enter(HERE)
        rows = await uow.execute(text("SELECT DISTINCT tenant FROM data_key"))
        assert list(rows.scalars()) == [HERE]


async def test_rotation_can_renew_every_protected_column(superuser):
    for table, column, _ in keys.protected():
        for right in ("SELECT", "UPDATE"):
            asked = text("SELECT has_column_privilege('lianshen_worker', :t, :c, :r)")
            granted = await superuser.execute(asked, {"t": table.name, "c": column.name, "r": right})
            assert granted.scalar_one(), (table.name, column.name, right)
