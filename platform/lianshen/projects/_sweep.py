"""Letting what is due take effect, many deadlines of a tenant in one transaction.

What each comes to is computed before anything is written, project by project: one that fails is left out and named,
and the others go on.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from lianshen.audit import commands as audit
from lianshen.audit.types import By, Change
from lianshen.deadlines import commands as deadlines
from lianshen.deadlines.types import Due, Firing
from lianshen.kernel.clock import SHANGHAI, day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Altered
from lianshen.kernel.messages import text
from lianshen.projects import _desk, _seal_store, _sweep_store
from lianshen.projects._carry import note_standing, owed
from lianshen.projects._known import facts_of, numbers_named, own_facts, with_linked
from lianshen.projects.types import Swept
from lianshen.rules import queries as rules
from lianshen.rules.queries import Law, Pack
from lianshen.rules.types import EXPIRY, Facts, FactValue, Outcome, Rung

_LATE = timedelta(minutes=5)
"""In service everything that is due takes effect sooner than that after its time (invariant I5)."""
_AT_EXPIRY = ("officer", "head", "organiser")

Step = tuple[datetime, str, Due]
"""A rung that is to fire, with the instant at which it had to."""


class Case(msgspec.Struct):
    """A project while its deadlines are swept. ``clocks`` maps (clock, owing body) to the open due date.

    The rest is read where a term is over whose end may change something (see ``Pack.turning``).
    """

    id: UUID
    office: UUID
    pack: Pack
    facts: Facts = {}
    clocks: dict[tuple[str, str], date] = {}
    tasks: set[tuple[Any, ...]] = set()
    canon: str = ""


class Happening(msgspec.Struct, frozen=True):
    """A step and what it comes to; ``outcome`` where the term is over and that may change something. ``rung`` is None
    where it is over, and where the pack has no such step any more."""

    at: datetime
    due: Due
    code: str
    rung: Rung | None
    outcome: Outcome | None


class Result(msgspec.Struct, frozen=True):
    """What the steps of one project come to, and its row where it has changed."""

    case: Case
    happenings: tuple[Happening, ...]
    facts: Facts
    clocks: Mapping[tuple[str, str], date]


def steps_of(dues: Sequence[Due], now: datetime) -> dict[UUID, list[Step]]:
    """By project, every rung that is to fire, in order of time."""
    found: dict[UUID, list[Step]] = {}
    for due in dues:
        found.setdefault(due.project, []).extend((at, rung, due) for at, rung in due.plan if at <= now)
    for steps in found.values():
        steps.sort(key=lambda step: step[0])
    return found


def result_of(case: Case, steps: Sequence[Step], on: date) -> Result:
    """What happens on these steps, a pure function. A term that its end has closed fires nothing more."""
    facts, clocks = case.facts, dict(case.clocks)
    happenings: list[Happening] = []
    closed: set[UUID] = set()
    for at, code, due in steps:
        if due.id in closed:
            continue
        if code != EXPIRY:
            ladder = case.pack.clocks[due.clock].clock.ladder if due.clock in case.pack.clocks else ()
            rung = next((one for one in ladder if one.code == code), None)
            happenings.append(Happening(at, due, code, rung, None))
            continue
        if not _turns(case.pack, due):
            happenings.append(Happening(at, due, code, None, None))
            continue
        outcome = rules.expire(case.pack, facts, due.clock, on)
        facts = outcome.facts
        if due.on_expiry != "none":
            closed.add(due.id)
            clocks.pop((due.clock, due.owed_by), None)
        happenings.append(Happening(at, due, code, None, outcome))
    return Result(case, tuple(happenings), facts, clocks)


def _turns(pack: Pack, due: Due) -> bool:
    return due.on_expiry != "none" or due.clock in pack.turning


async def sweep(uow: UnitOfWork, law: Law, *, limit: int, only: Sequence[UUID] | None) -> Swept:
    """See ``projects.commands.sweep``."""
    dues = await deadlines.claim(uow, limit=limit, only=only)
    if not dues:
        return Swept(0)
    on = day_of(uow.now)
    steps = steps_of(dues, uow.now)
    cases, failed = await _cases(uow, law, steps)
    results: list[Result] = []
    for project, one in steps.items():
        if project not in cases:
            continue
        try:
            results.append(result_of(cases[project], one, on))
        except Exception as error:  # noqa: BLE001 - one project that fails must not stop the others
            failed[project] = type(error).__name__
    rows = await _written(uow, law, results, on, failed)
    done = [one for one in results if one.case.id not in failed]
    await _note(uow, law, done)
    if rows:
        await _sweep_store.write(uow, rows)
    stumbled = {due.id: failed[due.project] for due in dues if due.project in failed}
    for due, reason in stumbled.items():
        await deadlines.stumble(uow, due, reason)
    return Swept(len(dues) - len(stumbled), stumbled)


async def _cases(
    uow: UnitOfWork, law: Law, steps: Mapping[UUID, Sequence[Step]]
) -> tuple[dict[UUID, Case], dict[UUID, str]]:
    cases, failed = {}, {}
    for row in await _sweep_store.pinned(uow, [*steps]):
        try:
            cases[row.id] = Case(row.id, row.office, rules.pinned(law, row.pack))
        except Exception as error:  # noqa: BLE001 - one project that fails must not stop the others
            failed[row.id] = type(error).__name__
    whole = [
        project
        for project, case in cases.items()
        if any(code == EXPIRY and _turns(case.pack, due) for _, code, due in steps[project])
    ]
    for row in await _sweep_store.cases(uow, whole) if whole else ():
        if not await _seal_store.is_ours(uow, row):
            failed[row.id] = Altered.__name__
            del cases[row.id]
            continue
        case = cases[row.id]
        case.canon = row.canon
        case.facts = facts_of(row.facts)
        case.clocks = {(clock, body): date.fromisoformat(due) for clock, body, due in row.clocks}
        case.tasks = {tuple(one) for one in row.tasks}
    numbers = {number for case in cases.values() for number in numbers_named(case.pack, case.facts).values()}
    found = await _seal_store.facts_by_number(uow, sorted(numbers)) if numbers else {}
    for case in [*cases.values()]:
        try:
            case.facts = with_linked(case.pack, case.facts, found) if case.pack.links else case.facts
        except Altered as error:
            failed[case.id] = type(error).__name__
            del cases[case.id]
    return cases, failed


async def _written(
    uow: UnitOfWork, law: Law, results: Sequence[Result], on: date, failed: dict[UUID, str]
) -> list[dict[str, Any]]:
    """Rows of the projects that changed. What a term starts, and what becomes known of a unit, is written here."""
    over = [one for one in results if any(happening.outcome for happening in one.happenings)]
    bodies: dict[str, list[str]] = {}
    for office, body in await _sweep_store.offices(uow) if over else ():
        bodies.setdefault(body, []).append(str(office))
    rows = []
    for one in over:
        try:
            row = _row(one, bodies, on)
        except Exception as error:  # noqa: BLE001 - one project that fails must not stop the others
            failed[one.case.id] = type(error).__name__
            continue
        outcomes = [happening.outcome for happening in one.happenings if happening.outcome]
        starts = [start for outcome in outcomes for start in owed(outcome.starts, outcome)]
        known = _known_of_unit(one)
        if starts:
            clocks = {**one.clocks, **await deadlines.start(uow, one.case.id, starts, law.calendar)}
            row = _row(Result(one.case, one.happenings, one.facts, clocks), bodies, on)
        if known:
            await note_standing(uow, law, one.case.id, one.case.office, known)
        if row is not None:
            rows.append(row)
    return rows


def _known_of_unit(one: Result) -> dict[str, FactValue | None]:
    changed: dict[str, FactValue | None] = {}
    for happening in one.happenings:
        for name, (_, after) in happening.outcome.changed.items() if happening.outcome else ():
            if name in one.case.pack.of_unit:
                changed[name] = after
    return changed


def _row(one: Result, bodies: Mapping[str, Sequence[str]], on: date) -> dict[str, Any] | None:
    """What is written to the project; None where nothing of it has changed."""
    case = one.case
    assessment = rules.assess(case.pack, one.facts, "", on)
    tasks: dict[tuple[str, str], tuple[str, str, str, str | None]] = {}
    for duty in _desk.duties(assessment, one.facts, one.clocks):
        offices = [str(case.office)] if duty["body"] == _desk.UNIT else bodies.get(duty["body"], ())
        for office in offices:
            tasks.setdefault((office, duty["action"]), (office, duty["action"], duty["label"], duty["due_on"]))
    if set(tasks.values()) == case.tasks and one.facts == case.facts and one.clocks == case.clocks:
        return None
    return {
        "project": str(case.id),
        "canon": case.canon,
        "facts": msgspec.to_builtins(own_facts(case.pack, one.facts)),
        "due_on": msgspec.to_builtins(min(one.clocks.values(), default=None)),
        "phase": assessment.phase,
        "phase_label": assessment.phase_label,
        "tasks": [dict(zip(("office", "action", "label", "due_on"), task, strict=True)) for task in tasks.values()],
    }


async def _note(uow: UnitOfWork, law: Law, results: Sequence[Result]) -> None:
    """Record every step in order of time, and what it leaves to be done; the last event carries the news of all."""
    happenings = sorted(
        ((happening, one) for one in results for happening in one.happenings), key=lambda pair: pair[0].at
    )
    by = By(label=text("actor.system"))
    made: list[tuple[Happening, UUID, bool]] = []
    for place, (happening, one) in enumerate(happenings):
        late = uow.now - happening.at > _LATE
        above = happening.rung is not None and "level_above" in happening.rung.to
        last = place == len(happenings) - 1
        event = audit.record(
            uow,
            "deadlines.expired" if happening.code == EXPIRY else "deadlines.rung",
            label=_label(happening),
            by=by,
            article=happening.due.article,
            project=one.case.id,
            facts=_changes(happening),
            note=_said(happening, late=late),
            law=f"{one.case.pack.ref} {one.case.pack.digest} {law.calendar.version}",
            jobs=(*(("tell_rungs",) if last else ()), *(("report_late",) if above else ())),
        )
        made.append((happening, event.id, late))
    if not made:
        return
    told = made[-1][1]
    firings = [
        Firing(
            due=happening.due,
            rung=happening.code,
            planned_at=happening.at,
            late=late,
            event=event,
            told=told,
            tell=happening.rung.to if happening.rung else _AT_EXPIRY,
        )
        for happening, event, late in made
    ]
    swept = {one.due.id: one.due for one in firings}
    closed = {one.due.id for one in firings if one.rung == EXPIRY and one.due.on_expiry != "none"}
    await deadlines.settle(uow, [*swept.values()], firings, closed)


def _changes(happening: Happening) -> dict[str, Change]:
    return msgspec.to_builtins(happening.outcome.changed) if happening.outcome else {}


def _label(happening: Happening) -> str:
    if happening.code == EXPIRY:
        return text("notice.deadline_expired", label=happening.due.label)
    rung = happening.rung.label if happening.rung else text("notice.reminder")
    return text("notice.rung", rung=rung, label=happening.due.label)


def _said(happening: Happening, *, late: bool) -> str:
    said = text("notice.was_due" if happening.code == EXPIRY else "notice.is_due", day=happening.due.due_on.isoformat())
    at = f"{happening.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return said + text("notice.late", at=at) if late else said
