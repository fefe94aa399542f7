"""On which projects: one rule for get, list, act, files and inbox alike."""

from uuid import UUID

from lianshen.access.queries import may
from lianshen.identity.types import Actor
from lianshen.projects import permissions
from lianshen.projects._store import Reach

EVERYTHING = Reach(office=UUID(int=0), everyone=True)
"""What the system itself reaches: all that has left the unit's hands. Clocks run on nothing else."""


def reach_of(actor: Actor) -> Reach:
    """Own projects; with the right to read all, also what other offices have disclosed."""
    return Reach(office=actor.office, everyone=may(actor, permissions.READ_ALL))
