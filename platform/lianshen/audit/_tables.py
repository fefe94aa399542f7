from sqlalchemy import (
    BigInteger,
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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.kernel.schema import metadata, tenant_column

chain_head = Table(
    "chain_head",
    metadata,
    tenant_column(),
    Column("seq", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    CheckConstraint("length(digest) = 64", name="digest"),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
)

event = Table(
    "event",
    metadata,
    tenant_column(),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Uuid, nullable=False),
    Column("project", Uuid),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("action", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("person", Uuid),
    Column("post", Uuid),
    Column("office", Uuid),
    Column("actor", Text, nullable=False),
    Column("article", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("note", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("sm3", LargeBinary, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    UniqueConstraint("tenant", "id"),
    UniqueConstraint("tenant", "previous"),
    Index("event_project_idx", "tenant", "project", "seq"),
    Index(
        "event_staff_idx",
        *("tenant", text("(facts -> 'person' ->> 1)"), "seq"),
        postgresql_where=text("action LIKE 'staff.%'"),
    ),
    CheckConstraint("length(previous) = 64 AND length(sm3) = 32 AND length(sha256) = 32", name="digests"),
)
"""No foreign keys: an event outlives what it describes."""
