from sqlalchemy import (
    ARRAY,
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

from lianshen.kernel.schema import metadata, tenant_column

system = Table(
    "system",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("office", Uuid, nullable=False),
    Column("person", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    UniqueConstraint("tenant", "name"),
    ForeignKeyConstraint(["tenant", "office"], ["office.tenant", "office.id"]),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    ForeignKeyConstraint(["tenant", "created_by"], ["person.tenant", "person.id"]),
)
"""Another system. ``person`` answers for it."""

system_token = Table(
    "system_token",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("system", Uuid, nullable=False),
    Column("office", Uuid, nullable=False),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Column("replaces", Uuid),
    UniqueConstraint("tenant", "digest"),
    ForeignKeyConstraint(["tenant", "system"], ["system.tenant", "system.id"]),
    ForeignKeyConstraint(["tenant", "office"], ["office.tenant", "office.id"]),
    ForeignKeyConstraint(["tenant", "created_by"], ["person.tenant", "person.id"]),
    ForeignKeyConstraint(["tenant", "replaces"], ["system_token.tenant", "system_token.id"]),
    CheckConstraint("length(digest) = 32", name="digest"),
    CheckConstraint("cardinality(permissions) > 0", name="permissions"),
    CheckConstraint("expires_at > created_at", name="order"),
    Index("system_token_system_idx", "tenant", "system", "created_at"),
)
"""Only the SHA-256 of a key's secret is kept."""
