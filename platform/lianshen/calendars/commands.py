"""Putting days up, letting them count, counting deadlines anew, and deciding about those that do not move alone."""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

import msgspec

from lianshen.access.queries import require, roles_with
from lianshen.audit import commands as audit
from lianshen.audit.types import By
from lianshen.calendars import _drafts, _store, permissions
from lianshen.calendars._messages import text as say
from lianshen.calendars.types import Count, Horizon, Plan
from lianshen.deadlines import recalendar
from lianshen.identity.queries import people_with
from lianshen.identity.types import Actor
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Conflict, Invalid, Item, NotFound, Refusal
from lianshen.kernel.messages import text
from lianshen.kernel.words import day
from lianshen.notifications import commands as notifications
from lianshen.projects import commands as projects
from lianshen.rules.queries import Law, law_of
from lianshen.tenancy.types import PLATFORM
from lianshen.workcalendar import commands as workcalendar
from lianshen.workcalendar import queries as calendar
from lianshen.workcalendar.queries import Edition, with_edition
from lianshen.workcalendar.types import Kind


class SamePerson(Refusal):
    """What moves a date is put up by one person and let count by another."""

    status = 403
    code = "calendars.same_person"


class Changed(Refusal):
    """Other days were published since this was looked at, so what it moves is not known any more."""

    status = 409
    code = "calendars.changed"


async def put_up(uow: UnitOfWork, actor: Actor, kind: Kind, typed: Mapping[str, str]) -> UUID:
    """Put days up: the nation's year, by its operators; an area's own, or an emergency. Nothing counts yet; the id.

    What an area's days move is counted at once; for the nation, tenant by tenant, by the worker. Raises Invalid with
    everything that is wrong beside the fields.
    """
    require(actor, permissions.LOAD)
    nation = actor.tenant == PLATFORM
    if kind not in (("year", "emergency") if nation else ("local", "emergency")):
        raise NotFound
    base = await calendar.in_force(uow, uow.tenant, day_of(uow.now))
    present = [one.edition for one in await calendar.read(uow, base)]
    source = "\n".join(typed.get("source", "").splitlines())  # a browser ends lines as mail does
    typed = {**typed, "source": source}
    year = kind == "year"
    edition = _drafts.year_of_nation(source) if year else _drafts.of_area(uow.tenant, kind, typed, present)
    if edition in present:
        raise Invalid((Item("calendar_same", say("same"), "source"),))
    said = msgspec.to_builtins(edition)
    plan = uuid4()
    row = {"id": plan, "kind": kind, "year": edition.year, "notices": said["notices"], "days": said["days"]}
    by = {"planned_by": actor.person, "planner": actor.by.label}
    more = {"source": source, "reason": typed.get("reason", "").strip(), "base": list(base)}
    await _store.add_plan(uow, row | by | more)
    if not nation:
        found = await count(uow, edition)
        await _store.set_plan(uow, plan, counted_at=uow.now, moves=found.moves, held=found.held)
    audit.record(uow, "calendars.put_up", label=say("act.put_up"), by=actor.by, note=_named(edition))
    return plan


def _named(edition: Edition) -> str:
    numbers = "、".join(one.number for one in edition.notices)
    return say("act.note", year=edition.year, kind=say(edition.kind), numbers=numbers)


async def count(uow: UnitOfWork, edition: Edition) -> Count:
    """How many deadlines of the transaction's tenant run, would move, or would wait, if ``edition`` counted."""
    made = await with_edition(uow, edition)
    running = moves = held = 0
    async for one in recalendar.each(uow, made):
        running += 1
        moves += one.verdict == "moves"
        held += one.verdict not in ("moves", "same")
    return Count(uow.tenant, running, moves, held)


async def keep_count(uow: UnitOfWork, plan: UUID, found: Count) -> None:
    """Keep what was counted of one jurisdiction; the transaction is the platform's."""
    await _store.keep_count(uow, plan, found)


async def finish_count(uow: UnitOfWork, plan: UUID) -> None:
    """Note that every jurisdiction has been counted."""
    found = await _store.counts(uow, plan)
    moves, held = sum(one.moves for one in found), sum(one.held for one in found)
    await _store.set_plan(uow, plan, counted_at=uow.now, moves=moves, held=held)


