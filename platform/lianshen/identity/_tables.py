from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from lianshen.kernel.schema import index_column, mac_column, metadata, sealed_column, tenant_column

office = Table(
    "office",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("tenant", "code"),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
)
"""``body`` is the vocabulary's code of what the office is in law: a named bureau, or ``project_unit``."""

person = Table(
    "person",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("login", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", DateTime(timezone=True)),
    sealed_column("phone"),
    index_column("phone_index", of="phone"),
    sealed_column("email"),
    UniqueConstraint("tenant", "login"),
    Index("person_phone_idx", "tenant", "phone_index"),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
)

post = Table(
    "post",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("person", Uuid, nullable=False),
    Column("office", Uuid, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    mac_column(),
    UniqueConstraint("tenant", "person", "office"),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    ForeignKeyConstraint(["tenant", "office"], ["office.tenant", "office.id"]),
    CheckConstraint("cardinality(roles) > 0", name="roles"),
)

session = Table(
    "session",
    metadata,
    tenant_column(),
    Column("digest", LargeBinary, primary_key=True),
    Column("person", Uuid, nullable=False),
    Column("post", Uuid, nullable=False),
    Column("form_key", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    ForeignKeyConstraint(["tenant", "post"], ["post.tenant", "post.id"]),
    CheckConstraint("length(digest) = 32", name="digest"),
    Index("session_open_idx", "tenant", "person", postgresql_where=text("ended_at IS NULL")),
)
"""Only the SHA-256 of a session's secret is kept."""
