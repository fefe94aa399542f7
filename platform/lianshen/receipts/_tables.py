from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.kernel.schema import metadata, tenant_column

filing = Table(
    "filing",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False),
    Column("project", Uuid, nullable=False),
    Column("project_number", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("event", Uuid, nullable=False),
    Column("action", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("office", Uuid, nullable=False),
    Column("law", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("papers", JSONB, nullable=False),
    Column("sm3", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    UniqueConstraint("tenant", "number"),
    UniqueConstraint("tenant", "event"),
    ForeignKeyConstraint(["tenant", "project"], ["project.tenant", "project.id"]),
    ForeignKeyConstraint(["tenant", "office"], ["office.tenant", "office.id"]),
    CheckConstraint("length(sm3) = 64 AND length(sha256) = 64", name="digests"),
    Index("filing_project_idx", "tenant", "project", "at"),
)
"""What a unit filed by one act, as it was then. ``event`` is the act's in the ledger; no key leads there, because the
event is written as the last thing of the transaction. The digests are over all of it (see ``_content``)."""

receipt = Table(
    "receipt",
    metadata,
    tenant_column(),
    Column("filing", Uuid, primary_key=True),
    Column("signed_at", DateTime(timezone=True), nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("note", Text, nullable=False),
    ForeignKeyConstraint(["tenant", "filing"], ["filing.tenant", "filing.id"]),
    CheckConstraint("algorithm IN ('ed25519', 'sm2')", name="algorithm"),
)
"""``note`` is the signed statement, the same as in the file outside the database."""
