"""A year of the rules and the ledger alone: projects, people, a calendar that changes, a sweep that fails; no database.

Everything follows from the seed. What happened is recorded as it happens and then held against ``naive``.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import msgspec

from lianshen.deadlines._ledger import EXPIRY, fold, outstanding
from lianshen.deadlines.types import Entry, Fired, Rung, Start
from lianshen.kernel.clock import SHANGHAI
from lianshen.projects._desk import UNIT, bodies_of
from lianshen.rules.queries import ExpressionError, Pack, expire, read_inputs
from lianshen.rules.types import ClockStart, FactValue
from lianshen.workcalendar.queries import Calendar
from lianshen.workcalendar.types import Mark
from tests.year import naive, people
from tests.year.naive import DAY, Days

LADDER = (
    Rung("ahead", -3, "working_days"),
    Rung("last_day", 0, "days"),
    Rung("head", 2, "working_days"),
    Rung("above", 5, "working_days"),
)
"""Added to clocks that declare no ladder, so that there is something to climb."""
_SWEEP_AT, _ACT_AT = time(0, 5), time(9)


class Firing(msgspec.Struct, frozen=True):
    """A rung that fired: on which morning, of which last day, and whether it was said to be late."""

    on: date
    rung: str
    due_on: date
    late: bool


class Row(msgspec.Struct):
    """A deadline: what it began with, what was entered, what fired. ``told`` is the calendar that it is counted by."""

    id: UUID
    clock: str
    body: str
    start: Start
    entries: list[Entry]
    fired: list[Firing]
    told: int
    since: int
    history: list[tuple[date, int]]
    """From which morning on it is counted by which of the calendars."""
    next_on: date | None = None


class Sim(msgspec.Struct):
    """A project and the people around it. ``temper`` says how they keep dates."""

    pack: Pack
    facts: dict[str, FactValue]
    dice: random.Random
    temper: str
    turn_on: date
    rows: list[Row]
    acts: int = 0
    consequences: list[tuple[UUID, date]] = []


class Year:
    """The world. ``mornings`` on which no sweeper lives are outages; ``calendars`` are known from their days on."""

    def __init__(self, packs: list[Pack], calendars: list[tuple[date, Days]], seed: int, projects: int) -> None:
        self.seed = seed
        self.dice = random.Random(f"year/{seed}")
        self.first = calendars[0][0]
        self._days = [(on, days, calendar_of(days, f"v{number}")) for number, (on, days) in enumerate(calendars)]
        self.crashes = 0
        self.down: set[date] = set()
        self.sims = [self._sim(packs[number % len(packs)], number) for number in range(projects)]
        self.swept: list[date] = []

    def _sim(self, pack: Pack, number: int) -> Sim:
        dice = random.Random(f"project/{self.seed}/{number}")
        on = self.first + timedelta(days=dice.randint(0, 240))
        facts, errors = read_inputs(pack.intake, people.declared(pack, dice, on, f"项目{number}"), partial=True, on=on)
        assert not errors, errors
        return Sim(pack, facts, dice, dice.choice(("prompt", "prompt", "tardy", "last_day", "never")), on, [])

    def run(self, days: int) -> None:
        today, outage = self.first, 0
        for _ in range(days):
            version = max(number for number, (on, _, _) in enumerate(self._days) if on <= today)
            if any(on == today for on, _, _ in self._days[1:]):
                for sim in self.sims:
                    self._recount(sim, version, today)
            if outage == 0 and self.dice.random() < 0.02:
                outage = self.dice.choice((1, 3, 9))
            if outage:
                outage -= 1
                self.down.add(today)
            else:
                self.swept.append(today)
                for sim in self.sims:
                    self._sweep(sim, today, version)
            for sim in self.sims:
                if sim.turn_on <= today:
                    self._turn(sim, today, version)
            today += DAY
        self.last = today - DAY

    def calendar(self, row: Row) -> Calendar:
        return self._days[row.told][2]

    def _recount(self, sim: Sim, version: int, today: date) -> None:
        """A new calendar moves what runs; never what is past or was told of already (D64)."""
        for row in sim.rows:
            before = self._state(row)
            after = fold(row.start, row.entries, self._days[version][2])
            told = any(one.due_on == before.due_on for one in row.fired)
            if before.state not in ("open", "paused") or told or before.due_on < today:
                continue
            if after.due_on != before.due_on:
                row.entries.append(entry(sim.dice, "recounted", today, _SWEEP_AT, minus=1))
            row.told = version
            row.history.append((today, version))
            self._plan(row)

    def _state(self, row: Row):
        return fold(row.start, row.entries, self.calendar(row))

    def _plan(self, row: Row) -> None:
        left = outstanding(self._state(row), [Fired(one.rung, one.due_on) for one in row.fired])
        row.next_on = left[0].on if left else None

    def _sweep(self, sim: Sim, today: date, version: int) -> None:
        """Four sweepers, each of which may die before or after it commits; whatever is left the next one finds."""
        for row in list(sim.rows):
            while row.next_on is not None and row.next_on <= today:
                if self.dice.random() < 0.05:  # died before COMMIT: as if it had never begun
                    self.crashes += 1
                    continue
                self._fire(sim, row, today, version)
                if self.dice.random() < 0.05:  # died after COMMIT, before it could say so: somebody asks again
                    self.crashes += 1

    def _fire(self, sim: Sim, row: Row, today: date, version: int) -> None:
        state = self._state(row)
        left = outstanding(state, [Fired(one.rung, one.due_on) for one in row.fired])
        if not left or left[0].on > today:
            return
        plan = left[0]
        row.fired.append(Firing(today, plan.rung, state.due_on, plan.on < today))
        if plan.rung == EXPIRY:
            row.entries.append(entry(sim.dice, "expired", today, _SWEEP_AT))
            if row.start.on_expiry != "none":
                sim.consequences.append((row.id, today))
            outcome = expire(sim.pack, sim.facts, row.clock, today)
            sim.facts = dict(outcome.facts)
            self._start(sim, outcome.starts, today, version)
        self._plan(row)

    def _turn(self, sim: Sim, today: date, version: int) -> None:
        sim.turn_on = self._next_turn(sim, today)
        if sim.temper == "never" and sim.acts > 6:
            return
        if sim.dice.randrange(2):
            self._ledger_act(sim, today)
        try:
            papers = people.papers_for(sim.pack, sim.facts, today)
            held = sim.facts.get("documents", ())
            assert isinstance(held, tuple)
            sim.facts["documents"] = tuple(sorted({*held, *papers}))
            action = people.chosen(sim.pack, sim.facts, sim.dice, today)
        except ExpressionError:
            return
        if action is None:
            return
        body = people.actor_of(action, sim.facts, sim.dice)
        typed = people.typed_for(sim.pack, sim.facts, action, sim.dice, today)
        if typed is None:
            return
        outcome = people.acted(sim.pack, sim.facts, action, typed, today, body)
        sim.facts, sim.acts = dict(outcome.facts), sim.acts + 1
        self._stop(sim, outcome.stops, body, today)
        self._start(sim, outcome.starts, today, version)

    def _next_turn(self, sim: Sim, today: date) -> date:
        """In time, on the last day, after it, or at random."""
        due = sorted(self._state(row).due_on for row in sim.rows if self._state(row).state == "open")
        soon = [day for day in due if day > today]
        if soon and sim.temper == "last_day":
            return max(soon[0], today + DAY)
        if soon and sim.temper == "tardy":
            return soon[0] + timedelta(days=sim.dice.randint(1, 12))
        return today + timedelta(days=sim.dice.randint(1, 5))

    def _stop(self, sim: Sim, stops: tuple[str, ...], body: str, today: date) -> None:
        """A clock that the actor owes is met, of the actor; one that only others owe is cancelled, of all."""
        stopped = [row for row in sim.rows if row.clock in stops and self._runs(row)]
        met = {row.clock for row in stopped if row.body == body}
        for row in stopped:
            if row.clock not in met or row.body == body:
                row.entries.append(entry(sim.dice, "met" if row.clock in met else "cancelled", today, _ACT_AT))
                self._plan(row)

    def _runs(self, row: Row) -> bool:
        return self._state(row).state in ("open", "paused")

    def _start(self, sim: Sim, starts: tuple[ClockStart, ...], today: date, version: int) -> None:
        for begun in starts:
            for body in bodies_of(begun.clock.owed_by, sim.facts):
                if any(row.clock == begun.clock.code and row.body == body and self._runs(row) for row in sim.rows):
                    continue  # the database has room for one
                first = entry(sim.dice, "started", begun.trigger_on, _ACT_AT, at=today)
                row = Row(
                    first.id, begun.clock.code, body, start_of(begun), [first], [], version, version, [(today, version)]
                )
                sim.rows.append(row)
                self._plan(row)

    def _ledger_act(self, sim: Sim, today: date) -> None:
        """Somebody pauses, resumes, extends, begins anew or waives one of the terms that run."""
        running = [row for row in sim.rows if self._runs(row)]
        if not running:
            return
        row, dice = sim.dice.choice(running), sim.dice
        ended = {one.of for one in row.entries if one.kind == "resumed"}
        pauses = [one for one in row.entries if one.kind == "paused" and one.id not in ended]
        kind = dice.choice(("paused", "resumed", "resumed", "resumed", "extended", "restarted", "waived"))
        if kind == "resumed":
            if pauses:
                row.entries.append(entry(dice, kind, today, _ACT_AT, of=dice.choice(pauses).id))
        elif kind == "extended":
            unit = dice.choice(("working_days", "days", "months", None))
            more = (
                {"amount": dice.randint(1, 3), "unit": unit} if unit else {"until": today + dice.randint(1, 40) * DAY}
            )
            row.entries.append(entry(dice, kind, today, _ACT_AT, **more))
        elif kind != "waived" or not dice.randrange(4):
            row.entries.append(entry(dice, kind, today, _ACT_AT))
        self._plan(row)


def start_of(begun: ClockStart) -> Start:
    """The start of a deadline as an act of the law begins it."""
    clock = begun.clock
    return Start(
        trigger_on=begun.trigger_on,
        budget=clock.budget,
        unit=clock.unit,
        rolling=clock.rolling,
        named_on=begun.due_on,
        on_expiry=clock.on_expiry,
        ladder=LADDER,
    )


def entry(dice: random.Random, kind: str, on: date, moment: time, *, at: date | None = None, minus: int = 0, **more):
    instant = datetime.combine(at or on, moment, SHANGHAI).astimezone(UTC) - timedelta(minutes=minus)
    instant += timedelta(microseconds=dice.randrange(1000))
    return Entry(id=UUID(int=dice.getrandbits(128)), kind=kind, on=on, at=instant, **more)


def calendar_of(days: Days, version: str) -> Calendar:
    marks = {day: Mark(False, "放假", "") for day in days.off} | {day: Mark(True, "上班", "") for day in days.worked}
    return Calendar(marks, 2018, days.last_year, version)


def verified(year: Year, days: list[tuple[date, Days]]) -> Iterator[str]:
    """Every way in which what happened differs from what the model says must happen."""
    for number, sim in enumerate(year.sims):
        for row in sim.rows:
            expected = list(_expected(row, year.swept, days))
            if expected != row.fired:
                yield (
                    f"seed {year.seed}, project {number} ({sim.pack.ref}), {row.clock} of {row.body}:\n"
                    f"  must be {expected}\n  was     {row.fired}\n  start   {row.start}\n  entries {row.entries}"
                )
        counted = Counter(sim.consequences)
        twice = [one for one, times in counted.items() if times > 1]
        if twice or len({one for one, _ in counted}) != len(counted):
            yield f"seed {year.seed}, project {number}: consequences doubled {counted}"


def _expected(row: Row, swept: list[date], days: list[tuple[date, Days]]) -> Iterator[Firing]:
    """By walking over the mornings: what was entered before each, and what that asks for."""
    gone: set[tuple[str, date]] = set()
    known: tuple[object, ...] = ()
    due_on, plan, over = date.min, list[naive.Step](), False
    opened = min(one.at for one in row.entries)
    for morning in swept:
        instant = datetime.combine(morning, _SWEEP_AT, SHANGHAI).astimezone(UTC)
        before = [one for one in row.entries if one.kind != "expired" and one.at < instant]
        if instant <= opened or over or naive.standing(row.start, before) != "open":
            continue
        told = max(entry for entry in row.history if entry[0] <= morning)[1]
        if known != (len(before), told):
            known = (len(before), told)
            works: Callable[[date], bool] = days[told][1].works
            due_on = naive.last_day(row.start, before, works)
            moving = [one.at for one in before if one.kind not in ("recounted", "waived")]
            plan = naive.steps(row.start.ladder, due_on, max(moving).astimezone(SHANGHAI).date(), works)
        for step in plan:
            if step.on <= morning and (step.rung, due_on) not in gone and not over:
                gone.add((step.rung, due_on))
                yield Firing(morning, step.rung, due_on, step.on < morning)
                over = step.rung == "expiry" and row.start.on_expiry != "none"


__all__ = ["UNIT", "Year", "calendar_of", "verified"]
