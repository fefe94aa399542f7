"""Signing in and out, and entering offices and people."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from lianshen.audit import commands as audit
from lianshen.audit.types import By
from lianshen.identity import _secrets, _store
from lianshen.identity.queries import ADMINISTRATORS
from lianshen.identity.types import Actor, SignedIn
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Refusal
from lianshen.kernel.messages import text

_MAX_FAILURES = 5
_LOCKED_FOR = timedelta(minutes=15)
"""Numbers of the security baseline (D100), not of any project regulation."""


class SignInFailed(Refusal):
    """One answer for an unknown account, a wrong password and a locked account (D109)."""

    status = 401
    code = "sign_in_failed"


async def sign_in(
    uow: UnitOfWork, tenant: str, login: str, password: str, *, idle: timedelta, lifetime: timedelta
) -> SignedIn | None:
    """Open a session under a new secret (D102), or count the failure and return None.

    The caller commits in both cases: a failure that is rolled back would not count.
    """
    await uow.enter(tenant)
    account = await _store.find_login(uow, login)
    locked = account is not None and account.locked_until is not None and account.locked_until > uow.now
    stored = account.password if account and account.active else None
    fits = await asyncio.to_thread(_secrets.verify_password, stored, password)
    if account is None:
        return None
    in_post = await _store.first_post(uow, account.id)
    if locked or not fits or in_post is None:
        if not locked:
            await _count_failure(uow, account)
        return None
    if _secrets.needs_rehash(account.password):
        await _store.set_password(uow, account.id, await asyncio.to_thread(_secrets.hash_password, password))
    if account.failures:
        await _store.set_failures(uow, account.id, 0, None)
    token = _secrets.new_token(tenant)
    digest = _digest(token)
    await _store.add_session(uow, digest, account.id, in_post, _secrets.new_form_key(), uow.now + lifetime)
    actor = await _store.enter_session(uow, tenant, digest, idle)
    assert actor is not None, "a session just added is live"
    audit.record(uow, "identity.sign_in", label=text("act.sign_in"), by=actor.by)
    return SignedIn(token=token, actor=actor)


async def _count_failure(uow: UnitOfWork, account: Any) -> None:
    failures = account.failures + 1
    locked_until = uow.now + _LOCKED_FOR if failures % _MAX_FAILURES == 0 else None
    await _store.set_failures(uow, account.id, failures, locked_until)
    audit.record(uow, "identity.sign_in_failed", label=text("sign_in_failed.title"), by=By(account.name, account.id))


async def sign_out(uow: UnitOfWork, actor: Actor, token: str) -> None:
    """End the session everywhere at once (D105)."""
    await _store.end_session(uow, _digest(token))
    audit.record(uow, "identity.sign_out", label=text("act.sign_out"), by=actor.by)


async def note_seen(uow: UnitOfWork, token: str) -> None:
    """Note that the session is in use, so that it does not idle out. The transaction is of the token's tenant."""
    await _store.touch_session(uow, _digest(token))


hash_password = _secrets.hash_password


async def add_office(uow: UnitOfWork, code: str, name: str, body: str) -> UUID:
    """Enter an office of the current tenant, or rename it; ``body`` is the vocabulary's code of what it is in law."""
    return await _store.save_office(uow, code, name, body)


async def add_person(
    uow: UnitOfWork,
    office: UUID,
    login: str,
    name: str,
    roles: tuple[str, ...],
    since: date,
    *,
    until: date | None = None,
    hashed: str | None = None,
) -> tuple[UUID, UUID] | None:
    """Enter a person with one post; None when the login is taken, or ever was (D98). Returns person and post.

    Without ``hashed``, a password's hash from ``hash_password``, nobody can sign in until somebody enables the account.
    """
    state = "enabled" if hashed else "created"
    who = await _store.add_person(uow, login, name, hashed or _secrets.UNUSABLE, state)
    if who is None:
        return None
    administers = next((role for role in roles if role in ADMINISTRATORS), None)
    more: dict[str, Any] = {"since": since, "until": until}
    if administers:
        more["appointment"] = await _store.found(uow, who, administers, text("actor.operator"))
    return who, await _store.add_post(uow, who, office, roles, **more)


async def add_post(uow: UnitOfWork, office: UUID, login: str, roles: tuple[str, ...], since: date) -> bool:
    """Give somebody a post in a further office; False when they have one there."""
    account = await _store.find_login(uow, login)
    assert account is not None, "whose login is taken has an account"
    if await _store.has_post(uow, account.id, office):
        return False
    await _store.add_post(uow, account.id, office, roles, since=since)
    return True


async def issue_secret(uow: UnitOfWork, who: UUID) -> str:
    """Give the account a random password that only this answer ever shows, and end its sessions."""
    secret = _secrets.new_password()
    await _store.set_password(uow, who, await asyncio.to_thread(_secrets.hash_password, secret))
    await _store.set_failures(uow, who, 0, None)
    await _store.end_sessions_of(uow, who)
    return secret


async def end_sessions(uow: UnitOfWork, who: UUID) -> None:
    """End every session of a person, everywhere at once (D105)."""
    await _store.end_sessions_of(uow, who)


def _digest(token: str) -> bytes:
    parts = _secrets.split_token(token)
    assert parts is not None, "a token of our own making"
    return parts[1]
