"""What people do to their own account: password, second factor, sessions, the post they act in."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from lianshen.audit import commands as audit
from lianshen.identity import _factor_store, _factors, _passkeys, _passwords, _secrets, _signing_in, _store
from lianshen.identity.types import Actor, Ending, Shown, SignedIn, Terms
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Invalid, Item, NotFound, NotSignedIn
from lianshen.kernel.messages import text

_INITIAL_LIVES = timedelta(hours=24)
"""How long a secret that was handed out opens: the security baseline's number (D110)."""


async def set_password(
    uow: UnitOfWork, actor: Actor, token: str, *, terms: Terms, new: str, repeated: str, current: str | None = None
) -> SignedIn:
    """Take ``new`` as the password, end all other sessions, and go on under a new secret (D99, D102, D105).

    ``current`` may be left out only where the sign-in itself asks for a new password. Raises Invalid naming the
    fields; a wrong ``current`` is counted as a failure, so the caller commits all the same.
    """
    account = await _store.hold(uow, actor.person)
    await _check_current(uow, actor, account, terms, current)
    if said := await _amiss(uow, actor, account, terms, new):
        raise Invalid((Item(code="invalid", message=said, field="new"),))
    if new != repeated:
        raise Invalid((Item(code="invalid", message=text("password.repeated"), field="repeated"),))
    if account.initial_until is None:
        await _store.keep_former(uow, actor.person, account.password, terms.passwords.remembered)
    hashed = await asyncio.to_thread(_secrets.hash_password, new)
    await _store.set_person(
        uow, actor.person, password=hashed, password_at=uow.now, initial_until=None, failures=0, locked_until=None
    )
    await _store.end_sessions(uow, actor.person, "password", but=_secrets.digest_of(token))
    audit.record(uow, "identity.set_password", label=text("act.set_password"), by=actor.by)
    return await _renewed(uow, token, terms, form_key=_secrets.new_form_key(), authenticated_at=uow.now)


async def _check_current(uow: UnitOfWork, actor: Actor, account: Row[Any], terms: Terms, current: str | None) -> None:
    if current is None:
        assert actor.stage == "password", "a password of one's own is asked for before it is replaced"
    elif not await _signing_in.check_password(uow, account, terms=terms, password=current):
        raise Invalid((Item(code="invalid", message=text("password.wrong"), field="current"),))


async def _amiss(uow: UnitOfWork, actor: Actor, account: Row[Any], terms: Terms, new: str) -> str | None:
    rules = terms.passwords
    words = (*terms.context, account.login, account.name, actor.tenant, actor.office_name)
    admin = await _signing_in.is_admin(uow, account, terms)
    if said := _passwords.fault(new, rules, admin=admin, common=terms.common, context=words):
        return said
    former: Sequence[str] = await _store.former_passwords(uow, actor.person, rules.remembered - 1)
    for stored in (account.password, *former):
        if await asyncio.to_thread(_secrets.verify_password, stored, new):
            return text("password.remembered", count=rules.remembered)
    return None


async def confirm_again(uow: UnitOfWork, actor: Actor, token: str, *, terms: Terms, shown: Shown) -> SignedIn | None:
    """Show anew who one is: a session under a new secret, fresh for weighty acts (D111), with the same form key, so
    that what is typed elsewhere still counts. None, and a failure counted, when it does not fit.
    """
    if not await _signing_in.check_again(uow, actor, terms=terms, shown=shown):
        return None
    audit.record(uow, "identity.confirm_again", label=text("act.confirm_again"), by=actor.by)
    return await _renewed(uow, token, terms, authenticated_at=uow.now)


async def act_in(uow: UnitOfWork, actor: Actor, token: str, post: UUID, *, terms: Terms) -> SignedIn:
    """Act in another of one's posts from now on: a new secret and form key. Raises NotFound for a post not one's own.

    Forms that stand open elsewhere were filled in for the former post, and are refused.
    """
    if all(one.post != post for one in await _store.posts_of(uow, actor.person)):
        raise NotFound
    signed_in = await _renewed(uow, token, terms, post=post, form_key=_secrets.new_form_key())
    note = text("act.act_in.note", former=actor.office_name)
    audit.record(uow, "identity.act_in", label=text("act.act_in"), by=signed_in.actor.by, note=note)
    return signed_in


