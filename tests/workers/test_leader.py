"""One process leads the timetable, by a lease; one that comes back from standing still writes nothing (D62)."""

import asyncio

import pytest
from sqlalchemy import text

from lianshen.kernel import timetable
from lianshen.kernel.database import Database, Fenced
from lianshen_workers._process import fence, work
from lianshen_workers.scheduler import Leader

TENANT = "320723"


@pytest.fixture
async def watch(configured):
    made = Database(configured.relay_database_url, pool_size=4)
    yield made
    await made.close()


@pytest.fixture(autouse=True)
async def nobody_leads(superuser):
    async def clear() -> None:
        await superuser.execute(text("DELETE FROM lease"))
        await superuser.execute(text("DELETE FROM timetable WHERE name LIKE 'probe%'"))
        await superuser.commit()

    await clear()
    yield
    fence.set(None)
    await clear()


async def lapse(superuser) -> None:
    await superuser.execute(text("UPDATE lease SET until = now()"))
    await superuser.commit()


async def leads(leader: Leader) -> bool:
    """In a context of its own, as in a process of its own."""
    return await asyncio.create_task(leader.turn())


@pytest.mark.demand("D62")
async def test_one_leads_and_another_takes_over_when_it_is_silent(watch, superuser):
    done: list[str] = []

    def beats(who: str):
        async def beat() -> None:
            done.append(who)

        return {"probe": ("* * * * * *", beat)}

    one, two = (Leader(watch, beats(who), who) for who in ("one", "two"))
    assert await leads(one)
    assert not await leads(two)
    await lapse(superuser)
    assert await leads(two)
    assert not await leads(one)
    await two.end()
    assert await leads(one), "whoever resigns is followed at once"
    await one.end()
    assert set(done) == {"one"} or done[0] == "one"


async def test_whoever_lost_the_lead_stands_by_and_may_have_it_again(watch, superuser):
    """In one process, turn after turn."""
    one, two = (Leader(watch, {}, who) for who in ("one", "two"))
    assert await one.turn()
    await lapse(superuser)
    assert await leads(two)
    assert not await one.turn()
    assert not await one.turn()
    await lapse(superuser)
    assert await one.turn()
    assert await one.turn()


@pytest.mark.demand("D62")
async def test_what_the_former_leader_writes_is_refused_by_its_token(watch, worker_database, superuser):
    async with work(watch) as uow:
        former = await timetable.lead(uow, "former")
        await uow.commit()
    fence.set(former)
    standing_still = work(worker_database)
    fence.set(None)
    await standing_still.enter(TENANT)
    await standing_still.execute(text("SELECT 1"))
    await lapse(superuser)
    async with work(watch) as uow:
        present = await timetable.lead(uow, "present")
        await uow.commit()
    assert present is not None
    assert former is not None
    assert present.token == former.token + 1
    with pytest.raises(Fenced):
        await standing_still.commit()
    await standing_still.close()


@pytest.mark.demand("D62")
async def test_nobody_takes_the_lead_between_the_check_and_the_commit(watch, worker_database, superuser):
    """Else the former leader's write could come after the present one's first."""
    async with work(watch) as uow:
        former = await timetable.lead(uow, "former")
        await uow.commit()
    await lapse(superuser)
    async with work(worker_database) as checked:
        await checked.enter(TENANT)
        await checked.execute(text("SELECT require_lease('timetable', :token)"), {"token": former.token})
        async with work(watch) as uow:
            assert await timetable.lead(uow, "present") is None
    async with work(watch) as uow:
        assert await timetable.lead(uow, "present") is not None


async def test_a_lease_that_a_clock_set_far_off_is_taken(watch, superuser):
    """The clock went back, so its end is as far off as the clock went."""
    async with work(watch) as uow:
        await timetable.lead(uow, "former")
        await uow.commit()
    await superuser.execute(text("UPDATE lease SET until = now() + interval '10 minutes'"))
    await superuser.commit()
    async with work(watch) as uow:
        assert await timetable.lead(uow, "present") is not None


async def test_a_beat_that_fails_or_lasts_keeps_no_other_from_its_time(watch):
    release = asyncio.Event()
    done: list[str] = []

    async def fails() -> None:
        raise RuntimeError("in the beat")

    async def lasts() -> None:
        done.append("begun")
        await release.wait()

    async def other() -> None:
        done.append("other")

    often = "* * * * * *"
    leader = Leader(watch, {"probe1": (often, fails), "probe2": (often, lasts), "probe3": (often, other)}, "one")
    for _ in range(3):
        assert await leads(leader)
        await asyncio.sleep(1.1)
    assert done.count("begun") == 1, "a beat that is under way is not begun again"
    assert done.count("other") >= 2
    release.set()
    await leader.end()


@pytest.mark.parametrize(("patience", "done"), [(0.2, 1), (10.0, 3)])
async def test_beats_that_are_all_due_at_once_wait_for_their_turn(configured, watch, patience, done):
    """As after days offline: each holds the only connection longer than a request of the web would wait for it."""
    act = Database(configured.worker_database_url, pool_size=1, patience=patience)
    ended: list[int] = []

    def beat(number: int):
        async def does() -> None:
            async with work(act) as uow:
                await uow.execute(text("SELECT pg_sleep(0.4)"))
            ended.append(number)

        return ("* * * * * *", does)

    leader = Leader(watch, {f"probe{number}": beat(number) for number in range(3)}, "one")
    assert await leads(leader)
    await leader.end()
    await act.close()
    assert len(ended) == done
