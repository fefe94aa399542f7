"""What joint review adds to an act on a project; ``lianshen.wiring`` binds these to the effects of packs."""

from datetime import date

from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Conflict
from lianshen.projects.types import Act
from lianshen.reviews import _store


async def ask_opinions(uow: UnitOfWork, act: Act) -> None:
    """Open a round: one opinion for each office of the bodies the law names, due on the day the convenor set.

    Every body must have an office in this jurisdiction: a missing one is a fault of its setup and raises.
    """
    due_on = date.fromisoformat(str(act.inputs["opinions_due_on"]))
    asked = await _store.ask(uow, act.project, act.effect.bodies, due_on)
    assert asked >= len(act.effect.bodies), "a body of the joint review has no office"


async def record_opinion(uow: UnitOfWork, act: Act) -> None:
    """Give the office's opinion in the present round, once. Raises Conflict when a colleague has just given it."""
    values = {
        "verdict": act.inputs["verdict"],
        "remarks": act.inputs.get("remarks", ""),
        "person": act.actor.person,
        "given_by": act.actor.by.label,
    }
    if not await _store.give(uow, act.project, act.actor.office, values):
        raise Conflict
