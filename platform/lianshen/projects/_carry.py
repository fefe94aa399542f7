"""Carrying out what the rules decided: facts, clocks, duties, tasks and the event, in the act's transaction."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from lianshen.audit import commands as audit
from lianshen.audit.types import By
from lianshen.deadlines import commands as deadlines
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.projects import _desk, _store
from lianshen.projects._desk import Held
from lianshen.projects._known import linked, own_facts
from lianshen.projects.types import ActDone
from lianshen.rules import queries as rules
from lianshen.rules.queries import Law, Pack, VersionGone
from lianshen.rules.types import Assessment, ClockStart, Facts, FactValue, Outcome


class Doing(msgspec.Struct, frozen=True, kw_only=True):
    """How an act is recorded, and by whom it is done: ``body`` is what the actor owes deadlines as, ``people`` those
    who have the ``duty`` from now on."""

    action: str
    label: str
    by: By
    article: str = ""
    note: str = ""
    body: str = ""
    duty: str = ""
    people: tuple[UUID, ...] = ()
    disclose: bool = False


async def carry_out(uow: UnitOfWork, law: Law, project: UUID, held: Held, outcome: Outcome, doing: Doing) -> ActDone:
    """Write the outcome of one act."""
    on = day_of(uow.now)
    pack = rules.pinned(law, held.pack)
    clocks = await _run_clocks(uow, law, project, held, outcome, doing)
    assessment = rules.assess(pack, outcome.facts, "", on)
    version = await _store.write(
        uow,
        project,
        held.canon,
        _row(pack, held, outcome.facts, clocks, assessment)
        | {
            "people": list(doing.people),
            "duty": doing.duty,
            "disclosed": doing.disclose,
        },
    )
    if found := {name: after for name, (_, after) in outcome.changed.items() if name in pack.of_unit}:
        await note_standing(uow, law, project, held.office, found)
    event = audit.record(
        uow,
        doing.action,
        label=doing.label,
        by=doing.by,
        article=doing.article,
        project=project,
        facts=msgspec.to_builtins(outcome.changed),
        note=doing.note,
        law=f"{pack.ref} {pack.digest} {law.calendar.version}",
    )
    return ActDone(project, event.id, version, assessment.phase, assessment.phase_label)


def _row(
    pack: Pack, held: Held, facts: Facts, clocks: Mapping[tuple[str, str], date], assessment: Assessment
) -> dict[str, Any]:
    return {
        "tasks": _desk.duties(assessment, facts, clocks),
        "owner": held.office,
        "people": [],
        "duty": "",
        "facts": msgspec.to_builtins(own_facts(pack, facts)),
        "title": facts["title"],
        "disclosed": False,
        "due_on": min(clocks.values(), default=None),
        "phase": assessment.phase,
        "phase_label": assessment.phase_label,
    }


async def note_standing(
    uow: UnitOfWork, law: Law, project: UUID, office: UUID, found: Mapping[str, FactValue | None]
) -> None:
    """Keep what was found of the unit; what its other projects have to do may be something else now."""
    stated = {name: value for name, value in found.items() if value is not None}
    await _store.note_standing(uow, office, msgspec.to_builtins(stated), sorted(found.keys() - stated.keys()))
    for row in await _store.hold_others(uow, project, office):
        other = _desk.held(row)
        try:
            pack = rules.pinned(law, other.pack)
        except VersionGone:
            continue  # told by the hourly check of pins; the unit's other projects go on
        facts = await linked(uow, pack, other.facts)
        assessment = rules.assess(pack, facts, "", day_of(uow.now))
        await _store.write(uow, row.id, row.canon, _row(pack, other, facts, other.clocks, assessment))


async def _run_clocks(
    uow: UnitOfWork, law: Law, project: UUID, held: Held, outcome: Outcome, doing: Doing
) -> dict[tuple[str, str], date]:
    """Turn, stop and start the clocks the law names. One the actor owes is met; one that others owe is cancelled."""
    on = day_of(uow.now)
    clocks = dict(held.clocks)
    paused = set(held.paused)
    if outcome.turns:
        pack = rules.pinned(law, held.pack)
        known = {code: ruled.clock for code, ruled in pack.clocks.items()}
        for key, due in (await deadlines.turn(uow, project, outcome.turns, known, law.calendar)).items():
            clocks.pop(key, None)
            paused.discard(key)
            if due is not None:
                clocks[key] = due
    stopped = {key for key in (*clocks, *paused) if key[0] in outcome.stops}
    if met := sorted({clock for clock, body in stopped if body == doing.body}):
        await deadlines.meet(uow, project, met, on, owed_by=doing.body)
        stopped = {key for key in stopped if key[0] not in met or key[1] == doing.body}
    if dropped := sorted({clock for clock, _ in stopped} - set(met)):
        await deadlines.cancel(uow, project, dropped, on)
    for key in stopped:
        clocks.pop(key, None)
    starts = owed(outcome.starts, outcome)
    return clocks | await deadlines.start(uow, project, starts, law.calendar)


def owed(starts: tuple[ClockStart, ...], outcome: Outcome) -> list[tuple[ClockStart, str]]:
    """Each clock to start, with each body that owes it."""
    return [(begun, body) for begun in starts for body in _desk.bodies_of(begun.clock.owed_by, outcome.facts)]
