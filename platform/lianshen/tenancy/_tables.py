from sqlalchemy import CheckConstraint, Column, Date, ForeignKeyConstraint, Table, Text, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from lianshen.kernel.schema import metadata, tenant_column

tenant = Table(
    "tenant",
    metadata,
    tenant_column(),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("state", Text, nullable=False),
    CheckConstraint("tenant ~ '^[0-9]{6}$'", name="code"),
    CheckConstraint("level IN ('county', 'city', 'province', 'platform')", name="level"),
    CheckConstraint("(level = 'platform') = (tenant = '000000')", name="platform"),
    CheckConstraint("state IN ('founding', 'active', 'suspended', 'closed', 'closing')", name="state"),
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
    CheckConstraint("parent <> tenant", name="self"),
    ExcludeConstraint(
        (text("int4range(tenant::int, tenant::int, '[]')"), "&&"),
        (text("daterange(since, until)"), "&&"),
        name="parent_edge_one_excl",
        using="gist",
    ),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
    ForeignKeyConstraint(["parent"], ["tenant.tenant"]),
)
"""Who stood directly above whom, from when until when; access between levels follows these, never code prefixes."""

former_name = Table(
    "former_name",
    metadata,
    tenant_column(),
    Column("until", Date, primary_key=True),
    Column("name", Text, nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
)
"""Names that were, until the day before ``until``."""

succession = Table(
    "succession",
    metadata,
    tenant_column(),
    Column("successor", Text, primary_key=True),
    Column("since", Date, nullable=False),
    CheckConstraint("successor <> tenant", name="self"),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
    ForeignKeyConstraint(["successor"], ["tenant.tenant"]),
)
"""What came of a jurisdiction by merger or split."""
