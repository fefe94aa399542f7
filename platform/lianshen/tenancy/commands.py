"""The register of jurisdictions: entering, moving, renaming, merging and splitting them, suspending and resuming.

Each verb but ``register`` works on the tenant of the transaction, and writes its event into that tenant's own ledger.
The database keeps what no verb may break: one parent at a time, no circle on any day, a state that only goes forward.
"""

from collections.abc import Sequence
from datetime import date

from lianshen.audit.commands import begin_chain, record
from lianshen.audit.types import By
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound, Refusal
from lianshen.kernel.messages import text
from lianshen.kernel.words import day
from lianshen.tenancy import _store
from lianshen.tenancy.types import Parent, Tenant


class WrongDay(Refusal):
    """The day lies in the past, or changes are entered already for a later one."""

    status = 409
    code = "tenancy.wrong_day"


class WrongState(Refusal):
    """The jurisdiction is not in a state in which this can be done."""

    status = 409
    code = "tenancy.wrong_state"


class HasChildren(Refusal):
    """Others stand below it and have to be moved first."""

    status = 409
    code = "tenancy.has_children"


async def register(uow: UnitOfWork, item: Tenant) -> None:
    """Enter a jurisdiction and begin its ledger, with its canaries; repeating it changes nothing."""
    await _store.save(uow, item)
    await begin_chain(uow)
    await _store.plant_canaries(uow)


async def register_neighbour(uow: UnitOfWork, item: Tenant) -> None:
    """Enter a jurisdiction that rows to come will name, without a ledger; one that is known stays as it is."""
    await _store.save(uow, item)


async def place(uow: UnitOfWork, parents: Sequence[Parent]) -> None:
    """Record who stands above the current tenant, with dates. All named tenants must be registered."""
    for parent in parents:
        await _store.save_parent(uow, parent)


async def move(uow: UnitOfWork, parent: str, on: date, *, by: By) -> None:
    """Let ``parent`` stand above the current tenant from ``on``; until then it stays where it was.

    Raises WrongDay for a past day, and when the place is already settled from ``on`` or later.
    """
    mine, above = await _known(uow, uow.tenant), await _known(uow, parent)
    _require_state(mine, "active", "suspended")
    _require_state(above, "active", "suspended")
    former = await _end_place(uow, on)
    await _store.save_parent(uow, Parent(parent, on))
    record(
        uow,
        "tenancy.move",
        label=text("act.tenancy.move", parent=above.name, day=day(on)),
        by=by,
        facts={"parent": (former, parent)},
    )


async def rename(uow: UnitOfWork, name: str, on: date, *, by: By) -> None:
    """Give the current tenant the name ``name`` from today; it keeps its code. Raises WrongDay, WrongState."""
    mine = await _known(uow, uow.tenant)
    _require_state(mine, "active", "suspended")
    last = await _store.last_rename(uow)
    if on != day_of(uow.now) or (last is not None and last >= on):
        raise WrongDay(day=day(on))
    await _store.rename(uow, name, mine.name, on)
    record(uow, "tenancy.rename", label=text("act.tenancy.rename", name=name), by=by, facts={"name": (mine.name, name)})


async def succeed(uow: UnitOfWork, successors: Sequence[str], on: date, *, closes: bool, by: By) -> None:
    """Let ``successors`` take over the current tenant from today: one for a merger, several for a split.

    With ``closes`` it ends: its place in the tree ends, it is read and no longer changed, and not a row of it moves.
    Raises WrongDay, WrongState, HasChildren.
    """
    _require_state(await _known(uow, uow.tenant), "active")
    heirs = [await _known(uow, code) for code in successors]
    for heir in heirs:
        _require_state(heir, "active")
    if on != day_of(uow.now):
        raise WrongDay(day=day(on))
    if closes:
        if below := await _store.count_children(uow, on):
            raise HasChildren(count=below)
        await _end_place(uow, on)
    for heir in heirs:
        await _store.add_successor(uow, heir.code, on)
    if closes:
        await _store.set_state(uow, uow.tenant, "closed")
    names = "、".join(heir.name for heir in heirs)
    record(
        uow,
        "tenancy.succeed",
        label=text("act.tenancy.close" if closes else "act.tenancy.split", heirs=names, day=day(on)),
        by=by,
        facts={"successors": (None, list(successors)), "state": ("active", "closed" if closes else "active")},
    )


async def suspend(uow: UnitOfWork, reason: str, *, by: By) -> None:
    """From COMMIT on nobody of the tenant signs in or acts, and no worker runs for it. Raises WrongState."""
    await _turn(uow, "active", "suspended", reason, by)


async def resume(uow: UnitOfWork, reason: str, *, by: By) -> None:
    """Undo ``suspend``. Raises WrongState."""
    await _turn(uow, "suspended", "active", reason, by)


async def open_founded(uow: UnitOfWork, state: str) -> None:
    """Let the tenant that was being founded begin its life, or go on in the ``state`` it was exported in."""
    _require_state(await _known(uow, uow.tenant), "founding")
    await _store.set_state(uow, uow.tenant, state)


async def close_for_good(uow: UnitOfWork, code: str) -> None:
    """Begin deleting ``code``, from the platform's own transaction: the database asks for two people's order."""
    await _store.set_state(uow, code, "closing")


async def _turn(uow: UnitOfWork, before: str, after: str, reason: str, by: By) -> None:
    _require_state(await _known(uow, uow.tenant), before)
    await _store.set_state(uow, uow.tenant, after)
    record(
        uow,
        f"tenancy.{after}",
        label=text(f"act.tenancy.{after}"),
        by=by,
        facts={"state": (before, after)},
        note=reason,
    )


async def _end_place(uow: UnitOfWork, on: date) -> str | None:
    """End the place that holds on ``on``; whose place it was under."""
    later = await _store.edges_from(uow, on)
    if on < day_of(uow.now) or any(edge.since >= on or edge.until is not None for edge in later):
        raise WrongDay(day=day(on))
    for edge in later:
        await _store.end_edge(uow, edge, on)
    return later[0].tenant if later else None


async def _known(uow: UnitOfWork, code: str) -> Tenant:
    found = await _store.find(uow, code)
    if found is None:
        raise NotFound
    return found


def _require_state(item: Tenant, *states: str) -> None:
    if item.state not in states:
        raise WrongState(name=item.name, state=text(f"tenancy.state.{item.state}"))
