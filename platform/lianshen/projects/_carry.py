"""Carrying out what the rules decided: facts, clocks, duties, tasks and the event, in the act's transaction."""

from datetime import date
from uuid import UUID

import msgspec

from lianshen.audit import commands as audit
from lianshen.audit.types import By
from lianshen.deadlines import commands as deadlines
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.projects import _desk, _store
from lianshen.projects._desk import Held
from lianshen.projects.types import ActDone
from lianshen.rules import queries as rules
from lianshen.rules.queries import Law
from lianshen.rules.types import ClockStart, Outcome


class Doing(msgspec.Struct, frozen=True, kw_only=True):
    """How an act is recorded, and by whom it is done: ``body`` is what the actor owes deadlines as."""

    action: str
    label: str
    by: By
    article: str = ""
    note: str = ""
    body: str = ""
    duty: str = ""
    disclose: bool = False


async def carry_out(uow: UnitOfWork, law: Law, project: UUID, held: Held, outcome: Outcome, doing: Doing) -> ActDone:
    """Write the outcome of one act."""
    on = day_of(uow.now)
    pack = law.registry.pack(held.pack)
    clocks = await _run_clocks(uow, law, project, held, outcome, doing)
    assessment = rules.assess(pack, outcome.facts, "", on)
    version = await _store.write(
        uow,
        project,
        {
            "tasks": _desk.duties(assessment, outcome.facts, clocks),
            "owner": held.office,
            "person": doing.by.person,
            "duty": doing.duty if held.duty is None else "",
            "facts": msgspec.to_builtins(outcome.facts),
            "title": outcome.facts["title"],
            "disclosed": doing.disclose,
            "phase": assessment.phase,
            "phase_label": assessment.phase_label,
        },
    )
    event = audit.record(
        uow,
        doing.action,
        label=doing.label,
        by=doing.by,
        article=doing.article,
        project=project,
        facts=msgspec.to_builtins(outcome.changed),
        note=doing.note,
    )
    return ActDone(project, event.id, version, assessment.phase, assessment.phase_label)


async def _run_clocks(
    uow: UnitOfWork, law: Law, project: UUID, held: Held, outcome: Outcome, doing: Doing
) -> dict[tuple[str, str], date]:
    """Stop and start the clocks the law names. A clock the actor owes is met; one that others owe is cancelled."""
    on = day_of(uow.now)
    clocks = dict(held.clocks)
    stopped = {key for key in clocks if key[0] in outcome.stops}
    if met := sorted({clock for clock, body in stopped if body == doing.body}):
        await deadlines.meet(uow, project, met, on, owed_by=doing.body)
        stopped = {key for key in stopped if key[0] not in met or key[1] == doing.body}
    if dropped := sorted({clock for clock, _ in stopped} - set(met)):
        await deadlines.cancel(uow, project, dropped, on)
    for key in stopped:
        del clocks[key]
    starts = _owed(outcome.starts, outcome)
    return clocks | await deadlines.start(uow, project, starts, law.calendar)


def _owed(starts: tuple[ClockStart, ...], outcome: Outcome) -> list[tuple[ClockStart, str]]:
    return [(begun, body) for begun in starts for body in _desk.bodies_of(begun.clock.owed_by, outcome.facts)]
