from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from lianshen.kernel.schema import metadata, sealed_column, tenant_column

visit = Table(
    "visit",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("operator", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ticket", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    sealed_column("token"),
    Column("answer", Text),
    Column("answered_at", DateTime(timezone=True)),
    Column("answerer", Text),
    Column("ended_at", DateTime(timezone=True)),
    Column("ender", Text),
    UniqueConstraint("tenant", "digest"),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
    CheckConstraint("subject <> '000000' AND tenant IN ('000000', subject)", name="subject"),
    CheckConstraint("(tenant = '000000') = (token IS NOT NULL)", name="token"),
    CheckConstraint("length(digest) = 32", name="digest"),
    CheckConstraint("until > asked_at", name="order"),
    CheckConstraint("answer IN ('approved', 'refused')", name="answer"),
    CheckConstraint("num_nulls(answer, answered_at, answerer) IN (0, 3)", name="answered"),
    CheckConstraint("num_nulls(ended_at, ender) IN (0, 2)", name="ended"),
    Index("visit_asked_idx", "tenant", "asked_at"),
)
"""The same visit stands on both sides of the wall under one id: the platform's row holds the token, sealed; by the row
of the tenant that is visited it is decided whether the token opens anything. ``operator`` is a person of the platform's
tenant, so no key leads there."""
