"""When messages leave: office hours of working days, digests, what is urgent; and what people choose."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from lianshen.channels import commands as channels
from lianshen.channels import queries
from lianshen.channels._when import back_off, leaves_at
from lianshen.channels.types import KINDS, Quiet
from lianshen.kernel.clock import SHANGHAI
from lianshen.kernel.errors import Invalid
from lianshen.kernel.settings import Settings
from lianshen.workcalendar.queries import load_calendar
from tests.channels.conftest import OURS
from tests.channels.test_mail import box, local, read

__all__ = ["box"]
CALENDAR = load_calendar(Path(Settings().tenants_dir, "_calendar"))
HOURS = Quiet(8, 18)


def at(said: str) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-03-18 09:00", "2026-03-18 09:00"),
        ("2026-03-18 17:59", "2026-03-18 17:59"),
        ("2026-03-18 18:00", "2026-03-19 08:00"),
        ("2026-03-18 07:59", "2026-03-18 08:00"),
        ("2026-03-20 20:00", "2026-03-23 08:00"),  # over a weekend
        ("2026-09-30 19:00", "2026-10-08 08:00"),  # over the National Day
        ("2026-10-10 09:00", "2026-10-10 09:00"),  # a Saturday that is worked
        ("2026-02-14 09:00", "2026-02-14 09:00"),
        ("2026-02-15 09:00", "2026-02-24 08:00"),  # the Spring Festival
    ],
)
def test_reminders_wait_for_office_hours(now, then):
    assert leaves_at(at(now), CALENDAR, KINDS["deadline"], quiet=HOURS, digest_hour=None) == (at(then), False)
    assert leaves_at(at(now), CALENDAR, KINDS["deadline"], quiet=None, digest_hour=None) == (at(now), False)
    assert leaves_at(at(now), CALENDAR, KINDS["account"], quiet=HOURS, digest_hour=9) == (at(now), False)


@pytest.mark.parametrize(
    ("now", "then"),
    [("2026-03-18 08:59", "2026-03-18 09:00"), ("2026-03-18 09:00", "2026-03-19 09:00"),
     ("2026-09-30 10:00", "2026-10-08 09:00")],
)  # fmt: skip
def test_a_digest_goes_at_its_hour_on_working_days(now, then):
    assert leaves_at(at(now), CALENDAR, KINDS["project"], quiet=HOURS, digest_hour=9) == (at(then), True)


def test_backing_off_grows_and_has_an_end():
    waits = [back_off(number) for number in range(30)]
    assert waits == sorted(waits)
    assert waits[1:4] == [timedelta(seconds=5), timedelta(seconds=20), timedelta(seconds=80)]
    assert waits[-1] == timedelta(hours=6)


@pytest.fixture
def chooses(work, staff):
    """The lead bureau's officer chooses."""

    async def choose(hour: str = "", **ways):
        actor = await staff.actor(staff.find("县数据局", "lead_officer"))
        usual = {code: ("inbox", *kind.usual) for code, kind in KINDS.items()}
        async with work() as uow:
            await uow.enter(OURS)
            await channels.prefer(uow, actor, usual | ways, hour)
            await uow.commit()
        return actor

    return choose


async def test_a_digest_is_the_sum_of_its_items(box, posting, acted, chooses, superuser):
    mails, port = box
    post = posting(**local(port))
    actor = await chooses(hour="9")
    projects = await acted(3)
    mine = f"person = '{actor.person}'"
    while await post.round():
        pass
    assert [row[0] for row in await post.rows("state, digest", mine)] == ["waiting"] * 3
    await post.hurry()
    assert await post.round() == 1
    assert [row[0] for row in await post.rows("state, digest", mine)] == ["sent"] * 3
    digest = read(mails.mails[-1])
    assert digest["subject"] == "3 条消息"
    said = digest.get_body(("plain",)).get_content()
    assert [str(one) in said for one in projects] == [True] * 3
    wanted = "SELECT subject FROM notice WHERE person = :p AND event IN (SELECT event FROM message WHERE digest)"
    rows = await superuser.execute(text(wanted), {"p": actor.person})
    subjects = list(rows.scalars())
    assert len(subjects) == 3
    assert sum(said.count(subject) for subject in set(subjects)) == 3


async def test_nobody_does_without_a_duty_in_the_inbox(work, staff, chooses, clean):
    with pytest.raises(Invalid) as refused:
        await chooses(deadline=("mail",))
    assert [item.field for item in refused.value.items] == ["deadline"]
    actor = await chooses(system=(), project=("inbox",))
    async with work(read_only=True) as uow:
        await uow.enter(OURS)
        own = await queries.own(uow, actor)
        assert own.choice.ways["project"] == ("inbox",)
        assert await queries.muted(uow, [actor.person], "system") == {actor.person}
        assert await queries.muted(uow, [actor.person], "deadline") == set()


async def test_what_was_chosen_holds(box, posting, acted, chooses):
    post = posting(**local(box[1]))
    actor = await chooses(project=("inbox",))
    await acted()
    people = await post.rows("person, channel")
    assert people
    assert actor.person not in {row[0] for row in people}


async def test_outside_office_hours_messages_wait(box, posting, acted, work, manager, superuser):
    """The night's hours are those in which the test runs."""
    now = datetime.now(UTC).astimezone(SHANGHAI)
    opens = (now.hour + 2) % 24
    async with work() as uow:
        await uow.enter(OURS)
        await channels.set_quiet(uow, manager, str(min(opens, 22)), str(min(opens, 22) + 1))
        await uow.commit()
    post = posting(**local(box[1]))
    await acted()
    expected, _ = leaves_at(
        now, CALENDAR, KINDS["project"], quiet=Quiet(min(opens, 22), min(opens, 22) + 1), digest_hour=None
    )
    found = {row[0].astimezone(SHANGHAI) for row in await post.rows("next_at, state")}
    assert found == {expected}
    assert await post.round() == 0
