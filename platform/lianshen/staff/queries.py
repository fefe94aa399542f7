"""Reading people, offices and posts."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec

from lianshen.access import queries as access
from lianshen.access.queries import require, role_labels
from lianshen.identity import queries as identity
from lianshen.identity.types import Actor, Contact
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound
from lianshen.staff import _store, permissions
from lianshen.staff.types import (
    Appointment,
    Brought,
    Idle,
    Leaving,
    LeavingPost,
    Office,
    Participant,
    Past,
    Person,
    PersonPage,
    Row,
    Said,
)

_PERSON = msgspec.json.Decoder(Person)
_MOST = 10_000
_SHOWN, _PLACES = 50, 3


async def role_names(uow: UnitOfWork) -> dict[str, str]:
    """What the roles that a post can carry today are called, by code."""
    return await role_labels(uow)


async def grantable(uow: UnitOfWork) -> dict[str, str]:
    """The same without those that nobody gives alone: administrators', operators', other systems'."""
    return await access.grantable(uow)


async def people(
    uow: UnitOfWork,
    actor: Actor,
    *,
    words: str = "",
    office: UUID | None = None,
    state: str = "",
    after: str = "",
    limit: int = 50,
) -> list[Person]:
    """People by login, those ``after`` one; ``words`` is looked for in login and name, literally."""
    require(actor, permissions.READ)
    found = await _store.people(uow, words=words, office_id=office, state=state, after=after, limit=limit)
    return [_PERSON.decode(one) for one in found]


async def person(uow: UnitOfWork, actor: Actor, who: UUID) -> PersonPage:
    """A person with posts, appointments and history. Raises NotFound."""
    require(actor, permissions.READ)
    history = [Past(row.at, row.label, row.actor, row.note, row.facts) for row in await _store.history(uow, who)]
    return PersonPage(await find(uow, who), await _appointments(uow, who), tuple(history))


async def find(uow: UnitOfWork, who: UUID) -> Person:
    """An account with its posts. Raises NotFound."""
    found = await _store.one(uow, who)
    if found is None:
        raise NotFound
    return _PERSON.decode(found)


async def offices(uow: UnitOfWork, actor: Actor) -> list[Office]:
    """The offices of the tenant, by code."""
    require(actor, permissions.READ)
    return [Office(**row._mapping) for row in await _store.offices(uow)]


async def colleagues(uow: UnitOfWork, actor: Actor) -> list[Person]:
    """Those of the actor's own office who may stand in for the actor, the first of them by login."""
    require(actor, permissions.DELEGATE)
    found = await _store.people(uow, words="", office_id=actor.office, state="enabled", after="", limit=_SHOWN)
    return [one for one in map(_PERSON.decode, found) if one.id != actor.person and one.administers is None]


async def lent(uow: UnitOfWork, actor: Actor) -> list[tuple[UUID, str, date, date]]:
    """Who stands in for the actor in the present post, now or later: (post, name, first day, last day)."""
    require(actor, permissions.DELEGATE)
    return [tuple(row) for row in await _store.lent(uow, actor.post)]


async def own(uow: UnitOfWork, actor: Actor) -> Person:
    """The actor's own account."""
    return await find(uow, actor.person)


async def waiting(uow: UnitOfWork, actor: Actor) -> tuple[Appointment, ...]:
    """Appointments that wait to be decided."""
    require(actor, permissions.READ)
    return await _appointments(uow, None)


async def leaving(uow: UnitOfWork, actor: Actor, who: UUID, participants: Sequence[Participant]) -> Leaving:
    """What would be left behind if somebody left now. Raises NotFound."""
    require(actor, permissions.EMPOWER)
    return await left_behind(uow, who, participants)


async def left_behind(uow: UnitOfWork, who: UUID, participants: Sequence[Participant]) -> Leaving:
    """The same, for a command."""
    found = await find(uow, who)
    posts = [one for one in found.posts if one.ended_at is None]
    work = [item for part in participants for item in await part.open_work(uow, who, [one.office for one in posts])]
    busy = {item.office for item in work if item.office is not None}
    leaving = []
    for one in posts:
        own = one.current and one.stands_in_for is None and found.administers is None
        missing = set(one.roles) - await _store.others_roles(uow, one.office, who) if own else set()
        leaving.append(LeavingPost(one, binding=bool(missing) and one.office in busy))
    personal = any(item.office is None for item in work)
    return Leaving(found, tuple(leaving), tuple(work), personal or any(one.binding for one in leaving))


async def idle(uow: UnitOfWork, days: int) -> list[Idle]:
    """Enabled accounts that nobody has used for ``days``."""
    found = await _store.idle(uow, uow.now - timedelta(days=days))
    return [Idle(**row._mapping) for row in found]


async def everybody(uow: UnitOfWork, actor: Actor) -> list[Person]:
    """All people, for the quarterly review of who holds what."""
    return await people(uow, actor, limit=_MOST)


async def with_login(uow: UnitOfWork, login: str) -> UUID | None:
    """Who has this login, in any case."""
    return await _store.with_login(uow, login)


async def beside(uow: UnitOfWork, actor: Actor, one: Person) -> list[Person]:
    """People of the same kind who sit in the same offices, the first of them: who most often take over from one."""
    require(actor, permissions.READ)
    places = dict.fromkeys(post.office for post in one.posts if post.ended_at is None)
    found: dict[UUID, Person] = {}
    for place in [*places][:_PLACES]:
        for other in await people(uow, actor, office=place, state="enabled", limit=_SHOWN):
            found[other.id] = other
    return [other for other in found.values() if other.id != one.id and other.administers == one.administers][:_SHOWN]


async def contact_of(uow: UnitOfWork, actor: Actor, who: UUID) -> Contact | None:
    """How a person is reached, in full: whoever shows it masks it. Raises Forbidden."""
    require(actor, permissions.CREATE)
    return await identity.contact_of(uow, who)


async def imports(uow: UnitOfWork, actor: Actor) -> list[tuple[Brought, dict[str, int]]]:
    """The latest lists of people that were brought, without their rows, and how many rows are in which state."""
    require(actor, permissions.READ)
    return [
        (Brought(row.digest.hex(), row.filename, row.brought_at, row.bringer, ()), row.states or {})
        for row in await _store.imports(uow)
    ]


async def brought(uow: UnitOfWork, actor: Actor | None, digest: str) -> Brought:
    """A list of people, row by row. Raises NotFound."""
    if actor is not None:
        require(actor, permissions.READ)
    try:
        key = bytes.fromhex(digest)
    except ValueError as error:
        raise NotFound from error
    found = await _store.find_import(uow, key)
    if found is None:
        raise NotFound
    rows = [
        Row(row.row, msgspec.convert(row.said, Said), row.state, row.remark, row.person, row.post)
        for row in await _store.import_rows(uow, key)
    ]
    return Brought(digest, found.filename, found.brought_at, found.bringer, tuple(rows))


async def _appointments(uow: UnitOfWork, who: UUID | None) -> tuple[Appointment, ...]:
    rows = await _store.appointments(uow, who)
    fields = Appointment.__struct_fields__
    return tuple(Appointment(**{name: row._mapping[name] for name in fields}) for row in rows)
