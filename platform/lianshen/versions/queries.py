"""Reading versions of the law and moves between them."""

import asyncio
from collections.abc import Callable
from datetime import date
from uuid import UUID

from lianshen.access.queries import require
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound
from lianshen.projects import queries as projects
from lianshen.projects.types import Pin
from lianshen.rules.queries import Diff, Law, Pack, Tally, Version, WhatIf, diff, ending
from lianshen.versions import _store, permissions
from lianshen.versions.types import LawEnds, Plan, PlanPage, Waiting

_PLANS = 20
_ITEMS = 500
_TURN = 100
"""Projects compared before other requests get their turn."""


def versions(actor: Actor, law: Law) -> tuple[Version, ...]:
    """All versions of the law of the actor's jurisdiction, oldest first."""
    require(actor, permissions.READ)
    return law.registry.versions(actor.tenant)


def version(actor: Actor, law: Law, ref: str) -> Version:
    """One version of the law of the actor's jurisdiction. Raises NotFound."""
    require(actor, permissions.READ)
    for one in law.registry.versions(actor.tenant):
        if one.pack.ref == ref:
            return one
    raise NotFound


def changes(actor: Actor, law: Law, old: str, new: str) -> Diff:
    """What changed between two versions. Raises NotFound."""
    return diff(version(actor, law, old).pack, version(actor, law, new).pack)


async def what_if(
    uow: UnitOfWork, actor: Actor, old: Pack, new: Pack, year: int | None, *, until: Callable[[], bool]
) -> WhatIf:
    """What ``new`` would change for the projects begun in ``year``, as far as it gets before ``until`` is true."""
    require(actor, permissions.READ)
    tally = Tally(old, new)
    async for project in projects.filed(uow, (old, new), year):
        if tally.projects % _TURN == 0:
            if until():
                return tally.result(complete=False)
            await asyncio.sleep(0)
        tally.add(project)
    return tally.result()


async def plans(uow: UnitOfWork, actor: Actor) -> list[Plan]:
    """The latest dry runs, newest first."""
    require(actor, permissions.READ)
    return await _store.plans(uow, _PLANS)


async def plan(uow: UnitOfWork, actor: Actor, plan_id: UUID) -> PlanPage:
    """A dry run with its first projects. Raises NotFound."""
    require(actor, permissions.READ)
    found = await _store.plan(uow, plan_id)
    if found is None:
        raise NotFound
    return PlanPage(found, tuple(await _store.items(uow, plan_id, _ITEMS)))


async def pins(uow: UnitOfWork, actor: Actor, law: Law) -> list[Pin]:
    """Under which versions the projects of the jurisdiction are, and whether these are still what they were."""
    require(actor, permissions.READ)
    return await projects.pins(uow, law)


async def waiting(uow: UnitOfWork, *, limit: int = 200) -> list[Waiting]:
    """Projects of approved plans that are still to be moved, for whoever moves them."""
    return await _store.waiting(uow, limit)


def law_ends(law: Law, tenant: str, on: date, within: int) -> LawEnds | None:
    """The law of the jurisdiction if it ends at most ``within`` days from ``on``, or has, with none to follow."""
    found = ending(law, tenant, on, within)
    if found is None or found.ends is None:
        return None
    pack = found.pack
    left = (found.ends - on).days
    return LawEnds(pack.ref, pack.title, pack.number, found.ends, left, pack.term.article, pack.term.quotation)
