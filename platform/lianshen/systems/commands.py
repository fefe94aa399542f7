"""Entering systems, handing out keys and taking them back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row

from lianshen.access.queries import require
from lianshen.audit import commands as audit
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Invalid, Item, NotFound
from lianshen.kernel.messages import text
from lianshen.systems import _secret, _store, permissions
from lianshen.systems.queries import grantable, labels
from lianshen.systems.types import NewKey

LONGEST_DAYS = 365
"""For how long a key may be handed out (security baseline); after that it is made anew."""
OVERLAP = timedelta(days=7)
"""For how long the old key still works beside the one that replaces it."""


async def register(uow: UnitOfWork, actor: Actor, *, name: str, office: UUID, person: UUID) -> UUID:
    """Enter a system of ``office`` that ``person`` answers for. Raises Invalid, also for a name that is taken."""
    require(actor, permissions.MANAGE)
    wrong = {}
    if not 0 < len(name.strip()) <= 60:
        wrong["name"] = text("system.name")
    if office not in {one.id for one in await _store.offices(uow)}:
        wrong["office"] = text("system.office")
    if not await _store.people(uow, who=person):
        wrong["person"] = text("system.person")
    _refuse(wrong)
    made = uuid4()
    row = {"id": made, "name": name.strip(), "office": office, "person": person, "created_by": actor.person}
    if not await _store.add_system(uow, row):
        _refuse({"name": text("system.taken")})
    audit.record(uow, "systems.register", label=text("act.register_system", name=name.strip()), by=actor.by)
    return made


async def issue(
    uow: UnitOfWork, actor: Actor, system: UUID, *, may: Sequence[str], days: int, office: UUID | None = None
) -> NewKey:
    """Hand out a key that may do ``may`` for ``days`` days in ``office`` (None: the system's own).

    Raises NotFound, Invalid (nothing asked for, or more than systems may be given).
    """
    require(actor, permissions.MANAGE)
    found = await _store.live_system(uow, system)
    if found is None:
        raise NotFound
    wrong = {}
    if not may or not set(may) <= set(grantable()):
        wrong["permissions"] = text("system.permissions")
    if not 0 < days <= LONGEST_DAYS:
        wrong["days"] = text("system.days", most=LONGEST_DAYS)
    if office is not None and office not in {one.id for one in await _store.offices(uow)}:
        wrong["office"] = text("system.office")
    _refuse(wrong)
    made = await _add(uow, actor, system, tuple(sorted(set(may))), timedelta(days=days), office or found.office, None)
    names = "、".join(name for code, name in labels().items() if code in may)
    note = text("act.issue_key.note", may=names, days=days)
    audit.record(uow, "systems.issue", label=text("act.issue_key", name=found.name), by=actor.by, note=note)
    return made


async def rotate(uow: UnitOfWork, actor: Actor, system: UUID, key: UUID) -> NewKey:
    """Replace a key by one with the same scope and term; the old one works for ``OVERLAP`` yet. Raises NotFound."""
    require(actor, permissions.MANAGE)
    found, old = await _live(uow, system, key)
    made = await _add(uow, actor, system, tuple(old.permissions), old.expires_at - old.created_at, old.office, old.id)
    await _store.set_token(uow, old.id, expires_at=min(old.expires_at, uow.now + OVERLAP))
    audit.record(uow, "systems.rotate", label=text("act.rotate_key", name=found.name), by=actor.by)
    return made


async def revoke(uow: UnitOfWork, actor: Actor, system: UUID, key: UUID) -> None:
    """Take a key back; the next request that brings it is refused. Raises NotFound."""
    require(actor, permissions.MANAGE)
    found, old = await _live(uow, system, key)
    await _store.set_token(uow, old.id, revoked_at=uow.now)
    audit.record(uow, "systems.revoke", label=text("act.revoke_key", name=found.name), by=actor.by)


async def end(uow: UnitOfWork, actor: Actor, system: UUID) -> None:
    """End a system with all its keys, at once and for good. Raises NotFound."""
    require(actor, permissions.MANAGE)
    found = await _store.live_system(uow, system)
    if found is None:
        raise NotFound
    await _store.end_system(uow, system)
    audit.record(uow, "systems.end", label=text("act.end_system", name=found.name), by=actor.by)


async def note_used(uow: UnitOfWork, token: str) -> None:
    """Note that a key is in use. The transaction is of its tenant."""
    await _store.note_used(uow, _secret.digest(token))


async def _live(uow: UnitOfWork, system: UUID, key: UUID) -> tuple[Row[Any], Row[Any]]:
    found = await _store.live_system(uow, system)
    old = await _store.live_token(uow, system, key)
    if found is None or old is None:
        raise NotFound
    return found, old


async def _add(
    uow: UnitOfWork,
    actor: Actor,
    system: UUID,
    may: tuple[str, ...],
    term: timedelta,
    office: UUID,
    replaces: UUID | None,
) -> NewKey:
    token, key, expires_at = _secret.new(uow.tenant), uuid4(), uow.now + term
    await _store.add_token(
        uow,
        {
            "id": key, "digest": _secret.digest(token), "system": system, "office": office, "permissions": list(may),
            "created_by": actor.person, "expires_at": expires_at, "replaces": replaces,
        },
    )  # fmt: skip
    return NewKey(key, token, expires_at)


def _refuse(wrong: dict[str, str]) -> None:
    if wrong:
        raise Invalid(tuple(Item(code="invalid", message=said, field=name) for name, said in wrong.items()))
