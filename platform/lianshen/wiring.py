"""The one list of who listens to what, and of what there is to listen to."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec

from lianshen.access import permissions as access
from lianshen.audit import jobs as audit_jobs
from lianshen.audit import permissions as audit
from lianshen.calendars import permissions as calendars
from lianshen.channels import permissions as channels
from lianshen.deadlines import jobs as deadlines_jobs
from lianshen.deadlines import permissions as deadlines
from lianshen.documents import permissions as documents
from lianshen.duties import permissions as duties
from lianshen.kernel.database import UnitOfWork
from lianshen.notifications import jobs as notifications_jobs
from lianshen.notifications import permissions as notifications
from lianshen.operations import permissions as operations
from lianshen.personal import permissions as personal
from lianshen.projects import commands as projects_commands
from lianshen.projects import permissions as projects
from lianshen.projects import queries as projects_queries
from lianshen.projects.types import TakePart
from lianshen.providers import permissions as providers
from lianshen.receipts import jobs as receipts_jobs
from lianshen.reckoning import jobs as reckoning_jobs
from lianshen.reviews import commands as reviews_commands
from lianshen.reviews import permissions as reviews
from lianshen.staff import permissions as staff
from lianshen.staff.types import Participant
from lianshen.systems import permissions as systems
from lianshen.tenancy import queries as tenancy
from lianshen.versions import permissions as versions
from lianshen.visits import jobs as visits_jobs
from lianshen.visits import permissions as visits

PERMISSIONS: tuple[str, ...] = (
    *projects.ALL, *deadlines.ALL, *reviews.ALL, *documents.ALL, *notifications.ALL, *versions.ALL,
    *personal.ALL, *staff.ALL, *access.ALL, *systems.ALL, *audit.ALL, *operations.ALL,
    *providers.ALL,
    *duties.ALL,
    *channels.ALL,
    *calendars.ALL,
    *visits.ALL,
)  # fmt: skip
"""Every action a role can be given."""

ACTS: tuple[str, ...] = (*projects.ACTS, *reviews.ACTS)
"""Those of them that an action of a pack may ask for; ``tenants/README.md`` lists them."""

EFFECTS: dict[str, TakePart] = {
    "ask_opinions": reviews_commands.ask_opinions,
    "record_opinion": reviews_commands.record_opinion,
}
"""Who takes part in an act, within its transaction, by the effect its pack names."""

LEAVING: tuple[Participant, ...] = (Participant(projects_queries.open_work, projects_commands.hand_over),)
"""Whose work is a person's, so that it has to be handed over when somebody leaves."""

JOBS: dict[str, Callable[[UnitOfWork, UUID], Awaitable[None]]] = {
    "tell_concerned": notifications_jobs.tell_concerned,
    "tell_rungs": notifications_jobs.tell_rungs,
    "tell_of_below": notifications_jobs.tell_of_below,
    "tell_oneself": notifications_jobs.tell_oneself,
    "hand_over_notices": notifications_jobs.hand_over,
    "verify_ledger": audit_jobs.verify_ledger,
    "sign_receipt": receipts_jobs.sign_receipt,
    "reconcile": reckoning_jobs.reconcile,
    "tell_administrators": visits_jobs.tell_administrators,
    "try_way": notifications_jobs.try_way,
}
"""What happens after commit, through the outbox; each takes the event's id."""


class Filing(msgspec.Struct, frozen=True):
    """What crosses to another tenant: made in the context of who files it, kept in the context of who it goes to.

    ``to`` tells to whom, of what ``produce`` gave; ``keep`` may be called twice with the same.
    """

    produce: Callable[[UnitOfWork, UUID], Awaitable[Any]]
    to: Callable[[UnitOfWork, Any], Awaitable[list[str]]]
    keep: Callable[[UnitOfWork, Any], Awaitable[None]]


async def _parents(uow: UnitOfWork, filed: Any) -> list[str]:
    """Who stands above on the day that what is filed is of."""
    return await tenancy.parents(uow, filed.day)


async def _other_side(_uow: UnitOfWork, carried: Any) -> list[str]:
    """Whom a visit is carried to: the tenant that is visited, or the platform."""
    return [carried.to]


FILINGS: dict[str, Filing] = {
    "file_root": Filing(audit_jobs.root_to_file, _parents, audit_jobs.keep_root),
    "report_late": Filing(deadlines_jobs.late_to_report, _parents, deadlines_jobs.keep_late),
    "carry_visit": Filing(visits_jobs.to_carry, _other_side, visits_jobs.keep),
}
"""Jobs that end in another tenant's context, in a transaction of its own."""

_OF_THE_LEDGER = {
    "audit.file_root": ("file_root",), "audit.verify": ("verify_ledger",), "audit.reconcile": ("reconcile",),
    "receipts.issue": ("sign_receipt",),
    "operations.ask_visit": ("carry_visit",), "operations.end_visit": ("carry_visit",),
    "visits.answer": ("carry_visit", "tell_administrators"), "visits.end": ("carry_visit", "tell_administrators"),
}  # fmt: skip

_QUIET = {"projects.declare", "projects.amend"}
_OWN = {"identity.unusual_sign_in", "identity.set_password", "identity.set_factor", "identity.new_codes",
        "identity.use_recovery_code", "identity.add_passkey", "identity.end_passkey", "identity.passkey_copied",
        "providers.link", "providers.unlink", "roster.make_feed", "staff.reset_factors"}  # fmt: skip
"""What is done in somebody's name, or to their account, that they would want to know of if it was not they."""
_HEARD = ("projects.", "deadlines.")


def jobs_for(action: str) -> tuple[str, ...]:
    """Jobs an event of this action asks for. Acts of packs are not listed one by one: the concerned hear of each."""
    if action in _OWN:
        return ("tell_oneself",)
    if action == "staff.leave":
        return ("hand_over_notices",)
    if action == "channels.test":
        return ("try_way",)
    if action in _OF_THE_LEDGER:
        return _OF_THE_LEDGER[action]
    return ("tell_concerned",) if action.startswith(_HEARD) and action not in _QUIET else ()
