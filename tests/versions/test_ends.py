"""Before a law ends its rule officers are told, rung by rung, each once; after it nothing new is filed under it."""

import asyncio
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.settings import SettingsError, read
from lianshen.notifications.queries import notices
from lianshen.projects import commands as projects
from lianshen.rules.queries import NoLaw, pack_of
from lianshen.versions._ladder import OVER, rung
from lianshen.wiring import jobs_for
from lianshen_workers.versions import Versions
from tests.support.successor import OLD, both, successor
from tests.walk.driver import LEAD, UNIT, Driver, form, instant

RUNGS = (180, 90, 30)
LAST = "2027-09-05"
TENANT = "320723"


@pytest.mark.parametrize(
    ("left", "reached"),
    [(181, None), (180, 180), (91, 180), (90, 90), (31, 90), (30, 30), (1, 30), (0, 30), (-1, OVER), (-900, OVER)],
)
def test_rungs(left, reached):
    assert rung(left, RUNGS) == reached


def test_rungs_are_settings():
    assert read({}).law_warning_days == RUNGS
    assert read({"LIANSHEN_LAW_WARNINGS": "7,60"}).law_warning_days == (60, 7)
    with pytest.raises(SettingsError):
        _ = read({"LIANSHEN_LAW_WARNINGS": "soon"}).law_warning_days


@pytest.fixture
async def relay_database(configured):
    made = Database(configured.relay_database_url, pool_size=2)
    yield made
    await made.close()


@pytest.fixture
async def warner(work, relay_database, worker_database, law, monkeypatch, superuser):
    """The scheduler's part, at the time that the test plays at; nothing has been told yet."""
    for table in ("law_warning", "notice"):
        await superuser.execute(text(f"DELETE FROM {table}"))
    await superuser.commit()

    def at_test_time(database):
        return UnitOfWork(database, now=work.now, jobs_for=jobs_for, request_id="test")

    monkeypatch.setattr("lianshen_workers.versions.work", at_test_time)

    def made(of=law):
        return Versions(relay_database, worker_database, of, RUNGS)

    return made


async def told(work, staff, login: str) -> list[str]:
    actor = await staff.actor(login)
    async with work(read_only=True) as uow:
        await uow.enter(TENANT)
        return [one.subject for one in await notices(uow, actor) if one.project is None]


async def test_each_rung_is_told_once_to_each_officer(work, staff, warner, heard):
    said = []
    for day, new in (
        ("2027-03-08", 0), ("2027-03-09", 1), ("2027-03-10", 0), ("2027-06-07", 1), ("2027-08-05", 0),
        ("2027-08-06", 1), (LAST, 0), ("2027-09-06", 1), ("2028-01-01", 0),
    ):  # fmt: skip
        work.now = instant(day)
        assert await warner().warn() == new, day
        assert [one for one in await heard() if one == (TENANT, "versions.law_ends")] == new * [
            (TENANT, "versions.law_ends")
        ]
        assert await warner().warn() == 0, day
    for login in ("sjj-gz", "sjj-gs"):
        said = await told(work, staff, login)
        assert len(said) == 4
        assert sum("还有 180 天" in one for one in said) == sum("还有 90 天" in one for one in said) == 1
        assert sum("还有 30 天" in one for one in said) == sum("已于 2027年9月5日 到期" in one for one in said) == 1
    assert await told(work, staff, "sjj-ys") == []


async def test_many_schedulers_tell_it_once(work, staff, warner):
    work.now = instant("2027-03-09")
    assert sum(await asyncio.gather(*(warner().warn() for _ in range(4)))) == 1
    assert len(await told(work, staff, "sjj-gz")) == 1


async def test_who_was_away_is_told_the_nearest_rung_alone(work, staff, warner):
    work.now = instant("2027-07-20")
    assert await warner().warn() == 1
    work.now = instant("2027-08-06")
    assert await warner().warn() == 1
    assert len(await told(work, staff, "sjj-gz")) == 2


async def test_a_law_with_a_successor_warns_nobody(work, warner, tmp_path: Path):
    home = tmp_path / "law"
    successor(home)
    work.now = instant("2026-01-20")
    assert await warner(both(home)).warn() == 0


async def test_after_the_last_day_nothing_is_filed_and_why_is_said(work, staff, law):
    actor = await staff.actor(staff.find(*UNIT))

    async def declare(day: str):
        work.now = instant(day)
        async with work() as uow:
            await uow.enter(TENANT)
            return await projects.declare(uow, actor, law, form("400000"))

    assert await declare(LAST)
    with pytest.raises(NoLaw) as refused:
        await declare("2027-09-06")
    (item,) = refused.value.items
    assert item.code == "no_longer"
    for said in ("灌云县县级政务信息化项目建设管理办法（试行）", "灌政办〔2025〕18号", "2027年9月5日"):
        assert said in item.message
    assert (item.article, item.quotation) == ("第三十四条", "有效期至2027年9月5日")
    assert "不再受理新的申报" in (item.remedy or "")


async def test_a_draft_of_its_time_is_not_filed_after_the_last_day(work, staff, law, tmp_path):
    drive = Driver(work, staff, law, tmp_path)
    drive.at(LAST)
    await drive.declare("400000")
    await drive.hand_in_all()
    drive.at("2027-09-06")
    with pytest.raises(NoLaw):
        await drive.act(UNIT, "submit")
    drive.at(LAST)
    await drive.act(UNIT, "submit")
    drive.at("2027-09-06")
    await drive.act(LEAD, "accept_filing", filing_number="灌数备〔2027〕1号")


def test_before_the_first_day_it_is_said_when_it_begins(law):
    with pytest.raises(NoLaw) as refused:
        pack_of(law, "guanyun", date(2025, 9, 5))
    assert [item.code for item in refused.value.items] == ["not_yet"]
    assert pack_of(law, "guanyun", date(2025, 9, 6)).ref == OLD
    with pytest.raises(NoLaw) as refused:
        pack_of(law, "nowhere", date(2025, 9, 6))
    assert [item.code for item in refused.value.items] == ["no_pack"]
