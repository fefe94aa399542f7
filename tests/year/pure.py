"""A year of the rules and the ledger alone: projects, people, a calendar that changes, a sweep that fails; no database.

Everything follows from the seed. What happened is recorded as it happens and then held against ``naive``.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import msgspec

from lianshen.deadlines._ledger import EXPIRY, fold, outstanding
from lianshen.deadlines._recalendar_store import Counted
from lianshen.deadlines.recalendar import verdict
from lianshen.deadlines.types import Entry, Fired, Rung, Start, State
from lianshen.kernel.clock import SHANGHAI
from lianshen.projects._desk import bodies_of
from lianshen.rules.queries import Pack, expire, read_inputs
from lianshen.rules.types import ClockStart, ClockTurn, FactValue
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
    history: list[tuple[date, int]]
    """From which morning on it is counted by which of the calendars."""
    next_on: date | None = None
    state: State | None = None
    """What the ledger says of it now, computed anew with every entry."""


class Sim(msgspec.Struct):
    """A project and the people around it. ``temper`` says how they keep dates."""

    pack: Pack | None
    """None: no law, only terms begun by dice, so that every kind of term is met."""
    facts: dict[str, FactValue]
    dice: random.Random
    temper: str
    turn_on: date
    rows: list[Row]
    acts: int = 0
    consequences: list[tuple[UUID, date]] = []


class Year:
    """The world. ``mornings`` on which no sweeper lives are outages; ``calendars`` are known from their days on."""

    def __init__(
        self,
        packs: Sequence[Pack],
        calendars: Sequence[tuple[date, Days]],
        seed: int,
        *,
        projects: int,
        bare: int,
        days: int,
    ) -> None:
        self.seed, self.length = seed, days
        self.dice = random.Random(f"year/{seed}")
        self.first = calendars[0][0]
        self._days = [(on, days, calendar_of(days, f"v{number}")) for number, (on, days) in enumerate(calendars)]
        self.crashes = 0
        self.down: set[date] = set()
        self.sims = [self._sim(packs[number % len(packs)], number) for number in range(projects)]
        self.sims += [self._sim(None, number) for number in range(projects, projects + bare)]
        self.swept: list[date] = []

    def _sim(self, pack: Pack | None, number: int) -> Sim:
        dice = random.Random(f"project/{self.seed}/{number}")
        on = self.first + timedelta(days=dice.randint(0, self.length // 2))
        if pack is None:
            return Sim(None, {}, dice, "prompt", on, [])
        facts, errors = read_inputs(pack.intake, people.declared(pack, dice, on, f"项目{number}"), partial=True, on=on)
        assert not errors, errors
        return Sim(pack, facts, dice, dice.choice(("prompt", "prompt", "tardy", "last_day", "never")), on, [])

    def run(self) -> None:
        today, outage = self.first, 0
        for _ in range(self.length):
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
        """A new calendar: what moves by itself, what is the same under it, and what waits for a decision (D64)."""
        for row in sim.rows:
            before = self._state(row)
            if before.state not in ("open", "paused"):
                continue
            after = fold(row.start, row.entries, self._days[version][2])
            said = verdict(_counted(row, before, today), after, today)
            if said in ("same", "moves"):
                if said == "moves":
                    row.entries.append(entry(sim.dice, "recounted", today, _SWEEP_AT, minus=1))
                row.told = version
                row.history.append((today, version))
                self._plan(row)

    def _state(self, row: Row) -> State:
        assert row.state is not None
        return row.state

    def _plan(self, row: Row) -> None:
        row.state = fold(row.start, row.entries, self.calendar(row))
        left = outstanding(row.state, [Fired(one.rung, one.due_on) for one in row.fired])
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
            row.entries.append(entry(sim.dice, "expired", state.due_on, _SWEEP_AT, at=today))
            if row.start.on_expiry != "none":
                sim.consequences.append((row.id, today))
            if sim.pack is not None:
                outcome = expire(sim.pack, sim.facts, row.clock, today)
                sim.facts = dict(outcome.facts)
                self._start(sim, outcome.starts, today, version)
        self._plan(row)

    def _turn(self, sim: Sim, today: date, version: int) -> None:
        sim.turn_on = self._next_turn(sim, today)
        if sim.temper == "never" and sim.acts > 6:
            return
        if sim.dice.randrange(2):
            self._ledger_act(sim, today, version)
        if sim.pack is None:
            self._any_term(sim, today, version)
            return
        action = people.chosen(sim.pack, sim.facts, sim.dice, today)
        if action is None:
            sim.turn_on += timedelta(days=10)
            return
        body = people.actor_of(action, sim.facts, sim.dice)
        typed = people.typed_for(sim.pack, sim.facts, action, sim.dice, today)
        if typed is None:
            return
        outcome = people.acted(sim.pack, sim.facts, action, typed, today, body)
        sim.facts, sim.acts = dict(outcome.facts), sim.acts + 1
        self._stop(sim, outcome.stops, body, today)
        for turn in outcome.turns:
            self._law_turns(sim, turn, today, version)
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
                self._begin(sim, begun.clock.code, body, start_of(begun), today, version)

    def _begin(self, sim: Sim, clock: str, body: str, start: Start, today: date, version: int) -> None:
        first = entry(sim.dice, "started", start.trigger_on, _ACT_AT, at=today)
        sim.rows.append(Row(first.id, clock, body, start, [first], [], version, [(today, version)]))
        self._plan(sim.rows[-1])

    def _law_turns(self, sim: Sim, turn: ClockTurn, today: date, version: int) -> None:
        """What an act of the law does to clocks that run."""
        for row in sim.rows:
            if row.clock != turn.clock or not self._runs(row):
                continue
            pauses = open_pauses(row.entries)
            if turn.kind == "resumed":
                row.entries += [entry(sim.dice, "resumed", today, _ACT_AT, of=one) for one in pauses]
            elif turn.kind == "extended":
                row.entries.append(entry(sim.dice, "extended", today, _ACT_AT, amount=turn.amount, unit=turn.unit))
            elif turn.kind != "paused" or not pauses:
                row.entries.append(entry(sim.dice, turn.kind, today, _ACT_AT))
            self._now_by(row, today, version)

    def _now_by(self, row: Row, today: date, version: int) -> None:
        """Whatever is entered is counted by the calendar that counts now."""
        row.told = version
        row.history.append((today + DAY, version))
        self._plan(row)

    def _any_term(self, sim: Sim, today: date, version: int) -> None:
        """Begin a term of any kind, or end one."""
        running = [row for row in sim.rows if self._runs(row)]
        if running and sim.dice.random() < 0.6:
            row = sim.dice.choice(running)
            row.entries.append(
                entry(sim.dice, sim.dice.choice(("met", "met", "cancelled", "superseded")), today, _ACT_AT)
            )
            self._plan(row)
        elif len(running) < 4:
            trigger = today - timedelta(days=sim.dice.randint(0, 9))
            self._begin(sim, "term", f"body{len(sim.rows)}", any_start(sim.dice, trigger), today, version)

    def _ledger_act(self, sim: Sim, today: date, version: int) -> None:
        """Somebody pauses, resumes, extends, begins anew or waives one of the terms that run."""
        running = [row for row in sim.rows if self._runs(row)]
        if not running:
            return
        row, dice = sim.dice.choice(running), sim.dice
        pauses = open_pauses(row.entries)
        kind = dice.choice(("paused", "resumed", "resumed", "resumed", "extended", "restarted", "waived"))
        if kind == "resumed":
            if pauses:
                row.entries.append(entry(dice, kind, today, _ACT_AT, of=dice.choice(pauses)))
        elif kind == "extended":
            unit = dice.choice(("working_days", "days", "months", None))
            more = (
                {"amount": dice.randint(1, 3), "unit": unit} if unit else {"until": today + dice.randint(1, 40) * DAY}
            )
            row.entries.append(entry(dice, kind, today, _ACT_AT, **more))
        elif kind != "waived" or not dice.randrange(4):
            row.entries.append(entry(dice, kind, today, _ACT_AT))
        self._now_by(row, today, version)


def _counted(row: Row, state: State, today: date) -> Counted:
    return Counted(
        id=row.id, project=row.id, clock=row.clock, label="", article="", owed_by=row.body, due_on=state.due_on,
        provisional=state.provisional, calendar=state.calendar, overdue=state.overdue, over=state.due_on < today,
        cut_off="24:00",
        start=row.start, entries=tuple(row.entries), fired=tuple(Fired(one.rung, one.due_on) for one in row.fired),
    )  # fmt: skip


def start_of(begun: ClockStart) -> Start:
    """The start of a deadline as an act of the law begins it."""
    clock = begun.clock
    return Start(
        trigger_on=begun.trigger_on,
        budget=clock.budget,
        unit=clock.unit,
        rolling=clock.rolling,
        first_day=clock.first_day,
        named_on=begun.due_on,
        on_expiry=clock.on_expiry,
        ladder=tuple(Rung(one.code, one.days, one.unit) for one in clock.ladder) or LADDER,
    )


def open_pauses(entries: Sequence[Entry]) -> list[UUID]:
    ended = {one.of for one in entries if one.kind == "resumed"}
    return [one.id for one in entries if one.kind == "paused" and one.id not in ended]


def any_start(dice: random.Random, trigger: date) -> Start:
    """A term of any kind."""
    unit = dice.choice(("working_days", "days", "months", "date"))
    budget = dice.choice((1, 2, 3, 5, 10, 20, 30) if unit != "months" else (1, 2, 6)) * dice.choice((1, 1, 1, -1))
    return Start(
        trigger_on=trigger + timedelta(days=90 * (budget < 0)),
        budget=None if unit == "date" else budget,
        unit=unit,
        rolling=dice.choice(("none", "next_working_day")),
        first_day=dice.choice(("counted", "not_counted")),
        named_on=trigger + timedelta(days=dice.randint(0, 60)) if unit == "date" else None,
        on_expiry=dice.choice(("none", "lapsed")),
        ladder=LADDER,
    )


def entry(dice: random.Random, kind: str, on: date, moment: time, *, at: date | None = None, minus: int = 0, **more):
    instant = datetime.combine(at or on, moment, SHANGHAI).astimezone(UTC) - timedelta(minutes=minus)
    instant += timedelta(microseconds=dice.randrange(1000))
    return Entry(id=UUID(int=dice.getrandbits(128)), kind=kind, on=on, at=instant, **more)


def calendar_of(days: Days, version: str) -> Calendar:
    marks = {day: Mark(False, "放假", "") for day in days.off} | {day: Mark(True, "上班", "") for day in days.worked}
    marks |= {day: Mark(False, "暂停", "", stands_still=True) for day in days.still}
    return Calendar(marks, 2018, days.last_year, version)


def verified(year: Year, days: Sequence[tuple[date, Days]]) -> Iterator[str]:
    """Every way in which what happened differs from what the model says must happen."""
    for number, sim in enumerate(year.sims):
        for row in sim.rows:
            must = list(expected(row, year.swept, days))
            if must != row.fired:
                law = sim.pack.ref if sim.pack else "no law"
                yield (
                    f"seed {year.seed}, project {number} ({law}), {row.clock} of {row.body}:\n"
                    f"  must be {must}\n  was     {row.fired}\n  start   {row.start}\n  entries {row.entries}"
                )
            yield from (f"seed {year.seed}, project {number}, {row.clock}: {said}" for said in _recounts(row, days))
        counted = Counter(sim.consequences)
        twice = [one for one, times in counted.items() if times > 1]
        if twice or len({one for one, _ in counted}) != len(counted):
            yield f"seed {year.seed}, project {number}: consequences doubled {counted}"


def _recounts(row: Row, days: Sequence[tuple[date, Days]]) -> Iterator[str]:
    """Where a new calendar moved a last day that may not move by itself, or did not move one that does."""
    for version, (on, known) in enumerate(days):
        instant = datetime.combine(on, _SWEEP_AT, SHANGHAI).astimezone(UTC) - timedelta(minutes=2)
        before = [one for one in row.entries if one.at < instant]
        if version == 0 or not before or naive.standing(row.start, before) not in ("open", "paused"):
            continue
        earlier = [one for one in row.history if one[0] < on or (one[0] == on and one[1] < version)]
        by = days[earlier[-1][1]][1]
        told = [one for one in row.fired if one.on < on]
        moves = bool(naive.moves(row.start, before, told, by, known, on))
        moved = any(one.kind == "recounted" and one.at >= instant and one.on == on for one in row.entries)
        if moves != moved:
            yield f"on {on} {'not ' if moves else ''}moved; {row.start} {row.entries} {row.fired}"


def expected(
    row: Row, swept: Sequence[date], days: Sequence[tuple[date, Days]], *, sweep_at: time = _SWEEP_AT
) -> Iterator[Firing]:
    """By walking over the mornings: what was entered before each, and what that asks for."""
    gone: set[tuple[str, date]] = set()
    entries = sorted((one for one in row.entries if one.kind != "expired"), key=lambda one: one.at)
    due_on, plan, place, told, standing = date.min, list[naive.Step](), 0, -1, ""
    for morning in swept:
        instant = datetime.combine(morning, sweep_at, SHANGHAI).astimezone(UTC)
        changed = False
        while place < len(entries) and entries[place].at < instant:
            place, changed = place + 1, True
        while row.history[told + 1 :] and row.history[told + 1][0] <= morning:
            told, changed = told + 1, True
        before = entries[:place]
        if changed and before:
            standing = naive.standing(row.start, before)
            known = days[row.history[told][1]][1]
            due_on = naive.last_day(row.start, before, known)
            moving = [one.at for one in before if one.kind not in ("recounted", "waived")]
            plan = naive.steps(row.start.ladder, due_on, max(moving).astimezone(SHANGHAI).date(), known)
        if standing != "open":
            continue
        for step in plan:
            if step.on <= morning and (step.rung, due_on) not in gone:
                gone.add((step.rung, due_on))
                yield Firing(morning, step.rung, due_on, step.on < morning)
                if step.rung == "expiry" and row.start.on_expiry != "none":
                    return
