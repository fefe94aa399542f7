"""What is asked of terms after a fault sees what is planted: moved too often, not at all, in silence, or unasked."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from lianshen.deadlines.types import Entry, Fired, Rung, Start
from lianshen.kernel.clock import SHANGHAI
from tests.faults import office, recounting
from tests.faults.recounting import Hold, Recounting, Term
from tests.year import naive

ON = date(2026, 11, 16)
BY = naive.published(office.FOLDER, 2026)
DAYS = BY.but_off(date(2026, 11, 18), date(2026, 12, 16))
NEW, OLD = "cn-2026.9+x", "cn-2026.7+x"
MOVES, TOLD, STAYS, ENDED, SINCE = range(5)
ANEW = Start(trigger_on=ON, budget=30, unit="days", first_day="not_counted", rolling="next_working_day",
             named_on=None, on_expiry="deemed_abandoned")  # fmt: skip


def at(on: date, hour: int) -> datetime:
    return datetime.combine(on, time(hour), SHANGHAI)


def entry(kind: str, on: date, hour: int, **more: date) -> Entry:
    return Entry(id=uuid4(), kind=kind, on=on, at=at(on, hour), **more)  # type: ignore[arg-type]


def begun(start: Start, due_on: date, calendar: str, *entries: Entry, **more: object) -> Term:
    given = {"provisional": False, "state": "open", "fired": [], "holds": []} | more
    first = entry("started", start.trigger_on, 9)
    given |= {"due_on": due_on, "calendar": calendar, "start": start, "entries": [first, *entries]}
    return Term(tenant="320723", id=uuid4(), project=uuid4(), clock="any", **given)  # type: ignore[arg-type]


@pytest.fixture
def clean() -> Recounting:
    """Thirty days from 16 November end on 16 December, which is off after all; ten working days are one day longer."""
    moved = {"due_before": date(2026, 12, 16), "due_after": date(2026, 12, 17)}
    ten = Start(trigger_on=date(2026, 11, 5), budget=10, unit="working_days", first_day="not_counted", rolling="none",
                named_on=None, on_expiry="none")  # fmt: skip
    told = Fired("ahead", date(2026, 11, 19), at(ON, 0), at(ON, 0))
    terms = [
        begun(ANEW, date(2026, 12, 17), NEW, entry("recounted", ON, 11, **moved)),
        begun(ten, date(2026, 11, 19), OLD, fired=[told], holds=[Hold(NEW, None, None, None)]),
        begun(replace(ten, trigger_on=date(2026, 10, 12)), date(2026, 10, 26), OLD, state="met"),
        begun(ANEW, date(2026, 12, 16), OLD, entry("met", ON, 12), state="met"),
        begun(ANEW, date(2026, 12, 17), NEW),
    ]  # fmt: skip
    terms[STAYS].entries.append(entry("met", date(2026, 10, 26), 9))
    terms[SINCE].entries[0] = entry("started", ON, 12)
    once = Counter({terms[MOVES].project: 1})
    return Recounting(number=9, told=at(ON, 10), editions=1, published=1, terms=terms, moved=once, heard=Counter(once))


def _again(of: Recounting) -> None:
    of.terms[MOVES].entries.append(of.terms[MOVES].entries[-1])


def _silently(of: Recounting) -> None:
    of.terms[MOVES].entries.pop()
    of.moved.clear()
    of.heard.clear()


def _not_at_all(of: Recounting) -> None:
    _silently(of)
    of.terms[MOVES].due_on, of.terms[MOVES].calendar = date(2026, 12, 16), OLD


def _of_what_ended(of: Recounting) -> None:
    of.terms[STAYS].entries.append(of.terms[MOVES].entries[-1])
    of.moved[of.terms[STAYS].project] = of.heard[of.terms[STAYS].project] = 1


def _of_what_was_told(of: Recounting) -> None:
    of.terms[TOLD].due_on = date(2026, 11, 20)


def _nobody_asked(of: Recounting) -> None:
    of.terms[TOLD].holds.clear()


def _for_no_reason(of: Recounting) -> None:
    of.terms[TOLD].holds[0] = Hold(NEW, "kept", None, None)


def _still_provisional(of: Recounting) -> None:
    of.terms[MOVES].provisional = True


def _by_old_days(of: Recounting) -> None:
    of.terms[SINCE].due_on = date(2026, 12, 16)


def _without_event(of: Recounting) -> None:
    of.moved.clear()
    of.heard.clear()


def _unheard(of: Recounting) -> None:
    of.heard.clear()


def _published_twice(of: Recounting) -> None:
    of.published = 2


@pytest.mark.demand("D63", "D64", "D209")
@pytest.mark.parametrize(
    "damage",
    [_again, _silently, _not_at_all, _of_what_ended, _of_what_was_told, _nobody_asked, _for_no_reason,
     _still_provisional, _by_old_days, _without_event, _unheard, _published_twice],
)  # fmt: skip
def test_a_recount_gone_wrong_is_seen(clean: Recounting, damage: Callable[[Recounting], None]) -> None:
    assert list(recounting.amiss(clean, BY, DAYS)) == []
    damaged = deepcopy(clean)
    damage(damaged)
    assert list(recounting.amiss(damaged, BY, DAYS)) != []


@pytest.mark.demand("D209")
def test_a_rung_that_is_missing_doubled_or_unsaid_is_seen() -> None:
    ladder = (Rung("ahead", -3, "working_days"), Rung("late", 5, "working_days"))
    term, events = office.Term(UUID(int=1), date(2026, 11, 20), ON), [uuid4(), uuid4()]
    fired = [
        office.Fired(term.id, rung, term.due_on, event) for rung, event in zip(("ahead", "expiry"), events, strict=True)
    ]
    now = term.due_on + timedelta(days=1)

    def amiss(found: list[office.Fired], said: list[UUID]) -> list[str]:
        return list(office.climbed_amiss([term], found, said, ladder, BY, now))

    assert amiss(fired, events) == []
    assert amiss(fired[:1], events[:1])
    assert amiss([*fired, fired[0]], [*events, events[0]])
    assert amiss(fired, [*events, uuid4()])
    assert amiss(fired, events[:1])
