"""Everything that can be done to a project. The law's gate is asked between load and save, by pure functions."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
from msgspec.structs import replace

from lianshen.access.queries import require
from lianshen.audit.commands import record
from lianshen.audit.types import By
from lianshen.deadlines import commands as deadlines
from lianshen.deadlines import permissions as deadline_rights
from lianshen.deadlines import recalendar
from lianshen.deadlines.recalendar import Recount
from lianshen.documents import commands as documents
from lianshen.documents import permissions as document_rights
from lianshen.documents.types import Document, Upload
from lianshen.identity.types import Actor
from lianshen.kernel.clock import day_of
from lianshen.kernel.commands import next_number
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Closed, Conflict, Forbidden, Invalid, Item, NotFound, Refusal
from lianshen.kernel.messages import text
from lianshen.kernel.words import day
from lianshen.projects import _desk, _store, _sweep, _terms, permissions
from lianshen.projects._carry import Doing, carry_out
from lianshen.projects._desk import Held
from lianshen.projects._forms import declared, item_of, items_of, read_form
from lianshen.projects._known import linked, own_facts
from lianshen.projects._move import starts_of
from lianshen.projects._moving import moved, running_of
from lianshen.projects._reach import EVERYTHING, reach_of
from lianshen.projects.types import Act, ActDone, Move, Swept, TakePart
from lianshen.receipts import commands as receipts
from lianshen.receipts.types import Filed
from lianshen.rules import queries as rules
from lianshen.rules.queries import Law, Pack
from lianshen.rules.types import Action, Outcome
from lianshen.staff.types import Handover

_BLANK: dict[str, Any] = {
    "title": "", "facts": {}, "disclosed": False, "phase": "", "phase_label": "", "version": 0,
}  # fmt: skip
"""A project before its first act, which writes all of this."""


_LONGEST = 500
"""Characters of a reason."""


NotExtendable, NotWaivable = _terms.NotExtendable, _terms.NotWaivable


class Engaged(Refusal):
    """Whoever takes over has another duty in the same projects, so that nobody could go on with them (D37)."""

    status = 409
    code = "engaged"


class Separated(Refusal):
    """This person, or whom they stand in for, has another duty in this project.

    Applying, reviewing and approving take different people (D37).
    """

    status = 403
    code = "separated"


async def declare(uow: UnitOfWork, actor: Actor, law: Law, raw: Mapping[str, Any]) -> ActDone:
    """Open a draft of the actor's office under the law in force today, and pin it to that version.

    A draft may be incomplete. Raises Invalid naming each field that does not read, NoLaw outside any law's time.
    """
    require(actor, permissions.DECLARE)
    on = day_of(uow.now)
    pack = rules.pack_of(law, actor.tenant, on)
    facts = await declared(uow, pack, raw, on)
    project = uuid4()
    number = f"{actor.tenant}-{on.year}-{await next_number(uow, 'project', on.year):04d}"
    pinned = {"pack": pack.ref, "pack_digest": pack.digest}
    canon = await _store.add(uow, {"id": project, "number": number, "office": actor.office, **pinned, **_BLANK})
    outcome = Outcome(facts=facts, changed={name: (None, value) for name, value in facts.items()})
    doing = Doing(action="projects.declare", label=text("act.declare"), by=actor.by)
    return await carry_out(uow, law, project, _desk.blank(number, actor.office, pack.ref, canon), outcome, doing)


async def amend(
    uow: UnitOfWork, actor: Actor, law: Law, project: UUID, raw: Mapping[str, Any], *, version: int | None = None
) -> ActDone:
    """Change what the form of the declaration says, while the law leaves the project in the unit's hands.

    Raises NotFound, Conflict (``version`` is not the present one), Closed (it is being reviewed), Invalid.
    """
    require(actor, permissions.DECLARE)
    held = await _hold(uow, actor, law, project, version)
    pack = rules.pinned(law, held.pack)
    assessment = rules.assess(pack, held.facts, "", day_of(uow.now))
    if actor.office != held.office or not assessment.amendable:
        raise Closed((Item(code="not_amendable", message=text("not_amendable")),))
    said = await declared(uow, pack, raw, day_of(uow.now))
    asked = {field.name for field in pack.intake}
    facts = {name: value for name, value in held.facts.items() if name not in asked} | said
    changed = {
        name: (held.facts.get(name), facts.get(name)) for name in asked if held.facts.get(name) != facts.get(name)
    }
    doing = Doing(action="projects.amend", label=text("act.amend"), by=actor.by)
    return await carry_out(uow, law, project, held, Outcome(facts=facts, changed=changed), doing)


async def attach(
    uow: UnitOfWork, actor: Actor, law: Law, project: UUID, paper: str, upload: Upload, *, root: Path, limit: int
) -> Document:
    """Hand in a paper, as its next version. Raises NotFound, Closed (not yours to hand in now), WrongType, TooLarge."""
    require(actor, document_rights.UPLOAD)
    held = await _hold(uow, actor, law, project, None)
    pack = rules.pinned(law, held.pack)
    assessment = rules.assess(pack, held.facts, "", day_of(uow.now))
    if paper not in _desk.papers_i_may_add(assessment, actor, held.office, held.facts):
        raise Closed((Item(code="paper_not_asked", message=text("paper_not_asked")),))
    kept = await documents.keep(uow, actor, project, paper, upload, root=root, limit=limit)
    before = held.facts.get("documents", ())
    assert isinstance(before, tuple)
    facts = held.facts | {"documents": tuple(sorted({*before, paper}))}
    doing = Doing(
        action="documents.upload",
        label=text("act.upload", paper=pack.label_of(paper)),
        by=actor.by,
        note=text("act.upload.note", name=kept.filename, version=kept.version, digest=kept.sha256, sm3=kept.sm3),
    )
    outcome = Outcome(facts=facts, changed={"documents": (before, facts["documents"])})
    await carry_out(uow, law, project, held, outcome, doing)
    return kept


async def perform(
    uow: UnitOfWork,
    actor: Actor,
    law: Law,
    project: UUID,
    action: str,
    raw: Mapping[str, Any],
    *,
    effects: Mapping[str, TakePart],
    version: int | None = None,
) -> ActDone:
    """Do one of the law's actions.

    Raises NotFound, Conflict, Forbidden (not this post's), Separated, Closed (with every missing thing and its
    article, in one answer), NoLaw (the first act on a draft, after the law has ended), Invalid (fields of the form).
    """
    require(actor, permissions.READ)
    held = await _hold(uow, actor, law, project, version)
    pack, on = rules.pinned(law, held.pack), day_of(uow.now)
    chosen = _chosen(rules.assess(pack, held.facts, action, on).actions, action)
    require(actor, chosen.permission)
    if not _desk.acts_for(chosen, actor, held.office, held.facts):
        raise Forbidden
    if chosen.duty and held.duties - {chosen.duty}:
        raise Separated
    if not chosen.open:
        raise Closed(items_of(chosen))
    if not held.disclosed:
        rules.pack_of(law, actor.tenant, on)  # what was only drafted in its time is not filed after the law has ended
    inputs = read_form(chosen.form, raw, on)
    if wrong := rules.amiss(pack, held.facts, action, inputs, on):
        raise Invalid(tuple(item_of(reason, field) for field, reason in wrong.items()))
    outcome = rules.enact(pack, held.facts, action, inputs, on, by=actor.body)
    doing = Doing(
        action=f"projects.{action}",
        label=chosen.label,
        by=actor.by,
        article=chosen.basis.article,
        note=rules.say(chosen.form, inputs),
        body=_desk.UNIT if actor.office == held.office else actor.body,
        duty=chosen.duty or "",
        people=actor.people,
        disclose=True,
    )
    done = await carry_out(uow, law, project, held, outcome, doing)
    if actor.office == held.office:
        await _issue_receipt(uow, pack, held, outcome, doing, done)
    for effect in outcome.effects:
        await effects[effect.kind](uow, Act(project, actor, effect, inputs, on))
    return done


async def _issue_receipt(
    uow: UnitOfWork, pack: Pack, held: Held, outcome: Outcome, doing: Doing, done: ActDone
) -> None:
    """What a unit does by the law is a filing, and gets its receipt (D48)."""
    filed = Filed(
        project=done.project,
        project_number=held.number,
        title=str(outcome.facts["title"]),
        event=done.event,
        action=doing.action,
        label=doing.label,
        office=held.office,
        law=f"{pack.ref} {pack.digest}",
        facts=msgspec.to_builtins(own_facts(pack, outcome.facts)),
    )
    await receipts.issue(uow, filed, doing.by)


async def sweep(uow: UnitOfWork, law: Law, *, limit: int, only: Sequence[UUID] | None = None) -> Swept:
    """Let deadlines of the tenant take effect that are due by the database's clock, the oldest first; the system acts.

    Each rung of a deadline fires once, in order of time, all that were missed among them; one whose effect cannot be
    computed is left out and counted against. What the database refuses, it refuses for all of them: then one by one,
    by ``only``, in transactions of their own.
    """
    return await _sweep.sweep(uow, await rules.law_of(uow, law), limit=limit, only=only)


async def extend(
    uow: UnitOfWork, actor: Actor, law: Law, project: UUID, deadline: UUID, raw: Mapping[str, Any]
) -> ActDone:
    """Give one deadline more time, ``until`` a day, for a ``reason``; where a fact names the day, all that it names.

    Raises NotFound, NotExtendable (the law, the office, the limits), Invalid, Shortened.
    """
    require(actor, deadline_rights.EXTEND)
    held = await _hold(uow, actor, law, project, None)
    pack = rules.pinned(law, held.pack)
    running = await deadlines.running(uow, project)
    one = _terms.chosen(running, deadline)
    reason, until = _reason(raw), _later_day(raw)
    leave = _terms.to_extend(pack, actor, one, until, law.calendar)
    changed = _terms.moved_facts(pack, held, one, until)
    moved = [other for other in running if other.clock == one.clock] if changed else [one]
    clocks = {code: ruled.clock for code, ruled in pack.clocks.items()}
    days = await deadlines.extend(uow, moved, until, clocks, law.calendar, reason)
    due = {(other.clock, other.owed_by): days[other.id] for other in moved if other.state == "open"}
    facts = {**held.facts, **{name: after for name, (_, after) in changed.items()}}
    note = text("act.extend_deadline.note", before=one.due_on, after=days[one.id], reason=reason)
    doing = Doing(
        action="deadlines.extend",
        label=text("act.extend_deadline", label=one.label),
        by=actor.by,
        article=leave.basis.article,
        note=note,
    )
    held = replace(held, clocks=held.clocks | due)
    return await carry_out(uow, law, project, held, Outcome(facts=facts, changed=changed), doing)


async def waive(
    uow: UnitOfWork, actor: Actor, law: Law, project: UUID, deadline: UUID, raw: Mapping[str, Any]
) -> ActDone:
    """Release one deadline for a ``reason``. Raises NotFound, NotWaivable, Invalid."""
    require(actor, deadline_rights.WAIVE)
    held = await _hold(uow, actor, law, project, None)
    one = _terms.chosen(await deadlines.running(uow, project), deadline)
    reason = _reason(raw)
    leave = _terms.to_waive(rules.pinned(law, held.pack), actor, one)
    await deadlines.waive(uow, project, one.id, one.clock, reason)
    doing = Doing(
        action="deadlines.waive",
        label=text("act.waive_deadline", label=one.label),
        by=actor.by,
        article=leave.basis.article,
        note=text("act.waive_deadline.note", before=one.due_on, reason=reason),
    )
    clocks = {key: due for key, due in held.clocks.items() if key != (one.clock, one.owed_by)}
    return await carry_out(uow, law, project, replace(held, clocks=clocks), Outcome(held.facts, {}), doing)


def _reason(raw: Mapping[str, Any]) -> str:
    said = str(raw.get("reason") or "").strip()
    if not said or len(said) > _LONGEST:
        raise Invalid((Item(code="invalid", message=text("field.said_reason"), field="reason"),))
    return said


def _later_day(raw: Mapping[str, Any]) -> date:
    try:
        return date.fromisoformat(str(raw.get("until") or ""))
    except ValueError:
        raise Invalid((Item(code="invalid", message=text("field.later_day"), field="until"),)) from None


async def move(
    uow: UnitOfWork, law: Law, project: UUID, to: Pack, *, version: int, expected: Move, by: By, note: str
) -> ActDone:
    """Put a project under another version of its law, as a dry run said that ``by`` has approved.

    Raises NotFound; Conflict when the project is no longer at ``version``, or it would come out differently from the
    move ``expected``. Nothing is written then.
    """
    row = await _store.hold_to_move(uow, project)
    if row is None:
        raise NotFound
    if row.version != version:
        raise Conflict
    found, facts = await moved(uow, law, to, row)
    if found != expected or found.verdict != "moves":
        raise Conflict
    on = day_of(uow.now)
    running = [one for one in running_of(row) if not one.overdue]
    for one in running:
        await deadlines.cancel(uow, project, [one.clock], on, owed_by=one.owed_by)
    clocks = {(one.clock, one.owed_by): one.due_on for one in running_of(row) if one.overdue}
    clocks |= await deadlines.start(uow, project, starts_of(to, found, running), law.calendar)
    canon = await _store.pin(uow, project, to.ref, to.digest)
    held = replace(_desk.held(row), pack=to.ref, clocks=clocks, canon=canon)
    doing = Doing(action="projects.move", label=text("act.move"), by=by, note=note)
    return await carry_out(uow, law, project, held, Outcome(facts=facts, changed={}), doing)


async def recount(
    uow: UnitOfWork, law: Law, project: UUID, *, by: By, reason: str = "", only: UUID | None = None
) -> list[Recount]:
    """Count the deadlines of a project by the calendar that counts now, and move those that move by themselves.

    With ``only``, that one is moved whatever keeps it, for somebody has decided so, and no other. Returns all that
    were counted by another calendar, as they were found.
    """
    row = await _store.hold(uow, project, EVERYTHING, ())
    if row is None:
        return []
    found = await recalendar.of_project(uow, project, law.calendar)
    same = [one for one in found if one.verdict == "same"] if only is None else []
    moving = [one for one in found if (one.verdict == "moves" if only is None else one.was.id == only)]
    if not same and not moving:
        return found
    held = _desk.held(row)
    pack = rules.pinned(law, held.pack)
    ladders = {code: ruled.clock for code, ruled in pack.clocks.items()}
    await recalendar.note(uow, same, ladders, law.calendar)
    if moving:
        await recalendar.move(uow, moving, ladders, law.calendar, reason)
        dates = {(one.was.clock, one.was.owed_by): one.state.due_on for one in moving}
        clocks = held.clocks | {key: day for key, day in dates.items() if key in held.clocks}
        held = replace(held, clocks=clocks, facts=await linked(uow, pack, held.facts))
        lines = [
            text("act.recount.line", label=one.was.label, before=day(one.was.due_on), after=day(one.state.due_on))
            for one in moving
        ]
        note = "\n".join([*lines, *([reason] if reason else [])])
        doing = Doing(action="projects.recount", label=text("act.recount"), by=by, note=note)
        await carry_out(uow, law, project, held, Outcome(facts=held.facts, changed={}), doing)
    return found


async def hand_over(uow: UnitOfWork, handover: Handover) -> None:
    """Give the running duties of somebody who leaves to a successor, and say so in each project.

    Raises Engaged naming the projects in which the successor has another duty.
    """
    running = await _store.running_duties(uow, handover.person, handover.successor)
    if engaged := [one for one in running if one.theirs not in (None, one.duty)]:
        raise Engaged(tuple(Item(code="engaged", message=f"{one.number} {one.title}") for one in engaged))
    label = text("act.hand_over", name=handover.name, successor=handover.successor_name)
    for one in running:
        if one.theirs is None:
            await _store.add_duty(uow, one.project, handover.successor, one.duty)
        record(uow, "projects.hand_over", label=label, by=handover.by, project=one.project)


async def _hold(uow: UnitOfWork, actor: Actor, law: Law, project: UUID, version: int | None) -> Held:
    row = await _store.hold(uow, project, reach_of(actor), actor.people)
    if row is None:
        raise NotFound
    if version is not None and version != row.version:
        raise Conflict
    held = _desk.held(row)
    return replace(held, facts=await linked(uow, rules.pinned(law, held.pack), held.facts))


def _chosen(actions: tuple[Action, ...], code: str) -> Action:
    for action in actions:
        if action.code == code:
            return action
    raise NotFound
