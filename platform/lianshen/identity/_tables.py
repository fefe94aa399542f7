from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
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

ADMINISTRATORS = ("system_admin", "security_admin", "audit_admin")
"""Three roles that exclude one another and all others (D115): the keys of these tables know them by name."""

_ADMIN = "CASE " + " ".join(f"WHEN '{role}' = ANY(roles) THEN '{role}'" for role in ADMINISTRATORS) + " END"
_KIND = _ADMIN.removesuffix("END") + "WHEN ended_at IS NULL AND cardinality(roles) > 0 THEN 'staff' END"

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
    Column("failures", Integer, nullable=False),
    Column("locked_until", DateTime(timezone=True)),
    Column("password_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("initial_until", DateTime(timezone=True)),
    sealed_column("phone"),
    index_column("phone_index", of="phone"),
    sealed_column("email"),
    Column("state", Text, nullable=False),
    Column("state_at", DateTime(timezone=True), nullable=False),
    Column("idle_warned_at", DateTime(timezone=True)),
    Column("administers", Text),
    Column("active", Boolean, Computed("state = 'enabled'"), nullable=False),
    Column("kind", Text, Computed("coalesce(administers, 'staff')"), nullable=False),
    UniqueConstraint("tenant", "login"),
    UniqueConstraint("tenant", "id", "kind"),
    Index("person_phone_idx", "tenant", "phone_index"),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
    CheckConstraint("state IN ('created', 'enabled', 'disabled', 'left')", name="state"),
    CheckConstraint(f"administers IN {ADMINISTRATORS}", name="administers"),
    Index("person_login_idx", "tenant", text("lower(login)"), unique=True),
)
"""Never deleted, so that a login is never reused (D98). ``administers``: which administrator this natural person is or
was; it is set once, and every post has to fit it by its key (D115).

``initial_until`` is set while the password is a secret that somebody handed out: it opens once, until then."""

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
    Column("name", Text),
    Column("credential", LargeBinary),
    Column("used_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    CheckConstraint("kind IN ('totp', 'passkey')", name="kind"),
    CheckConstraint(
        "(kind = 'passkey') = (credential IS NOT NULL) AND (kind = 'passkey') = (name IS NOT NULL)", name="passkey"
    ),
    Index("factor_person_idx", "tenant", "person", postgresql_where=text("removed_at IS NULL")),
    Index(
        "factor_credential_idx",
        *("tenant", "credential"),
        unique=True,
        postgresql_where=text("credential IS NOT NULL"),
    ),
)
"""Second factors of every kind. ``counter`` only grows, so that no answer counts twice: of ``totp`` it is the last step
that was used, of ``passkey`` the authenticator's own count, or 0 for ever of one that does not count.

``secret`` of a passkey is its public key: sealed, so that nobody puts another in its place."""

passkey_challenge = Table(
    "passkey_challenge",
    metadata,
    tenant_column(),
    Column("digest", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("person", Uuid),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    CheckConstraint("length(digest) = 32", name="digest"),
    CheckConstraint("purpose IN ('enter', 'prove', 'sign_in')", name="purpose"),
    CheckConstraint("(purpose = 'sign_in') = (person IS NULL)", name="person"),
    Index("passkey_challenge_at_idx", "tenant", "created_at"),
)
"""What an authenticator is asked to sign, by its SHA-256: to enter a passkey, to prove who it is, or to sign in as
whoever it says. It is answered once, and soon."""

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
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("ended_at", DateTime(timezone=True)),
    Column("stands_in_for", Uuid),
    Column("appointment", Uuid),
    Column("admin", Text, Computed(_ADMIN)),
    Column("kind", Text, Computed(_KIND)),
    UniqueConstraint("tenant", "id", "office", "roles"),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    ForeignKeyConstraint(["tenant", "office"], ["office.tenant", "office.id"]),
    ForeignKeyConstraint(["tenant", "person", "kind"], ["person.tenant", "person.id", "person.kind"]),
    ForeignKeyConstraint(
        ["tenant", "appointment", "person", "admin"],
        ["appointment.tenant", "appointment.id", "appointment.person", "appointment.appointed"],
    ),
    ForeignKeyConstraint(
        ["tenant", "stands_in_for", "office", "roles"], ["post.tenant", "post.id", "post.office", "post.roles"]
    ),
    CheckConstraint("until >= since", name="order"),
    CheckConstraint("admin IS NULL OR cardinality(roles) = 1", name="alone"),
    CheckConstraint("(admin IS NULL) = (appointment IS NULL)", name="appointment"),
    CheckConstraint("stands_in_for IS NULL OR until IS NOT NULL", name="stand_in"),
    CheckConstraint("tenant = '000000' OR NOT 'operator' = ANY(roles)", name="operator"),
    CheckConstraint("NOT 'system' = ANY(roles)", name="system"),
    CheckConstraint("NOT 'visitor' = ANY(roles)", name="visitor"),
    Index(
        "post_open_idx",
        *("tenant", "person", "office"),
        unique=True,
        postgresql_where=text("ended_at IS NULL AND stands_in_for IS NULL"),
    ),
    Index("post_stands_in_for_idx", "tenant", "stands_in_for", postgresql_where=text("stands_in_for IS NOT NULL")),
)
"""Without ``roles`` it carries nothing; ``until`` is its last day. One that ``stands_in_for`` another has, by its key,
that one's office and roles. An administrator's names the appointment, by two people, that it rests on."""

appointment = Table(
    "appointment",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("person", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("founding", Boolean, nullable=False, server_default=text("false")),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("requested_by", Uuid),
    Column("requester", Text, nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    Column("decided_by", Uuid),
    Column("decider", Text),
    Column("granted", Boolean),
    Column("appointed", Text, Computed("CASE WHEN founding OR granted THEN role END")),
    UniqueConstraint("tenant", "id", "person", "appointed"),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    ForeignKeyConstraint(["tenant", "requested_by"], ["person.tenant", "person.id"]),
    ForeignKeyConstraint(["tenant", "decided_by"], ["person.tenant", "person.id"]),
    CheckConstraint(f"role IN {ADMINISTRATORS}", name="role"),
    CheckConstraint("founding = (requested_by IS NULL)", name="requested"),
    CheckConstraint("num_nulls(decided_at, decided_by, decider, granted) IN (0, 4)", name="decided"),
    CheckConstraint(
        "decided_by <> requested_by AND decided_by <> person AND requested_by <> person", name="two_people"
    ),
    Index("appointment_person_idx", "tenant", "person"),
)
"""Making somebody an administrator: asked for by one, granted by another (D118). The runtime cannot write ``founding``:
that is how whoever sets up a tenant enters its first three."""

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
