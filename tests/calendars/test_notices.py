"""Notices are read as they are published, and refused where they contradict themselves or the calendar."""

from datetime import date

import pytest

from lianshen.kernel.settings import Settings
from lianshen.workcalendar.queries import read_days, read_notice, shipped_years
from lianshen.workcalendar.types import Edition
from tests.calendars.notices import NEXT_YEAR, told

SHIPPED = {one.year: one for one in shipped_years(Settings().tenants_dir / "_calendar")}


@pytest.mark.parametrize("week", ["周", "星期"])
@pytest.mark.parametrize("year", sorted(SHIPPED))
def test_every_shipped_year_reads_the_same_from_the_words_of_its_notice(year, week):
    edition = SHIPPED[year]
    mine = tuple(one for one in edition.days if one.source == edition.notices[0].number)
    found = read_notice(told(edition, week=week))
    assert isinstance(found, Edition), found
    assert (found.days, found.notices) == (mine, edition.notices[:1])


@pytest.mark.demand("D64")
def test_every_day_names_a_notice_that_is_held():
    for edition in SHIPPED.values():
        numbers = {notice.number for notice in edition.notices}
        assert {day.source for day in edition.days} == numbers
        assert all(notice.title.startswith("国务院办公厅关于") for notice in edition.notices)


def test_lines_may_end_as_a_browser_sends_them():
    assert read_notice(NEXT_YEAR.replace("\n", "\r\n")) == read_notice(NEXT_YEAR)


def test_a_notice_that_reaches_into_december_before():
    found = read_notice(
        NEXT_YEAR.replace(
            "1月1日（周五）至3日（周日）放假调休，共3天", "2026年12月31日（周四）至2027年1月3日（周日）放假调休，共4天"
        )
    )
    assert isinstance(found, Edition), found
    assert found.days[0].on == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("was", "is_", "where", "said"),
    [
        ("1月31日（周日）", "1月31日（周六）", "春节", "2027-01-31 是周日，不是周六"),
        ("2月20日（周六）上班", "2月19日（周五）上班", "春节", "2027-02-19 不是周六、周日"),
        ("共7天。1月31日", "共8天。1月31日", "春节", "写明共 8 天，按所写日期是 7 天"),
        ("五、端午节", "五、重阳节", "", "没有写到“端午节”"),
        ("4月3日（周六）至5日（周一）", "4月3日（周六）至31日", "清明节", "没有“4月31日”这一天"),
        ("5月1日（周六）至5日（周三）", "5月5日（周三）至1日（周六）", "劳动节", "前后颠倒"),
        ("6月9日（周三）放假，共1天", "2029年6月9日放假，共1天", "端午节", "不在 2027 年"),
        ("9月15日（周三）放假", "10月1日（周五）放假", "国庆节", "2027-10-01 写了两次"),
        ("4月25日（周日）上班", "上班", "劳动节", "没有写明放假的日期"),
        ("国办发明电〔2026〕99号", "", "", "没有找到文号"),
        ("2026年11月26日\n", "", "", "没有找到成文日期"),
        ("部分节假日安排的通知", "若干事项的通知", "", "没有找到标题"),
    ],
)
def test_what_contradicts_itself_is_refused_beside_the_paragraph(was, is_, where, said):
    assert was in NEXT_YEAR
    found = read_notice(NEXT_YEAR.replace(was, is_, 1))
    assert isinstance(found, list)
    assert any(one.where == where and said in one.message and one.remedy for one in found), found


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2026-03-20", "看不懂"),
        ("2026-03-20 ", "看不懂"),
        ("20日 开斋节", "看不懂"),
        ("2026-03-21..2026-03-20 开斋节", "前后颠倒"),
        ("2026-03-20 上班 开斋节", "不是周六、周日"),
        ("2027-03-20 开斋节", "不在 2026 年"),
        ("2026-03-20 开斋节\n2026-03-20 开斋节", "写了两次"),
        ("", "没有写任何一天"),
    ],
)
def test_days_that_do_not_read(typed, said):
    found = read_days(typed, 2026, "一号")
    assert isinstance(found, list)
    assert any(said in one.message and one.remedy for one in found)


def test_days_of_an_area():
    found = read_days("2026-03-20..2026-03-21 开斋节\n\n2026-03-22 上班 开斋节", 2026, "一号", stands_still=True)
    assert [(one.on.day, one.works, one.label, one.stands_still) for one in found] == [
        (20, False, "开斋节", True), (21, False, "开斋节", True), (22, True, "开斋节调休上班", False),
    ]  # fmt: skip
