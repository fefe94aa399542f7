from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.kernel.schema import metadata, tenant_column

move_plan = Table(
    "move_plan",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("pack", Text, nullable=False),
    Column("pack_digest", Text, nullable=False),
    Column("planned_at", DateTime(timezone=True), nullable=False),
    Column("planned_by", Uuid, nullable=False),
    Column("planner", Text, nullable=False),
    Column("approved_at", DateTime(timezone=True)),
    Column("approved_by", Uuid),
    Column("approver", Text),
    ForeignKeyConstraint(["tenant", "planned_by"], ["person.tenant", "person.id"]),
    ForeignKeyConstraint(["tenant", "approved_by"], ["person.tenant", "person.id"]),
    CheckConstraint("num_nulls(approved_at, approved_by, approver) IN (0, 3)", name="approved"),
    CheckConstraint("approved_by <> planned_by", name="two_people"),
    Index("move_plan_planned_idx", "tenant", "planned_at"),
)
"""A dry run of moving projects to ``pack``, and the two people who stand for it."""

move_item = Table(
    "move_item",
    metadata,
    tenant_column(),
    Column("plan", Uuid, primary_key=True),
    Column("project", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("from_pack", Text, nullable=False),
    Column("from_digest", Text, nullable=False),
    Column("move", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("done_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant", "plan"], ["move_plan.tenant", "move_plan.id"]),
    ForeignKeyConstraint(["tenant", "project"], ["project.tenant", "project.id"]),
    CheckConstraint("state IN ('planned', 'stays', 'moved', 'changed')", name="state"),
    CheckConstraint("(state IN ('moved', 'changed')) = (done_at IS NOT NULL)", name="done"),
    Index("move_item_project_idx", "tenant", "project"),
)
"""One project of a dry run: at which version it was looked at, what would become of it, and what did."""

law_warning = Table(
    "law_warning",
    metadata,
    tenant_column(),
    Column("pack", Text, primary_key=True),
    Column("ends", Date, primary_key=True),
    Column("rung", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)
"""That a rung of the ladder before the end of a law has been told; the key makes a second time impossible."""
