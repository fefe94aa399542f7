"""Moving running projects to another version of the law, by two people; and warning before a law ends."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import msgspec

from lianshen.access.queries import require, roles_with, still_may
from lianshen.audit import commands as audit
from lianshen.audit.types import By
from lianshen.identity.queries import people_with
from lianshen.identity.types import Actor
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Conflict, NotFound, Refusal
from lianshen.kernel.messages import text
from lianshen.kernel.words import day
from lianshen.notifications import commands as notifications
from lianshen.projects import commands as projects
from lianshen.projects.queries import movable
from lianshen.projects.types import Movable, Move
from lianshen.rules.queries import Law, Pack, VersionGone, law_of, pinned
from lianshen.versions import _store, permissions
from lianshen.versions._ladder import rung
from lianshen.versions.queries import law_ends
from lianshen.versions.types import LawEnds

_BATCH = 200


class SamePerson(Refusal):
    """Whoever made a plan does not approve it."""

    status = 403
    code = "same_person"


class NoTarget(Refusal):
    """Projects are moved only to a version of their own jurisdiction that counts and is in force today."""

    status = 409
    code = "no_target"


async def plan_move(uow: UnitOfWork, actor: Actor, law: Law, to: str) -> UUID:
    """Look at every project that is under another version than ``to``, and keep what moving it would do; its id.

    Nothing changes for any project. Raises NoTarget.
    """
    require(actor, permissions.MANAGE)
    pack = _target(law, actor.tenant, to, uow)
    plan = uuid4()
    row = {"id": plan, "pack": pack.ref, "pack_digest": pack.digest, "planned_by": actor.person}
    await _store.add_plan(uow, row | {"planner": actor.by.label})
    total = moves = 0
    batch: list[Movable] = []
    async for one in movable(uow, law, pack):
        total, moves = total + 1, moves + (one.move.verdict == "moves")
        batch.append(one)
        if len(batch) == _BATCH:
            await _store.add_items(uow, plan, [_row(item) for item in batch])
            batch.clear()
    await _store.add_items(uow, plan, [_row(item) for item in batch])
    note = text("act.plan_move.note", pack=pack.ref, total=total, moves=moves)
    audit.record(uow, "versions.plan_move", label=text("act.plan_move"), by=actor.by, note=note)
    return plan


def _target(law: Law, tenant: str, ref: str, uow: UnitOfWork) -> Pack:
    found = next((one for one in law.registry.versions(tenant) if one.pack.ref == ref), None)
    if found is None or not found.in_force(day_of(uow.now)):
        raise NoTarget
    return found.pack


def _row(one: Movable) -> dict[str, object]:
    return {
        "project": str(one.project),
        "version": one.version,
        "from_pack": one.pack,
        "from_digest": one.pack_digest,
        "move": msgspec.to_builtins(one.move),
        "state": "planned" if one.move.verdict == "moves" else "stays",
    }


async def approve_move(uow: UnitOfWork, actor: Actor, law: Law, plan: UUID) -> None:
    """Let a plan take effect: its projects are then moved one by one, each in a transaction of its own.

    Raises NotFound, Conflict (it is approved already, or its version is not what it was), SamePerson, NoTarget.
    """
    require(actor, permissions.APPROVE)
    row = await _store.hold_plan(uow, plan)
    if row is None:
        raise NotFound
    if row.planned_by == actor.person:
        raise SamePerson
    if row.approved_by is not None or _target(law, actor.tenant, row.pack, uow).digest != row.pack_digest:
        raise Conflict
    await _store.approve(uow, plan, actor.person, actor.by.label)
    note = text("act.approve_move.note", pack=row.pack, planner=row.planner)
    audit.record(uow, "versions.approve_move", label=text("act.approve_move"), by=actor.by, note=note)


async def move_next(uow: UnitOfWork, law: Law, plan: UUID, project: UUID) -> bool:
    """Move one project of an approved plan, if it is what the dry run saw; else leave it alone and note that.

    True when it was moved. The approver acts, and has to have the right to when it is done (D41); the event names who
    planned, and both versions by their digests.
    """
    item = await _store.hold_item(uow, plan, project)
    if item is None:
        return False
    if not await still_may(uow, item.approved_by, permissions.APPROVE):
        await _store.finish_item(uow, plan, project, "changed")
        _note_refused(uow, project, item.approver)
        return False
    expected = msgspec.json.decode(item.move, type=Move)
    by = By(label=item.approver, person=item.approved_by)
    law = await law_of(uow, law)
    try:
        to = pinned(law, item.pack)
        if to.digest != item.pack_digest:
            raise Conflict
        note = text(
            "act.move.note",
            old=item.from_pack,
            old_digest=item.from_digest,
            new=to.ref,
            new_digest=to.digest,
            planner=item.planner,
            approver=item.approver,
        )
        await projects.move(uow, law, project, to, version=item.version, expected=expected, by=by, note=note)
    except (Conflict, NotFound, VersionGone):
        await _store.finish_item(uow, plan, project, "changed")
        return False
    await _store.finish_item(uow, plan, project, "moved")
    return True


def _note_refused(uow: UnitOfWork, project: UUID, approver: str) -> None:
    label, note = text("act.move_refused"), text("act.move_refused.note", project=project, approver=approver)
    by = By(label=text("actor.law"))
    audit.record(uow, "versions.refuse_move", label=label, by=by, note=note, result="refused")


async def warn(uow: UnitOfWork, law: Law, rungs: Sequence[int]) -> LawEnds | None:
    """Tell the rule officers that their law ends, once for each rung of ``rungs`` (days before) and once after it.

    None when there was nothing to tell. Row, event and notices stand or fall together.
    """
    found = law_ends(law, uow.tenant, day_of(uow.now), max(rungs))
    reached = None if found is None else rung(found.left, rungs)
    if found is None or reached is None or not await _store.note_warning(uow, found.pack, found.ends, reached):
        return None
    subject = ends_in_words(found)
    body = text("law_ends.remedy")
    event = audit.record(
        uow,
        "versions.law_ends",
        label=text("act.law_ends"),
        by=By(label=text("actor.law")),
        article=found.article,
        note=subject,
    )
    officers = await people_with(uow, await roles_with(uow, permissions.MANAGE))
    await notifications.tell(uow, event.id, officers, subject, f"{found.article}“{found.quotation}”\n{body}")
    return found


def ends_in_words(found: LawEnds) -> str:
    """When a law ends, for a notice or a banner."""
    code = "law_ends.over" if found.left < 0 else "law_ends.last" if found.left == 0 else "law_ends"
    return text(code, title=found.title, number=found.number, day=day(found.ends), left=found.left)
