"""Days: no difference from an independent calendar, known dates, and a naive simulator that walks day by day."""

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
days = st.dates(date(2020, 1, 1), date(2026, 12, 31))


def test_no_day_of_any_published_year_differs_from_an_independent_calendar():
    every = [date(2020, 1, 1) + offset * DAY for offset in range((CALENDAR.horizon - date(2020, 1, 1)).days + 1)]
    assert len(every) == 2557
    assert [day for day in every if CALENDAR.works(day) != chinese_calendar.is_workday(day)] == []


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
    found = due_date(CALENDAR, date.fromisoformat(trigger), budget, unit, rolling)
    assert (found.on.isoformat(), found.provisional) == (due, False)


def test_the_reasons_of_a_term_over_two_festivals():
    reasons = explain(CALENDAR, date(2026, 9, 24), 10, "working_days", "none")
    by_day = {reason.on: reason for reason in reasons}
    assert by_day[date(2026, 9, 25)].label == "中秋节放假"
    assert by_day[date(2026, 10, 1)].label == "国庆节放假"
    saturday = by_day[date(2026, 10, 10)]
    assert (saturday.label, saturday.counted, saturday.number) == ("国庆节调休上班", True, 6)
    assert saturday.source == "国办发明电〔2025〕7号"
    assert (reasons[-1].on, reasons[-1].number) == (date(2026, 10, 15), 10)


def test_a_term_into_an_unpublished_year_is_provisional_and_says_so():
    found = due_date(CALENDAR, date(2026, 12, 28), 10, "working_days", "none")
    assert found.provisional
    assert "尚未公布" in explain(CALENDAR, date(2026, 12, 28), 10, "working_days", "none")[-1].label


def naive(trigger: date, budget: int) -> date:
    day = trigger
    while budget:
        day += DAY
        budget -= CALENDAR.works(day)
    return day


@given(days, st.integers(0, 60))
def test_working_days_equal_a_walk_day_by_day(trigger, budget):
    assert due_date(CALENDAR, trigger, budget, "working_days", "none").on == naive(trigger, budget)


@given(
    days, st.integers(1, 40), st.sampled_from(["working_days", "days"]), st.sampled_from(["none", "next_working_day"])
)
def test_explanations_end_on_the_due_date_and_count_the_whole_budget(trigger, budget, unit, rolling):
    reasons = explain(CALENDAR, trigger, budget, unit, rolling)
    assert reasons[-1].on == due_date(CALENDAR, trigger, budget, unit, rolling).on
    assert [reason.number for reason in reasons if reason.counted] == list(range(1, budget + 1))
    assert [reason.on for reason in reasons] == [trigger + (place + 1) * DAY for place in range(len(reasons))]


@given(days, st.integers(1, 60), st.sampled_from(["working_days", "days", "months"]))
def test_a_longer_term_never_ends_sooner_and_a_rolled_one_ends_on_a_working_day(trigger, budget, unit):
    shorter, longer = (due_date(CALENDAR, trigger, n, unit, "next_working_day").on for n in (budget, budget + 1))
    assert shorter <= longer
    assert CALENDAR.works(shorter)


@given(days, days)
def test_days_left_agree_with_a_count(today, due):
    left = working_days_left(CALENDAR, today, due)
    low, high = sorted((today, due))
    between = sum(CALENDAR.works(low + offset * DAY) for offset in range(1, (high - low).days + 1))
    assert left == between if due >= today else left == -max(between, 1)


DAMAGE = [
    ("year: 2026", "year: 2025", 2),
    ('off: ["06-19..06-21"]', 'off: ["06-21..06-19"]', None),
    ('off: ["06-19..06-21"]', 'off: ["06-19..06-31"]', None),
    ('off: ["06-19..06-21"]', 'off: ["09-25"]', None),
    ('worked: ["05-09"]', 'worked: ["05-08"]', None),
    ("  - name: 端午节", "  - name: 端午节\n    notice: 没有此号", None),
    ("holidays:", "holiday:", None),
    ("    number: 国办发明电〔2025〕7号", "    number: 1\n    colour: red", None),
    ("year: 2026", "year: 2026\nyear: 2026", 3),
]


@pytest.mark.parametrize(("old", "new", "line"), DAMAGE)
def test_damaged_files_are_refused_with_their_line(tmp_path: Path, old, new, line):
    for path in FOLDER.glob("cn-*.yaml"):
        shutil.copy(path, tmp_path)
    target = tmp_path / "cn-2026.yaml"
    text = target.read_text(encoding="utf-8")
    assert old in text
    target.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CalendarError) as refused:
        load_calendar(tmp_path)
    assert refused.value.path == target
    assert line is None or refused.value.line == line


def test_a_missing_year_is_refused(tmp_path: Path):
    for year in (2024, 2026):
        shutil.copy(FOLDER / f"cn-{year}.yaml", tmp_path)
    with pytest.raises(CalendarError, match="不连续"):
        load_calendar(tmp_path)
    with pytest.raises(CalendarError):
        load_calendar(tmp_path / "nowhere")
