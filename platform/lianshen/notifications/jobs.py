"""What happens after commit."""

from uuid import UUID

from lianshen.access.queries import roles_with
from lianshen.channels import commands as channels
from lianshen.kernel.clock import SHANGHAI
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text
from lianshen.notifications import _ladder_store, _store
from lianshen.notifications.commands import tell

_OF_DEADLINES = "deadlines."
_READ_PROJECTS = "projects.read"
_ANSWER = "deadlines.answer"
"""Permissions of other modules, by their names."""


async def tell_concerned(uow: UnitOfWork, event: UUID) -> None:
    """Write a notice of ``event`` for everyone concerned but the one who acted; running it twice adds nothing.

    Whoever may not read projects, such as an administrator who sits in the same office, hears nothing of them.
    """
    found = await _store.concerned(uow, event, await roles_with(uow, _READ_PROJECTS))
    if found is None:
        return
    kind = "deadline" if found.action.startswith(_OF_DEADLINES) else "project"
    if not found.people:
        await channels.publish(uow, {event: kind})
        return
    subject = text("notice.subject", project=found.title, action=found.label)
    body = "\n".join(part for part in (found.actor, found.article, found.note) if part)
    await _store.add(
        uow,
        [
            {"event": event, "person": person, "project": found.project, "subject": subject, "body": body, "kind": kind}
            for person in found.people
        ],
    )


async def tell_rungs(uow: UnitOfWork, event: UUID) -> None:
    """Write notices of every rung whose news ``event`` carries; twice adds nothing (D68)."""
    readers, heads = await roles_with(uow, _READ_PROJECTS), await roles_with(uow, _ANSWER)
    rows = [
        {
            "event": one.event,
            "person": one.person,
            "project": one.project,
            "subject": text("notice.subject", project=one.title, action=one.label),
            "body": "\n".join(part for part in (one.article, one.note) if part),
        }
        for one in await _ladder_store.told(uow, event, readers, heads)
    ]
    if rows:
        await _store.add(uow, rows)


async def tell_of_below(uow: UnitOfWork, event: UUID) -> None:
    """Tell who answers here for what a jurisdiction below reported as late, or, where nobody does, all who read."""
    found = await _store.said(uow, event)
    people = await _ladder_store.holders(uow, await roles_with(uow, _ANSWER))
    people = people or await _ladder_store.holders(uow, await roles_with(uow, _READ_PROJECTS))
    await tell(uow, event, people, found.label, found.note)


async def tell_oneself(uow: UnitOfWork, event: UUID) -> None:
    """Write a notice of ``event`` for whoever's account it is about, whoever did it (D114); twice adds nothing."""
    found = await _store.own(uow, event)
    if found is None:
        return
    at = f"{found.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    body = text("notice.own.body", at=at, note=found.note)
    if not found.own:
        body = text("notice.others.body", at=at, actor=found.actor, note=found.note)
    subject = text("notice.own", action=found.label)
    row = {"event": event, "person": found.person, "project": None, "subject": subject, "body": body}
    await _store.add(uow, [row | {"place": "/account", "kind": "account"}])


async def hand_over(uow: UnitOfWork, event: UUID) -> None:
    """Give what somebody who left, as ``event`` says, had not read to the successor; twice adds nothing."""
    await _store.hand_over(uow, event)


async def try_way(uow: UnitOfWork, event: UUID) -> None:
    """Have a way out tried, as ``event`` asks; whoever asked finds a notice of it. Twice adds nothing."""
    found = await _store.tried(uow, event)
    if found is None:
        return
    body = text("notice.tried")
    row = {"event": event, "person": found.person, "project": None, "subject": found.label, "body": body}
    await _store.add(uow, [row | {"place": "/channels", "kind": "system"}])
    await channels.try_out(uow, event, found.way, found.person, found.at, found.seq)
