"""What happens after commit."""

from uuid import UUID

from lianshen.access.queries import roles_with
from lianshen.kernel.clock import SHANGHAI
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text
from lianshen.notifications import _ladder_store, _store
from lianshen.notifications.commands import tell

_READ_PROJECTS = "projects.read"
_ANSWER = "deadlines.answer"
"""Permissions of other modules, by their names."""


async def tell_concerned(uow: UnitOfWork, event: UUID) -> None:
    """Write a notice of ``event`` for everyone concerned but the one who acted; running it twice adds nothing.

    Whoever may not read projects, such as an administrator who sits in the same office, hears nothing of them.
    """
    found = await _store.concerned(uow, event, await roles_with(uow, _READ_PROJECTS))
    if found is None or not found.people:
        return
    subject = text("notice.subject", project=found.title, action=found.label)
    body = "\n".join(part for part in (found.actor, found.article, found.note) if part)
    await _store.add(
        uow,
        [
            {"event": event, "person": person, "project": found.project, "subject": subject, "body": body}
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
    """Write a notice of ``event`` for whoever did it, or in whose name it was done (D114); twice adds nothing."""
    found = await _store.own(uow, event)
    if found is None:
        return
    at = f"{found.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    body = text("notice.own.body", at=at, note=found.note)
    subject = text("notice.own", action=found.label)
    row = {"event": event, "person": found.person, "project": None, "subject": subject, "body": body}
    await _store.add(uow, [row | {"place": "/account"}])


async def hand_over(uow: UnitOfWork, event: UUID) -> None:
    """Give what somebody who left, as ``event`` says, had not read to the successor; twice adds nothing."""
    await _store.hand_over(uow, event)
