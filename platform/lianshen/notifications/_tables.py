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
    text,
)

from lianshen.kernel.schema import metadata, tenant_column

notice = Table(
    "notice",
    metadata,
    tenant_column(),
    Column("event", Uuid, primary_key=True),
    Column("person", Uuid, primary_key=True),
    Column("project", Uuid),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("read_at", DateTime(timezone=True)),
    Column("place", Text),
    Column("id", Uuid, nullable=False, server_default=text("gen_random_uuid()")),
    Column("kind", Text, nullable=False),
    UniqueConstraint("tenant", "id"),
    CheckConstraint("kind IN ('project', 'deadline', 'account', 'system')", name="kind"),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    ForeignKeyConstraint(["tenant", "project"], ["project.tenant", "project.id"]),
    Index("notice_person_idx", "tenant", "person", "at"),
    Index("notice_unread_idx", "tenant", "person", "at", postgresql_where=text("read_at IS NULL")),
)
"""The key makes a second delivery of the same event to the same person impossible (D68)."""
