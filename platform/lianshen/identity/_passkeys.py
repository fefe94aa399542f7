"""Passkeys (W3C Web Authentication): what a browser is asked to sign, and whether its answer holds.

One kind: discoverable, and its holder verified by PIN or body each time, so that one answer is both factors. We ask for
no attestation and believe none. A challenge is of our making, kept by its digest, and counts once.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import webauthn
from sqlalchemy import Row
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from lianshen.audit import commands as audit
from lianshen.audit.types import By
from lianshen.identity import _factor_store, _store
from lianshen.identity.types import Actor, Passkey
from lianshen.kernel import cipher, log
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Invalid, Item
from lianshen.kernel.messages import text

_LASTS = timedelta(minutes=5)
_KEPT_FOR = timedelta(days=1)
_MOST = 10
_LONGEST_NAME = 40
LONGEST_ANSWER = 16 * 1024
"""Characters of an answer; a passkey of any make says less."""
_ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_NAME = "联审"
Purpose = Literal["enter", "prove", "sign_in"]
Answer = AuthenticationCredential | RegistrationCredential


class NotHeld(Exception):
    """An answer that does not hold; the message says why, for the log."""


async def ask_to_enter(uow: UnitOfWork, actor: Actor, origin: str) -> str:
    """What the browser is told (JSON) to make a new passkey of the actor's. Raises Invalid when there are too many."""
    own = await _of(uow, actor.person)
    if len(own) >= _MOST:
        raise Invalid((Item(code="invalid", message=text("passkey.many", most=_MOST), field="passkey"),))
    account = await _store.account(uow, actor.person)
    options = webauthn.generate_registration_options(
        rp_id=_place(origin),
        rp_name=_NAME,
        user_id=handle_of(uow.tenant, actor.person),
        user_name=account.login,
        user_display_name=account.name,
        challenge=await _challenge(uow, "enter", actor.person),
        timeout=_milliseconds(),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_named(own),
        supported_pub_key_algs=_ALGORITHMS,
    )
    return webauthn.options_to_json(options)


