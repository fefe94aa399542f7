from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.kernel.schema import metadata, tenant_column

reconciliation = Table(
    "reconciliation",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("faults", JSONB, nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
    CheckConstraint("kind IN ('receipts', 'files', 'numbers')", name="kind"),
    Index("reconciliation_at_idx", "tenant", "kind", "at"),
)
"""One comparison: what it looked at, how much of it, and what does not agree as [kind, what]."""

tally = Table(
    "tally",
    metadata,
    tenant_column(),
    Column("day", Date, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("drafts", BigInteger, nullable=False),
    Column("submitted", BigInteger, nullable=False),
    Column("withdrawn", BigInteger, nullable=False),
    Column("decided", BigInteger, nullable=False),
    Column("filings", BigInteger, nullable=False),
    Column("faults", JSONB, nullable=False),
    Column("key", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("note", Text, nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
)
"""The totals as a day ended, signed; ``seq`` is how long the ledger was, ``created`` what it says was declared."""