async def confirm_factor(
    uow: UnitOfWork, actor: Actor, token: str, answer: str, *, terms: Terms
) -> tuple[SignedIn, list[str]] | None:
    """Take a factor that was set up in use; a new secret, and the recovery codes. None for a wrong answer."""
    codes = await _factors.confirm(uow, actor, answer)
    if codes is None:
        return None
    return await _renewed(uow, token, terms, by_factor=True, authenticated_at=uow.now), codes


async def add_passkey(
    uow: UnitOfWork, actor: Actor, token: str, *, terms: Terms, name: str, answer: str
) -> tuple[SignedIn, list[str]]:
    """Take a new passkey in use; a new secret, and recovery codes for whoever has none left.

    Raises Invalid, after which the caller commits all the same: the challenge is used up.
    """
    await _passkeys.enter(uow, actor, terms.origin, name, answer)
    codes = [] if await _factor_store.codes_left(uow, actor.person) else await _factors.new_codes(uow, actor)
    return await _renewed(uow, token, terms, by_factor=True, authenticated_at=uow.now), codes


async def end_passkey(uow: UnitOfWork, actor: Actor, token: str, which: UUID) -> None:
    """Let a passkey count no more, and end all sessions but this one: one of them may be whose who has it now.

    Raises NotFound for another's.
    """
    if not await _passkeys.end(uow, actor, which):
        raise NotFound
    await _store.end_sessions(uow, actor.person, "ended", but=_secrets.digest_of(token))


async def end_session(uow: UnitOfWork, actor: Actor, one: UUID) -> None:
    """End one of one's own sessions, everywhere at once (D105). Raises NotFound."""
    if not await _store.end_sessions(uow, actor.person, "ended", only=one):
        raise NotFound
    audit.record(uow, "identity.end_session", label=text("act.end_session"), by=actor.by)


async def end_other_sessions(uow: UnitOfWork, actor: Actor, token: str) -> None:
    """End all of one's sessions but this one."""
    if await _store.end_sessions(uow, actor.person, "ended", but=_secrets.digest_of(token)):
        audit.record(uow, "identity.end_session", label=text("act.end_other_sessions"), by=actor.by)


async def issue_secret(uow: UnitOfWork, who: UUID) -> str:
    """Give a person a random initial secret in place of any password, and end their sessions (D105, D110).

    It opens once within a day, and then asks for a password of the person's own. It is returned this once; the event
    is the caller's, who knows who issues it.
    """
    secret = _secrets.initial_secret()
    await hand_out(uow, who, await asyncio.to_thread(_secrets.hash_password, secret))
    await end_sessions(uow, who, "reset")
    return secret


async def hand_out(uow: UnitOfWork, who: UUID, hashed: str) -> None:
    """The same with a secret whose hash is known already, for somebody who has no sessions yet."""
    until = uow.now + _INITIAL_LIVES
    await _store.set_person(
        uow, who, password=hashed, password_at=uow.now, initial_until=until, failures=0, locked_until=None
    )


async def drop_factors(uow: UnitOfWork, who: UUID) -> None:
    """Take a person's second factors away: a new one is set up at the next sign-in.

    The event is the caller's, who knows who does it, and who ends the sessions with a new secret (``issue_secret``).
    """
    await _factors.drop(uow, who)


async def end_sessions(uow: UnitOfWork, who: UUID, why: Ending = "reset") -> None:
    """End all sessions of a person, in every process from the next request on (D105)."""
    await _store.end_sessions(uow, who, why)


async def _renewed(uow: UnitOfWork, token: str, terms: Terms, **changed: object) -> SignedIn:
    new = await _signing_in.succeed(uow, token, changed)
    if new is None:
        raise NotSignedIn  # ended by somebody else at this moment
    found = await _store.enter_session(uow, uow.tenant, _secrets.digest_of(new), terms.step_up_after)
    assert found is not None, "a session just added is live"
    return SignedIn(new, found)
