from sqlalchemy import CheckConstraint, Column, Date, ForeignKeyConstraint, Table, Text

from lianshen.kernel.schema import metadata, tenant_column

tenant = Table(
    "tenant",
    metadata,
    tenant_column(),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    CheckConstraint("tenant ~ '^[0-9]{6}$'", name="code"),
    CheckConstraint("level IN ('county', 'city', 'province')", name="level"),
)
"""The public register of jurisdictions: on the list of tables that every tenant may read."""

parent_edge = Table(
    "parent_edge",
    metadata,
    tenant_column(),
    Column("parent", Text, primary_key=True),
    Column("since", Date, primary_key=True),
    Column("until", Date),
    CheckConstraint("until IS NULL OR until > since", name="order"),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
    ForeignKeyConstraint(["parent"], ["tenant.tenant"]),
)
"""Who stood directly above whom, from when until when; access between levels follows these, never code prefixes."""
