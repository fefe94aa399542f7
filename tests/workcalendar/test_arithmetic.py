"""Terms, dates and windows against a walk day by day: 100,000 seeded cases, and those that Hypothesis looks for."""

from datetime import date, timedelta
from random import Random

import chinese_calendar
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lianshen.deadlines._ledger import fold, reasons
from lianshen.deadlines.types import Start
from lianshen.kernel.settings import Settings
from lianshen.rules._derived import DateFormula, derive, latest
from lianshen.rules._ruled import RuledWindow
from lianshen.rules.types import Basis
from lianshen.workcalendar.queries import Calendar, due_date, explain, load_calendar
from lianshen.workcalendar.types import Mark
from tests.workcalendar import naive

DAY = timedelta(days=1)
FIRST, LAST = date(2020, 1, 1), date(2026, 12, 31)
SHIPPED = load_calendar(Settings().tenants_dir / "_calendar")
EMERGENCY = [date(2024, 3, 1) + offset * DAY for offset in range(17)] + [date(2025, 9, 30), date(2025, 12, 31)]
LOCAL = [date(2024, 4, 10), date(2024, 6, 17), date(2025, 3, 31), date(2025, 6, 6)]
UNITS, FIRST_DAYS = ["working_days", "days", "months", "date"], ["counted", "not_counted"]
ROLLINGS = ["none", "next_working_day"]

_LISTED = {
    day: chinese_calendar.is_workday(day) for day in (FIRST + offset * DAY for offset in range((LAST - FIRST).days + 1))
}
NATION = naive.Days(_LISTED)
STRICKEN = naive.Days(_LISTED | dict.fromkeys(LOCAL, False), frozenset(EMERGENCY))
"""An area with local days off, on which an emergency fell."""
MARKS = {**SHIPPED.marks, **{day: Mark(works=False, label="地方假日", source="条例") for day in LOCAL}}
MARKS |= {day: Mark(works=False, label="停办", source="公告", stands_still=True) for day in EMERGENCY}
CALENDARS = [(SHIPPED, NATION), (Calendar(MARKS, 2020, 2026, "stricken"), STRICKEN)]

days = st.dates(date(2018, 1, 1), date(2031, 12, 31))
terms = st.tuples(
    days, st.integers(-60, 60), st.sampled_from(UNITS), st.sampled_from(FIRST_DAYS), st.sampled_from(ROLLINGS)
)


@given(terms)
@example((date(2019, 12, 31), 1, "working_days", "not_counted", "none"))
@example((date(2026, 12, 31), 1, "working_days", "counted", "none"))
@example((date(2024, 2, 29), 12, "months", "not_counted", "none"))
@example((date(2024, 1, 31), 1, "months", "counted", "none"))
@example((date(2025, 3, 1), 1, "months", "counted", "none"))
@example((date(2024, 3, 31), -1, "months", "counted", "none"))
@example((date(2024, 2, 29), 3, "days", "not_counted", "next_working_day"))
def test_every_term_ends_where_a_walk_day_by_day_ends(term):
    for calendar, days in CALENDARS:
        found = due_date(calendar, *term)
        assert found.on == naive.end(days, *term)
        years = (term[0].year, found.on.year)
        assert found.provisional == (min(years) < 2020 or max(years) > 2026)
        assert found.calendar_version == calendar.version


@given(terms)
def test_explanations_reach_the_due_date_and_number_the_days_that_count(term):
    trigger, budget, unit, first_day, rolling = term
    for calendar, _ in CALENDARS:
        due, reasons = due_date(calendar, *term).on, explain(calendar, *term)
        way = -1 if budget < 0 else 1
        first = trigger if first_day == "counted" and budget and unit != "date" else trigger + way * DAY
        assert [reason.on for reason in reasons] == [first + n * way * DAY for n in range(len(reasons))]
        if reasons:
            assert reasons[-1].on == due
        numbered = [reason.number for reason in reasons if reason.counted]
        assert numbered == list(range(1, len(numbered) + 1))
        if unit in ("working_days", "days") and (budget >= 0 or rolling == "none"):
            assert len(numbered) == abs(budget)


@pytest.mark.parametrize("seed", range(4))
def test_seventy_thousand_terms(seed):
    random = Random(f"terms {seed}")
    for _ in range(17_500):
        trigger = date(2019, 6, 1) + random.randrange(2900) * DAY
        unit = random.choice(UNITS)
        budget = (
            random.choice((random.randint(-6, 14), random.randint(1, 45)))
            if unit != "months"
            else random.randint(-3, 7)
        )
        term = (trigger, budget, unit, random.choice(FIRST_DAYS), random.choice(ROLLINGS))
        calendar, days = random.choice(CALENDARS)
        assert due_date(calendar, *term).on == naive.end(days, *term), (seed, term)


