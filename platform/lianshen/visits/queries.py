"""Who visits, and what they looked at."""

import hashlib
import re
from uuid import UUID

from lianshen.access.queries import granted_to, require
from lianshen.identity.types import Actor, Visiting
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound
from lianshen.kernel.messages import text
from lianshen.visits import _store, permissions
from lianshen.visits.types import Looked, Visit

ROLE = "visitor"
"""The role in ``policies/`` that says what a visit shows."""
_SHAPE = re.compile(r"lv_([0-9]{6})_[A-Za-z0-9_-]{43}")
_LATEST, _LOOKS = 50, 200
_NOBODY = UUID(int=0)


async def actor_of(uow: UnitOfWork, token: str, operator: Actor) -> Actor | None:
    """Bind the transaction to the token's tenant and return the operator as a visitor there, or None.

    The token alone is nothing: it has to come with the session of the operator to whom the tenant gave it.
    """
    shaped = _SHAPE.fullmatch(token)
    if shaped is None:
        return None
    row = await _store.enter(uow, shaped[1], hashlib.sha256(token.encode()).digest(), operator.person)
    if row is None:
        return None
    return Actor(
        tenant=shaped[1],
        person=row.id,
        name=row.name,
        post=row.id,
        office=_NOBODY,
        office_name=text("actor.operator"),
        body="",
        roles=(ROLE,),
        form_key=operator.form_key,
        rights=0,
        on=day_of(uow.now),
        only=granted_to(ROLE),
        fresh=False,
        visiting=Visiting(row.id, row.place, row.reason, row.until),
    )


async def visits(uow: UnitOfWork, actor: Actor, subject: str | None = None) -> list[Visit]:
    """The latest visits, as the tenant's administrators or the platform's operators see them. Raises Forbidden."""
    require(actor, permissions.READ if subject is None else permissions.ASK)
    return await _store.latest(uow, subject, _LATEST)


async def looked(uow: UnitOfWork, actor: Actor, id_: UUID) -> tuple[Visit, list[Looked]]:
    """One visit and what was looked at, the newest first. Raises Forbidden, NotFound."""
    require(actor, permissions.READ)
    found = await _store.find(uow, id_)
    if found is None:
        raise NotFound
    return found, await _store.looked(uow, id_, _LOOKS)
