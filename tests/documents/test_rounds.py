"""A byte that turns on the disk is found within the month, and stays found until it is mended (D164)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianshen.documents.queries import ROUND_DAYS, _turns, path_of
from lianshen.kernel.database import UnitOfWork
from lianshen.reckoning.commands import check_files
from tests.walk.driver import UNIT, Driver, instant

pytestmark = pytest.mark.demand("D164")
TENANT = "320723"
DAYS = st.dates(date(2026, 1, 1), date(2040, 1, 1))


@given(DAYS)
def test_every_part_is_read_once_in_a_round(first):
    nights = [first + timedelta(days=n) for n in range(ROUND_DAYS)]
    turns = [_turns(night - timedelta(days=1), night) for night in nights]
    assert [len(one) for one in turns] == [1] * ROUND_DAYS
    assert frozenset().union(*turns) == frozenset(range(ROUND_DAYS))


@given(DAYS, st.integers(1, 60))
def test_nights_that_were_missed_are_made_up_for(last, missed):
    read = _turns(last, last + timedelta(days=missed))
    assert read == frozenset().union(
        *(_turns(night - timedelta(days=1), night) for night in (last + timedelta(days=n + 1) for n in range(missed)))
    )
    assert _turns(None, last) == frozenset(range(ROUND_DAYS))
    assert len(_turns(last, last)) == 1  # asked for by hand on the same day


async def test_a_flipped_byte_is_found_when_its_turn_comes_and_until_it_is_mended(
    work, staff, law, configured, worker_database
):
    drive = Driver(work, staff, law, configured.files_dir)
    drive.at("2026-03-02")
    await drive.declare("700000")
    await drive.hand_in(UNIT, "feasibility_report")
    (paper,) = [slot.versions[0] for slot in (await drive.desk(UNIT)).papers if slot.versions]
    place = path_of(configured.files_dir, TENANT, paper)
    now = instant("2026-03-03")

    async def night():
        nonlocal now
        now += timedelta(days=1)
        async with UnitOfWork(worker_database, now=now, jobs_for=lambda _: (), request_id="test") as uow:
            await uow.enter(TENANT)
            found = await check_files(uow, configured.files_dir)
            await uow.commit()
        return found

    assert await night() == []
    body = place.read_bytes()
    place.write_bytes(bytes([body[0] ^ 1]) + body[1:])
    changed = [("file_changed", f"{drive.project} 材料.pdf")]
    nights = [await night() for _ in range(ROUND_DAYS)]
    turn = next(at for at, found in enumerate(nights) if found)
    assert nights == [[]] * turn + [changed] * (ROUND_DAYS - turn)
    place.write_bytes(body)
    assert await night() == []
