"""Days: no difference from an independent calendar, known dates, and what damaged files are told."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianshen.kernel.settings import Settings
from lianshen.workcalendar.queries import CalendarError, due_date, explain, load_calendar, working_days_left

FOLDER = Settings().tenants_dir / "_calendar"
CALENDAR = load_calendar(FOLDER)
DAY = timedelta(days=1)
days = st.dates(date(2018, 1, 1), date(2031, 12, 31))
units = st.sampled_from(["working_days", "days", "months"])
rollings = st.sampled_from(["none", "next_working_day"])


def test_no_day_of_any_published_year_differs_from_an_independent_calendar():
    every = [date(2020, 1, 1) + offset * DAY for offset in range((CALENDAR.horizon - date(2020, 1, 1)).days + 1)]
    assert len(every) == 2557
    assert [day for day in every if CALENDAR.works(day) != chinese_calendar.is_workday(day)] == []


def test_every_holiday_bears_its_names_and_no_other_day_is_marked():
    for day in (date(2020, 1, 1) + offset * DAY for offset in range(2557)):
        mark = CALENDAR.mark(day)
        if mark is None:
            assert CALENDAR.works(day) == (day.weekday() < 5)
        else:
            name = chinese_calendar.get_holiday_detail(day)[1]
            assert name is not None
            assert chinese_calendar.Holiday(name).chinese in mark.label
            assert mark.label.endswith("调休上班" if mark.works else "放假")


def test_notices_that_decide_days_of_the_year_they_were_given_in():
    marks = {day: CALENDAR.mark(day) for day in (date(2020, 1, 30), date(2020, 2, 1), date(2022, 12, 31))}
    assert [(mark.works, mark.source) for mark in marks.values() if mark] == [
        (False, "国办发明电〔2019〕16号"),
        (False, "国办发明电〔2020〕1号"),
        (False, "国办发明电〔2022〕16号"),
    ]
    assert CALENDAR.mark(date(2023, 1, 1)) is not None
    assert CALENDAR.mark(date(2023, 12, 31)) is None  # a Sunday before a holiday, of which no notice speaks


@pytest.mark.parametrize(
    ("trigger", "budget", "unit", "rolling", "due"),
    [
        ("2026-03-04", 10, "working_days", "none", "2026-03-18"),
        ("2026-09-24", 10, "working_days", "none", "2026-10-15"),
        ("2026-03-02", 30, "days", "next_working_day", "2026-04-01"),
        ("2026-09-01", 30, "days", "next_working_day", "2026-10-08"),
        ("2026-09-01", 30, "days", "none", "2026-10-01"),
        ("2025-08-31", 6, "months", "none", "2026-02-28"),
        ("2025-11-30", 3, "months", "next_working_day", "2026-02-28"),
        ("2026-05-06", 0, "date", "none", "2026-05-06"),
    ],
)
def test_known_dates(trigger, budget, unit, rolling, due):
    found = due_date(CALENDAR, date.fromisoformat(trigger), budget, unit, "not_counted", rolling)
    assert (found.on.isoformat(), found.provisional) == (due, False)


def test_the_reasons_of_a_term_over_two_festivals():
    reasons = explain(CALENDAR, date(2026, 9, 24), 10, "working_days", "not_counted", "none")
    by_day = {reason.on: reason for reason in reasons}
    assert by_day[date(2026, 9, 25)].label == "中秋节放假"
    assert by_day[date(2026, 10, 1)].label == "国庆节放假"
    saturday = by_day[date(2026, 10, 10)]
    assert (saturday.label, saturday.counted, saturday.number) == ("国庆节调休上班", True, 6)
    assert saturday.source == "国办发明电〔2025〕7号"
    assert (reasons[-1].on, reasons[-1].number) == (date(2026, 10, 15), 10)


def test_a_term_into_an_unpublished_year_is_provisional_and_says_so():
    found = due_date(CALENDAR, date(2026, 12, 28), 10, "working_days", "not_counted", "none")
    assert found.provisional
    assert "尚未公布" in explain(CALENDAR, date(2026, 12, 28), 10, "working_days", "not_counted", "none")[-1].label


@given(days, st.integers(0, 400), st.integers(0, 400))
def test_terms_add_up_and_days_far_away_have_an_answer(day, one, other):
    if one and other:
        assert CALENDAR.after(CALENDAR.after(day, one), other) == CALENDAR.after(day, one + other)
    for far in (date(1970, 1, 1), date(2099, 12, 31)):
        assert working_days_left(CALENDAR, day, far) * (1 if far > day else -1) > 0


def test_a_year_more_moves_no_day_within_the_years_before(tmp_path: Path):
    for year in range(2020, 2026):
        shutil.copy(FOLDER / f"cn-{year}.yaml", tmp_path)
    before = load_calendar(tmp_path)
    assert before.version.startswith("cn-2025+")
    assert before.version != CALENDAR.version
    for trigger in (date(2025, 1, 1) + offset * DAY for offset in range(365)):
        term = (trigger, 20, "working_days", "not_counted", "none")
        old, new = (due_date(calendar, *term) for calendar in (before, CALENDAR))
        assert old.on == new.on or old.provisional
        assert not new.provisional


@given(days, st.integers(1, 40), st.sampled_from(["working_days", "days"]), rollings)
def test_explanations_end_on_the_due_date_and_count_the_whole_budget(trigger, budget, unit, rolling):
    reasons = explain(CALENDAR, trigger, budget, unit, "not_counted", rolling)
    assert reasons[-1].on == due_date(CALENDAR, trigger, budget, unit, "not_counted", rolling).on
    assert [reason.number for reason in reasons if reason.counted] == list(range(1, budget + 1))
    assert [reason.on for reason in reasons] == [trigger + (place + 1) * DAY for place in range(len(reasons))]


@given(days, st.integers(1, 60), units)
def test_a_longer_term_never_ends_sooner_and_a_rolled_one_ends_on_a_working_day(trigger, budget, unit):
    rules = (unit, "not_counted", "next_working_day")
    shorter, longer = (due_date(CALENDAR, trigger, n, *rules).on for n in (budget, budget + 1))
    assert shorter <= longer
    assert CALENDAR.works(shorter)


@given(days, days)
def test_days_left_agree_with_a_count(today, due):
    left = working_days_left(CALENDAR, today, due)
    low, high = sorted((today, due))
    between = sum(CALENDAR.works(low + offset * DAY) for offset in range(1, (high - low).days + 1))
    assert left == between if due >= today else left == -max(between, 1)


DAMAGE = [
    ("year: 2026", "year: 2025", 2, "文件名"),
    ("year: 2026", 'year: "2026"', 2, "int"),
    ("year: 2026", "year: 2026\nyear: 2026", 3, "duplicate"),
    ("    number: 国办发明电〔2025〕7号", "    number: 1", 5, "str"),
    ("    number: 国办发明电〔2025〕7号", "    number: '1'\n    colour: red", 6, "colour"),
    ('published: "2025-11-04"', 'published: "2025-11-31"', 6, "date"),
    ("holidays:", "holiday:", 7, "holiday"),
    ("  - name: 端午节", '  - name: ""', 19, "length"),
    ("  - name: 端午节", "  - name: 端午节\n    days: 3", 20, "days"),
    ("  - name: 端午节", "  - name: 端午节\n    notice: 没有此号", 20, "没有此号"),
    ('["06-19..06-21"]', '["06-21..06-19"]', 20, "颠倒"),
    ('["06-19..06-21"]', '["06-19..06-31"]', 20, "06-31"),
    ('["06-19..06-21"]', '["06-19.."]', 20, "06-19"),
    ('["06-19..06-21"]', '["W25-5"]', 20, "W25-5"),
    ('["06-19..06-21"]', '["6-19"]', 20, "6-19"),
    ('["06-19..06-21"]', '["02-29"]', 20, "02-29"),
    ('["06-19..06-21"]', '["2026-06-19"]', 20, "2026-06-19"),
    ('["06-19..06-21"]', "[7]", 20, "str"),
    ('["06-19..06-21"]', '["06-19..06-21", "06-20"]', 20, "2026-06-20 重复"),
    ('["06-19..06-21"]', '["05-09"]', 20, "2026-05-09 重复"),
    ('worked: ["05-09"]', 'worked: ["05-08"]', 18, "2026-05-08 不是周末"),
]


@pytest.mark.parametrize(("old", "new", "line", "fault"), DAMAGE)
def test_damaged_files_are_refused_with_line_and_fault(tmp_path: Path, old, new, line, fault):
    for path in FOLDER.glob("cn-*.yaml"):
        shutil.copy(path, tmp_path)
    target = tmp_path / "cn-2026.yaml"
    text = target.read_text(encoding="utf-8")
    assert old in text
    target.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CalendarError, match=fault) as refused:
        load_calendar(tmp_path)
    assert (refused.value.path, refused.value.line) == (target, line)


def test_a_year_without_any_notice_is_refused(tmp_path: Path):
    (tmp_path / "cn-2026.yaml").write_text("year: 2026\nnotices: []\nholidays: []\n", encoding="utf-8")
    with pytest.raises(CalendarError) as refused:
        load_calendar(tmp_path)
    assert refused.value.line == 2


def test_a_missing_year_is_refused(tmp_path: Path):
    for year in (2024, 2026):
        shutil.copy(FOLDER / f"cn-{year}.yaml", tmp_path)
    with pytest.raises(CalendarError, match="不连续"):
        load_calendar(tmp_path)
    with pytest.raises(CalendarError):
        load_calendar(tmp_path / "nowhere")
