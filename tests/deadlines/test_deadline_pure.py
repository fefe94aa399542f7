"""What a deadline's ledger makes of its date: known answers, and a naive simulator that walks day by day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianshen.deadlines._deadline import due, state
from lianshen.deadlines._instant import due_at
from lianshen.deadlines.types import Entry
from lianshen.kernel.settings import Settings
from lianshen.workcalendar.queries import due_date, load_calendar

CALENDAR = load_calendar(Settings().tenants_dir / "_calendar")
DAY = timedelta(days=1)
TRIGGER = date(2026, 9, 24)

triggers = st.dates(date(2020, 1, 1), date(2026, 6, 30))
budgets = st.integers(0, 30)
units = st.sampled_from(["working_days", "days", "months"])
rollings = st.sampled_from(["none", "next_working_day"])
pauses = st.lists(st.tuples(st.integers(-10, 60), st.integers(0, 20)), max_size=4)
"""(days from the trigger to the beginning, length in days): before the term, overlapping, touching, of no length."""


def ledger(trigger, spans):
    paused = [Entry("paused", trigger + offset * DAY) for offset, _ in spans]
    return paused + [Entry("resumed", trigger + (offset + length) * DAY) for offset, length in spans]


def of(text: str) -> list[Entry]:
    """Entries from lines such as "2026-09-28 paused", "2026-10-09 extended 5"."""
    lines = [line.split() for line in text.split(",")]
    return [Entry(line[1], date.fromisoformat(line[0]), int(line[2]) if line[2:] else None) for line in lines]


def walked(trigger, budget, unit, rolling, spans):
    """The due date, found by walking day by day over the days that no pause takes out."""
    out = {trigger + (offset + n) * DAY for offset, length in spans for n in range(1, length + 1)}
    if unit == "months":
        budget = (due_date(CALENDAR, trigger, budget, "months", "none").on - trigger).days
    day = trigger
    while budget:
        day += DAY
        budget -= day not in out and (unit != "working_days" or CALENDAR.works(day))
    while rolling == "next_working_day" and not CALENDAR.works(day):
        day += DAY
    return day


@pytest.mark.parametrize(
    ("budget", "unit", "rolling", "entries", "expected"),
    [
        (10, "working_days", "none", "2026-09-24 started", "2026-10-15"),
        (10, "working_days", "none", "2026-09-28 paused,2026-10-09 resumed", "2026-10-21"),  # 29, 30, 8, 9
        (10, "working_days", "none", "2026-09-30 paused,2026-10-07 resumed", "2026-10-15"),  # a holiday takes nothing
        (10, "working_days", "none", "2026-09-28 paused,2026-09-28 resumed", "2026-10-15"),
        (10, "working_days", "none", "2026-10-15 paused,2026-10-30 resumed", "2026-10-15"),  # its last day had come
        (10, "working_days", "none", "2026-10-14 paused,2026-10-30 resumed", "2026-11-02"),
        (10, "working_days", "none", "2026-09-20 paused,2026-09-24 resumed", "2026-10-15"),  # before the term
        (10, "working_days", "none", "2026-09-20 paused,2026-09-28 resumed", "2026-10-16"),
        (10, "working_days", "none", "2026-09-28 paused", "2026-10-15"),  # lasts: the earliest there can be
        (10, "working_days", "none", "2026-09-28 resumed", "2026-10-15"),
        (10, "working_days", "none", "2026-10-09 extended 5", "2026-10-22"),
        (10, "working_days", "none", "2026-10-09 extended 5,2026-10-12 extended 1", "2026-10-23"),
        (10, "working_days", "none", "2026-09-28 paused,2026-10-09 resumed,2026-10-12 extended 1", "2026-10-22"),
        (30, "days", "none", "2026-09-28 paused,2026-10-09 resumed", "2026-11-04"),
        (30, "days", "next_working_day", "2026-09-28 paused,2026-10-12 resumed", "2026-11-09"),  # from a Saturday
        (30, "days", "none", "2026-09-28 paused,2026-10-12 resumed", "2026-11-07"),
        (1, "months", "none", "2026-09-28 paused,2026-10-09 resumed", "2026-11-04"),
        (1, "months", "none", "2026-10-09 extended 1", "2026-11-24"),
    ],
)
def test_known_dates(budget, unit, rolling, entries, expected):
    found = due(CALENDAR, TRIGGER, budget, unit, rolling, None, of(entries))
    assert (found.on.isoformat(), found.provisional, found.calendar_version) == (expected, False, CALENDAR.version)


def test_a_date_that_was_set_is_moved_by_extensions_alone():
    set_on = date(2026, 10, 30)
    entries = of("2026-09-28 paused,2026-10-09 resumed")
    assert due(CALENDAR, TRIGGER, None, "date", "none", set_on, entries).on == set_on
    entries += of("2026-10-12 extended 2")
    assert due(CALENDAR, TRIGGER, None, "date", "none", set_on, entries).on == date(2026, 11, 1)
    assert due(CALENDAR, TRIGGER, None, "date", "next_working_day", set_on, entries).on == date(2026, 11, 2)


def test_a_pause_can_carry_a_term_into_a_year_whose_notice_is_not_held():
    assert not due(CALENDAR, date(2026, 12, 1), 10, "working_days", "none", None, ()).provisional
    paused = of("2026-12-02 paused,2026-12-31 resumed")
    assert due(CALENDAR, date(2026, 12, 1), 10, "working_days", "none", None, paused).provisional


@given(triggers, budgets, units, rollings, pauses)
def test_every_date_is_where_a_walk_day_by_day_ends(trigger, budget, unit, rolling, spans):
    found = due(CALENDAR, trigger, budget, unit, rolling, None, ledger(trigger, spans))
    assert found.on == walked(trigger, budget, unit, rolling, spans)


@given(triggers, budgets, units, rollings)
def test_without_entries_it_is_the_term_of_the_calendar(trigger, budget, unit, rolling):
    plain = due_date(CALENDAR, trigger, budget, unit, rolling)
    assert due(CALENDAR, trigger, budget, unit, rolling, None, ()) == plain


@given(triggers, budgets, units, rollings, pauses, st.randoms(use_true_random=False))
def test_the_order_of_entry_says_nothing(trigger, budget, unit, rolling, spans, random):
    entries = ledger(trigger, spans)
    shuffled = random.sample(entries, len(entries))
    assert due(CALENDAR, trigger, budget, unit, rolling, None, shuffled) == due(
        CALENDAR, trigger, budget, unit, rolling, None, entries
    )
    assert state(shuffled) == state(entries) == "open"


@given(triggers, budgets, units, rollings, pauses, st.tuples(st.integers(-10, 60), st.integers(0, 20)))
def test_no_entry_makes_a_term_shorter(trigger, budget, unit, rolling, spans, another):
    before = due(CALENDAR, trigger, budget, unit, rolling, None, ledger(trigger, spans)).on
    paused = ledger(trigger, [*spans, another])
    extended = [*ledger(trigger, spans), Entry("extended", trigger, 1)]
    for entries in (paused, extended):
        assert due(CALENDAR, trigger, budget, unit, rolling, None, entries).on >= before


@pytest.mark.parametrize(
    ("kind", "days"), [("extended", None), ("extended", 0), ("extended", -1), ("paused", 1), ("started", 3)]
)
def test_only_extensions_add_and_they_add_something(kind, days):
    with pytest.raises(ValueError, match="extension"):
        Entry(kind, TRIGGER, days)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ("2026-09-24 started", "open"),
        ("2026-09-24 started,2026-09-28 extended 1", "open"),
        ("2026-09-24 started,2026-09-28 paused", "paused"),
        ("2026-09-28 paused,2026-09-28 resumed", "open"),
        ("2026-09-28 paused,2026-09-29 resumed,2026-09-30 paused", "paused"),
        ("2026-09-28 paused,2026-09-29 paused,2026-09-30 resumed", "paused"),
        ("2026-09-28 resumed", "open"),
        ("2026-10-15 expired", "expired"),
        ("2026-10-15 expired,2026-10-16 met", "met"),
        ("2026-10-15 expired,2026-10-16 waived", "waived"),
        ("2026-10-12 cancelled,2026-10-15 expired", "cancelled"),
        ("2026-10-12 met,2026-10-13 cancelled", "met"),
        ("2026-09-28 paused,2026-10-12 waived", "waived"),
    ],
)
def test_states(entries, expected):
    assert state(of(entries)) == expected


def test_a_day_is_over_when_it_has_ended_in_shanghai():
    assert due_at(date(2026, 3, 18)) == datetime(2026, 3, 18, 16, 0, tzinfo=UTC)
    assert due_at(date(2026, 12, 31)) == datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    assert due_at(date(2026, 3, 18)).tzinfo is UTC
