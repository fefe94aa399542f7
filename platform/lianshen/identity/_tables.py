from sqlalchemy import (
    ARRAY,
    BigInteger,
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
    Column("password_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("initial_until", DateTime(timezone=True)),
    sealed_column("phone"),
    index_column("phone_index", of="phone"),
    sealed_column("email"),
    UniqueConstraint("tenant", "login"),
    Index("person_phone_idx", "tenant", "phone_index"),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
)
"""``initial_until`` is set while the password is a secret that somebody handed out: it opens once, until then."""

former_password = Table(
    "former_password",
    metadata,
    tenant_column(),
    Column("person", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), primary_key=True),
    Column("password", Text, nullable=False),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
)

factor = Table(
    "factor",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("person", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False, info={"key": "seal"}),
    Column("counter", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("removed_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    CheckConstraint("kind IN ('totp')", name="kind"),
    Index("factor_person_idx", "tenant", "person", postgresql_where=text("removed_at IS NULL")),
)
"""Second factors of every kind. ``counter`` only grows, so that no answer counts twice: of ``totp`` it is the last step
that was used."""

recovery_code = Table(
    "recovery_code",
    metadata,
    tenant_column(),
    Column("person", Uuid, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    CheckConstraint("length(digest) = 32", name="digest"),
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
    Column("id", Uuid, nullable=False),
    Column("stage", Text, nullable=False),
    Column("idle", Integer, nullable=False),
    Column("authenticated_at", DateTime(timezone=True), nullable=False),
    Column("by_factor", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("end_reason", Text),
    UniqueConstraint("tenant", "id"),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    ForeignKeyConstraint(["tenant", "post"], ["post.tenant", "post.id"]),
    CheckConstraint("length(digest) = 32", name="digest"),
    CheckConstraint("stage IN ('factor', 'password', 'enroll', 'post', 'open')", name="stage"),
    CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended"),
    Index("session_open_idx", "tenant", "person", postgresql_where=text("ended_at IS NULL")),
)
"""Only the SHA-256 of a session's secret is kept; people and pages name a session by ``id``. ``idle`` is in seconds.

``stage`` is what is still asked before the sign-in is complete; until it is ``open`` the session opens nothing else.
"""
