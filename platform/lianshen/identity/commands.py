"""Signing in and out, one's own account, and entering offices and people."""

from datetime import date
from typing import Any
from uuid import UUID

from lianshen.audit import commands as audit
from lianshen.identity import _contact, _secrets, _store
from lianshen.identity._account import (
    act_in,
    add_passkey,
    confirm_again,
    confirm_factor,
    drop_factors,
    end_other_sessions,
    end_passkey,
    end_session,
    end_sessions,
    hand_out,
    issue_secret,
    set_password,
)
from lianshen.identity._factors import begin as begin_factor
from lianshen.identity._factors import new_codes
from lianshen.identity._passkeys import LONGEST_ANSWER, ask_to_enter, ask_to_prove
from lianshen.identity._secrets import hash_password, initial_secret
from lianshen.identity._signing_in import Came, answer, go_on, sign_in, sign_in_as, sign_in_by_passkey
from lianshen.identity.queries import ADMINISTRATORS
from lianshen.identity.types import Actor
from lianshen.kernel import cipher
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Invalid, Item, Refusal
from lianshen.kernel.messages import text


class SignInFailed(Refusal):
    """One answer for an unknown account, a wrong password or code, and a locked account (D109)."""

    status = 401
    code = "sign_in_failed"


class Unfinished(Refusal):
    """The sign-in still asks for something; the item's code says what."""

    status = 401
    code = "sign_in_unfinished"


async def sign_out(uow: UnitOfWork, actor: Actor, token: str) -> None:
    """End the session everywhere at once (D105)."""
    await _store.end_session(uow, _secrets.digest_of(token), "signed_out")
    audit.record(uow, "identity.sign_out", label=text("act.sign_out"), by=actor.by)


async def note_seen(uow: UnitOfWork, token: str) -> None:
    """Note that the session is in use, so that it does not idle out. The transaction is of the token's tenant."""
    await _store.touch_session(uow, _secrets.digest_of(token))


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


async def set_contact(uow: UnitOfWork, who: UUID, phone: str, email: str) -> None:
    """Keep how a person is reached, sealed; empty for nothing. Raises Invalid naming ``phone`` or ``email``."""
    number, address = _contact.phone(phone), _contact.email(email)
    wrong = [name for name, typed, read in (("phone", phone, number), ("email", email, address)) if typed and not read]
    if wrong:
        raise Invalid(tuple(Item(code="invalid", message=text(f"field.{name}"), field=name) for name in wrong))
    await _store.set_contact(
        uow,
        who,
        await cipher.seal(uow, "person", "phone", who, number) if number else None,
        await cipher.blind_index(uow, "person", "phone", number) if number else None,
        await cipher.seal(uow, "person", "email", who, address) if address else None,
    )


__all__ = [
    "LONGEST_ANSWER", "Came", "SignInFailed", "Unfinished", "act_in", "add_office", "add_passkey", "add_person",
    "add_post", "answer", "ask_to_enter", "ask_to_prove", "begin_factor", "confirm_again", "confirm_factor",
    "drop_factors", "end_other_sessions", "end_passkey", "end_session",
    "end_sessions", "go_on", "hand_out", "hash_password", "initial_secret", "issue_secret", "new_codes", "note_seen",
    "set_contact", "set_password", "sign_in", "sign_in_as", "sign_in_by_passkey", "sign_out",
]  # fmt: skip
