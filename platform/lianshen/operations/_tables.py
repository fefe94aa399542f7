from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.kernel.schema import metadata, tenant_column

operator_order = Table(
    "operator_order",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", JSONB, nullable=False),
    Column("secrets", JSONB(none_as_null=True)),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("requested_by", Uuid, nullable=False),
    Column("requester", Text, nullable=False),
    Column("approved_at", DateTime(timezone=True)),
    Column("approved_by", Uuid),
    Column("approver", Text),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("state", Text, nullable=False),
    Column("progress", Text, nullable=False),
    Column("outcome", JSONB(none_as_null=True)),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant", "requested_by"], ["person.tenant", "person.id"]),
    ForeignKeyConstraint(["tenant", "approved_by"], ["person.tenant", "person.id"]),
    CheckConstraint("tenant = '000000' AND subject ~ '^[0-9]{6}$' AND subject <> tenant", name="platform"),
    CheckConstraint("kind IN ('create', 'suspend', 'resume', 'release', 'export', 'delete')", name="kind"),
    CheckConstraint("num_nulls(approved_at, approved_by, approver) IN (0, 3)", name="approved"),
    CheckConstraint("approved_by <> requested_by", name="two_people"),
    CheckConstraint("state IN ('ordered', 'running', 'done', 'failed')", name="state"),
    CheckConstraint("(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name="finished"),
    Index("operator_order_requested_idx", "tenant", "requested_at"),
    Index(
        "operator_order_open_idx",
        "tenant",
        "subject",
        unique=True,
        postgresql_where=text("state IN ('ordered', 'running') AND withdrawn_at IS NULL"),
    ),
)
"""``secrets`` holds hashes of the founders' secrets until the order is carried out."""

tenant_figure = Table(
    "tenant_figure",
    metadata,
    tenant_column(),
    Column("subject", Text, primary_key=True),
    Column("people", BigInteger, nullable=False),
    Column("projects", BigInteger, nullable=False),
    Column("last_at", DateTime(timezone=True)),
    Column("counted_at", DateTime(timezone=True), nullable=False),
    Column("parked", BigInteger, nullable=False, server_default=text("0")),
    Column("waits_since", DateTime(timezone=True)),
    CheckConstraint("tenant = '000000'", name="platform"),
)
