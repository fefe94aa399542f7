from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.kernel.schema import mac_column, metadata, tenant_column

project = Table(
    "project",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("office", Uuid, nullable=False),
    Column("pack", Text, nullable=False),
    Column("pack_digest", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("disclosed", Boolean, nullable=False),
    Column("phase", Text, nullable=False),
    Column("phase_label", Text, nullable=False),
    Column("due_on", Date, nullable=False, server_default=text("'infinity'")),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    mac_column(outside=("due_on",), carried=True),
    UniqueConstraint("tenant", "number"),
    ForeignKeyConstraint(["tenant", "office"], ["office.tenant", "office.id"]),
    CheckConstraint("version >= 0", name="version"),
    Index("project_office_idx", "tenant", "office", "updated_at"),
    Index("project_updated_idx", "tenant", "updated_at", "id"),
    Index("project_due_idx", "tenant", "due_on", "id"),
    Index("project_phase_due_idx", "tenant", "phase", "due_on", "id"),
)
"""``disclosed``: the unit has acted on its draft, so other offices may see it. ``pack`` pins the version of the law;
``phase`` is a label computed from ``facts``, kept for lists, and so is ``due_on``, the nearest of its open deadlines
(infinity: none)."""

project_duty = Table(
    "project_duty",
    metadata,
    tenant_column(),
    Column("project", Uuid, primary_key=True),
    Column("person", Uuid, primary_key=True),
    Column("duty", Text, nullable=False),
    ForeignKeyConstraint(["tenant", "project"], ["project.tenant", "project.id"]),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    CheckConstraint("duty IN ('apply', 'review', 'approve')", name="duty"),
)
"""One person, one duty in a project: the key keeps applicant, reviewer and approver apart (D37)."""

standing = Table(
    "standing",
    metadata,
    tenant_column(),
    Column("office", Uuid, primary_key=True),
    Column("facts", JSONB, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    mac_column(carried=True),
    ForeignKeyConstraint(["tenant", "office"], ["office.tenant", "office.id"]),
)
"""What the law knows of a unit, on whichever of its projects it was found: all its projects share it."""

task = Table(
    "task",
    metadata,
    tenant_column(),
    Column("project", Uuid, primary_key=True),
    Column("office", Uuid, primary_key=True),
    Column("action", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("due_on", Date),
    Column("since", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["tenant", "project"], ["project.tenant", "project.id"]),
    ForeignKeyConstraint(["tenant", "office"], ["office.tenant", "office.id"]),
    Index("task_office_idx", "tenant", "office", "due_on"),
)
"""What is whose to do, rewritten from the open actions in the transaction of every act."""
