"""Ordering, for the web; and the steps of the operator's process, each a transaction that its edge commits."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from lianshen.access.queries import require, still_may
from lianshen.audit.commands import record
from lianshen.audit.types import By
from lianshen.identity.types import Actor
from lianshen.kernel import outbox
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Invalid, Item, NotFound, Refusal
from lianshen.kernel.messages import text
from lianshen.operations import _founding, _store, permissions
from lianshen.operations.types import Figures, Founding, Order
from lianshen.tenancy import commands as tenancy
from lianshen.tenancy import queries as register
from lianshen.tenancy.types import PLATFORM, Parent, Tenant

_LOST_AFTER = timedelta(minutes=10)
_KINDS = {
    "suspend": ("active",),
    "resume": ("suspended",),
    "release": ("active", "closed"),
    "export": ("active", "suspended", "closed"),
}


class Ordered(Refusal):
    """Something ordered for this tenant is not finished yet."""

    status = 409
    code = "operations.ordered"


class NoExport(Refusal):
    """A tenant is deleted only when it is suspended or closed, and exported since."""

    status = 409
    code = "operations.no_export"


class OnePerson(Refusal):
    """Who ordered it does not approve it."""

    status = 409
    code = "operations.one_person"


class NoLonger(Refusal):
    """Whoever ordered it, or agreed, may do so no more: what is done later is done by no lost right (D41)."""

    status = 403
    code = "operations.no_longer"


class Named(Refusal):
    """Others' history names this tenant, so the register cannot forget it."""

    status = 409
    code = "operations.named"


async def order_founding(uow: UnitOfWork, actor: Actor, founding: Founding) -> UUID:
    """Order a new tenant. Raises Forbidden, Invalid with an item a field, Ordered."""
    require(actor, permissions.ORDER)
    await _require_foundable(uow, founding)
    details = msgspec.to_builtins(founding)
    secrets = details.pop("founders")
    return await _order(uow, actor, "create", founding.code, details, secrets)


async def order(uow: UnitOfWork, actor: Actor, kind: str, subject: str, reason: str) -> UUID:
    """Order that ``subject`` is suspended, resumed or exported, or what was set aside there tried anew.

    Raises Forbidden, NotFound, WrongState, Ordered.
    """
    require(actor, permissions.ORDER)
    found = await register.find(uow, subject)
    if found is None or kind not in _KINDS or subject == PLATFORM:
        raise NotFound
    if found.state not in _KINDS[kind]:
        raise tenancy.WrongState(name=found.name, state=text(f"tenancy.state.{found.state}"))
    if not reason.strip():
        raise Invalid((Item("required", text("field.required"), "reason"),))
    return await _order(uow, actor, kind, subject, {"reason": reason.strip()})


async def order_deletion(uow: UnitOfWork, actor: Actor, subject: str, reason: str) -> UUID:
    """Order that ``subject`` is deleted; nothing happens before another operator approves it.

    It names the last export; the process checks then that not a row has changed since. Raises Forbidden, NotFound,
    NoExport, Named, Ordered.
    """
    require(actor, permissions.ORDER)
    found = await register.find(uow, subject)
    if found is None or subject == PLATFORM:
        raise NotFound
    if others := await _store.named_by(uow, subject):
        raise Named(others="、".join(others))
    if not reason.strip():
        raise Invalid((Item("required", text("field.required"), "reason"),))
    done = [one for one in await _store.orders(uow, subject, 100) if one.kind == "export" and one.state == "done"]
    if found.state not in ("suspended", "closed") or not done:
        raise NoExport
    outcome = done[0].outcome or {}
    details = {"reason": reason.strip(), "archive": outcome["archive"], "manifest": outcome["manifest"]}
    return await _order(uow, actor, "delete", subject, details)


async def approve(uow: UnitOfWork, actor: Actor, id_: UUID) -> None:
    """Agree as the second person. Raises Forbidden, NotFound, OnePerson."""
    require(actor, permissions.APPROVE)
    found = await _store.order(uow, id_)
    if found is None or not found.waits:
        raise NotFound
    if found.requested_by == actor.person:
        raise OnePerson
    await _store.set_order(uow, id_, approved_at=uow.now, approved_by=actor.person, approver=actor.by.label)
    _record(uow, "approve", found, actor.by)


async def withdraw(uow: UnitOfWork, actor: Actor, id_: UUID) -> None:
    """Take back what nobody has begun. Raises Forbidden, NotFound."""
    require(actor, permissions.ORDER)
    found = await _store.order(uow, id_)
    if found is None or found.state != "ordered" or found.withdrawn_at is not None:
        raise NotFound
    await _store.set_order(uow, id_, withdrawn_at=uow.now)
    _record(uow, "withdraw", found, actor.by)


async def _order(
    uow: UnitOfWork, actor: Actor, kind: str, subject: str, details: dict[str, Any], secrets: Any = None
) -> UUID:
    if await _store.open_order(uow, subject):
        raise Ordered
    id_ = uuid4()
    values = {"id": id_, "kind": kind, "subject": subject, "details": details, "secrets": secrets}
    by = {"requested_at": uow.now, "requested_by": actor.person, "requester": actor.by.label}
    await _store.add_order(uow, values | by)
    label = text(f"act.operations.{kind}", subject=subject)
    record(uow, f"operations.order_{kind}", label=label, by=actor.by, note=details.get("reason", ""))
    return id_


