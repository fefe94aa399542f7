"""People, offices and posts: who creates does not empower, who empowers does not create, and whoever watches does
neither (D117)."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from lianshen.access.queries import may, require
from lianshen.identity import commands as identity
from lianshen.identity.queries import ADMINISTRATORS, contact_of
from lianshen.identity.types import Actor
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Forbidden, NotFound
from lianshen.staff import _rows, _store, permissions
from lianshen.staff._acts import Exclusive, LastOne, NotNow, OneHand, WorkLeft, named, note, ordinary, wrong
from lianshen.staff._importing import bring, empower_rows, enter_rows, template
from lianshen.staff._leaving import leave
from lianshen.staff._review import review
from lianshen.staff._spreadsheet import Unreadable
from lianshen.staff.types import Secret


async def create_office(uow: UnitOfWork, actor: Actor, code: str, name: str, body: str) -> UUID:
    """Enter an office. Raises Invalid when the code is taken, or a field does not read."""
    require(actor, permissions.CREATE)
    _rows.require_office(code, name, body)
    if await _store.office_named(uow, code) is not None:
        raise wrong("code", "field.office_taken")
    made = await identity.add_office(uow, code, name, body)
    note(uow, "create_office", actor.by, None, name=name, short=code)
    return made


async def create_person(
    uow: UnitOfWork, actor: Actor, office: UUID, login: str, name: str, since: date, until: date | None = None
) -> UUID:
    """Enter somebody, disabled and with a post that carries no role. Raises Invalid: a login is never used again."""
    require(actor, permissions.CREATE)
    _rows.require_person(login, name)
    _rows.require_dates(since, until)
    place = await _office(uow, office)
    made = await identity.add_person(uow, office, login, name, (), since, until=until)
    if made is None:
        raise wrong("login", "field.login_taken")
    facts = {"office": (None, place.name), **_dates(since, until)}
    note(uow, "create", actor.by, made[0], name=name, login=login, facts=facts)
    return made[0]


async def set_contacts(uow: UnitOfWork, actor: Actor, who: UUID, phone: str, email: str, gone: Collection[str]) -> None:
    """Keep how somebody is reached, sealed. Blank leaves what is kept; what ``gone`` names is kept no longer.

    Raises NotFound, Invalid, NotNow. The record says what was changed, and neither number nor address.
    """
    require(actor, permissions.CREATE)
    account = await _person(uow, who)
    if account.state == "left":
        raise NotNow
    kept = await contact_of(uow, who)
    before = {"phone": kept.phone or "" if kept else "", "email": kept.email or "" if kept else ""}
    after = {"phone": phone or before["phone"], "email": email or before["email"]}
    after |= dict.fromkeys(gone, "")
    await identity.set_contact(uow, who, after["phone"], after["email"])
    facts = {name: (bool(before[name]), bool(after[name])) for name in before}
    note(uow, "set_contacts", actor.by, who, name=account.name, facts=facts)


async def add_post(
    uow: UnitOfWork, actor: Actor, who: UUID, office: UUID, since: date, until: date | None = None
) -> UUID:
    """Give somebody a further post, which carries no role yet. Raises NotFound, Invalid, NotNow."""
    require(actor, permissions.CREATE)
    _rows.require_dates(since, until)
    account, place = await _person(uow, who), await _office(uow, office)
    if account.state == "left":
        raise NotNow
    if any(one.office == office and one.stands_in_for is None for one in await _store.open_posts(uow, who)):
        raise wrong("office", "field.post_taken")
    made = await _store.add_post(uow, who, office, (), since=since, until=until)
    note(uow, "add_post", actor.by, who, name=account.name, office=place.name, facts=_dates(since, until))
    return made


async def enable(uow: UnitOfWork, actor: Actor, who: UUID) -> Secret:
    """Let somebody sign in, with a first password that is shown this once. Raises NotFound, NotNow."""
    require(actor, permissions.EMPOWER)
    account = await _person(uow, who)
    if account.state == "enabled":
        raise NotNow
    await _store.set_person(uow, who, state="enabled", state_at=uow.now)
    note(uow, "enable", actor.by, who, name=account.name, facts={"state": (account.state, "enabled")})
    return Secret(who, account.login, account.name, await identity.issue_secret(uow, who))


async def reset(uow: UnitOfWork, actor: Actor, who: UUID, *, factors: bool = False) -> Secret:
    """A new first password, shown this once; sessions end. Nobody chooses it for another (D110).

    With ``factors`` the second factor goes as well: its holder sets one up at the next sign-in.
    """
    require(actor, permissions.EMPOWER)
    account = await _person(uow, who)
    if account.state != "enabled" or who == actor.person:
        raise NotNow
    if factors:
        await identity.drop_factors(uow, who)
    note(uow, "reset_factors" if factors else "reset", actor.by, who, name=account.name)
    return Secret(who, account.login, account.name, await identity.issue_secret(uow, who))


async def disable(uow: UnitOfWork, actor: Actor, who: UUID, reason: str) -> None:
    """Lock somebody out for now; posts stay. Raises NotFound, NotNow, LastOne."""
    require(actor, permissions.EMPOWER)
    account = await _person(uow, who)
    if account.state != "enabled" or who == actor.person:
        raise NotNow
    await _require_another(uow, account)
    await _store.set_person(uow, who, state="disabled", state_at=uow.now)
    await identity.end_sessions(uow, who)
    facts = {"state": ("enabled", "disabled")}
    note(uow, "disable", actor.by, who, name=account.name, facts=facts, remark=reason)


async def grant(uow: UnitOfWork, actor: Actor, post: UUID, roles: tuple[str, ...]) -> None:
    """Let a post carry exactly these roles; none takes all away. Whoever stands in for it follows.

    Raises NotFound, Invalid, Exclusive (an administrator's), OneHand (administrators are made by two).
    """
    require(actor, permissions.EMPOWER)
    held = await _post(uow, post)
    if held.stands_in_for is not None:
        raise NotNow
    wanted = await ordinary(uow, roles)
    account = await _person(uow, held.person)
    if held.admin is not None or (account.administers is not None and wanted):
        raise Exclusive
    before = tuple(held.roles)
    await _store.set_roles(uow, post, wanted)
    for one in {held.person, *await _store.stand_ins(uow, post)}:
        await identity.end_sessions(uow, one)
    facts = {"roles": (list(before), list(wanted)), "office": (None, held.office_name)}
    said: dict[str, Any] = {"name": held.name, "office": held.office_name, "roles": await named(uow, wanted)}
    note(uow, "grant", actor.by, held.person, facts=facts, **said)


async def end_post(uow: UnitOfWork, actor: Actor, post: UUID) -> None:
    """End a post now, and those that stand in for it. Whoever lent it may take it back. Raises NotFound, LastOne."""
    held = await _post(uow, post)
    lent = (held.stands_in_for is not None and (await _store.hold_post(uow, held.stands_in_for))) or None
    if not (lent is not None and lent.person == actor.person and may(actor, permissions.DELEGATE)):
        require(actor, permissions.EMPOWER)
    if held.admin is not None and held.stands_in_for is None:
        await _require_another(uow, await _person(uow, held.person))
    others = await _store.stand_ins(uow, post)
    await _store.end_posts(uow, [post])
    for one in {held.person, *others}:
        await identity.end_sessions(uow, one)
    facts: dict[str, Any] = {"roles": (list(held.roles), []), "office": (held.office_name, None)}
    note(uow, "end_post", actor.by, held.person, name=held.name, office=held.office_name, facts=facts)


async def propose(uow: UnitOfWork, actor: Actor, who: UUID, role: str) -> UUID:
    """Ask that somebody be made an administrator. Another person decides. Raises NotFound, Invalid, Exclusive."""
    require(actor, permissions.PROPOSE)
    if role not in ADMINISTRATORS:
        raise wrong("role", "field.roles", roles=role)
    account = await _person(uow, who)
    if who == actor.person:
        raise OneHand
    if account.administers not in (None, role):
        raise Exclusive
    made = await _store.add_appointment(uow, who, role, actor.person, actor.by.label)
    note(uow, "propose", actor.by, who, name=account.name, role=await named(uow, [role]))
    return made


async def decide(uow: UnitOfWork, actor: Actor, appointment: UUID, *, granted: bool) -> None:
    """Make somebody an administrator, or refuse to. Raises NotFound, NotNow, OneHand, Exclusive.

    The person needs a post without a role, and none with one: administrators do no other work.
    """
    require(actor, permissions.APPOINT)
    held = await _store.hold_appointment(uow, appointment)
    if held is None:
        raise NotFound
    if held.decided_at is not None or held.founding:
        raise NotNow
    if actor.person in (held.requested_by, held.person):
        raise OneHand
    account = await _person(uow, held.person)
    await _store.decide(uow, appointment, actor.person, actor.by.label, granted=granted)
    if granted:
        posts = await _store.open_posts(uow, held.person)
        bare = [one for one in posts if not one.roles and one.stands_in_for is None]
        if account.administers not in (None, held.role) or any(one.roles for one in posts):
            raise Exclusive
        if not bare:
            raise NotNow
        await _store.set_person(uow, held.person, administers=held.role)
        await _store.set_roles(uow, bare[0].id, (held.role,), appointment)
        await identity.end_sessions(uow, held.person)
    facts = {"requester": (None, held.requester), "administers": (account.administers, held.role if granted else None)}
    act = "appoint" if granted else "refuse_appointment"
    note(uow, act, actor.by, held.person, name=account.name, role=await named(uow, [held.role]), facts=facts)


async def stand_in(uow: UnitOfWork, actor: Actor, post: UUID, deputy: UUID, since: date, until: date) -> UUID:
    """Let ``deputy`` act in a post from ``since`` until its last day ``until``, with the same roles.

    For one's own post a colleague of the same office; the security administrator may choose anybody.
    Raises NotFound, Forbidden, Invalid, Exclusive, NotNow (what is lent is not lent on).
    """
    held = await _post(uow, post)
    own = held.person == actor.person
    require(actor, permissions.DELEGATE if own else permissions.EMPOWER)
    account = await _person(uow, deputy)
    _rows.require_dates(since, until)
    if until < day_of(uow.now) or (held.until is not None and until > held.until):
        raise wrong("until", "field.stand_in_until")
    theirs = await _store.open_posts(uow, deputy)
    if held.stands_in_for is not None or not held.roles or account.state != "enabled" or deputy == held.person:
        raise NotNow
    if own and not may(actor, permissions.EMPOWER) and all(one.office != held.office for one in theirs):
        raise Forbidden
    if account.administers != held.admin:
        raise Exclusive
    given = await _store.appointment_of(uow, deputy, held.admin) if held.admin else None
    more = {"since": since, "until": until, "stands_in_for": post, "appointment": given}
    made = await _store.add_post(uow, deputy, held.office, held.roles, **more)
    facts = {"roles": (None, list(held.roles)), "office": (None, held.office_name), **_dates(since, until)}
    facts["stands_in_for"] = (None, held.name)
    said: dict[str, Any] = {"name": account.name, "principal": held.name, "since": since, "until": until}
    note(uow, "stand_in", actor.by, deputy, facts=facts, **said)
    return made


async def _person(uow: UnitOfWork, who: UUID) -> Any:
    found = await _store.hold(uow, who)
    if found is None:
        raise NotFound
    return found


async def _post(uow: UnitOfWork, which: UUID) -> Any:
    found = await _store.hold_post(uow, which)
    if found is None:
        raise NotFound
    return found


async def _office(uow: UnitOfWork, which: UUID) -> Any:
    found = await _store.office_of(uow, which)
    if found is None:
        raise wrong("office", "field.office_unknown", office="")
    return found


async def _require_another(uow: UnitOfWork, account: Any) -> None:
    role = account.administers
    if role and await _store.other_administrators(uow, role, account.id) == 0:
        raise LastOne


def _dates(since: date, until: date | None) -> dict[str, tuple[Any, Any]]:
    return {"since": (None, since.isoformat()), "until": (None, until and until.isoformat())}


__all__ = [
    "Exclusive", "LastOne", "NotNow", "OneHand", "Unreadable", "WorkLeft", "add_post", "bring", "create_office",
    "create_person", "decide", "disable", "empower_rows", "enable", "end_post", "enter_rows", "grant", "leave",
    "propose", "reset", "review", "stand_in", "template",
]  # fmt: skip
