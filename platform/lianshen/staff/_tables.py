from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKeyConstraint, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.kernel.schema import metadata, sealed_column, tenant_column

staff_import = Table(
    "staff_import",
    metadata,
    tenant_column(),
    Column("digest", LargeBinary, primary_key=True),
    Column("filename", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("brought_at", DateTime(timezone=True), nullable=False),
    Column("brought_by", Uuid),
    Column("bringer", Text, nullable=False),
    ForeignKeyConstraint(["tenant", "brought_by"], ["person.tenant", "person.id"]),
    CheckConstraint("length(digest) = 32", name="digest"),
)
"""A list of people. ``digest`` is the file's SHA-256: the same file again is the same list (D156)."""

staff_import_row = Table(
    "staff_import_row",
    metadata,
    tenant_column(),
    Column("digest", LargeBinary, primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("said", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("remark", Text, nullable=False),
    Column("person", Uuid),
    Column("post", Uuid),
    sealed_column("contact"),
    ForeignKeyConstraint(["tenant", "digest"], ["staff_import.tenant", "staff_import.digest"]),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    ForeignKeyConstraint(["tenant", "post"], ["post.tenant", "post.id"]),
    CheckConstraint("state IN ('ready', 'wrong', 'created', 'enabled')", name="state"),
    CheckConstraint("(state IN ('created', 'enabled')) = (person IS NOT NULL AND post IS NOT NULL)", name="made"),
)
"""One row of it: what it says, how far it has come, and why not further. ``contact`` is what it says of telephone and
e-mail, sealed, until the person is entered."""
