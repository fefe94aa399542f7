from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from lianshen.kernel.schema import mac_column, metadata, tenant_column

role = Table(
    "role",
    metadata,
    tenant_column(),
    Column("code", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("includes", ARRAY(Text), nullable=False),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("ended_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    mac_column(),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
    CheckConstraint("code ~ '^own_[0-9]+$'", name="code"),
    CheckConstraint("label <> ''", name="label"),
    CheckConstraint("cardinality(includes) + cardinality(permissions) > 0", name="some"),
    CheckConstraint("until >= since", name="order"),
    Index("role_label_idx", "tenant", "label", unique=True, postgresql_where=text("ended_at IS NULL")),
)
"""A role of the tenant's own: base roles and single grants put together. ``until`` is its last day; one that was ended
grants nothing any more. The shape of ``code`` is one that no base role has (D28)."""

rights = Table(
    "rights",
    metadata,
    tenant_column(),
    Column("version", BigInteger, nullable=False),
    mac_column(),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
)
"""The stamp of the tenant's roles, moved by a trigger with every change of one."""
