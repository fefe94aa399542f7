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

from lianshen.kernel.schema import CANARY, metadata, tenant_column
from lianshen.workcalendar.queries import CUT_OFF

deadline = Table(
    "deadline",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("project", Uuid),
    Column("clock", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("article", Text, nullable=False),
    Column("quotation", Text, nullable=False),
    Column("owed_by", Text, nullable=False),
    Column("owed_to", Text, nullable=False),
    Column("trigger_on", Date, nullable=False),
    Column("budget", Integer),
    Column("unit", Text, nullable=False),
    Column("first_day", Text, nullable=False),
    Column("rolling", Text, nullable=False),
    Column("cut_off", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("calendar", Text, nullable=False),
    Column("on_expiry", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("overdue", Boolean, nullable=False),
    ForeignKeyConstraint(["tenant", "project"], ["project.tenant", "project.id"]),
    CheckConstraint("unit IN ('working_days', 'days', 'months', 'date')", name="unit"),
    CheckConstraint("(unit = 'date') = (budget IS NULL)", name="budget"),
    CheckConstraint("rolling IN ('none', 'next_working_day')", name="rolling"),
    CheckConstraint("first_day IN ('counted', 'not_counted')", name="first_day"),
    CheckConstraint(f"cut_off ~ '{CUT_OFF}'", name="cut_off"),
    CheckConstraint("state IN ('open', 'met', 'expired', 'cancelled')", name="state"),
    CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
    CheckConstraint(f"(project IS NULL) = (id = '{CANARY}')", name="canary"),
    Index("deadline_due_idx", "tenant", "due_at", postgresql_where=text("state = 'open' AND NOT overdue")),
    Index("deadline_project_idx", "tenant", "project"),
    Index("deadline_roster_idx", "tenant", "due_on", "id", postgresql_where=text("state IN ('open', 'paused')")),
    Index("deadline_closed_idx", "tenant", "closed_at"),
    Index(
        "deadline_one_open_idx", "tenant", "project", "clock", "owed_by",
        unique=True, postgresql_where=text("state = 'open'"),
    ),
)  # fmt: skip
"""``overdue``: the due instant passed and the sweep has seen it; a duty without consequence stays open then.
Without ``project`` it is the tenant's canary: open and never due."""

deadline_entry = Table(
    "deadline_entry",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("deadline", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("on", Date, nullable=False),
    Column("days", Integer),
    Column("reason", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["tenant", "deadline"], ["deadline.tenant", "deadline.id"]),
    CheckConstraint(
        "kind IN ('started', 'paused', 'resumed', 'extended', 'waived', 'met', 'expired', 'cancelled')", name="kind"
    ),
    Index("deadline_entry_deadline_idx", "tenant", "deadline"),
    UniqueConstraint("tenant", "deadline", "kind", "on", "at"),
)
"""Append-only: what happened to a deadline."""
