"""The algebra of a deadline: equal to a walk day by day, whatever the order of entries, never earlier for a pause."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianshen.deadlines._ledger import EXPIRY, fold, outstanding, reasons
from lianshen.deadlines.types import Entry, Fired, Rung, Start
from lianshen.kernel.settings import Settings
from lianshen.workcalendar.queries import load_calendar

CALENDAR = load_calendar(Settings().tenants_dir / "_calendar")
DAY = timedelta(days=1)
_ids = count(1)
LADDER = (Rung("ahead", -3, "working_days"), Rung("last_day", 0, "days"), Rung("late", 5, "working_days"))


def entry(kind, on, **more):
    return Entry(id=UUID(int=next(_ids)), kind=kind, on=on, at=datetime.combine(on, time(4), UTC), **more)


def paused(begin, end=None):
    first = entry("paused", begin)
    return [first] if end is None else [first, entry("resumed", end, of=first.id)]


def walked(start, spans, extensions, calendar):
    """The naive simulator: one day after another, counting what counts."""
    held = {begin + offset * DAY for begin, end in spans for offset in range(max((end - begin).days, 0))}
    amount = {"months": 0, "days": 0, "working_days": 0}
    for unit, more in [(start.unit, start.budget), *extensions]:
        amount[unit] += more
    month = start.trigger_on.month - 1 + amount["months"]
    year, month = start.trigger_on.year + month // 12, month % 12 + 1
    day = start.trigger_on.day
    while True:
        try:
            corresponding = date(year, month, day)
            break
        except ValueError:
            day -= 1
    left, at = (corresponding - start.trigger_on).days + amount["days"], start.trigger_on
    while left:
        at += DAY
        left -= at not in held
    left = amount["working_days"]
    while left:
        at += DAY
        left -= at not in held and calendar.works(at)
    if start.rolling == "next_working_day" and not calendar.works(at):
        while not calendar.works(at) or at in held:
            at += DAY
    return at


triggers = st.dates(date(2019, 6, 1), date(2028, 6, 1))
units = st.sampled_from(["working_days", "days", "months"])
starts = st.builds(
    lambda on, budget, unit, rolling: Start(
        trigger_on=on, budget=min(budget, 24) if unit == "months" else budget, unit=unit, rolling=rolling
    ),
    triggers, st.integers(0, 120), units, st.sampled_from(["none", "next_working_day"]),
)  # fmt: skip
spans = st.lists(st.tuples(st.integers(-20, 200), st.integers(0, 90)), max_size=5)
extensions = st.lists(st.tuples(units, st.integers(0, 12)), max_size=3)


def dated(start, spans):
    return [(start.trigger_on + at * DAY, start.trigger_on + (at + length) * DAY) for at, length in spans]


def entries_of(start, spans, more):
    made = [one for begin, end in dated(start, spans) for one in paused(begin, end)]
    return made + [entry("extended", start.trigger_on, unit=unit, amount=amount) for unit, amount in more]


@pytest.mark.demand("D66")
@given(starts, spans, extensions)
def test_the_last_day_is_the_one_a_walk_day_by_day_comes_to(start, spans, more):
    found = fold(start, entries_of(start, spans, more), CALENDAR)
    assert found.due_on == walked(start, dated(start, spans), more, CALENDAR)
    assert found.due_on >= start.trigger_on
    assert found.state == "open"


@given(starts, spans, extensions, st.randoms(use_true_random=False))
def test_the_order_in_which_entries_come_does_not_matter(start, spans, more, random):
    entries = entries_of(start, spans, more) + [
        entry("restarted", start.trigger_on + random.randrange(60) * DAY) for _ in range(random.randrange(2))
    ]
    shuffled = random.sample(entries, len(entries))
    assert fold(start, entries, CALENDAR) == fold(start, shuffled, CALENDAR)
    assert reasons(start, entries, CALENDAR) == reasons(start, shuffled, CALENDAR)


@given(starts, spans, extensions, st.tuples(st.integers(-20, 200), st.integers(0, 90)))
def test_a_further_pause_or_extension_never_shortens(start, spans, more, another):
    before = fold(start, entries_of(start, spans, more), CALENDAR).due_on
    assert fold(start, entries_of(start, [*spans, another], more), CALENDAR).due_on >= before
    assert fold(start, entries_of(start, spans, [*more, ("days", another[1])]), CALENDAR).due_on >= before
    begin, length = another
    longer = fold(start, entries_of(start, [*spans, (begin, length + 7)], more), CALENDAR).due_on
    assert longer >= fold(start, entries_of(start, [*spans, another], more), CALENDAR).due_on


@given(starts, spans, extensions)
def test_every_day_is_explained_and_the_counted_ones_add_up(start, spans, more):
    entries = entries_of(start, spans, more)
    found, days = fold(start, entries, CALENDAR), reasons(start, entries, CALENDAR)
    assert [one.on for one in days] == [
        start.trigger_on + offset * DAY for offset in range(1, (found.due_on - start.trigger_on).days + 1)
    ]
    assert [one.number for one in days if one.counted] == list(range(1, sum(one.counted for one in days) + 1))
    assert all(one.label for one in days)
    if start.unit != "months" and all(unit == start.unit for unit, _ in more):
        assert sum(one.counted for one in days) == start.budget + sum(amount for _, amount in more)


@given(starts, spans, st.integers(0, 60))
def test_while_a_pause_is_open_the_day_stays_and_no_rung_fires(start, spans, at):
    start = Start(**{name: getattr(start, name) for name in start.__struct_fields__} | {"ladder": LADDER})
    before = fold(start, entries_of(start, spans, []), CALENDAR)
    found = fold(start, [*entries_of(start, spans, []), *paused(start.trigger_on + at * DAY)], CALENDAR)
    assert (found.state, found.due_on, found.rungs) == ("paused", before.due_on, ())


TEN = Start(trigger_on=date(2026, 3, 4), budget=10, unit="working_days", rolling="none", ladder=LADDER)


def due(*entries, start=TEN):
    return fold(start, entries, CALENDAR).due_on


def test_known_pauses():
    assert due() == date(2026, 3, 18)
    assert due(*paused(date(2026, 3, 9), date(2026, 3, 12))) == date(2026, 3, 23)  # three working days
    assert due(*paused(date(2026, 3, 9), date(2026, 3, 9))) == date(2026, 3, 18)  # of zero length
    assert due(*paused(date(2026, 3, 14), date(2026, 3, 16))) == date(2026, 3, 18)  # a weekend
    overlapping = [*paused(date(2026, 3, 9), date(2026, 3, 12)), *paused(date(2026, 3, 10), date(2026, 3, 13))]
    assert due(*overlapping) == date(2026, 3, 24)
    assert due(*paused(date(2026, 3, 19), date(2026, 4, 19))) == date(2026, 3, 18)  # it had passed before
    two_resumed = paused(date(2026, 3, 9), date(2026, 3, 12))
    assert due(*two_resumed, entry("resumed", date(2026, 3, 30), of=two_resumed[0].id)) == date(2026, 3, 23)


def test_a_restart_begins_anew_and_spends_what_was_before():
    before = [*paused(date(2026, 3, 5)), entry("extended", date(2026, 3, 5), unit="working_days", amount=5)]
    again = entry("restarted", date(2026, 3, 20))
    found = fold(TEN, [*before, again], CALENDAR)
    assert (found.state, found.trigger_on, found.due_on) == ("open", date(2026, 3, 20), date(2026, 4, 3))
    later = entry("extended", date(2026, 3, 23), unit="working_days", amount=1)
    assert due(*before, again, later) == date(2026, 4, 7)  # behind 清明
    assert reasons(TEN, [*before, again], CALENDAR)[0].on == date(2026, 3, 21)


def test_a_date_that_was_set_is_moved_by_an_extension_alone():
    ordered = Start(trigger_on=date(2026, 3, 4), budget=None, unit="date", rolling="none", named_on=date(2026, 5, 8))
    assert due(*paused(date(2026, 3, 9), date(2026, 4, 9)), start=ordered) == date(2026, 5, 8)
    assert due(entry("extended", date(2026, 4, 1), until=date(2026, 6, 1)), start=ordered) == date(2026, 6, 1)
    assert due(entry("extended", date(2026, 4, 1), until=date(2026, 5, 1)), start=ordered) == date(2026, 5, 8)
    assert due(entry("extended", date(2026, 4, 1), unit="months", amount=1), start=ordered) == date(2026, 6, 8)
    assert reasons(ordered, [], CALENDAR) == ()


def test_what_is_counted_backward_is_not_moved():
    lead = Start(trigger_on=date(2026, 9, 30), budget=-30, unit="days", rolling="none")
    assert due(*paused(date(2026, 9, 1), date(2026, 9, 10)), start=lead) == date(2026, 8, 31)
    assert reasons(lead, [], CALENDAR)[-1].on == date(2026, 8, 31)


@pytest.mark.parametrize("kind", ["met", "waived", "superseded", "cancelled"])
def test_the_first_entry_that_closes_decides(kind):
    first, second = entry(kind, date(2026, 3, 10)), entry("cancelled", date(2026, 3, 11))
    for entries in ([first, second], [second, first]):
        found = fold(TEN, entries, CALENDAR)
        assert (found.state, found.rungs) == (kind, ())
    late = entry("extended", date(2026, 3, 12), unit="working_days", amount=5)
    assert due(first, late) == date(2026, 3, 18)


def test_what_is_over_closes_only_where_the_law_attaches_something():
    over = entry("expired", date(2026, 3, 18))
    longer = entry("extended", date(2026, 3, 20), unit="working_days", amount=5)
    assert not fold(TEN, [over, longer], CALENDAR).overdue
    assert (fold(TEN, [over], CALENDAR).state, fold(TEN, [over], CALENDAR).overdue) == ("open", True)
    start = Start(trigger_on=date(2026, 3, 2), budget=30, unit="days", rolling="none", on_expiry="deemed_abandoned")
    found = fold(start, [entry("expired", date(2026, 4, 1))], CALENDAR)
    assert (found.state, found.due_on, found.overdue) == ("expired", date(2026, 4, 1), True)


def test_rungs_fall_before_on_and_after_the_last_day():
    began = entry("started", date(2026, 3, 4))
    found = fold(TEN, [began], CALENDAR)
    assert [(one.on, one.rung) for one in found.rungs] == [
        (date(2026, 3, 13), "ahead"), (date(2026, 3, 18), "last_day"), (date(2026, 3, 19), EXPIRY),
        (date(2026, 3, 25), "late"),
    ]  # fmt: skip
    longer = fold(TEN, [began, entry("extended", date(2026, 3, 16), unit="working_days", amount=2)], CALENDAR)
    assert (longer.rungs[0].on, longer.rungs[0].rung) == (date(2026, 3, 17), "ahead")  # anew, for the new day
    fired = [Fired("ahead", date(2026, 3, 18)), Fired("last_day", date(2026, 3, 20))]
    assert [one.rung for one in outstanding(longer, fired)] == ["ahead", EXPIRY, "late"]


def test_nobody_is_reminded_of_what_was_near_when_it_began():
    short = Start(trigger_on=date(2026, 3, 4), budget=2, unit="working_days", rolling="none", ladder=LADDER)
    found = fold(short, [entry("started", date(2026, 3, 4))], CALENDAR)
    assert [one.rung for one in found.rungs] == ["last_day", EXPIRY, "late"]
    told_late = Entry(id=UUID(int=1), kind="started", on=date(2026, 3, 4), at=datetime(2026, 4, 20, 4, tzinfo=UTC))
    assert [one.rung for one in fold(TEN, [told_late], CALENDAR).rungs] == [EXPIRY, "late"]


@pytest.mark.demand("D63")
def test_a_day_beyond_what_is_published_is_provisional():
    beyond = Start(trigger_on=CALENDAR.horizon - 3 * DAY, budget=10, unit="days", rolling="none")
    assert fold(beyond, [], CALENDAR).provisional
    assert not fold(TEN, [], CALENDAR).provisional