async def publish(uow: UnitOfWork, actor: Actor, plan_id: UUID) -> int:
    """Let a plan count from now on; the number of its edition. Deadlines are then counted anew, tenant by tenant.

    Raises NotFound, Conflict (not counted yet, published or withdrawn), SamePerson, Changed, OutOfTurn.
    """
    require(actor, permissions.PUBLISH)
    plan = await _store.plan(uow, plan_id, hold=True)
    if plan is None:
        raise NotFound
    if plan.state != "waiting":
        raise Conflict
    if plan.planned_by == actor.person and not plan.alone:
        raise SamePerson
    if plan.base != await calendar.in_force(uow, uow.tenant, day_of(uow.now)):
        raise Changed
    number = await workcalendar.publish(uow, plan.edition_of, plan.id)
    by = {"published_at": uow.now, "published_by": actor.person, "publisher": actor.by.label}
    await _store.set_plan(uow, plan.id, edition=number, **by)
    note = say("act.publish.note", number=number, named=_named(plan.edition_of), planner=plan.planner)
    audit.record(uow, "calendars.publish", label=say("act.publish"), by=actor.by, note=note)
    return number


async def withdraw(uow: UnitOfWork, actor: Actor, plan_id: UUID) -> None:
    """Take a plan back before it counts. Raises NotFound, Conflict."""
    require(actor, permissions.LOAD)
    plan = await _store.plan(uow, plan_id, hold=True)
    if plan is None:
        raise NotFound
    if plan.state not in ("waiting", "counting"):
        raise Conflict
    await _store.set_plan(uow, plan.id, withdrawn_at=uow.now)
    note = _named(plan.edition_of)
    audit.record(uow, "calendars.withdraw", label=say("act.withdraw"), by=actor.by, note=note)


async def recount_project(uow: UnitOfWork, law: Law, project: UUID) -> int:
    """Count the deadlines of a project by the calendar that counts now; how many were. What does not move waits."""
    law = await law_of(uow, law)
    found = await projects.recount(uow, law, project, by=By(text("actor.calendar")))
    rows = [
        {
            "deadline": one.was.id,
            "calendar": law.calendar.version,
            "project": project,
            "before": one.was.due_on,
            "after": one.state.due_on,
            "why": one.verdict,
        }
        for one in found
        if one.verdict in ("past", "told", "nearer")
    ]
    if rows:
        await _store.hold(uow, rows)
        note = say("act.hold.note", count=len(rows))
        label = say("act.hold")
        event = audit.record(
            uow, "calendars.hold", label=label, by=By(text("actor.calendar")), project=project, note=note
        )
        people = await people_with(uow, await roles_with(uow, permissions.DECIDE))
        await notifications.tell(uow, event.id, people, label, note)
    return len(found)


async def decide(
    uow: UnitOfWork, actor: Actor, law: Law, chosen: Sequence[tuple[UUID, str]], *, moved: bool, reason: str
) -> None:
    """Move last days that wait as their calendar has it, or let them stay; each with who, why, before and after.

    Raises Invalid without a reason or a choice, or where a day would come to lie before today (D67); Conflict where one
    does not wait any more, or would not come out as it was shown.
    """
    require(actor, permissions.DECIDE)
    reason, today = reason.strip(), day_of(uow.now)
    items = [Item("required", text("field.required"), "reason")] if not reason else []
    items += [Item("required", say("none_chosen"), "chosen")] if not chosen else []
    if items:
        raise Invalid(tuple(items))
    for deadline, version in chosen:
        row = await _store.lock_held(uow, deadline, version)
        if row is None or version != law.calendar.version:
            raise Conflict
        if moved and row.after < row.before and row.after < today:
            raise Invalid((Item("shortened", say("shortened", day=day(row.after)), "chosen"),))
        by = {"reason": reason, "decided_by": actor.person, "decider": actor.by.label}
        await _store.decide(uow, deadline, version, decision="moved" if moved else "kept", **by)
        if moved:
            found = await projects.recount(uow, law, row.project, by=actor.by, reason=reason, only=deadline)
            if [one.state.due_on for one in found if one.was.id == deadline] != [row.after]:
                raise Conflict
        else:
            note = say("act.keep.note", before=day(row.before), after=day(row.after), reason=reason)
            label = say("act.keep")
            audit.record(uow, "calendars.keep", label=label, by=actor.by, project=row.project, note=note)


async def warn(uow: UnitOfWork, found: Horizon, rungs: Sequence[int]) -> bool:
    """Tell the operators that the last published year ends soon, once for each rung (days before); True when told.

    The transaction is the platform's.
    """
    reached = min((rung for rung in rungs if found.left < rung), default=None)
    if reached is None or not await _store.note_warning(uow, found.day, reached):
        return False
    label = say("act.horizon", year=found.day.year + 1)
    note = say("act.horizon.note", day=day(found.day), left=found.left, year=found.day.year + 1)
    event = audit.record(uow, "calendars.horizon", label=label, by=By(text("actor.calendar")), note=note)
    people = await people_with(uow, await roles_with(uow, permissions.LOAD))
    await notifications.tell(uow, event.id, people, label, note)
    return True


__all__ = [
    "Changed", "Plan", "SamePerson", "count", "decide", "finish_count", "keep_count", "publish", "put_up",
    "recount_project", "warn", "withdraw",
]  # fmt: skip