def test_twenty_thousand_dates_that_follow_from_others():
    """From the later of events, so long after or before, and fixed days of the year that a fact or an event names."""
    random = Random("dates")
    for _ in range(20_000):
        known = [date(2020, 3, 1) + random.randrange(2300) * DAY for _ in range(random.randint(1, 2))]
        facts = {f"event_{place}": day.isoformat() for place, day in enumerate(known)}
        on, years = date(2025, 11, 5), random.randint(-1, 2)
        calendar, days = random.choice(CALENDARS)
        sources = tuple(facts)
        if random.random() < 0.3:
            month, day = random.choice([(12, 31), (7, 31), (1, 1), (2, 28)])
            sources = random.choice([sources, ()])
            said = random.choice([None, 2022, 2027])
            formula = DateFormula("end", sources, yearly=(month, day), years=years, year_of="plan_year")
            year = said or (naive.later(known).year if sources else on.year)
            wanted = naive.of_year(year + years, month, day)
            facts |= {"plan_year": said} if said else {}  # type: ignore[dict-item]
        else:
            unit, count = random.choice(UNITS[:3]), random.randint(-20, 30)
            count = count if unit != "months" else count % 13 - 6
            rules = (random.choice(FIRST_DAYS), random.choice(ROLLINGS))
            formula = DateFormula("end", sources, unit, count, *rules)
            wanted = naive.end(days, naive.later(known), count, unit, *rules)
        assert derive([formula], facts, on, calendar) == {"end": wanted.isoformat()}, (formula, facts)
        assert latest(("event_0", "missing"), facts, {}) is None


def test_ten_thousand_days_of_windows_and_of_lines_that_are_crossed():
    """From an earliest day to a last one; and 超过6个月, which is from the day after the corresponding one on."""
    random, cases = Random("windows"), 0
    while cases < 10_000:
        trigger = date(2022, 1, 1) + random.randrange(1500) * DAY
        opens = due_date(SHIPPED, trigger, random.randint(1, 20), "days", "not_counted", "none").on
        closes = due_date(SHIPPED, trigger, 1, "months", "not_counted", "none").on
        window = RuledWindow(("a",), ("b",), "验收", "", Basis("", "", ""))
        for day, open_ in naive.open_days(opens, closes, closes, 30):
            assert window.holds(opens, closes, day) == open_
            cases += 1
        line = due_date(SHIPPED, trigger, 6, "months", "not_counted", "none").on
        crossed = naive.forward(NATION, trigger, 6, "months", counted=False)
        for offset in (-1, 0, 1):
            day = crossed + offset * DAY
            assert (day.isoformat() > line.isoformat()) == (offset == 1)
            cases += 1


def test_terms_stand_still_in_an_emergency_whatever_they_are_counted_in():
    """Seventeen days from 2024-03-01: what was begun on the eve has its whole length from the 18th on."""
    calendar = CALENDARS[1][0]
    eve = date(2024, 2, 29)
    assert due_date(calendar, eve, 1, "days", "not_counted", "none").on == date(2024, 3, 18)
    assert due_date(calendar, eve, 1, "working_days", "not_counted", "none").on == date(2024, 3, 18)
    assert due_date(calendar, eve, 1, "months", "not_counted", "none").on == date(2024, 4, 15)
    assert due_date(calendar, date(2024, 3, 20), -30, "days", "not_counted", "none").on == date(2024, 2, 19)
    told = explain(calendar, eve, 1, "days", "not_counted", "none")
    assert [(reason.label, reason.counted) for reason in told[:17]] == [("停办", False)] * 17


@given(terms)
def test_a_deadline_without_entries_ends_where_its_term_ends(term):
    trigger, budget, unit, first_day, rolling = term
    if unit == "date":
        return
    start = Start(trigger_on=trigger, budget=budget, unit=unit, first_day=first_day, rolling=rolling)
    for calendar, days in CALENDARS:
        assert fold(start, [], calendar).due_on == naive.end(days, *term)
        if budget:
            told, plain = reasons(start, [], calendar), explain(calendar, *term)
            assert sum(one.counted for one in told) == sum(one.counted for one in plain)
