"""The one list of who listens to what, and of what there is to listen to."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from lianshen.access import permissions as access
from lianshen.documents import permissions as documents
from lianshen.kernel.database import UnitOfWork
from lianshen.notifications import jobs as notifications_jobs
from lianshen.notifications import permissions as notifications
from lianshen.personal import permissions as personal
from lianshen.projects import commands as projects_commands
from lianshen.projects import permissions as projects
from lianshen.projects import queries as projects_queries
from lianshen.projects.types import TakePart
from lianshen.reviews import commands as reviews_commands
from lianshen.reviews import permissions as reviews
from lianshen.staff import permissions as staff
from lianshen.staff.types import Participant
from lianshen.systems import permissions as systems
from lianshen.versions import permissions as versions

PERMISSIONS: tuple[str, ...] = (
    *projects.ALL, *reviews.ALL, *documents.ALL, *notifications.ALL, *versions.ALL,
    *personal.ALL, *staff.ALL, *access.ALL, *systems.ALL,
)  # fmt: skip
"""Every action a role can be given."""

EFFECTS: dict[str, TakePart] = {
    "ask_opinions": reviews_commands.ask_opinions,
    "record_opinion": reviews_commands.record_opinion,
}
"""Who takes part in an act, within its transaction, by the effect its pack names."""

LEAVING: tuple[Participant, ...] = (Participant(projects_queries.open_work, projects_commands.hand_over),)
"""Whose work is a person's, so that it has to be handed over when somebody leaves."""

JOBS: dict[str, Callable[[UnitOfWork, UUID], Awaitable[None]]] = {
    "tell_concerned": notifications_jobs.tell_concerned,
    "tell_oneself": notifications_jobs.tell_oneself,
    "hand_over_notices": notifications_jobs.hand_over,
}
"""What happens after commit, through the outbox; each takes the event's id."""


_QUIET = {"projects.declare", "projects.amend"}
_OWN = {"identity.unusual_sign_in", "identity.set_password", "identity.set_factor", "identity.new_codes",
        "identity.use_recovery_code"}  # fmt: skip
"""What is done in somebody's name that they would want to know of if it was not they."""
_HEARD = ("projects.", "deadlines.")


def jobs_for(action: str) -> tuple[str, ...]:
    """Jobs an event of this action asks for. Acts of packs are not listed one by one: the concerned hear of each."""
    if action in _OWN:
        return ("tell_oneself",)
    if action == "staff.leave":
        return ("hand_over_notices",)
    return ("tell_concerned",) if action.startswith(_HEARD) and action not in _QUIET else ()
