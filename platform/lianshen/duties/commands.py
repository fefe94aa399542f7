"""Letting what was set aside go on, or closing it: by a person, with a reason, as an event (D77)."""

from uuid import UUID

from lianshen.access.queries import require
from lianshen.audit.commands import record
from lianshen.audit.types import By
from lianshen.duties import _store, permissions
from lianshen.duties.types import Parked
from lianshen.identity.types import Actor
from lianshen.kernel import outbox
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Invalid, Item, NotFound
from lianshen.kernel.messages import text


async def retry(uow: UnitOfWork, actor: Actor, message: UUID, reason: str) -> None:
    """Have it tried anew, its attempts counted from the beginning. Raises Forbidden, NotFound, Invalid."""
    found = await _resolve(uow, actor, message, reason)
    if not await outbox.release(uow, message):
        raise NotFound
    _record(uow, "retry", found, actor.by, reason)


async def close(uow: UnitOfWork, actor: Actor, message: UUID, reason: str) -> None:
    """Leave it undone for good. Raises Forbidden, NotFound, Invalid."""
    found = await _resolve(uow, actor, message, reason)
    if not await outbox.close(uow, message, reason.strip()):
        raise NotFound
    _record(uow, "close", found, actor.by, reason)


async def release(uow: UnitOfWork, reason: str, *, by: By) -> int:
    """Have everything of this tenant that was set aside tried anew, on an operator's order; how many."""
    if released := await outbox.release(uow):
        facts = {"released": (None, released)}
        record(uow, "operations.release", label=text("act.duties.release"), by=by, facts=facts, note=reason)
    return released


async def _resolve(uow: UnitOfWork, actor: Actor, message: UUID, reason: str) -> Parked:
    require(actor, permissions.RESOLVE)
    found = await _store.parked(uow, message)
    if not found:
        raise NotFound
    if not reason.strip():
        raise Invalid((Item("required", text("field.required"), "reason"),))
    return found[0]


def _record(uow: UnitOfWork, verb: str, found: Parked, by: By, reason: str) -> None:
    label = text(f"act.duties.{verb}", act=found.act)
    facts = {"message": (None, str(found.id)), "job": (None, found.job), "why_parked": (None, found.reason)}
    record(uow, f"duties.{verb}", label=label, by=by, facts=facts, note=reason.strip())
