"""Seeing personal data in full: an act with a reason, on record (D179)."""

from uuid import UUID

from lianshen.access.queries import require
from lianshen.audit import commands as audit
from lianshen.identity import queries as identity
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Invalid, Item, NotFound
from lianshen.kernel.messages import text
from lianshen.personal import permissions
from lianshen.personal.types import FIELDS, Unmasked

_SHORTEST_REASON = 4


async def unmask(uow: UnitOfWork, actor: Actor, person: UUID, field: str, reason: str) -> Unmasked:
    """One value of one person in full; who saw it, of whom and why is an event. Raises Forbidden, NotFound, Invalid."""
    require(actor, permissions.UNMASK)
    found = await identity.contact_of(uow, person) if field in FIELDS else None
    value: str | None = getattr(found, field) if found else None
    if found is None or value is None:
        raise NotFound
    if len(reason.strip()) < _SHORTEST_REASON:
        raise Invalid((Item(code="invalid", message=text("field.reason"), field="reason"),))
    label = text("act.unmask", what=text(f"personal.{field}"), name=found.name)
    audit.record(uow, "identity.unmask", label=label, by=actor.by, note=reason.strip())
    return Unmasked(person, found.name, field, value)
