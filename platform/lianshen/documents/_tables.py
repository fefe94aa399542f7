from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from lianshen.kernel.schema import mac_column, metadata, tenant_column

document = Table(
    "document",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("project", Uuid, nullable=False),
    Column("paper", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("filename", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("sm3", Text, nullable=False),
    Column("uploaded_at", DateTime(timezone=True), nullable=False),
    Column("uploaded_by", Text, nullable=False),
    Column("person", Uuid, nullable=False),
    mac_column(carried=True),
    UniqueConstraint("tenant", "project", "paper", "version"),
    ForeignKeyConstraint(["tenant", "project"], ["project.tenant", "project.id"]),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    CheckConstraint("size > 0 AND version > 0", name="positive"),
    CheckConstraint("length(sha256) = 64 AND length(sm3) = 64", name="digests"),
)
