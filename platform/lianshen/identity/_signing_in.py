"""From a password to an open session, one question at a time.

A sign-in that still asks for something is a session too, of a stage that opens nothing but the next question (D104);
each answer puts a session with a new secret in its place (D102). What counts failures holds the person's row locked,
so however many guess at once, no more than ``MAX_FAILURES`` are looked at (D100).
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import msgspec
from sqlalchemy import Row

from lianshen.audit import commands as audit
from lianshen.audit.types import By
from lianshen.identity import _factor_store, _factors, _passkeys, _secrets, _store
from lianshen.identity.types import Actor, Shown, SignedIn, Stage, Standing, Terms
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text

MAX_FAILURES = 5
_LOCKED_FOR = timedelta(minutes=15)
_ADMIN_LOCKED_FOR = timedelta(minutes=30)
_LONG_AWAY = timedelta(days=30)
"""Numbers of the security baseline (D100, D114), not of any project regulation."""
_STAGES: tuple[Stage, ...] = get_args(Stage)


class Came(msgspec.Struct, frozen=True):
    """Where a sign-in comes from: the caller's address, and what its program calls itself."""

    source: str = ""
    agent: str = ""


class _Entrant(msgspec.Struct, frozen=True):
    """Somebody whose sign-in is under way. ``standing`` is what all their posts together ask."""

    account: Row[Any]
    posts: tuple[Row[Any], ...]
    standing: Standing
    has_factor: bool

    @property
    def by(self) -> By:
        return By(self.account.name, self.account.id)


async def sign_in(
    uow: UnitOfWork, tenant: str, login: str, password: str, *, terms: Terms, came: Came, choose: bool = False
) -> SignedIn | None:
    """Open a session under a new secret (D102), or count the failure and return None.

    The session's stage tells what is asked next; ``choose`` asks whoever holds several posts which one to act in,
    else it is the first. The caller commits in both cases: a failure that is rolled back would not count.
    """
    await uow.enter(tenant)
    account = await _store.find_login(uow, login)
    fits = await asyncio.to_thread(
        _secrets.verify_password, account.password if account and account.active else None, password
    )
    if account is None:
        return None
    entrant = await _entrant(uow, account, terms)
    if locked(account, uow.now):
        return None
    if not fits or not entrant.posts or _is_used_up(account, uow.now):
        await count_failure(uow, entrant)
        return None
    if account.initial_until is not None:  # it opens once
        await _store.set_person(uow, account.id, initial_until=uow.now)
    elif _secrets.needs_rehash(account.password):
        hashed = await asyncio.to_thread(_secrets.hash_password, password)
        await _store.set_person(uow, account.id, password=hashed)
    return await _open(uow, entrant, terms, came, _next(entrant, terms, uow.now, choose=choose))


async def sign_in_as(
    uow: UnitOfWork, who: UUID, *, terms: Terms, came: Came, strong: bool, choose: bool = False
) -> SignedIn | None:
    """Open a session for somebody whom another has vouched for, who is asked for the rest as anybody is.

    ``strong``: a second factor was shown there already, and none is asked for here. None for an account that may not
    sign in now. The event that says who vouched is the caller's.
    """
    account = await _store.hold(uow, who)
    entrant = await _entrant(uow, account, terms)
    if not account.active or locked(account, uow.now) or not entrant.posts:
        return None
    stage = _next(entrant, terms, uow.now, choose=choose, strong=strong)
    return await _open(uow, entrant, terms, came, stage, by_factor=strong and entrant.has_factor)


async def sign_in_by_passkey(
    uow: UnitOfWork, tenant: str, answer: str, *, terms: Terms, came: Came, choose: bool = False
) -> SignedIn | None:
    """The same for whoever's passkey ``answer`` is: both factors at once, for its holder was verified.

    An account that may not sign in now is not looked at any further, and a wrong answer counts as a failure of it.
    """
    await uow.enter(tenant)
    who = await _passkeys.claimed(uow, answer) if terms.origin else None
    if who is None:
        return None
    account = await _store.hold(uow, who)
    entrant = await _entrant(uow, account, terms)
    if not account.active or locked(account, uow.now) or not entrant.posts:
        return None
    if not await _passkeys.check(uow, who, account.name, terms.origin, answer, purpose="sign_in"):
        await count_failure(uow, entrant)
        return None
    stage = _next(entrant, terms, uow.now, choose=choose, strong=True)
    return await _open(uow, entrant, terms, came, stage, by_factor=True)


