"""On which projects: one rule for get, list, act, files, deadlines and inbox alike."""

from uuid import UUID

from lianshen.access.queries import scopes
from lianshen.identity.types import Actor
from lianshen.projects import permissions
from lianshen.projects._store import Reach

EVERYTHING = Reach(office=UUID(int=0), scopes=frozenset({permissions.TENANT}))
"""What the system itself reaches: all that has left the unit's hands. Clocks run on nothing else."""


def reach_of(actor: Actor) -> Reach:
    """The projects of the scopes in which the actor's post may read."""
    return Reach(office=actor.office, scopes=scopes(actor, permissions.READ))
