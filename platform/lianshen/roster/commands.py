"""A person's own feed: made, ended, and noted as read."""

from lianshen.access.queries import require
from lianshen.audit import commands as audit
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound
from lianshen.kernel.messages import text
from lianshen.projects import permissions
from lianshen.roster import _secret, _store


async def make_feed(uow: UnitOfWork, actor: Actor) -> str:
    """Make the actor's feed anew; an earlier address ends. The secret of its address, this once. Raises Forbidden."""
    require(actor, permissions.READ)
    await _store.end_feed(uow, actor.person)
    secret = _secret.new(actor.tenant)
    await _store.add_feed(uow, actor.person, _secret.digest(secret))
    audit.record(uow, "roster.make_feed", label=text("act.make_feed"), by=actor.by)
    return secret


async def end_feed(uow: UnitOfWork, actor: Actor) -> None:
    """Close the address at once. Raises NotFound when there is none."""
    if not await _store.end_feed(uow, actor.person):
        raise NotFound
    audit.record(uow, "roster.end_feed", label=text("act.end_feed"), by=actor.by)


async def note_fetched(uow: UnitOfWork, secret: str) -> None:
    """Note that the address was read now, so that its owner sees whether it is used."""
    await _store.note_fetched(uow, _secret.digest(secret))
