"""Second factors: one table, a small interface by kind, and recovery codes for whoever loses theirs (D104)."""

from collections.abc import Mapping
from hmac import compare_digest
from typing import Any, Protocol
from uuid import UUID, uuid4

import pyotp
from sqlalchemy import Row

from lianshen.audit import commands as audit
from lianshen.audit.types import By
from lianshen.identity import _factor_store, _passkeys, _secrets
from lianshen.identity.types import Actor, Setup, Shown
from lianshen.kernel import cipher
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text

_ISSUER = "联审"
_SKEW = (0, -1, 1)
"""Steps of thirty seconds that an authenticator's clock may be off."""


class Kind(Protocol):
    """A kind of second factor that is typed, by what is kept of it in ``factor``."""

    async def fits(self, uow: UnitOfWork, row: Row[Any], answer: str) -> bool:
        """True when ``answer`` is right; it is then used up, and is never right again."""
        ...


class Totp:
    """One-time passwords of RFC 6238: six digits every thirty seconds. ``counter`` is the last step that was used."""

    async def fits(self, uow: UnitOfWork, row: Row[Any], answer: str) -> bool:
        totp = pyotp.TOTP(await _opened(uow, row))
        now = totp.timecode(uow.now)
        for step in (now + off for off in _SKEW):
            if compare_digest(totp.generate_otp(step).encode(), answer.encode()):
                return await _factor_store.advance_counter(uow, row.id, step)
        return False


KINDS: Mapping[str, Kind] = {"totp": Totp()}


async def check(uow: UnitOfWork, who: UUID, name: str, origin: str, shown: Shown) -> bool:
    """True when what is ``shown`` is right for one of the person's factors, or one of their recovery codes; it is then
    used up.

    The caller holds the person's row, so that answers are looked at one by one.
    """
    if shown.passkey:
        return bool(origin) and await _passkeys.check(uow, who, name, origin, shown.passkey)
    typed = "".join(shown.code.split())
    for row in await _factor_store.factors_of(uow, who):
        if row.confirmed_at is not None and row.kind in KINDS and await KINDS[row.kind].fits(uow, row, typed):
            return True
    if not await _factor_store.use_code(uow, who, _secrets.digest_of_code(uow.tenant, who, typed)):
        return False
    left = await _factor_store.codes_left(uow, who)
    audit.record(
        uow,
        "identity.use_recovery_code",
        label=text("act.use_recovery_code"),
        by=By(name, who),
        note=text("act.use_recovery_code.note", left=left),
    )
    return True


async def begin(uow: UnitOfWork, who: UUID) -> None:
    """Begin to set up one-time passwords; what was begun before and never finished is dropped."""
    unfinished = [row.id for row in await _factor_store.factors_of(uow, who) if row.confirmed_at is None]
    await _factor_store.set_factors(uow, unfinished, removed_at=uow.now)
    one, secret = uuid4(), pyotp.random_base32()
    await _factor_store.add_factor(uow, one, who, "totp", await cipher.seal(uow, "factor", "secret", one, secret))


async def setup(uow: UnitOfWork, actor: Actor, login: str) -> Setup | None:
    """What the authenticator is to be told; None when nothing is being set up."""
    row = await _unfinished(uow, actor.person)
    if row is None:
        return None
    secret = await _opened(uow, row)
    address = pyotp.TOTP(secret).provisioning_uri(name=f"{login}@{actor.tenant}", issuer_name=_ISSUER)
    return Setup(secret, address)


async def confirm(uow: UnitOfWork, actor: Actor, answer: str) -> list[str] | None:
    """Take the new factor in use in place of any other of its kind, and give out new recovery codes; None for a wrong
    answer."""
    row = await _unfinished(uow, actor.person)
    if row is None or not await KINDS[row.kind].fits(uow, row, "".join(answer.split())):
        return None
    factors = await _factor_store.factors_of(uow, actor.person)
    former = [one.id for one in factors if one.kind == row.kind and one.id != row.id]
    await _factor_store.set_factors(uow, former, removed_at=uow.now)
    await _factor_store.set_factors(uow, [row.id], confirmed_at=uow.now)
    audit.record(uow, "identity.set_factor", label=text("act.set_factor"), by=actor.by)
    return await new_codes(uow, actor)


async def new_codes(uow: UnitOfWork, actor: Actor) -> list[str]:
    """Ten recovery codes in place of all former ones. They are shown once and kept as digests."""
    codes = _secrets.recovery_codes()
    digests = [_secrets.digest_of_code(uow.tenant, actor.person, code) for code in codes]
    await _factor_store.replace_codes(uow, actor.person, digests)
    audit.record(uow, "identity.new_codes", label=text("act.new_codes"), by=actor.by)
    return codes


async def drop(uow: UnitOfWork, who: UUID) -> None:
    """Take all factors and recovery codes of a person away."""
    await _factor_store.set_factors(
        uow, [row.id for row in await _factor_store.factors_of(uow, who)], removed_at=uow.now
    )
    await _factor_store.replace_codes(uow, who, ())


async def _unfinished(uow: UnitOfWork, who: UUID) -> Row[Any] | None:
    return next((row for row in await _factor_store.factors_of(uow, who) if row.confirmed_at is None), None)


async def _opened(uow: UnitOfWork, row: Row[Any]) -> str:
    return await cipher.open_(uow, "factor", "secret", row.id, row.secret)
