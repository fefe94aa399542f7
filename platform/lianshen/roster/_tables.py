from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKeyConstraint, Index, LargeBinary, Table, Uuid, text

from lianshen.kernel.schema import metadata, tenant_column

feed = Table(
    "feed",
    metadata,
    tenant_column(),
    Column("digest", LargeBinary, primary_key=True),
    Column("person", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("fetched_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    CheckConstraint("length(digest) = 32", name="digest"),
    Index("feed_open_idx", "tenant", "person", unique=True, postgresql_where=text("ended_at IS NULL")),
)
"""Only the SHA-256 of an address's secret is kept; a person has one that opens."""
