"""A year through the real commands and the real sweep on a real database, whose clock is moved on from day to day.

People declare, hand in, act, or let a date pass; days on which nothing is to happen are skipped. Every rung that fired
and every entry is then read from the tables and held against ``naive``.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
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
from lianshen.deadlines.types import Entry, Rung, Start
from lianshen.identity.types import Actor
from lianshen.kernel import clock
from lianshen.kernel import database as kernel
from lianshen.kernel.clock import SHANGHAI, day_of
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import Refusal
from lianshen.projects import commands, queries
from lianshen.projects._desk import UNIT
from lianshen.projects._known import facts_of
from lianshen.rules.queries import Law, law_of, pinned
from lianshen.rules.types import Action, FactValue
from lianshen_workers.calendars import Calendars
from lianshen_workers.sweep import Sweep
from tests.walk.driver import Upload
from tests.year import naive, people, pure
from tests.year.naive import DAY, Days

_SWEEP_AT, _ACT_AT = time(0, 2), time(9)


class Killed(BaseException):
    """A sweeper ended here; nobody handles it."""


class Fired(msgspec.Struct):
    """A row of ``rung``."""

    rung: str
    due_on: date
    fired_at: datetime
    late: bool


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
        self.emergency: tuple[str, date, tuple[date, ...]] | None = None
        """Where, told of on which day, on which days no term runs."""
        self.recounted, self._stood = 0, False

    async def run(self, tenants: Sequence[str], first: date, days: int, projects: int) -> None:
        """Let so many days pass from ``first`` on, with so many projects begun on the way."""
        self.first, self.last = first, first + timedelta(days=days - 1)
        await self._appoint(tenants)
        told = first + timedelta(days=days // 3)
        self.emergency = (_OFFICERS, told, tuple(told + number * DAY for number in range(8, 12)))
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
            if outage:
                self.down.add(today)
            else:
                await self._sweep(today)
            if self.emergency and today >= self.emergency[1] and not self._stood and await self._something_runs():
                self.emergency = (self.emergency[0], today, self.emergency[2])
                self._stood = True
                await self._stand_still(today)
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

    async def _sweep(self, today: date) -> None:
        """Move the database's clock to this morning, and sweep until nothing is left, however often sweepers die."""
        await self._superuser.execute(
            text("""INSERT INTO clock_shift VALUES (true, CAST(:at AS timestamptz) - now())
                 ON CONFLICT (one) DO UPDATE SET shift = excluded.shift"""),
            {"at": instant(today, _SWEEP_AT)},
        )
        await self._superuser.commit()
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

    async def _something_runs(self) -> bool:
        """Whether an emergency would find a term to count anew."""
        found = await self._superuser.execute(
            text(
                "SELECT EXISTS (SELECT FROM deadline WHERE tenant = :tenant AND state = 'open' AND project IS NOT NULL)"
            ),
            {"tenant": _OFFICERS},
        )
        there = bool(found.scalar_one())
        await self._superuser.commit()
        return there

    async def _stand_still(self, today: date) -> None:
        """An emergency: one officer puts it up, another lets it count, and what runs is counted anew."""
        assert self.emergency is not None
        tenant, _, days = self.emergency
        at = instant(today, time(7))
        drafter, publisher = [one for one in self.actors[tenant] if may(one, "calendars.publish")][:2]
        typed = {
            "notice_title": "关于暂停办理期限的通告", "notice_number": "灌政告〔2026〕1号", "year": str(days[0].year),
            "notice_published": today.isoformat(), "effect": "still", "reason": "防汛",
            "source": f"{days[0]}..{days[-1]} 防汛停工",
        }  # fmt: skip
        async with self._work(at) as uow:
            await uow.enter(tenant)
            plan = await calendars.put_up(uow, drafter, "emergency", typed)
            await uow.commit()
        async with self._work(at) as uow:
            await uow.enter(tenant)
            await calendars.publish(uow, publisher, plan)
            await uow.commit()
        real, clock.now = clock.now, lambda: at
        try:
            self.recounted = await Calendars(self._relay, self._worker, self._law).recount()
        finally:
            clock.now = real

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
        pack, facts, soon = await self._look(sim, at)
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

    async def _look(self, sim: Sim, at: datetime) -> tuple[Any, dict[str, FactValue], date | None]:
        async with self._work(at, read_only=True) as uow:
            await uow.enter(sim.unit.tenant)
            found = await queries.view(uow, sim.unit, sim.project)
        running = [one.due_on for one in found.deadlines if one.state == "open" and one.due_on > day_of(at)]
        return pinned(self._law, found.pack), facts_of(found.facts), min(running, default=None)

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


def _history(real: Real, sim: Sim, row: pure.Row, known: Sequence[tuple[date, Days]]) -> list[tuple[date, int]]:
    """From which morning on the deadline must be counted by which of the calendars."""
    assert real.emergency is not None
    tenant, on, _ = real.emergency
    if sim.unit.tenant != tenant:
        return [(real.first, 0)]
    told = instant(on, time(7))
    before = [one for one in row.entries if one.at < told]
    if not before:
        return [(on, 1)]
    found = [(real.first, 0)]
    if naive.standing(row.start, before) in ("open", "paused"):
        was, now = (naive.last_day(row.start, before, known[version][1]) for version in (0, 1))
        fired = any(one.due_on == was and one.on <= on for one in row.fired)
        if was == now or (was >= on and not fired and now > was):
            found.append((on + DAY, 1))
    moving = [one for one in row.entries if one.at >= told and one.kind in _MOVING]
    return found + [(day_of(one.at) + DAY, 1) for one in moving[:1] if len(found) == 1]


_MOVING = ("paused", "resumed", "extended", "restarted")
_OFFICERS = "320723"
"""Where there are two people who look after the rules."""


def verified(real: Real, rows: Sequence[tuple[Sim, pure.Row, str]], days: Days) -> Iterator[str]:
    """Every way in which the tables differ from what the model says must have happened."""
    mornings, on = [], real.first
    while on <= real.last:
        mornings += [] if on in real.down else [on]
        on += DAY
    assert real.emergency is not None
    known = [(real.first, days), (real.emergency[1], days.but_still(*real.emergency[2]))]
    for sim, row, state in rows:
        said = f"seed {real.seed}, project {sim.number} ({sim.unit.tenant}), {row.clock} of {row.body}"
        row.history = _history(real, sim, row, known)
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