async def ask_to_prove(uow: UnitOfWork, who: UUID | None, origin: str) -> str:
    """What the browser is told (JSON) to show a passkey: one of ``who``, or of whoever wants to sign in."""
    options = webauthn.generate_authentication_options(
        rp_id=_place(origin),
        challenge=await _challenge(uow, "prove" if who else "sign_in", who),
        timeout=_milliseconds(),
        allow_credentials=_named(await _of(uow, who)) if who else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


async def enter(uow: UnitOfWork, actor: Actor, origin: str, name: str, answer: str) -> None:
    """Keep a new passkey of the actor's under ``name``. Raises Invalid, after which the caller commits all the same."""
    called = name.strip()
    if not 0 < len(called) <= _LONGEST_NAME or not called.isprintable():
        raise Invalid((Item(code="invalid", message=text("passkey.name", longest=_LONGEST_NAME), field="name"),))
    try:
        with _read():
            said = parse_registration_credential_json(answer)
        challenge = await _answered(uow, said, "enter", actor.person)
        with _read():
            found = webauthn.verify_registration_response(
                credential=said,
                expected_challenge=challenge,
                expected_rp_id=_place(origin),
                expected_origin=origin,
                require_user_verification=True,
                supported_pub_key_algs=_ALGORITHMS,
            )
    except NotHeld as error:
        raise _refused(uow, str(error)) from error
    one, key = uuid4(), bytes_to_base64url(found.credential_public_key)
    row = {
        "name": called, "credential": found.credential_id, "counter": found.sign_count, "confirmed_at": uow.now,
    }  # fmt: skip
    sealed = await cipher.seal(uow, "factor", "secret", one, key)
    if not await _factor_store.add_factor(uow, one, actor.person, "passkey", sealed, **row):
        raise _refused(uow, "entered before")
    audit.record(uow, "identity.add_passkey", label=text("act.add_passkey", name=called), by=actor.by)


async def end(uow: UnitOfWork, actor: Actor, which: UUID) -> bool:
    """Let one of the actor's own passkeys count no more; False when there is none such."""
    row = next((one for one in await _of(uow, actor.person) if one.id == which), None)
    if row is None:
        return False
    await _factor_store.set_factors(uow, [which], removed_at=uow.now)
    audit.record(uow, "identity.end_passkey", label=text("act.end_passkey", name=row.name), by=actor.by)
    return True


async def claimed(uow: UnitOfWork, answer: str) -> UUID | None:
    """Whose passkey ``answer`` says it is; nothing of it is verified. None for nobody's here."""
    try:
        with _read():
            said = parse_authentication_credential_json(answer)
    except NotHeld:
        return None
    row = await _factor_store.passkey(uow, said.raw_id)
    return None if row is None else row.person


async def check(uow: UnitOfWork, who: UUID, name: str, origin: str, answer: str, *, purpose: Purpose = "prove") -> bool:
    """True when ``answer`` is a right one of the person's; it is then used up.

    The caller holds the person's row, so that answers are looked at one by one, and commits whatever comes of it.
    """
    try:
        with _read():
            said = parse_authentication_credential_json(answer)
        row = await _factor_store.passkey(uow, said.raw_id)
        if row is None or row.person != who:
            raise NotHeld("another's passkey, or none")
        challenge = await _answered(uow, said, purpose, who if purpose == "prove" else None)
        key = base64url_to_bytes(await cipher.open_(uow, "factor", "secret", row.id, row.secret))
        with _read():
            found = webauthn.verify_authentication_response(
                credential=said,
                expected_challenge=challenge,
                expected_rp_id=_place(origin),
                expected_origin=origin,
                credential_public_key=key,
                credential_current_sign_count=0,  # the count is looked at below, where it is told apart
                require_user_verification=True,
            )
        _require_handle(uow, said, who, asked=purpose == "sign_in")
    except NotHeld as error:
        log.get("identity").warning("passkey refused", tenant=uow.tenant, reason=str(error)[:200])
        return False
    return await _counts(uow, row, By(name, who), found.new_sign_count)


async def _counts(uow: UnitOfWork, row: Row[Any], by: By, count: int) -> bool:
    """Note that it was used; False when its count stands still or falls back, so that there must be a copy of it."""
    if (count or row.counter) and not await _factor_store.advance_counter(uow, row.id, count):
        label, note = text("act.passkey_copied", name=row.name), text("act.passkey_copied.note")
        audit.record(uow, "identity.passkey_copied", label=label, by=by, note=note, result="refused")
        return False
    await _factor_store.set_factors(uow, [row.id], used_at=uow.now)
    audit.record(uow, "identity.use_passkey", label=text("act.use_passkey", name=row.name), by=by)
    return True


def _require_handle(uow: UnitOfWork, said: AuthenticationCredential, who: UUID, *, asked: bool) -> None:
    """Raise NotHeld unless the passkey was made for this account; who signs in by it has to say so."""
    given = said.response.user_handle
    if (asked or given is not None) and given != handle_of(uow.tenant, who):
        raise NotHeld("user handle")


async def _answered(uow: UnitOfWork, said: Answer, purpose: Purpose, who: UUID | None) -> bytes:
    """The challenge that ``said`` answers, used up. Raises NotHeld for one that is none of ours."""
    with _read():
        client = parse_client_data_json(said.response.client_data_json)
    if client.cross_origin:
        raise NotHeld("within another's page")
    if not await _factor_store.use_challenge(uow, hashlib.sha256(client.challenge).digest(), purpose, who, _LASTS):
        raise NotHeld("challenge")
    return client.challenge


async def _challenge(uow: UnitOfWork, purpose: Purpose, who: UUID | None) -> bytes:
    made = secrets.token_bytes(32)
    await _factor_store.add_challenge(uow, hashlib.sha256(made).digest(), purpose, who, _KEPT_FOR)
    return made


async def _of(uow: UnitOfWork, who: UUID) -> list[Row[Any]]:
    return [row for row in await _factor_store.factors_of(uow, who) if row.kind == "passkey"]


async def own(uow: UnitOfWork, who: UUID) -> tuple[Passkey, ...]:
    """A person's passkeys, the oldest first."""
    return tuple(Passkey(row.id, row.name, row.created_at, row.used_at) for row in await _of(uow, who))


def handle_of(tenant: str, who: UUID) -> bytes:
    """What authenticators know an account by: 32 bytes that tell nobody anything."""
    return hashlib.sha256(f"passkey|{tenant}|{who}".encode()).digest()


def _named(rows: Iterable[Row[Any]]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=row.credential) for row in rows]


def _place(origin: str) -> str:
    """The relying party: the host of our address."""
    host = urlsplit(origin).hostname
    assert host is not None, "settings give an origin, or there are no passkeys"
    return host


def _milliseconds() -> int:
    return int(_LASTS.total_seconds() * 1000)


@contextmanager
def _read() -> Iterator[None]:
    """Whatever a forged answer breaks, it does not hold."""
    try:
        yield
    except Exception as error:
        raise NotHeld(f"{type(error).__name__}: {error}") from error


def _refused(uow: UnitOfWork, why: str) -> Invalid:
    log.get("identity").warning("passkey not entered", tenant=uow.tenant, reason=why[:200])
    return Invalid((Item(code="invalid", message=text("passkey.refused"), field="passkey"),))
