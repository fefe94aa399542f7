"""What pages say, as pure functions."""

from datetime import date

from lianshen.kernel.settings import Settings
from lianshen.rules.queries import load_law
from lianshen.web.pages._view import changes, fold, in_words, name_of, sections
from lianshen.workcalendar.queries import explain, load_calendar

TENANTS = Settings().tenants_dir
PACK = load_law(TENANTS).registry.pack("320723@2025-09-06")


def test_days_in_a_row_of_which_the_same_is_said_are_drawn_together():
    calendar = load_calendar(TENANTS / "_calendar")
    runs = fold(explain(calendar, date(2026, 9, 24), 10, "working_days", "not_counted", "none"))
    assert [(run.first, run.last, run.label, run.numbers) for run in runs[:3]] == [
        (date(2026, 9, 25), date(2026, 9, 27), "中秋节放假", None),
        (date(2026, 9, 28), date(2026, 9, 30), "工作日", (1, 3)),
        (date(2026, 10, 1), date(2026, 10, 7), "国庆节放假", None),
    ]
    assert runs[-1].numbers == (7, 10)


def test_facts_are_said_in_words():
    assert in_words(PACK, "project_budget", 50000000) == "500,000.00 元"
    assert in_words(PACK, "contracts_signed_on", "2026-03-04") == "2026年3月4日"
    assert in_words(PACK, "kind", "new_build") == "新建"
    assert in_words(PACK, "submitted", True) == "是"
    assert in_words(PACK, "documents", ["contract", "price_list"]) == "项目合同、软硬件报价清单"
    assert in_words(PACK, "title", None) == in_words(PACK, "documents", []) == "—"


def test_names_come_from_the_vocabulary_and_unknown_codes_stay():
    assert name_of(PACK, "county_finance_bureau") == "县财政局"
    assert name_of(PACK, "submit") == "提交申报"
    assert name_of(PACK, "project_unit") == "项目建设单位"
    assert name_of(PACK, "gone_since") == "gone_since"
    (change,) = changes(PACK, {"project_budget": (None, 100)})
    assert (change.label, change.before, change.after) == ("预算金额", "—", "1.00 元")


def test_the_form_keeps_its_order_under_headings():
    headings = sections(PACK.intake)
    assert [field for _, fields in headings for field in fields] == list(PACK.intake)
    assert len({name for name, _ in headings}) == len(headings)
