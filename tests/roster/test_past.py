"""Who was late on a past day: a recorded scenario, looked back upon from later (D70)."""

import io
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from sqlalchemy import text

from lianshen.kernel import clock
from lianshen.roster.queries import past
from lianshen_workers.sweep import Sweep
from tests.walk.driver import FINANCE, LEAD, REFORM, instant
from tests.walk.test_walk import to_joint_review
from tests.web.conftest import browser


@pytest.fixture
async def scenario(driver, work, staff, law, superuser):
    """Asked on 16 September until the 23rd: one answers in time, one two days late, one never; nothing was swept until
    the 28th, and a clerk of the cyberspace office read the news on the 18th."""
    drive = driver()
    drive.at("2026-09-16")
    await to_joint_review(drive, "700000")
    drive.at("2026-09-21")
    await drive.act(REFORM, "give_opinion", verdict="agree", remarks="同意。")
    drive.at("2026-09-28")
    await drive.act(FINANCE, "give_opinion", verdict="agree", remarks="同意。")
    return drive


@pytest.fixture
def looked(work, law, scenario):
    """How the scenario's deadlines stood on a day, by the body that owes them; asked long after."""

    async def at(day):
        actor = await scenario.actor(LEAD)
        work.now = instant("2026-12-01")
        async with work(read_only=True) as uow:
            await uow.enter(actor.tenant)
            found = await past(uow, actor, law.calendar, date.fromisoformat(day))
        return {line.owed_by.split("_")[1]: line for line in found.lines if line.project == scenario.project}

    return at


@pytest.mark.demand("D70")
async def test_each_day_is_told_as_it_was(looked):
    assert await looked("2026-09-18") == {}
    on_the_21st = await looked("2026-09-21")
    assert {body: line.then.stood for body, line in on_the_21st.items()} == {"development": "done"}
    assert on_the_21st["development"].done == "县发改委 联审岗"
    last_day = await looked("2026-09-23")
    assert {body: line.then.stood for body, line in last_day.items()} == {"finance": "due", "cyberspace": "due"}
    after = await looked("2026-09-24")
    assert {body: line.then.stood for body, line in after.items()} == {"finance": "late", "cyberspace": "late"}
    assert {line.days_late for line in after.values()} == {1}
    assert {line.then.due_on for line in after.values()} == {date(2026, 9, 23)}
    assert after["finance"].done_at == instant("2026-09-28")
    assert after["cyberspace"].done_at is None
    on_the_28th = await looked("2026-09-28")
    assert on_the_28th["finance"].then.stood == "done_late"
    assert on_the_28th["finance"].days_late == 2
    assert (await looked("2026-10-30"))["cyberspace"].then.stood == "late"


@pytest.mark.demand("D70")
async def test_what_was_entered_later_does_not_change_what_was_known_then(looked, scenario, superuser):
    """More time given afterwards: late then, and by what is known now in time."""
    later = instant("2026-10-09")
    await superuser.execute(text("SET session_replication_role = replica"))
    await superuser.execute(
        text("""
        INSERT INTO deadline_entry (tenant, id, deadline, kind, "on", reason, at, until, due_before, due_after)
        SELECT tenant, gen_random_uuid(), id, 'extended', '2026-09-22', '', :at, '2026-10-15', due_on, '2026-10-15'
        FROM deadline WHERE project = :project AND owed_by = 'county_cyberspace_office'
    """),
        {"project": scenario.project, "at": later},
    )
    await superuser.commit()
    line = (await looked("2026-09-24"))["cyberspace"]
    assert (line.then.stood, line.then.due_on) == ("late", date(2026, 9, 23))
    assert (line.now.stood, line.now.due_on) == ("running", date(2026, 10, 15))
    assert "cyberspace" not in await looked("2026-10-12")
    assert (await looked("2026-10-16"))["cyberspace"].then.due_on == date(2026, 10, 15)


@pytest.mark.demand("D70")
async def test_an_outage_shows_as_what_the_system_had_not_noted(
    looked, scenario, configured, worker_database, law, superuser
):
    assert (await looked("2026-09-24"))["cyberspace"].then.noted_at is None
    from lianshen.kernel.database import Database

    relay = Database(configured.relay_database_url, pool_size=2)
    while await Sweep(relay, worker_database, law).turn():
        pass
    await relay.close()
    line = (await looked("2026-09-24"))["cyberspace"]
    assert line.then.noted_at is None
    assert line.now.noted_at is not None
    assert line.now.noted_at > datetime(2026, 9, 24, tzinfo=UTC) + timedelta(days=1)


@pytest.mark.demand("D70")
async def test_who_has_seen_it(looked, scenario, superuser):
    assert (await looked("2026-09-24"))["cyberspace"].seen_at is None
    await superuser.execute(
        text("""
        INSERT INTO notice (tenant, event, person, project, subject, body, kind, at, read_at)
        SELECT '320723', gen_random_uuid(), t.person, :project, '', '', 'project', :at, :read
        FROM post t JOIN office o ON o.tenant = t.tenant AND o.id = t.office
        WHERE t.tenant = '320723' AND o.body = 'county_cyberspace_office' LIMIT 1
    """),
        {"project": scenario.project, "at": instant("2026-09-17"), "read": instant("2026-09-18")},
    )
    await superuser.commit()
    assert (await looked("2026-09-24"))["cyberspace"].seen_at == instant("2026-09-18")
    assert (await looked("2026-09-28"))["finance"].seen_at == instant("2026-09-28")


@pytest.mark.demand("D70")
async def test_the_page_the_table_and_the_api_say_the_same(scenario, app, staff, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: instant("2026-12-01"))
    token = await staff.token(staff.find(*LEAD))
    number = (await scenario.desk(LEAD)).project.number
    async with browser(app, cookies={"lianshen": token}) as person:
        page = await person.get("/roster/past?on=2026-09-24")
        assert page.status_code == 200
        assert number in page.text
        made = await person.get("/roster/past/export?on=2026-09-24")
    rows = list(openpyxl.load_workbook(io.BytesIO(made.content)).active.values)
    mine = [dict(zip(rows[0], row, strict=True)) for row in rows[1:] if row[3] == number]
    assert {(row["应办单位"], row["当天情况"], row["逾期工作日"]) for row in mine} == {
        ("县财政局", "已逾期", 1),
        ("县委网信办", "已逾期", 1),
    }
    async with browser(app, headers={"authorization": f"Bearer {token}"}) as program:
        said = (await program.get("/api/v1/deadlines/past?on=2026-09-24")).json()
        ends = [await program.get(f"/api/v1/deadlines/past?on={day}") for day in ("0001-01-01", "9999-12-31")]
    assert {line["then"]["stood"] for line in said["lines"] if line["number"] == number} == {"late"}
    assert [(one.status_code, one.json()["on"]) for one in ends] == [(200, "0001-01-01"), (200, "9999-12-31")]
