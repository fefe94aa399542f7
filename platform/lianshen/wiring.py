"""The one list of who listens to what, and of what there is to listen to."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from lianshen.documents import permissions as documents
from lianshen.kernel.database import UnitOfWork
from lianshen.notifications import jobs as notifications_jobs
from lianshen.notifications import permissions as notifications
from lianshen.operations import permissions as operations
from lianshen.projects import permissions as projects
from lianshen.projects.types import TakePart
from lianshen.reviews import commands as reviews_commands
from lianshen.reviews import permissions as reviews
from lianshen.versions import permissions as versions

PERMISSIONS: tuple[str, ...] = (
    *projects.ALL,
    *reviews.ALL,
    *documents.ALL,
    *notifications.ALL,
    *versions.ALL,
    *operations.ALL,
)
"""Every action a role can be given."""

EFFECTS: dict[str, TakePart] = {
    "ask_opinions": reviews_commands.ask_opinions,
    "record_opinion": reviews_commands.record_opinion,
}
"""Who takes part in an act, within its transaction, by the effect its pack names."""

JOBS: dict[str, Callable[[UnitOfWork, UUID], Awaitable[None]]] = {
    "tell_concerned": notifications_jobs.tell_concerned,
}
"""What happens after commit, through the outbox; each takes the event's id."""


_QUIET = {"projects.declare", "projects.amend"}
_HEARD = ("projects.", "deadlines.")


def jobs_for(action: str) -> tuple[str, ...]:
    """Jobs an event of this action asks for. Acts of packs are not listed one by one: the concerned hear of each."""
    return ("tell_concerned",) if action.startswith(_HEARD) and action not in _QUIET else ()
