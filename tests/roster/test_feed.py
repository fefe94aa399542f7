"""A person's own feed: what it says, to whom, for how long (RFC 5545)."""

from datetime import date, datetime

import icalendar
import msgspec
import pytest
from sqlalchemy import text

from lianshen.kernel import clock
from lianshen.roster import commands
from lianshen.web.app import create_app
from tests.walk.driver import FINANCE, LEAD, instant
from tests.walk.test_walk import to_joint_review
from tests.web.conftest import browser, serving
from tests.web.people import say


@pytest.fixture
async def address(driver, work, staff):
    """Of somebody at the finance bureau, with a date to keep."""
    drive = driver()
    drive.at("2026-09-16")
    await to_joint_review(drive, "700000")
    actor = await drive.actor(FINANCE)
    async with work() as uow:
        await uow.enter(actor.tenant)
        secret = await commands.make_feed(uow, actor)
        await uow.commit()
    return drive, f"/feeds/{secret}.ics"


@pytest.fixture
def on(monkeypatch):
    """Sets the clock of the edge."""
    return lambda day: monkeypatch.setattr(clock, "now", lambda: instant(day))


async def read(app, path, **headers):
    async with browser(app) as nobody:
        return await nobody.get(path, headers=headers)


def entry_of(answer, drive):
    """The one entry of the driver's project."""
    calendar = icalendar.Calendar.from_ical(answer.content)
    (found,) = [one for one in calendar.walk("VEVENT") if str(one["URL"]).endswith(str(drive.project))]
    return found


async def test_a_date_is_an_all_day_entry_that_names_nobody(app, address, on, staff):
    drive, path = address
    on("2026-09-17")
    answer = await read(app, path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    calendar = icalendar.Calendar.from_ical(answer.content)
    assert (calendar["VERSION"], calendar["X-WR-TIMEZONE"]) == ("2.0", "Asia/Shanghai")
    one = entry_of(answer, drive)
    assert one.start == date(2026, 9, 23)
    assert one.end == date(2026, 9, 24)
    assert not isinstance(one.start, datetime)
    assert (one["STATUS"], one["SEQUENCE"], one["TRANSP"]) == ("CONFIRMED", 0, "TRANSPARENT")
    number = (await drive.desk(LEAD)).project.number
    assert str(one["SUMMARY"]).endswith(number)
    said = answer.text.replace("\r\n ", "")
    assert "教育数据平台" not in said
    assert not any(account.name in said or account.login in said for account in staff.accounts)


async def test_it_keeps_its_uid_and_counts_on_when_it_is_met(app, address, on):
    drive, path = address
    on("2026-09-17")
    before = entry_of(await read(app, path), drive)
    drive.at("2026-09-18")
    await drive.act(FINANCE, "give_opinion", verdict="agree", remarks="同意。")
    on("2026-09-19")
    after = entry_of(await read(app, path), drive)
    assert after["UID"] == before["UID"]
    assert (after["STATUS"], after["SEQUENCE"]) == ("CANCELLED", 1)
    assert after["DTSTAMP"].dt > before["DTSTAMP"].dt
    on("2026-12-19")
    assert str(drive.project) not in (await read(app, path)).text


async def test_unchanged_it_is_not_sent_again(app, address, on):
    drive, path = address
    on("2026-09-17")
    first = await read(app, path)
    again = await read(app, path, **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    drive.at("2026-09-18")
    await drive.act(FINANCE, "give_opinion", verdict="agree", remarks="同意。")
    assert (await read(app, path, **{"if-none-match": first.headers["etag"]})).status_code == 200


async def test_only_a_digest_is_kept_and_reading_is_noted(app, address, on, superuser):
    _, path = address
    on("2026-09-17")
    await read(app, path)
    rows = (await superuser.execute(text("SELECT digest, fetched_at FROM feed WHERE ended_at IS NULL"))).all()
    assert path.encode()[7:50] not in b"".join(bytes(row.digest) for row in rows)
    assert instant("2026-09-17") in [row.fetched_at for row in rows]


async def test_it_closes_at_once_when_revoked_replaced_or_its_person_is_gone(app, address, on, work, superuser):
    drive, path = address
    actor = await drive.actor(FINANCE)
    on("2026-09-17")
    await superuser.execute(
        text("UPDATE person SET state = 'disabled' WHERE tenant = '320723' AND id = :id"), {"id": actor.person}
    )
    await superuser.commit()
    assert (await read(app, path)).status_code == 404
    await superuser.execute(
        text("UPDATE person SET state = 'enabled' WHERE tenant = '320723' AND id = :id"), {"id": actor.person}
    )
    await superuser.commit()
    assert (await read(app, path)).status_code == 200
    async with work() as uow:
        await uow.enter(actor.tenant)
        secret = await commands.make_feed(uow, actor)
        await uow.commit()
    assert (await read(app, path)).status_code == 404
    assert (await read(app, f"/feeds/{secret}.ics")).status_code == 200
    assert (await read(app, f"/feeds/{secret}")).status_code == 404
    async with work() as uow:
        await uow.enter(actor.tenant)
        await commands.end_feed(uow, actor)
        await uow.commit()
    assert (await read(app, f"/feeds/{secret}.ics")).status_code == 404


async def test_the_address_is_shown_once_by_the_accounts_page(app, staff):
    token = await staff.token(staff.find("县委网信办", "co_reviewer"))
    async with browser(app, cookies={"lianshen": token}) as person:
        made = await say(person, "/account", "/account/feed")
        assert made.status_code == 200
        address = made.text.partition('id="address" rows="3" readonly>')[2].partition("<")[0]
        assert address.startswith("http://lianshen.test/feeds/lf_320723_")
        assert address not in (await person.get("/account")).text
        assert (await read(app, address)).status_code == 200
        assert (await say(person, "/account", "/account/feed/end")).status_code == 303
    assert (await read(app, address)).status_code == 404


async def test_one_address_is_fetched_only_so_often(configured, address):
    made = create_app(msgspec.structs.replace(configured, limit_feed="account 2/hour"))
    async with serving(made):
        assert [(await read(made, address[1])).status_code for _ in range(3)] == [200, 200, 429]


async def test_a_guessed_address_says_nothing(app, address):
    _, path = address
    wrong = [path.replace("320723", "421000"), path[:-5] + "x.ics", "/feeds/.ics", "/feeds/lf_320723_x.ics"]
    answers = [await read(app, one) for one in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert all("没有找到" in answer.text for answer in answers)
