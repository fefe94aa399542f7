from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from lianshen.kernel.schema import metadata, tenant_column

opinion = Table(
    "opinion",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("project", Uuid, nullable=False),
    Column("round", Integer, nullable=False),
    Column("office", Uuid, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("due_on", Date, nullable=False),
    Column("verdict", Text),
    Column("remarks", Text),
    Column("person", Uuid),
    Column("given_by", Text),
    Column("given_at", DateTime(timezone=True)),
    UniqueConstraint("tenant", "project", "round", "office"),
    ForeignKeyConstraint(["tenant", "project"], ["project.tenant", "project.id"]),
    ForeignKeyConstraint(["tenant", "office"], ["office.tenant", "office.id"]),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    CheckConstraint("verdict IN ('agree', 'agree_with_remarks', 'disagree')", name="verdict"),
    CheckConstraint("num_nulls(verdict, remarks, person, given_by, given_at) IN (0, 5)", name="given"),
)
