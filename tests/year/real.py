"""A year through the real commands and the real sweep on a real database, whose clock is moved on from day to day.

People declare, hand in, act, or let a date pass; days on which nothing is to happen are skipped. Every rung that fired
and every entry is then read from the tables and held against ``naive``.
"""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from lianshen import wiring
from lianshen.access.queries import may
from lianshen.calendars import commands as calendars
from lianshen.calendars.queries import held
from lianshen.deadlines.types import Deadline, Entry, Rung, Start
from lianshen.identity.types import Actor
from lianshen.kernel import database as kernel
from lianshen.kernel.clock import SHANGHAI, day_of
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import Refusal
from lianshen.kernel.settings import Settings
from lianshen.projects import commands, queries
from lianshen.projects._desk import UNIT
from lianshen.projects._known import facts_of
from lianshen.rules.queries import Law, Pack, law_of, pinned
from lianshen.rules.types import Action, FactValue
from lianshen.tenancy.types import PLATFORM
from lianshen.workcalendar.types import Kind
from lianshen_workers import _process
from lianshen_workers.calendars import Calendars
from lianshen_workers.sweep import Sweep
from tests.walk.driver import Upload
from tests.year import naive, people, pure
from tests.year.naive import DAY, Days

_FOLDER = Settings().tenants_dir / "_calendar"
_SWEEP_AT, _TOLD_AT, _ACT_AT = time(0, 2), time(7), time(9)


class Killed(BaseException):
    """A sweeper ended here; nobody handles it."""


class Fired(msgspec.Struct):
    """A row of ``rung``."""

    rung: str
    due_on: date
    fired_at: datetime
    late: bool


class Change(msgspec.Struct, frozen=True):
    """Days off, or on which no term runs, of one tenant or of all, published on a day; ``year``: now known as well."""

    on: date
    tenant: str | None
    off: tuple[date, ...] = ()
    still: tuple[date, ...] = ()
    year: int | None = None

    def applied(self, days: Days) -> Days:
        """What is known with it."""
        made = days.but_off(*self.off).but_still(*self.still)
        return made._replace(last_year=self.year or made.last_year)


class Sim(msgspec.Struct):
    """A project and the unit that looks after it."""

    number: int
    project: UUID
    unit: Actor
    dice: random.Random
    temper: str
    turn_on: date
    acts: int = 0


