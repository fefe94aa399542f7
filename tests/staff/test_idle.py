"""Accounts that nobody uses are warned of, and then disabled, by the worker's own narrow role (D108)."""

from datetime import timedelta

import pytest

from lianshen import wiring
from lianshen.kernel.database import UnitOfWork
from lianshen.staff import jobs, queries
from tests.staff.conftest import OURS

DAYS, AHEAD = 90, 14


@pytest.fixture
def beat(worker_database, work):
    async def turn(days: int):
        now = work.now + timedelta(days)
        async with UnitOfWork(worker_database, now=now, jobs_for=wiring.jobs_for, request_id="test") as uow:
            await uow.enter(OURS)
            warned = await jobs.warn_idle(uow, DAYS, AHEAD)
            disabled = await jobs.disable_idle(uow, DAYS, AHEAD)
            await uow.commit()
        return warned, disabled

    return turn


@pytest.mark.demand("D108")
async def test_idle_accounts_are_warned_of_and_disabled(bureau, beat):
    idle, busy = await bureau.working("applicant", name="闲人"), await bureau.working("applicant", name="忙人")

    async def states() -> list[str]:
        return [(await bureau.by("sjgl", queries.person, one)).person.state for one in (idle, busy)]

    warned, _ = await beat(DAYS - AHEAD - 1)
    assert warned is None or idle not in warned.people
    warned, _ = await beat(DAYS - AHEAD + 1)
    assert idle in warned.people
    assert "闲人" in warned.body
    assert (await bureau.actor("aqgl")).person in warned.people
    assert await states() == ["enabled", "enabled"]
    start = bureau.work.now
    bureau.work.now = start + timedelta(DAYS - AHEAD + 2)
    assert await bureau.acting(busy) is not None
    bureau.work.now = start
    await beat(DAYS)
    assert await states() == ["enabled", "enabled"]
    await beat(DAYS + 2)
    assert await states() == ["disabled", "enabled"]
    page = await bureau.by("sjgl", queries.person, idle)
    assert page.history[0].actor == "系统（长期未使用账号检查）"
    last = [await bureau.sql("SELECT state FROM person WHERE login = :login", login=one) for one in ("xtgl", "sjgl")]
    assert last == [[("enabled",)]] * 2


@pytest.mark.demand("D108")
async def test_nobody_is_disabled_unwarned(bureau, beat):
    idle = await bureau.working("applicant")
    _, _ = await beat(DAYS + 40)
    assert (await bureau.by("sjgl", queries.person, idle)).person.state == "enabled"
    await beat(DAYS + 40 + AHEAD + 1)
    assert (await bureau.by("sjgl", queries.person, idle)).person.state == "disabled"
