"""The pages of the calendar as they are served: remarks beside the field, counts, what moves, decisions, the figure."""

import pytest

from lianshen.tenancy.types import PLATFORM
from tests.calendars.notices import NEXT_YEAR
from tests.calendars.test_publishing import LOCAL, drive, officers, operators, running, worker
from tests.web.conftest import app, browser, serving

__all__ = ["app", "drive", "officers", "operators", "serving", "worker"]
pytestmark = pytest.mark.usefixtures("plain_days", "no_other_terms")


class Hand:
    """A browser signed in as somebody."""

    def __init__(self, app, signed_in) -> None:
        self._client = browser(app, cookies={"lianshen": signed_in.token})
        self._form_key = signed_in.actor.form_key

    async def get(self, path: str) -> str:
        answer = await self._client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def post(self, path: str, **form: str):
        return await self._client.post(path, data=form | {"_csrf": self._form_key})


async def test_a_notice_is_refused_beside_the_field_counted_and_let_count(app, staff, drive, worker, operators):
    await running(drive, "2027-01-01")
    one, two = [Hand(app, await staff.sign_in(f"yw-{number}", PLATFORM)) for number in (1, 2)]
    wrong = await one.post(
        "/calendar/plans", kind="year", source=NEXT_YEAR.replace("1月31日（周日）", "1月31日（周六）")
    )
    assert wrong.status_code == 422
    assert "春节：2027-01-31 是周日，不是周六。" in wrong.text
    assert "国办发明电〔2026〕99号" in wrong.text, "what was typed is still there"
    made = await one.post("/calendar/plans", kind="year", source=NEXT_YEAR.replace("\n", "\r\n"))
    assert made.status_code == 303, made.text
    plan = made.headers["location"]
    assert "试算中" in await one.get(plan)
    await worker.preview()
    assert "登记和批准须由不同的人员办理" in await one.get(plan)
    assert (await one.post(f"{plan}/approval")).status_code == 403
    assert "灌云县" in await two.get(plan)
    assert (await two.post(f"{plan}/approval")).status_code == 303
    assert "已生效" in await two.get(plan)
    assert "春节调休上班" in await one.get("/calendar?year=2027")
    assert (await two.post(f"{plan}/withdrawal")).status_code == 409


async def test_a_county_sees_what_moves_and_decides_the_rest(app, staff, work, drive, worker, officers):
    await running(drive, "2026-03-04")
    one, two = [Hand(app, await staff.sign_in(login)) for login in ("sjj-gz", "sjj-gs")]
    empty = await one.post("/calendar/plans", kind="emergency", source="", year="", effect="none")
    assert empty.status_code == 422
    assert empty.text.count('class="remark"') >= 4
    typed = LOCAL | {"source": "2026-03-09..2026-03-11 暴雪停办", "effect": "still"}
    made = await one.post("/calendar/plans", kind="emergency", **typed)
    plan = made.headers["location"]
    assert "已经到期，待决定" in await one.get(plan)
    assert (await two.post(f"{plan}/approval")).status_code == 303
    await worker.recount()
    page = await one.get("/calendar")
    chosen = page.partition('name="chosen" value="')[2].partition('"')[0]
    assert (await one.post("/calendar/held", chosen=chosen, decision="moved", reason="")).status_code == 422
    decided = await one.post("/calendar/held", chosen=chosen, decision="moved", reason="停办三天")
    assert decided.status_code == 303, decided.text
    assert "停办三天" in await one.get("/calendar")
    reader = Hand(app, await staff.sign_in("sjj-ys"))
    assert "登记应急停办" not in await reader.get("/calendar")
    assert (await reader.post("/calendar/held", chosen=chosen, decision="kept", reason="x")).status_code == 403


@pytest.mark.demand("D63")
async def test_how_far_the_published_years_reach_is_a_figure(app):
    async with browser(app) as anybody:
        said = await anybody.get("/healthz/metrics")
    assert said.headers["content-type"].startswith("application/openmetrics-text")
    figures = [line for line in said.text.splitlines() if not line.startswith("#")]
    assert [line.split()[0] for line in figures] == ["calendar_horizon_days"]
    assert int(figures[0].split()[1]) <= 366
    assert said.text.endswith("# EOF\n")
