"""The calendar for programs: every day of a year with its notice, and what it was made of."""

from datetime import date, timedelta

import pytest

from lianshen.calendars import commands
from tests.calendars.test_publishing import LOCAL, done, drive, officers, worker
from tests.web.conftest import app, program

__all__ = ["app", "drive", "officers", "program", "worker"]
pytestmark = pytest.mark.usefixtures("plain_days", "no_other_terms")


@pytest.fixture
async def county(program):
    async with await program("县数据局", "lead_officer") as client:
        yield client


async def asked(client, path: str, **query) -> dict:
    answer = await client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_every_day_of_every_year_is_the_calendars(county, law):
    made = law.calendar
    said = await asked(county, "calendar")
    assert (said["first"], said["horizon"]) == (f"{made.first}", f"{made.horizon}")
    for year in range(made.first.year, made.horizon.year + 1):
        found = await asked(county, "calendar/days", year=year)
        days = found["days"]
        assert (found["published"], found["version"]) == (True, said["version"])
        assert [one["on"] for one in days] == [
            f"{date(year, 1, 1) + timedelta(days=n)}" for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)
        ]
        assert [one["works"] for one in days] == [made.works(date.fromisoformat(one["on"])) for one in days]
        for one in days:  # whatever the weekday does not tell has a notice
            told = (date.fromisoformat(one["on"]).weekday() < 5) == one["works"] and not one["source"]
            assert told or one["source"], one
    (spring,) = [one for one in (await asked(county, "calendar/days", year=2026))["days"] if one["on"] == "2026-02-17"]
    assert (spring["works"], spring["stands_still"]) == (False, False)
    assert "春节" in spring["label"]


async def test_a_year_that_nobody_has_published_is_said_to_be_provisional(county, law):
    found = await asked(county, "calendar/days", year=law.calendar.horizon.year + 1)
    assert found["published"] is False
    assert {one["works"] for one in found["days"] if date.fromisoformat(one["on"]).weekday() < 5} == {True}
    for year in ("1999", "2101", "x", ""):
        assert (await county.get("/api/v1/calendar/days", params={"year": year})).status_code in (400, 422)


async def test_what_an_area_publishes_shows_at_the_next_question(county, work, officers, worker):
    before = await asked(county, "calendar")
    plan = await done(work, officers[0], commands.put_up, "local", LOCAL)
    await worker.preview()
    await done(work, officers[1], commands.publish, plan)
    after = await asked(county, "calendar")
    assert after["version"] != before["version"]
    (new,) = [one for one in after["editions"] if one not in before["editions"]]
    assert new["edition"]["notices"][0]["number"] == LOCAL["notice_number"]
    days = (await asked(county, "calendar/days", year=2026))["days"]
    (local,) = [one for one in days if one["on"] == "2026-04-03"]
    assert (local["works"], local["label"], local["source"]) == (False, "地方节日", LOCAL["notice_number"])