async def _open(
    uow: UnitOfWork, entrant: _Entrant, terms: Terms, came: Came, stage: Stage, *, by_factor: bool = False
) -> SignedIn:
    token = _secrets.new_token(uow.tenant)
    await _store.add_session(
        uow,
        {
            "digest": _secrets.digest_of(token),
            "person": entrant.account.id,
            "post": entrant.posts[0].post,
            "form_key": _secrets.new_form_key(),
            "created_at": uow.now,
            "expires_at": uow.now + terms.lifetime,
            "stage": stage,
            "idle": _idle(entrant, terms),
            "authenticated_at": uow.now,
            "by_factor": by_factor,
            "source": came.source,
            "agent": came.agent,
        },
    )
    return await _arrived(uow, entrant, token, terms, stage)


async def answer(
    uow: UnitOfWork, entrant: Actor, token: str, *, terms: Terms, shown: Shown, choose: bool = False
) -> SignedIn | None:
    """Go on with a sign-in that asks for the second factor, or count the failure and return None."""
    assert entrant.stage == "factor"
    found = await _entrant(uow, await _store.hold(uow, entrant.person), terms)
    if locked(found.account, uow.now):
        return None
    if not await _factors.check(uow, entrant.person, entrant.name, terms.origin, shown):
        await count_failure(uow, found)
        return None
    return await _go_on(uow, found, token, terms, passed="factor", choose=choose, by_factor=True)


async def go_on(
    uow: UnitOfWork, entrant: Actor, token: str, *, terms: Terms, post: UUID | None = None, choose: bool = False
) -> SignedIn | None:
    """Go on after what ``entrant.stage`` asked was given; ``post`` is the one chosen. None for another's post."""
    found = await _entrant(uow, await _store.hold(uow, entrant.person), terms)
    if post is not None and all(one.post != post for one in found.posts):
        return None
    by_factor = entrant.by_factor or entrant.stage == "enroll"
    return await _go_on(uow, found, token, terms, passed=entrant.stage, choose=choose, by_factor=by_factor, post=post)


async def _go_on(
    uow: UnitOfWork,
    entrant: _Entrant,
    token: str,
    terms: Terms,
    *,
    passed: Stage,
    choose: bool,
    by_factor: bool,
    post: UUID | None = None,
) -> SignedIn | None:
    stage = _next(entrant, terms, uow.now, passed=passed, choose=choose)
    changed = {"stage": stage, "form_key": _secrets.new_form_key(), "by_factor": by_factor}
    new = await succeed(uow, token, changed | ({} if post is None else {"post": post}))
    return None if new is None else await _arrived(uow, entrant, new, terms, stage)


async def _arrived(uow: UnitOfWork, entrant: _Entrant, token: str, terms: Terms, stage: Stage) -> SignedIn:
    """Whoever is through is noted, told when something is unusual, and takes the place of their oldest session."""
    who = entrant.account.id
    if entrant.account.failures and stage != "factor":
        await _store.set_person(uow, who, failures=0, locked_until=None)
    if stage == "enroll":
        await _factors.begin(uow, who)
    actor = await _store.enter_session(uow, uow.tenant, _secrets.digest_of(token), terms.step_up_after)
    assert actor is not None, "a session just added is live"
    if stage == "open":
        most = terms.admin_sessions if entrant.standing.admin else terms.sessions
        displaced = await _store.displace(uow, who, most, _secrets.digest_of(token))
        note = text("act.sign_in.displaced", count=displaced) if displaced else ""
        audit.record(uow, "identity.sign_in", label=text("act.sign_in"), by=actor.by, note=note)
        await _note_unusual(uow, actor, _secrets.digest_of(token))
    return SignedIn(token=token, actor=actor)


async def _note_unusual(uow: UnitOfWork, actor: Actor, digest: bytes) -> None:
    """An event of its own, from which a notice to the person follows (D114). The first sign-in of all is none."""
    source = await _store.source_of(uow, digest)
    before = await _store.earlier(uow, actor.person, source, digest)
    if before.last is None:
        return
    why = []
    if not before.known:
        why.append(text("act.unusual_sign_in.source", source=source or "—"))
    if before.last < uow.now - _LONG_AWAY:
        why.append(text("act.unusual_sign_in.away", days=(uow.now - before.last).days))
    if why:
        note = "；".join(why)
        audit.record(uow, "identity.unusual_sign_in", label=text("act.unusual_sign_in"), by=actor.by, note=note)


