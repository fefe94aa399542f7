"""Asking who it is once more before a weighty act (D111).

The page that asks carries the form that was sent, and sends it again to the same address with the answer in a field of
its own. The guard takes that field before the handler sees the form, so the act then simply goes on.
"""

from typing import Final

import msgspec
from litestar.datastructures import FormMultiDict, UploadFile

from lianshen.access.strength import StepUpRequired
from lianshen.identity import commands as identity
from lianshen.identity.queries import LONGEST
from lianshen.identity.types import Shown, SignedIn
from lianshen.web._call import Call

PASSWORD: Final = "_again_password"  # noqa: S105 (a field's name)
CODE: Final = "_again_code"
PASSKEY: Final = "_again_passkey"
FIELDS = (PASSWORD, CODE, PASSKEY)
"""What the page that asks brings back, in the order of ``Shown``."""


class StepUpFailed(StepUpRequired):
    """The answer does not fit; what was typed is still there."""

    code = "step_up_failed"


async def confirm_again(call: Call, form: FormMultiDict) -> None:
    """Take the answer that ``form`` brings, if any: the session goes on under a new secret, whatever the act becomes.

    Raises StepUpFailed; the failure is counted.
    """
    shown = Shown(*(said if isinstance(said := form.get(name), str) else "" for name in FIELDS))
    if call.visitor is None or call.token is None or not shown:
        return
    signed_in = await prove(call, shown)
    if signed_in is None:
        raise StepUpFailed(minutes=0)
    await call.uow.commit()
    await call.uow.enter(signed_in.actor.tenant)
    call.token = call.renewed = signed_in.token
    call.visitor = signed_in.actor


async def prove(call: Call, shown: Shown) -> SignedIn | None:
    """A session under a new secret for whoever shows who they are; None, and the failure is committed, otherwise."""
    actor = call.actor
    assert call.token is not None
    await call.services.limits.count("sign_in", source=call.source, tenant=actor.tenant, account=str(actor.person))
    signed_in = await identity.confirm_again(call.uow, actor, call.token, terms=call.terms, shown=within_bounds(shown))
    call.keep = signed_in is None
    return signed_in


def within_bounds(shown: Shown) -> Shown:
    """``shown`` cut off where nothing right is as long: hashing and reading more is work for whoever sends it."""
    return Shown(shown.password[:LONGEST], shown.code[:LONGEST], shown.passkey[: identity.LONGEST_ANSWER])


def give_grace(call: Call, form: FormMultiDict) -> None:
    """Take the sender of files as fresh a while longer: the page of the form asked before it was filled in."""
    actor, terms = call.visitor, call.terms
    if actor is None or actor.fresh or actor.authenticated_at is None:
        return
    sends_files = any(isinstance(value, UploadFile) and value.filename for value in form.values())
    if sends_files and actor.authenticated_at > call.now - terms.step_up_after - terms.step_up_grace:
        call.visitor = msgspec.structs.replace(actor, fresh=True)


def carried(form: FormMultiDict | None) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What the page that asks carries on: fields and values, and of files the fields and names, to be chosen anew."""
    sent = list(form.multi_items()) if form else []
    fields = [(name, value) for name, value in sent if isinstance(value, str) and name not in FIELDS]
    files = [(name, value.filename) for name, value in sent if isinstance(value, UploadFile) and value.filename]
    return fields, files
