from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
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
    Column("encoding", SmallInteger, nullable=False),
    Column("result", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("law", Text, nullable=False),
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
    Index("event_at_idx", "tenant", "at", "seq"),
    Index("event_person_idx", "tenant", "person", "seq"),
    Index("event_action_idx", "tenant", "action", "seq"),
    CheckConstraint("result IN ('done', 'refused', 'failed')", name="result"),
    CheckConstraint("encoding IN (1, 2)", name="encoding"),
    CheckConstraint("length(previous) = 64 AND length(sm3) = 32 AND length(sha256) = 32", name="digests"),
)
"""No foreign keys: an event outlives what it describes."""

tree_node = Table(
    "tree_node",
    metadata,
    tenant_column(),
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("sm3", LargeBinary, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
    CheckConstraint("length(sm3) = 32 AND length(sha256) = 32", name="digests"),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    tenant_column(),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("sm3", LargeBinary, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("token", LargeBinary),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
    CheckConstraint("size > 0", name="size"),
    CheckConstraint("algorithm IN ('ed25519', 'sm2')", name="algorithm"),
    Index("checkpoint_at_idx", "tenant", "at"),
)

ledger_check = Table(
    "ledger_check",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("checkpoints", BigInteger, nullable=False),
    Column("damage", Text),
    Column("place", Text),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
    CheckConstraint("(damage IS NULL) = (place IS NULL)", name="damage"),
    Index("ledger_check_at_idx", "tenant", "at"),
)

received_root = Table(
    "received_root",
    metadata,
    tenant_column(),
    Column("child", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
)
"""``child`` is a jurisdiction below, ``tenant`` the one above that keeps its root; no key leads across."""
