from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

from lianshen.kernel.schema import metadata, sealed_column, tenant_column

provider = Table(
    "provider",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    sealed_column("client_secret"),
    Column("hosts", ARRAY(Text), nullable=False),
    Column("private", Boolean, nullable=False),
    Column("amr", ARRAY(Text), nullable=False),
    Column("acr", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
    Index("provider_name_idx", "tenant", "name", unique=True, postgresql_where=text("ended_at IS NULL")),
)
"""An OpenID provider. ``issuer`` never changes, because links say who somebody is there."""

provider_link = Table(
    "provider_link",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("provider", Uuid, nullable=False),
    Column("subject", Text, nullable=False),
    Column("person", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant", "provider"], ["provider.tenant", "provider.id"]),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    Index(
        "provider_link_subject_idx",
        *("tenant", "provider", "subject"),
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index(
        "provider_link_person_idx",
        *("tenant", "person", "provider"),
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
)
"""Who is who: one subject of a provider is one person here, and the other way round."""

provider_visit = Table(
    "provider_visit",
    metadata,
    tenant_column(),
    Column("digest", LargeBinary, primary_key=True),
    Column("provider", Uuid, nullable=False),
    Column("person", Uuid),
    Column("wanted", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant", "provider"], ["provider.tenant", "provider.id"]),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    CheckConstraint("length(digest) = 32", name="digest"),
)
"""A browser on its way to a provider and back, by the digest of its ``state``; it comes back once."""
