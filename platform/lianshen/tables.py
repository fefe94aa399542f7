"""All tables, gathered: importing this module fills ``metadata``. Migrations and catalogue tests read it."""

from lianshen.access import _tables as access
from lianshen.audit import _tables as audit
from lianshen.calendars import _tables as calendars
from lianshen.channels import _tables as channels
from lianshen.deadlines import _tables as deadlines
from lianshen.documents import _tables as documents
from lianshen.identity import _tables as identity
from lianshen.kernel.schema import metadata
from lianshen.notifications import _tables as notifications
from lianshen.operations import _tables as operations
from lianshen.projects import _tables as projects
from lianshen.providers import _tables as providers
from lianshen.receipts import _tables as receipts
from lianshen.reckoning import _tables as reckoning
from lianshen.reviews import _tables as reviews
from lianshen.roster import _tables as roster
from lianshen.staff import _tables as staff
from lianshen.systems import _tables as systems
from lianshen.tenancy import _tables as tenancy
from lianshen.versions import _tables as versions
from lianshen.visits import _tables as visits
from lianshen.workcalendar import _tables as workcalendar

MODULES = (
    tenancy, identity, access, audit, projects, documents, deadlines, reviews, notifications, versions, staff, systems,
    operations, receipts, reckoning, visits,
    operations, providers,
    operations, roster,
    operations, channels,
    operations, workcalendar, calendars,
)  # fmt: skip

UNWALLED = {
    "tenant": "the public register of jurisdictions: the sign-in page lists it before anyone is known",
    "parent_edge": "public fact: who stands above whom",
    "former_name": "public fact: names that were",
    "succession": "public fact: what came of a jurisdiction",
    "calendar_edition": "public facts: which days are worked, as it was published",
    "timetable": "operations of the instance itself; holds no tenant's data",
    "lease": "who leads in what only one process may do; holds no tenant's data",
    "sweep_beat": "that the sweep lives; holds numbers alone",
    "clock_shift": "by how much a rehearsal shifts the clock; holds no tenant's data",
    "alembic_version": "the migration tool's own",
}
"""Tables without tenant policies, each with its reason; the catalogue test allows no other (D2)."""

__all__ = ["MODULES", "UNWALLED", "metadata"]