def _record(uow: UnitOfWork, verb: str, found: Order, by: By, note: str = "") -> None:
    label = text(f"act.operations.{verb}", what=text(f"act.operations.{found.kind}", subject=found.subject))
    record(uow, f"operations.{verb}", label=label, by=by, note=note)


async def _require_foundable(uow: UnitOfWork, founding: Founding) -> None:
    items = [Item("invalid", said, field) for field, said in _founding.faults(founding).items()]
    known = {one.code: one for one in await register.tenants(uow)}
    if founding.code in known:
        items.append(Item("taken", text("operations.code_taken", name=known[founding.code].name), "code"))
    for field, code in (("parent", founding.parent), ("template", founding.template)):
        if code is not None and (
            code not in known or code == PLATFORM or known[code].state not in ("active", "suspended")
        ):
            items.append(Item("unknown", text("operations.unknown_tenant"), field))
    if items:
        raise Invalid(tuple(items))


async def offices_of(uow: UnitOfWork, template: str) -> tuple[Any, ...]:
    """Offices of ``template``, to found another tenant with; the transaction enters it."""
    await uow.enter(template)
    return tuple(await _store.offices(uow))


async def found(uow: UnitOfWork, founding: Founding, *, by: By) -> int:
    """Enter a whole new tenant in one transaction: register, place, ledger, offices, people. How many rows of people.

    Raises Invalid when the code is taken meanwhile. From COMMIT on its people sign in.
    """
    await _require_foundable(uow, founding)
    await uow.enter(founding.code)
    await tenancy.register(uow, Tenant(founding.code, founding.name, founding.level, "founding"))
    if founding.parent is not None:
        await tenancy.place(uow, [Parent(founding.parent, founding.since)])
    people = await _founding.enter_people(uow, founding)
    uow.at_commit(_open, "active")  # after the codes over guarded rows, which are part of what is entered
    record(
        uow,
        "tenancy.found",
        label=text("act.tenancy.found"),
        by=by,
        facts={"offices": (None, len(founding.offices)), "people": (None, people), "parent": (None, founding.parent)},
    )
    return people


async def _open(uow: UnitOfWork, states: list[str]) -> None:
    for state in states:
        await tenancy.open_founded(uow, state)


async def claim_order(uow: UnitOfWork) -> tuple[Order, list[dict[str, str]]] | None:
    """The next order to carry out, and the founders of one that founds; None when there is none."""
    await uow.enter(PLATFORM)
    id_ = await _store.claim(uow, uow.now - _LOST_AFTER)
    if id_ is None:
        return None
    claimed = await _store.order(uow, id_)
    assert claimed is not None
    return claimed, await _store.secrets(uow, id_)


async def require_standing(uow: UnitOfWork, claimed: Order) -> None:
    """Raise NoLonger unless those in whose name an order is carried out still may, as it begins."""
    await uow.enter(PLATFORM)
    asked = [(claimed.requested_by, claimed.requester, permissions.ORDER)]
    if claimed.approved_by is not None:
        asked.append((claimed.approved_by, claimed.approver or "", permissions.APPROVE))
    for person, name, permission in asked:
        if not await still_may(uow, person, permission):
            raise NoLonger(name=name)


async def tell(uow: UnitOfWork, id_: UUID, progress: str) -> None:
    """Note how far an order is, and that its process lives."""
    await uow.enter(PLATFORM)
    await _store.set_order(uow, id_, progress=progress, started_at=uow.now)


async def finish(uow: UnitOfWork, done: Order, progress: str, outcome: dict[str, Any] | None, *, by: By) -> None:
    """End an order; without an outcome it failed. Hashes of secrets go with it."""
    await uow.enter(PLATFORM)
    state = "failed" if outcome is None else "done"
    await _store.set_order(
        uow, done.id, state=state, progress=progress, outcome=outcome, secrets=None, finished_at=uow.now
    )
    label = text(f"act.operations.{state}", what=text(f"act.operations.{done.kind}", subject=done.subject))
    facts = {name: (None, value) for name, value in (outcome or {}).items()}
    record(uow, f"operations.{state}", label=label, by=by, facts=facts, note=progress)


async def count(uow: UnitOfWork, subject: str) -> Figures:
    """Counts of a tenant; the transaction enters it."""
    await uow.enter(subject)
    people, projects, last_at = await _store.figures_of(uow)
    waits = await outbox.backlog(uow)
    since = uow.now - timedelta(seconds=waits.oldest) if waits.waiting else None
    return Figures(subject, people, projects, last_at, uow.now, waits.parked, since)


async def keep_count(uow: UnitOfWork, figures: Figures) -> None:
    """Keep counts for the operator's page."""
    await uow.enter(PLATFORM)
    await _store.keep_figures(uow, figures)
