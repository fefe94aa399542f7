from sqlalchemy import (
    ARRAY,
    BigInteger,
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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.kernel.schema import metadata, tenant_column

calendar_plan = Table(
    "calendar_plan",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("notices", JSONB, nullable=False),
    Column("days", JSONB, nullable=False),
    Column("reason", Text, nullable=False),
    Column("base", ARRAY(BigInteger), nullable=False),
    Column("planned_at", DateTime(timezone=True), nullable=False),
    Column("planned_by", Uuid, nullable=False),
    Column("planner", Text, nullable=False),
    Column("counted_at", DateTime(timezone=True)),
    Column("moves", Integer),
    Column("held", Integer),
    Column("published_at", DateTime(timezone=True)),
    Column("published_by", Uuid),
    Column("publisher", Text),
    Column("edition", BigInteger),
    Column("withdrawn_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant", "planned_by"], ["person.tenant", "person.id"]),
    ForeignKeyConstraint(["tenant", "published_by"], ["person.tenant", "person.id"]),
    CheckConstraint("kind IN ('year', 'local', 'emergency')", name="kind"),
    CheckConstraint("num_nulls(counted_at, moves, held) IN (0, 3)", name="counted"),
    CheckConstraint("num_nulls(published_at, published_by, publisher, edition) IN (0, 4)", name="published"),
    CheckConstraint("published_at IS NULL OR (counted_at IS NOT NULL AND withdrawn_at IS NULL)", name="seen"),
    CheckConstraint("published_by <> planned_by OR moves + held = 0", name="two_people"),
    Index("calendar_plan_planned_idx", "tenant", "planned_at"),
)
"""Days put up to be published, over which editions they were looked at, what they move, and who stands for it: two
people, where a date moves."""

calendar_count = Table(
    "calendar_count",
    metadata,
    tenant_column(),
    Column("plan", Uuid, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("running", Integer, nullable=False),
    Column("moves", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("counted_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["tenant", "plan"], ["calendar_plan.tenant", "calendar_plan.id"]),
)
"""How many deadlines of the jurisdiction ``subject`` a plan of the nation would move: counts, no content."""

calendar_hold = Table(
    "calendar_hold",
    metadata,
    tenant_column(),
    Column("deadline", Uuid, primary_key=True),
    Column("calendar", Text, primary_key=True),
    Column("project", Uuid, nullable=False),
    Column("before", Date, nullable=False),
    Column("after", Date, nullable=False),
    Column("why", Text, nullable=False),
    Column("held_at", DateTime(timezone=True), nullable=False),
    Column("decision", Text),
    Column("reason", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("decided_by", Uuid),
    Column("decider", Text),
    ForeignKeyConstraint(["tenant", "deadline"], ["deadline.tenant", "deadline.id"]),
    ForeignKeyConstraint(["tenant", "project"], ["project.tenant", "project.id"]),
    ForeignKeyConstraint(["tenant", "decided_by"], ["person.tenant", "person.id"]),
    CheckConstraint("why IN ('past', 'told', 'nearer')", name="why"),
    CheckConstraint("decision IN ('moved', 'kept', 'overtaken')", name="decision"),
    CheckConstraint(
        "(decision IS NULL) = (decided_at IS NULL) AND "
        "(coalesce(decision, 'overtaken') = 'overtaken') = (num_nonnulls(reason, decided_by, decider) = 0)",
        name="decided",
    ),
    CheckConstraint(
        "decision IS DISTINCT FROM 'moved' OR after > before "
        "OR after >= CAST(decided_at AT TIME ZONE 'Asia/Shanghai' AS date)",
        name="nearer",
    ),
    Index("calendar_hold_open_idx", "tenant", "held_at", postgresql_where=text("decision IS NULL")),
    Index("calendar_hold_project_idx", "tenant", "project"),
)
"""A last day that a calendar would move and that does not move by itself: it is past, people were told of it, or it
would come nearer. A person decides, with a reason; ``overtaken``: it was met or ended before anybody did."""

calendar_warning = Table(
    "calendar_warning",
    metadata,
    tenant_column(),
    Column("horizon", Date, primary_key=True),
    Column("rung", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)
"""That the operators have heard how near the end of the last published year is; the key makes a second time
impossible."""