async def succeed(uow: UnitOfWork, token: str, changed: dict[str, Any]) -> str | None:
    """Put a session with a new secret in the place of ``token``'s; None when that has ended meanwhile."""
    new = _secrets.new_token(uow.tenant)
    return (
        new if await _store.succeed_session(uow, _secrets.digest_of(token), _secrets.digest_of(new), changed) else None
    )


async def check_again(uow: UnitOfWork, actor: Actor, *, terms: Terms, shown: Shown) -> bool:
    """True when the person has shown anew who they are; else the failure is counted, which the caller commits."""
    account = await _store.hold(uow, actor.person)
    if not (await _entrant(uow, account, terms)).has_factor:
        return await check_password(uow, account, terms=terms, password=shown.password)
    fits = not locked(account, uow.now) and await _factors.check(uow, actor.person, actor.name, terms.origin, shown)
    return await _counted(uow, account, terms, fits=fits)


async def check_password(uow: UnitOfWork, account: Row[Any], *, terms: Terms, password: str) -> bool:
    """True when ``password`` is the person's own; else the failure is counted, which the caller commits."""
    fits = await asyncio.to_thread(_secrets.verify_password, account.password, password)
    return await _counted(uow, account, terms, fits=fits and not locked(account, uow.now))


async def is_admin(uow: UnitOfWork, account: Row[Any], terms: Terms) -> bool:
    """True when one of the person's posts is an administrator's."""
    return (await _entrant(uow, account, terms)).standing.admin


async def _counted(uow: UnitOfWork, account: Row[Any], terms: Terms, *, fits: bool) -> bool:
    if fits and account.failures:
        await _store.set_person(uow, account.id, failures=0, locked_until=None)
    elif not fits and not locked(account, uow.now):
        await count_failure(uow, await _entrant(uow, account, terms))
    return fits


def locked(account: Row[Any], now: datetime) -> bool:
    """True while too many failures lie behind; an attempt then counts for nothing, and is not looked at."""
    return account.locked_until is not None and account.locked_until > now


async def count_failure(uow: UnitOfWork, entrant: _Entrant) -> None:
    failures = entrant.account.failures + 1
    lasts = _ADMIN_LOCKED_FOR if entrant.standing.admin else _LOCKED_FOR
    until = uow.now + lasts if failures % MAX_FAILURES == 0 else None
    await _store.set_person(uow, entrant.account.id, failures=failures, locked_until=until)
    audit.record(uow, "identity.sign_in_failed", label=text("sign_in_failed.title"), by=entrant.by)


async def _entrant(uow: UnitOfWork, account: Row[Any], terms: Terms) -> _Entrant:
    posts = tuple(await _store.posts_of(uow, account.id))
    standing = await terms.standing(uow, sorted({role for post in posts for role in post.roles}))
    factors = await _factor_store.factors_of(uow, account.id)
    return _Entrant(account, posts, standing, any(one.confirmed_at is not None for one in factors))


def _next(
    entrant: _Entrant,
    terms: Terms,
    now: datetime,
    *,
    passed: Stage | None = None,
    choose: bool = False,
    strong: bool = False,
) -> Stage:
    """What is asked after ``passed``; nothing that does not apply to this person."""
    age = terms.passwords.max_age
    applies = {
        "factor": entrant.has_factor and not strong,
        "password": entrant.account.initial_until is not None
        or (age is not None and entrant.account.password_at <= now - age),
        "enroll": terms.require_factor and entrant.standing.factor and not (entrant.has_factor or strong),
        "post": choose and len(entrant.posts) > 1,
        "open": True,
    }
    start = 0 if passed is None else _STAGES.index(passed) + 1
    return next(stage for stage in _STAGES[start:] if applies[stage])


def _is_used_up(account: Row[Any], now: datetime) -> bool:
    """True for an initial secret that was used, or is too old (D110)."""
    return account.initial_until is not None and account.initial_until <= now


def _idle(entrant: _Entrant, terms: Terms) -> int:
    return int((terms.admin_idle if entrant.standing.admin else terms.idle).total_seconds())
