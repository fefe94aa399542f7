"""Composing, changing and ending a tenant's own roles: row, stamp and event stand or fall together (D31)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec

from lianshen.access import _state, _store, permissions
from lianshen.access.queries import own_role, own_roles, require
from lianshen.access.types import Draft, Role
from lianshen.audit import commands as audit
from lianshen.audit.types import Change
from lianshen.identity.types import Actor
from lianshen.kernel.clock import day_of
from lianshen.kernel.commands import next_number
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Conflict, Invalid, Item
from lianshen.kernel.messages import text

_LABEL_LENGTH = 40


async def compose(uow: UnitOfWork, actor: Actor, draft: Draft) -> str:
    """Enter a new role; its code, which names it for ever. Raises Forbidden, Invalid naming each field."""
    require(actor, permissions.MANAGE)
    await check(uow, actor, draft)
    code = f"own_{await next_number(uow, 'role', 0)}"
    await _store.add(uow, {"code": code, **_values(draft)})
    _record(uow, actor, "compose", code, {}, _said(draft))
    return code


async def change(uow: UnitOfWork, actor: Actor, code: str, draft: Draft, version: int) -> None:
    """Write a role anew, for everybody who holds it, from the next request on.

    Raises Forbidden, NotFound, Invalid, Conflict (``version`` is not the present one, or the role has ended).
    """
    require(actor, permissions.MANAGE)
    before = await own_role(uow, actor, code)
    await check(uow, actor, draft, before)
    await _write(uow, code, version, _values(draft))
    _record(uow, actor, "change", code, _said(before), _said(draft))


async def end(uow: UnitOfWork, actor: Actor, code: str, version: int) -> None:
    """End a role for good: from the next request on it grants nothing. Raises Forbidden, NotFound, Conflict."""
    require(actor, permissions.MANAGE)
    before = await own_role(uow, actor, code)
    await _write(uow, code, version, {"ended_at": uow.now})
    _record(uow, actor, "end", code, _said(before), {})


async def check(uow: UnitOfWork, actor: Actor, draft: Draft, before: Role | None = None) -> None:
    """Raise Invalid naming everything about ``draft`` that cannot stand, ``before`` being the role it changes."""
    others = {role.label for role in await own_roles(uow, actor) if role.ended_at is None and role != before}
    labels = others | set(_state.policy().labels.roles.values())
    if faults := tuple(_faults(draft, before, labels, day_of(uow.now))):
        raise Invalid(faults)


def _faults(draft: Draft, before: Role | None, labels: set[str], today: date) -> Iterator[Item]:
    bases, single = _state.policy().composable
    if not draft.label.strip() or len(draft.label) > _LABEL_LENGTH or not draft.label.isprintable():
        yield _fault("label", "role.label", most=_LABEL_LENGTH)
    elif draft.label in labels:
        yield _fault("label", "role.label_taken")
    if not (draft.includes or draft.permissions):
        yield _fault("includes", "role.empty")
    for base in draft.includes:
        if base not in bases:
            yield _fault("includes", "role.not_composable", name=base)
    for permission in draft.permissions:
        if permission not in single:
            yield _fault("permissions", "role.not_composable", name=permission)
    if draft.since < today and (before is None or draft.since != before.since):
        yield _fault("since", "role.since")
    if draft.until is not None and draft.until < max(draft.since, today):
        yield _fault("until", "role.until")


def _fault(field: str, code: str, **values: object) -> Item:
    return Item(code="invalid", message=text(code, **values), field=field)


async def _write(uow: UnitOfWork, code: str, version: int, values: dict[str, Any]) -> None:
    if not await _store.change(uow, code, version, values):
        raise Conflict


def _values(draft: Draft) -> dict[str, Any]:
    plain = msgspec.structs.asdict(draft)
    return plain | {name: sorted(set(plain[name])) for name in ("includes", "permissions")}


def _said(role: Role | Draft) -> dict[str, Any]:
    """The role as the event keeps it, before or after."""
    return {name: msgspec.to_builtins(getattr(role, name)) for name in Draft.__struct_fields__}


def _record(uow: UnitOfWork, actor: Actor, act: str, code: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    facts: dict[str, Change] = {
        name: (before.get(name), after.get(name))
        for name in Draft.__struct_fields__
        if before.get(name) != after.get(name)
    }
    label = (after or before)["label"]
    audit.record(
        uow,
        f"access.{act}_role",
        label=text(f"act.{act}_role", role=label),
        by=actor.by,
        facts={"code": (code if before else None, code), **facts},
    )
