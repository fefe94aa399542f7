"""Carrying a visit over the wall: what was asked to the tenant, what was answered or ended to the other side."""

from uuid import UUID

from lianshen.access.queries import roles_with
from lianshen.audit.commands import record
from lianshen.audit.types import By
from lianshen.identity.queries import people_with
from lianshen.kernel.clock import SHANGHAI
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text
from lianshen.notifications.commands import tell
from lianshen.tenancy.types import PLATFORM
from lianshen.visits import _store, permissions
from lianshen.visits.types import Carried, Visit


async def to_carry(uow: UnitOfWork, event: UUID) -> Carried:
    """What the event was about, as it is now, and to whom it goes."""
    id_ = await _store.of_event(uow, event)
    assert id_ is not None, "the event names a visit"
    found = await _store.find(uow, id_)
    assert found is not None, "a visit is kept"
    kept = await _store.secrets(uow, id_)
    return Carried(found, kept.digest, found.subject if uow.tenant == PLATFORM else PLATFORM)


async def keep(uow: UnitOfWork, carried: Carried) -> None:
    """Take over what is new on the other side; twice changes nothing. The tenant's administrators are told at once."""
    one = carried.visit
    here = await _store.find(uow, one.id, lock=True)
    if here is None:
        assert uow.tenant != PLATFORM, "a visit begins at the platform"
        await _store.add(uow, one, carried.digest, None)
        await _tell(uow, one, "asked", one.name)
        if one.ended_at is None:
            return
        here = one
    elif one.answer is not None and here.answer is None and here.ended_at is None:
        await _store.set_(uow, one.id, answer=one.answer, answered_at=one.answered_at, answerer=one.answerer)
    if one.ended_at is not None and here.ended_at is None:
        await _store.set_(uow, one.id, ended_at=one.ended_at, ender=one.ender)
        if uow.tenant != PLATFORM:
            await _tell(uow, one, "ended", one.ender or "")


async def tell_administrators(uow: UnitOfWork, event: UUID) -> None:
    """Tell the tenant's administrators that a visit was answered or ended by one of them."""
    id_ = await _store.of_event(uow, event)
    found = None if id_ is None else await _store.find(uow, id_)
    if found is not None:
        kind = "ended" if found.ended_at is not None else str(found.answer)
        await _write(uow, event, found, kind, found.ender or found.answerer or "")


async def _tell(uow: UnitOfWork, one: Visit, kind: str, who: str) -> None:
    facts = {"visit": (None, str(one.id)), "until": (None, one.until.isoformat())}
    note = text("act.visit.note", name=one.name, reason=one.reason, ticket=one.ticket)
    by = By(label=text("actor.visitor", name=one.name))
    event = record(uow, f"visits.{kind}", label=text(f"act.visit.was_{kind}"), by=by, facts=facts, note=note)
    await _write(uow, event.id, one, kind, who)


async def _write(uow: UnitOfWork, event: UUID, one: Visit, kind: str, who: str) -> None:
    people = await people_with(uow, await roles_with(uow, permissions.READ))
    until = f"{one.until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    body = text("notice.visit.body", name=one.name, reason=one.reason, ticket=one.ticket, until=until, who=who)
    await tell(uow, event, people, text(f"notice.visit.{kind}"), body)
