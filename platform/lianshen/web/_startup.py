"""What a process verifies about itself before it serves; whatever fails here stops it."""

import asyncio

from lianshen.kernel import clock, log
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.queries import excess_powers, lossy_settings
from lianshen.rules.queries import Law
from lianshen.web._call import Services
from lianshen.wiring import PERMISSIONS, jobs_for

_EVERY = 60.0


class UnfitProcess(Exception):
    """This process must not serve; the message says why."""


def require_known_permissions(law: Law) -> None:
    """Raise UnfitProcess when an action of a pack asks for a permission that no module declares."""
    unknown = sorted(
        f"{pack.ref}: {code} asks for {action.shut.permission}"
        for pack in law.registry.packs()
        for code, action in pack.actions.items()
        if action.shut.permission not in PERMISSIONS
    )
    if unknown:
        raise UnfitProcess("; ".join(unknown))


def log_set_aside(law: Law) -> None:
    """Say which drafts do not load. Nothing that counts depends on them, so they are no reason not to serve."""
    for fault in law.registry.faults:
        log.get("web").error("draft_set_aside", fault=str(fault))


async def require_fitness(services: Services) -> None:
    """Raise when the database role could pass the walls between tenants (D1), or the server lose what it has (D49)."""
    now = clock.now()
    async with UnitOfWork(services.database, now=now, jobs_for=jobs_for, request_id="start", read_only=True) as uow:
        if powers := await excess_powers(uow):
            raise UnfitProcess(f"the database role must hold no power, and it has: {', '.join(powers)}")
        if lossy := await lossy_settings(uow):
            raise UnfitProcess(f"the database could lose what it has acknowledged: {', '.join(lossy)}")


async def watch(services: Services, every: float = _EVERY) -> None:
    """Look again each minute, for ever. An unfit process answers 503 to everything until it is found fit again (D1)."""
    while True:
        await asyncio.sleep(every)
        try:
            await require_fitness(services)
        except UnfitProcess as error:
            services.fitness.lost = True
            log.get("web").critical("unfit", reason=str(error))
        except Exception:  # noqa: BLE001 (the database is away, which says nothing about the role)
            log.get("web").exception("fitness_unknown")
        else:
            services.fitness.lost = False
