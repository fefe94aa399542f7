"""A late notice at real browsers: an operator pastes it, corrects it, another lets it count; a county decides."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.ext.asyncio import create_async_engine

from lianshen.tenancy.types import PLATFORM
from tests.browser.test_walk import Person, browser, site
from tests.calendars.notices import NEXT_YEAR
from tests.conftest import Desk, ship_days
from tests.support import forked
from tests.walk.driver import Driver

__all__ = ["browser", "site"]
PICTURES = Path(__file__).parents[2] / "test-results"
UNIT, LEAD = ("县教育局", "applicant"), ("县数据局", "lead_officer")


def look(page: Page, name: str) -> None:
    """The page fits a desk and a phone; a picture of each is kept to be looked at."""
    PICTURES.mkdir(exist_ok=True)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (name, width, wide)
        page.screenshot(path=PICTURES / f"calendar-{name}-{width}.png", full_page=True)


@pytest.fixture
def beat(stack, name):
    """The scheduler's part."""

    def once() -> None:
        forked.call("tests.browser.beat", "main", env=os.environ | stack.environment(name)).check_returncode()

    return once


@pytest.fixture(scope="module")
async def failed(stack, name, database, staff, law, tmp_path_factory):
    """Two projects with thirty days to declare anew: of one they have passed, the other's reach into 2027."""
    engine = create_async_engine(stack.superuser_url.rpartition("/")[0] + f"/{name}")
    async with engine.connect() as superuser:
        await ship_days(superuser)
    await engine.dispose()
    work, files = Desk(database), tmp_path_factory.mktemp("files")
    for day in ("2026-03-04", "2026-12-31"):
        drive = Driver(work, staff, law, files)
        drive.at(day)
        await drive.submit("700000", title=f"{day[:7]} 教育数据平台")
        await drive.act(LEAD, "fail_pre_review", reason="必要性论证不足。")


def paste(page: Page, said: str) -> None:
    page.fill("#source", said)
    page.get_by_role("button", name="登记并试算").first.click()


@pytest.mark.demand("D63", "D64")
def test_a_notice_from_the_paste_to_the_decision(failed, site, browser, staff, beat):
    site.at("2026-11-26")
    one, two = (Person(browser, site, staff.account(f"yw-{number}", PLATFORM)) for number in (1, 2))
    page = one.open("/calendar")
    expect(page.locator(".alert-warning")).to_contain_text("2027 年放假安排尚未登记")
    look(page, "operator")
    paste(page, NEXT_YEAR.replace("1月31日（周日）", "1月31日（周六）").replace("共7天。1月31日", "共6天。1月31日"))
    expect(page.locator(".remark").first).to_contain_text("春节：")
    expect(page.locator("#source")).to_have_value(
        NEXT_YEAR.replace("1月31日（周日）", "1月31日（周六）").replace("共7天。1月31日", "共6天。1月31日")
    )
    look(page, "refused")
    paste(page, NEXT_YEAR)
    expect(page.locator("h1")).to_contain_text("试算中")
    beat()
    page.reload()
    expect(page.locator("main")).to_contain_text("登记和批准须由不同的人员办理")
    look(page, "counts")
    at = page.url.removeprefix(site.base)
    second = two.open(at)
    second.get_by_role("button", name="批准生效").click()
    expect(second.locator("h1")).to_contain_text("已生效")
    beat()
    county = Person(browser, site, staff.account("sjj-gz"))
    page = county.open("/calendar?year=2027")
    expect(page.locator("main")).to_contain_text("春节调休上班")
    look(page, "county-2027")
    page.fill("#emergency-notice_title", "关于暴雪期间停办业务的公告")
    page.fill("#emergency-notice_number", "县政〔2026〕8号")
    page.fill("#emergency-notice_published", "2026-11-26")
    page.select_option("#emergency-effect", "still")
    page.fill("#emergency-source", "2026-03-09..2026-03-11 暴雪停办")
    page.locator("#emergency button").click()
    expect(page.locator("h1")).to_contain_text("待批准")
    expect(page.locator("main")).to_contain_text("已经到期，待决定")
    look(page, "preview")
    at = page.url.removeprefix(site.base)
    other = Person(browser, site, staff.account("sjj-gs"))
    other.open(at).get_by_role("button", name="批准生效").click()
    beat()
    page = county.open("/calendar")
    expect(page.locator("#held")).to_contain_text("2026年4月3日")
    look(page, "held")
    page.locator("#held input[type=checkbox]").first.check()
    page.get_by_role("button", name="改为新日期").click()
    expect(page.locator("#held .remark").first).to_contain_text("此项必填")
    page.locator("#held input[type=checkbox]").first.check()
    page.fill("#held-reason", "停办三天，公告已送达")
    page.get_by_role("button", name="改为新日期").click()
    expect(page.locator("main")).to_contain_text("停办三天，公告已送达")
    look(page, "decided")
    for person in (one, two, county, other):
        assert [said for said in person.said if "422" not in said] == []  # a remark beside a field is one
