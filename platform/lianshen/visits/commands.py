"""Asking, answering, ending; and recording each look. What changed is carried to the other side by the outbox."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID, uuid4

from lianshen.access.queries import require
from lianshen.audit.commands import record
from lianshen.identity.types import Actor
from lianshen.kernel import cipher
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Invalid, Item, NotFound, Refusal
from lianshen.kernel.messages import text
from lianshen.tenancy import queries as register
from lianshen.tenancy.types import PLATFORM
from lianshen.visits import _store, permissions
from lianshen.visits.types import Visit

LONGEST = 72
"""Hours that a visit may last from when it is asked for."""
_WORDS = {"reason": (4, 500), "ticket": (2, 100)}


class NotOpen(Refusal):
    """The visit is not approved, has ended or is over, so there is nothing to enter, answer or end."""

    status = 409
    code = "visit_not_open"


async def ask(uow: UnitOfWork, actor: Actor, subject: str, reason: str, ticket: str, hours: int) -> UUID:
    """Ask to look into ``subject`` for ``hours`` from now on. Raises Forbidden, NotFound, Invalid."""
    require(actor, permissions.ASK)
    place = await register.find(uow, subject)
    if place is None or subject == PLATFORM or actor.tenant != PLATFORM:
        raise NotFound
    said = {"reason": reason.strip(), "ticket": ticket.strip()}
    wrong = [name for name, (least, most) in _WORDS.items() if not least <= len(said[name]) <= most]
    items = [Item("invalid", text(f"visit.{name}"), name) for name in wrong]
    if not 1 <= hours <= LONGEST:
        items.append(Item("invalid", text("visit.hours", most=LONGEST), "hours"))
    if items:
        raise Invalid(tuple(items))
    id_, token = uuid4(), f"lv_{subject}_{secrets.token_urlsafe(32)}"
    asked = Visit(
        id=id_, subject=subject, operator=actor.person, name=actor.called, **said, asked_at=uow.now,
        until=uow.now + timedelta(hours=hours), answer=None, answered_at=None, answerer=None, ended_at=None, ender=None,
    )  # fmt: skip
    sealed = await cipher.seal(uow, "visit", "token", id_, token)
    await _store.add(uow, asked, hashlib.sha256(token.encode()).digest(), sealed)
    _record(uow, "operations.ask_visit", "act.visit.ask", asked, actor, place=place.name)
    return id_


async def answer(uow: UnitOfWork, actor: Actor, id_: UUID, *, approve: bool) -> None:
    """Approve or refuse, as the tenant's security administrator. Raises Forbidden, NotFound, NotOpen."""
    require(actor, permissions.ANSWER)
    found = await _held(uow, id_)
    if found.state(uow.now) != "waiting":
        raise NotOpen
    said = "approved" if approve else "refused"
    await _store.set_(uow, id_, answer=said, answered_at=uow.now, answerer=actor.by.label)
    _record(uow, "visits.answer", f"act.visit.{said}", found, actor, place="")


async def end(uow: UnitOfWork, actor: Actor, id_: UUID) -> None:
    """End a visit at once: from COMMIT on no request of the visitor is answered.

    Raises Forbidden, NotFound, NotOpen.
    """
    require(actor, permissions.ASK if actor.tenant == PLATFORM else permissions.END)
    found = await _held(uow, id_)
    if found.state(uow.now) not in ("waiting", "open"):
        raise NotOpen
    await _store.set_(uow, id_, ended_at=uow.now, ender=actor.by.label)
    action = "operations.end_visit" if actor.tenant == PLATFORM else "visits.end"
    _record(uow, action, "act.visit.end", found, actor, place="")


async def token_of(uow: UnitOfWork, actor: Actor, id_: UUID) -> tuple[Visit, str]:
    """The token of one's own open visit, to begin looking. Raises Forbidden, NotFound, NotOpen."""
    require(actor, permissions.ASK)
    found = await _held(uow, id_)
    if found.operator != actor.person:
        raise NotFound
    if found.state(uow.now) != "open":
        raise NotOpen
    kept = await _store.secrets(uow, id_)
    record(uow, "operations.begin_visit", label=text("act.visit.begin", subject=found.subject), by=actor.by)
    return found, await cipher.open_(uow, "visit", "token", id_, kept.token)


def note_look(uow: UnitOfWork, visitor: Actor, what: str) -> None:
    """Record in the tenant's own ledger that ``visitor`` looked at ``what``; if it cannot be, nothing is shown."""
    assert visitor.visiting is not None
    facts = {"visit": (None, str(visitor.visiting.id))}
    record(uow, "read.visit", label=text("act.visit.look"), by=visitor.by, facts=facts, note=what)


async def _held(uow: UnitOfWork, id_: UUID) -> Visit:
    found = await _store.find(uow, id_, lock=True)
    if found is None:
        raise NotFound
    return found


def _record(uow: UnitOfWork, action: str, label: str, one: Visit, actor: Actor, *, place: str) -> None:
    facts = {"visit": (None, str(one.id)), "until": (None, one.until.isoformat())}
    note = text("act.visit.note", name=one.name, reason=one.reason, ticket=one.ticket)
    record(uow, action, label=text(label, place=place), by=actor.by, facts=facts, note=note)


__all__ = ["LONGEST", "NotOpen", "answer", "ask", "end", "note_look", "token_of"]