class Real:
    """The world over a database. ``down`` are the days without a sweep."""

    def __init__(
        self, database: Database, relay: Database, worker: Database, superuser: AsyncConnection, law: Law, files: Path,
        seed: int,
    ) -> None:  # fmt: skip
        self._database, self._law, self._superuser = database, law, superuser
        self._relay, self._worker, self._files = relay, worker, files
        self.seed, self.dice, self._death = seed, random.Random(f"real/{seed}"), random.Random(f"death/{seed}")
        self.sims: list[Sim] = []
        self.down: set[date] = set()
        self.killed = 0
        self.days = 0
        self.refused: Counter[str] = Counter()
        self.actors: dict[str, list[Actor]] = {}
        self.changes: list[Change] = []
        """What became of the days, in the order in which it was published."""
        self.recounted = 0
        self.by_hand: Counter[str] = Counter()
        """Terms that somebody extended or released, for a reason."""

    async def run(self, tenants: Sequence[str], first: date, days: int, projects: int) -> None:
        """Let so many days pass from ``first`` on, with so many projects begun on the way."""
        self.first, self.last = first, first + timedelta(days=days - 1)
        self.known = naive.published(_FOLDER, first.year)
        await self._appoint([*tenants, PLATFORM])
        notices = [(days // 4, self._correct), (days // 3, self._stand_still), (days // 2, self._correct),
                   (7 * days // 8, self._follow)]  # fmt: skip
        self._awaited = [(first + timedelta(days=after), tell) for after, tell in notices]
        begun = sorted(
            (first + timedelta(days=self.dice.randint(0, days // 2)), tenants[number % len(tenants)])
            for number in range(projects)
        )
        try:
            await self._live(begun)
        finally:
            await self._superuser.execute(text("DELETE FROM clock_shift"))
            await self._superuser.commit()

    async def _live(self, begun: Sequence[tuple[date, str]]) -> None:
        today, outage = self.first, 0
        while today <= self.last:
            outage = max(outage - 1, 0) or (self.dice.choice((1, 3, 9)) if self.dice.random() < 0.04 else 0)
            await self._move_clock(instant(today, _SWEEP_AT))
            if outage:
                self.down.add(today)
            else:
                await self._sweep()
            if self._awaited and today >= self._awaited[0][0] and await self._awaited[0][1](today):
                del self._awaited[0]
            for tenant in [tenant for on, tenant in begun if on == today]:
                await self._declare(tenant, today)
            for sim in self.sims:
                if sim.turn_on <= today:
                    await self._turn(sim, today)
            self.days += 1
            today = await self._next(today, [on for on, _ in begun], outage)

    async def _next(self, today: date, begun: Sequence[date], outage: int) -> date:
        """The next day on which somebody or something is to act."""
        if outage:
            return today + DAY
        found = await self._superuser.execute(text("SELECT min(next_at) FROM deadline"))
        next_at = found.scalar_one()
        await self._superuser.commit()
        days = [on for on in begun if on > today] + [sim.turn_on for sim in self.sims]
        if next_at is not None:
            due = day_of(next_at)
            days.append(due if instant(due, _SWEEP_AT) >= next_at else due + DAY)
        # an outage may begin on any day, so at most a week is skipped
        return max(min([*days, today + timedelta(days=7)]), today + DAY)

    async def _appoint(self, tenants: Sequence[str]) -> None:
        """Everybody who works there, as if signed in: what this tries is not the door."""
        for tenant in tenants:
            rows = (await self._superuser.execute(_PEOPLE, {"tenant": tenant})).mappings()
            self.actors[tenant] = [
                Actor(**row, tenant=tenant, roles=tuple(roles), form_key="", rights=0, on=self.first)
                for row, roles in ((dict(row), row["roles"]) for row in rows)
                if row.pop("roles")
            ]
        await self._superuser.commit()

    def _work(self, at: datetime, *, read_only: bool = False) -> UnitOfWork:
        return UnitOfWork(self._database, now=at, jobs_for=wiring.jobs_for, request_id="year", read_only=read_only)

    async def _move_clock(self, at: datetime) -> None:
        """Let it be that time by the database's clock of duties."""
        await self._superuser.execute(
            text("""INSERT INTO clock_shift VALUES (true, CAST(:at AS timestamptz) - now())
                 ON CONFLICT (one) DO UPDATE SET shift = excluded.shift"""),
            {"at": at},
        )
        await self._superuser.commit()

    async def _sweep(self) -> None:
        """Sweep until nothing is left, however often sweepers die."""
        whole = kernel.UnitOfWork.commit

        async def mortal(uow: UnitOfWork) -> None:
            fate = self._death.random()
            if fate < 0.04:
                self.killed += 1
                raise Killed
            await whole(uow)
            if fate > 0.96:
                self.killed += 1
                raise Killed

        kernel.UnitOfWork.commit = mortal  # type: ignore[method-assign]
        try:
            while True:
                try:
                    if not await Sweep(self._relay, self._worker, self._law).turn():
                        break
                except Killed:
                    continue
        finally:
            kernel.UnitOfWork.commit = whole  # type: ignore[method-assign]

    async def _terms(self, today: date, tenant: str | None = None) -> list[Any]:
        """Terms counted in working days, or that end on one, whose last days are still to come."""
        found = list((await self._superuser.execute(_MOVABLE, {"today": today, "tenant": tenant})).mappings())
        await self._superuser.commit()
        return found

    async def _stand_still(self, today: date) -> bool:
        """An emergency: one officer puts it up, another lets it count, and what runs is counted anew."""
        if not await self._terms(today, _OFFICERS):
            return False
        days = [today + number * DAY for number in range(1, 5)]
        typed = {
            "notice_title": "关于暂停办理期限的通告", "notice_number": "灌政告〔2026〕1号", "year": str(days[0].year),
            "notice_published": today.isoformat(), "effect": "still", "reason": "防汛",
            "source": f"{days[0]}..{days[-1]} 防汛停工",
        }  # fmt: skip
        await self._publish(_OFFICERS, "emergency", typed, today)
        self.changes.append(Change(today, _OFFICERS, still=tuple(days)))
        return True

    async def _correct(self, today: date) -> bool:
        """The year's notice, corrected: a day that was to be worked is off, within a term or at its end."""
        known = self.known.last_year
        ends = [one["due_on"] for one in await self._terms(today)]
        near = [day for end in ends for day in (end, end - DAY, end - 2 * DAY) if day > today and day.year == known]
        days = [day for day in near if day.weekday() < 5 and self._days().works(day)]
        if not days:
            return False
        day = self.dice.choice(days)
        said = (_FOLDER / f"cn-{known}.yaml").read_text(encoding="utf-8")
        every = sorted({day, *(one for change in self.changes if change.tenant is None for one in change.off)})
        off = ", ".join(f'"{one:%m-%d}"' for one in every)
        await self._publish(PLATFORM, "year", {"source": f"{said}  - name: 更正\n    off: [{off}]\n"}, today)
        self.changes.append(Change(today, None, off=(day,)))
        return True

    async def _follow(self, today: date) -> bool:
        """The next year's notice: what reached into it was provisional."""
        year = self.known.last_year + 1
        off = [date(year, 1, number) for number in range(1, 4)]
        notice = f'{{title: 通知, number: "〔{year}〕1号", published: "{today}"}}'
        source = f'year: {year}\nnotices: [{notice}]\nholidays: [{{name: 元旦, off: ["01-01..01-03"]}}]\n'
        await self._publish(PLATFORM, "year", {"source": source}, today)
        self.changes.append(Change(today, None, off=tuple(off), year=year))
        return True

    def _days(self) -> Days:
        """What is known of the nation's days by now."""
        return known_by(self.known, self.changes, None)[-1][1]

    async def _publish(self, tenant: str, kind: Kind, typed: dict[str, str], today: date) -> None:
        """One person puts it up, another lets it count once it is known what it moves, and what runs is counted anew;
        of what does not move by itself somebody decides."""
        at = instant(today, _TOLD_AT)
        await self._move_clock(at)
        drafter, publisher = [one for one in self.actors[tenant] if may(one, "calendars.publish")][:2]
        process = Calendars(self._relay, self._worker, self._law)
        real, _process.now = _process.now, lambda: at
        try:
            plan = await self._done(at, drafter, calendars.put_up, kind, typed)
            await process.preview()
            await self._done(at, publisher, calendars.publish, plan)
            self.recounted += await process.recount()
        finally:
            _process.now = real
        for code in self.actors:
            await self._decide(code, at)

    async def _done(self, at: datetime, actor: Actor, act: Callable[..., Awaitable[Any]], *given: Any) -> Any:
        async with self._work(at) as uow:
            await uow.enter(actor.tenant)
            found = await act(uow, actor, *given)
            await uow.commit()
        return found

    async def _decide(self, tenant: str, at: datetime) -> None:
        """Of last days that do not move by themselves, some are moved and some are kept."""
        able = [one for one in self.actors[tenant] if may(one, "calendars.decide")]
        async with self._work(at) as uow:
            await uow.enter(tenant)
            waiting = [one for one in await held(uow, able[0]) if one.decision is None] if able else []
            law = await law_of(uow, self._law)
        for one in waiting:
            moved = self.dice.random() < 0.6
            async with self._work(at + timedelta(minutes=1)) as uow:
                await uow.enter(tenant)
                try:
                    chosen = [(one.deadline, one.calendar)]
                    await calendars.decide(uow, able[0], law, chosen, moved=moved, reason="通知更正")
                except Refusal as refusal:
                    self.refused[f"decide {refusal.code}"] += 1
                    continue
                await uow.commit()
            self.by_hand["moved" if moved else "kept"] += 1

    async def _declare(self, tenant: str, today: date) -> None:
        number = len(self.sims)
        dice = random.Random(f"real/{self.seed}/{number}")
        unit = dice.choice([one for one in self.actors[tenant] if may(one, "projects.declare")])
        pack = self._law.registry.latest(tenant, today)
        assert pack is not None
        typed = people.declared(pack.pack, dice, today, f"模拟项目{number}")
        async with self._work(instant(today, _ACT_AT)) as uow:
            await uow.enter(tenant)
            try:
                done = await commands.declare(uow, unit, await law_of(uow, self._law), typed)
            except Refusal as refusal:
                self.refused[f"declare {refusal.code} {[item.field for item in refusal.items]}"] += 1
                return
            await uow.commit()
        temper = dice.choice(("prompt", "prompt", "tardy", "last_day", "never"))
        self.sims.append(Sim(number, done.project, unit, dice, temper, today))

    async def _turn(self, sim: Sim, today: date) -> None:
        sim.turn_on = today + timedelta(days=sim.dice.randint(1, 6))
        if sim.temper == "never" and sim.acts > 6:
            sim.turn_on = self.last + DAY
            return
        at = instant(today, _ACT_AT) + timedelta(minutes=sim.number)
        pack, facts, running = await self._look(sim, at)
        if sim.dice.random() < 0.4:
            await self._ease(sim, at, pack, running)
        soon = min((one.due_on for one in running if one.state == "open" and one.due_on > today), default=None)
        wanted = dict(facts)
        action = people.chosen(pack, wanted, sim.dice, today)
        await self._hand_in(sim, at, sorted({*_papers(wanted)} - {*_papers(facts)}), action)
        if action is None:
            sim.turn_on += timedelta(days=10)
        else:
            body = people.actor_of(action, facts, sim.dice)
            typed = people.typed_for(pack, facts, action, sim.dice, today)
            if typed is not None:
                await self._act(sim, at, action, body, typed)
        if soon and sim.temper in ("last_day", "tardy"):
            late = 0 if sim.temper == "last_day" else sim.dice.randint(1, 12)
            sim.turn_on = max(soon + timedelta(days=late), today + DAY)

    async def _ease(self, sim: Sim, at: datetime, pack: Pack, running: Sequence[Deadline]) -> None:
        """Somebody whom the law lets extends one of the terms, or releases it."""
        ways = [
            (one, kind, leave)
            for one in running
            for kind, leave in (("extend", pack.clocks[one.clock].clock.extension),
                                ("extend", pack.clocks[one.clock].clock.extension),
                                ("waive", pack.clocks[one.clock].clock.waiver))
            if leave is not None
        ]  # fmt: skip
        if not ways:
            return
        one, kind, leave = sim.dice.choice(ways)
        typed = {"reason": "案情复杂，经研究同意。"}
        if kind == "extend":
            typed["until"] = (one.due_on + timedelta(days=sim.dice.randint(1, 25))).isoformat()
        act = commands.extend if kind == "extend" else commands.waive
        tenant = self.actors[sim.unit.tenant]
        able = [who for who in tenant if who.body in leave.by and may(who, f"deadlines.{kind}")]
        async with self._work(at) as uow:
            await uow.enter(sim.unit.tenant)
            try:
                await act(uow, sim.dice.choice(able), await law_of(uow, self._law), sim.project, one.id, typed)
            except Refusal as refusal:
                self.refused[f"{kind} {refusal.code}"] += 1
                return
            await uow.commit()
        self.by_hand[kind] += 1

    async def _look(self, sim: Sim, at: datetime) -> tuple[Pack, dict[str, FactValue], list[Deadline]]:
        async with self._work(at, read_only=True) as uow:
            await uow.enter(sim.unit.tenant)
            found = await queries.view(uow, sim.unit, sim.project)
        running = [one for one in found.deadlines if one.state in ("open", "paused")]
        return pinned(self._law, found.pack), facts_of(found.facts), running

    async def _hand_in(self, sim: Sim, at: datetime, papers: Sequence[str], action: Action | None) -> None:
        others = [one for one in self.actors[sim.unit.tenant] if action and one.body in action.by]
        for paper in papers:
            for actor in (sim.unit, *others):
                async with self._work(at) as uow:
                    await uow.enter(actor.tenant)
                    try:
                        await commands.attach(
                            uow, actor, await law_of(uow, self._law), sim.project, paper, Upload(),
                            root=self._files, limit=10_000,
                        )  # fmt: skip
                    except Refusal:
                        continue
                    await uow.commit()
                break

    async def _act(self, sim: Sim, at: datetime, action: Action, body: str, typed: dict[str, str]) -> None:
        """Whoever of the body may do it; people who have another duty in the project stand aside."""
        unit = body == UNIT
        able = [
            one
            for one in self.actors[sim.unit.tenant]
            if may(one, action.permission) and (one.office == sim.unit.office if unit else one.body == body)
        ]
        sim.dice.shuffle(able)
        for actor in sorted(able, key=lambda one: one.person != sim.unit.person):
            async with self._work(at) as uow:
                await uow.enter(actor.tenant)
                try:
                    law = await law_of(uow, self._law)
                    await commands.perform(uow, actor, law, sim.project, action.code, typed, effects=wiring.EFFECTS)
                except Refusal as refusal:
                    self.refused[f"{action.code} {refusal.code}"] += 1
                    continue
                await uow.commit()
            sim.acts += 1
            return

    async def leave(self) -> None:
        """Nothing that runs stays behind for those who use the database next."""
        await self._superuser.execute(text("SET session_replication_role = replica"))
        await self._superuser.execute(
            text("""UPDATE deadline SET state = 'cancelled', closed_at = now(), plan = '[]', next_at = NULL,
                 parked = NULL, parked_at = NULL WHERE project = ANY(:projects) AND state IN ('open', 'paused')"""),
            {"projects": [sim.project for sim in self.sims]},
        )
        await self._superuser.execute(
            text("UPDATE project SET due_on = 'infinity' WHERE id = ANY(:projects)"),
            {"projects": [sim.project for sim in self.sims]},
        )
        await self._superuser.execute(text("SET session_replication_role = origin"))
        await self._superuser.commit()

    async def rows(self) -> list[tuple[Sim, pure.Row, str]]:
        """Every deadline of the projects as the tables have it, with its state."""
        found = []
        for sim in self.sims:
            read = await self._superuser.execute(_ROWS, {"project": sim.project})
            found += [(sim, self._row(one), one["state"]) for one in read.mappings()]
        await self._superuser.commit()
        return found

    def _row(self, one: Any) -> pure.Row:
        pack = pinned(self._law, one["pack"])
        clock = pack.clocks[one["clock"]].clock
        start = Start(
            **{name: one[name] for name in ("trigger_on", "budget", "unit", "rolling", "first_day", "on_expiry")},
            named_on=one["named_on"],
            ladder=tuple(Rung(rung.code, rung.days, rung.unit) for rung in clock.ladder),
        )
        entries = msgspec.convert(one["entries"], list[Entry])
        fired = [
            pure.Firing(day_of(rung.fired_at), rung.rung, rung.due_on, rung.late)
            for rung in msgspec.convert(one["fired"], list[Fired])
        ]
        return pure.Row(one["id"], one["clock"], one["owed_by"], start, entries, fired, 0, [(self.first, 0)])


_PEOPLE = text("""
    SELECT p.id AS person, p.name, t.id AS post, o.id AS office, o.name AS office_name, o.body, t.roles
    FROM post t JOIN person p ON p.tenant = t.tenant AND p.id = t.person
    JOIN office o ON o.tenant = t.tenant AND o.id = t.office
    WHERE t.tenant = :tenant AND t.ended_at IS NULL AND t.stands_in_for IS NULL AND p.administers IS NULL
    ORDER BY p.login, o.code
""")

_MOVABLE = text("""
    SELECT due_on, tenant FROM deadline
    WHERE project IS NOT NULL AND state = 'open' AND due_on > CAST(:today AS date)
      AND (unit = 'working_days' OR rolling = 'next_working_day' OR CAST(:tenant AS text) IS NOT NULL)
      AND (CAST(:tenant AS text) IS NULL OR tenant = :tenant)
    ORDER BY due_on, id
""")

_ROWS = text("""
    SELECT d.*, p.pack,
        (SELECT json_agg(json_build_object('id', e.id, 'kind', e.kind, 'on', e.on, 'at', e.at, 'of', e.of,
            'amount', e.amount, 'unit', e.unit, 'until', e.until) ORDER BY e.at, e.id)
         FROM deadline_entry e WHERE e.tenant = d.tenant AND e.deadline = d.id) AS entries,
        (SELECT coalesce(json_agg(json_build_object('rung', r.rung, 'due_on', r.due_on, 'fired_at', r.fired_at,
            'late', r.late) ORDER BY r.fired_at, r.planned_at), '[]')
         FROM rung r WHERE r.tenant = d.tenant AND r.deadline = d.id) AS fired
    FROM deadline d JOIN project p ON p.tenant = d.tenant AND p.id = d.project WHERE d.project = :project
    ORDER BY d.opened_at, d.id
""")


def known_by(days: Days, changes: Sequence["Change"], tenant: str | None) -> list[tuple[date, Days]]:
    """From which day on what is known of the days of a tenant, or of the nation; the first before any change."""
    found = [(date.min, days)]
    for one in changes:
        if one.tenant in (None, tenant):
            found.append((one.on, one.applied(found[-1][1])))
    return found


def _history(row: pure.Row, known: Sequence[tuple[date, Days]]) -> list[tuple[date, int]]:
    """From which morning on the deadline must be counted by which of the calendars.

    It is begun, and counted anew by every entry that moves it, by the calendar that counts then. One that is published
    later counts for it where the last day stays, or moves by itself, or somebody decides that it does.
    """
    entries = sorted(row.entries, key=lambda one: one.at)
    told = [instant(on, _TOLD_AT) for on, _ in known[1:]]
    latest = sum(at <= entries[0].at for at in told)
    found = [(date.min, latest)]
    for version in range(latest + 1, len(known)):
        on, days = known[version]
        before = [one for one in entries if one.at < told[version - 1]]
        until = told[version] if version < len(told) else datetime.max.replace(tzinfo=UTC)
        if naive.standing(row.start, before) not in ("open", "paused"):
            break
        fired = [one for one in row.fired if one.on <= on]
        by = known[found[-1][1]][1]
        if naive.moves(row.start, before, fired, by, days, on) in (True, None):
            found.append((on + DAY, version))
            continue
        moving = [one for one in entries if told[version - 1] <= one.at < until and one.kind in _MOVING]
        found += [(day_of(one.at) + DAY, version) for one in moving[:1]]
    return found


def _counted_anew(row: pure.Row, known: Sequence[tuple[date, Days]]) -> Iterator[str]:
    """Where a calendar moved a last day that may not move by itself, or did not move one that does."""
    for place, (on, days) in enumerate(known[1:], start=1):
        told = instant(on, _TOLD_AT)
        before = [one for one in row.entries if one.at < told]
        if not before or naive.standing(row.start, before) not in ("open", "paused"):
            continue
        by = known[[version for morning, version in row.history if morning <= on and version < place][-1]][1]
        must = bool(naive.moves(row.start, before, [one for one in row.fired if one.on <= on], by, days, on))
        times = sum(one.kind == "recounted" and one.at == told for one in row.entries)
        if times != must:
            yield f"on {on} moved {times} times, and must {'once' if must else 'not'}: {row.start} {row.entries}"


_MOVING = ("paused", "resumed", "extended", "restarted", "recounted")
_OFFICERS = "320723"
"""Where there are two people who look after the rules."""


def verified(real: Real, rows: Sequence[tuple[Sim, pure.Row, str]]) -> Iterator[str]:
    """Every way in which the tables differ from what the model says must have happened."""
    mornings, on = [], real.first
    while on <= real.last:
        mornings += [] if on in real.down else [on]
        on += DAY
    for sim, row, state in rows:
        said = f"seed {real.seed}, project {sim.number} ({sim.unit.tenant}), {row.clock} of {row.body}"
        known = known_by(real.known, real.changes, sim.unit.tenant)
        row.history = _history(row, known)
        yield from (f"{said}: {wrong}" for wrong in _counted_anew(row, known))
        expected = list(pure.expected(row, mornings, known, sweep_at=_SWEEP_AT))
        if expected != row.fired:
            yield f"{said}:\n  must be {expected}\n  was     {row.fired}\n  {row.start}\n  {row.entries}"
        over = [one for one in expected if one.rung == "expiry"]
        noted = [one for one in row.entries if one.kind == "expired"]
        if [one.due_on for one in over] != [one.on for one in noted]:
            yield f"{said}: expired {noted}, and must be {over}"
        ended = "expired" if over and row.start.on_expiry != "none" else naive.standing(
            replace(row.start, on_expiry="none"), row.entries)  # fmt: skip
        if state != ended:
            yield f"{said}: is {state}, and must be {ended}"


def _papers(facts: dict[str, FactValue]) -> tuple[str, ...]:
    listed = facts.get("documents", ())
    assert isinstance(listed, tuple)
    return listed


def instant(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, SHANGHAI).astimezone(UTC)
