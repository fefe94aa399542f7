from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.kernel.schema import CANARY, metadata, sealed_column, tenant_column

_CHANNELS = "channel IN ('mail', 'sms', 'webhook', 'wecom', 'dingtalk')"

endpoint = Table(
    "endpoint",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("name", Text, nullable=False),
    sealed_column("address"),
    sealed_column("secret"),
    sealed_column("former_secret"),
    Column("former_until", DateTime(timezone=True)),
    Column("details", JSONB, nullable=False),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("state", Text, nullable=False),
    Column("state_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Uuid, nullable=False),
    ForeignKeyConstraint(["tenant", "created_by"], ["person.tenant", "person.id"]),
    CheckConstraint(_CHANNELS, name="channel"),
    CheckConstraint("state IN ('active', 'paused', 'ended')", name="state"),
    CheckConstraint("(address IS NULL) = (channel = 'mail' OR state = 'ended')", name="address"),
    CheckConstraint("(former_secret IS NULL) = (former_until IS NULL)", name="former"),
    Index(
        "endpoint_one_idx",
        *("tenant", "channel"),
        unique=True,
        postgresql_where=text("channel IN ('mail', 'sms') AND state <> 'ended'"),
    ),
    Index("endpoint_name_idx", "tenant", "name", unique=True, postgresql_where=text("state <> 'ended'")),
)
"""A way out that a jurisdiction has set up. Of ``mail`` and ``sms`` it has one each, through which people are written
to; robots and hooks are written to themselves, about events of ``kinds``. The address of a robot holds its key."""

message = Table(
    "message",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("event", Uuid, nullable=False),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("person", Uuid),
    Column("endpoint", Uuid),
    Column("recipient", Uuid, Computed("coalesce(person, endpoint, id)"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("digest", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("next_at", DateTime(timezone=True), nullable=False),
    Column("lease", Uuid),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    Column("reason", Text, nullable=False),
    UniqueConstraint("tenant", "event", "channel", "recipient"),
    ForeignKeyConstraint(["tenant", "event", "person"], ["notice.tenant", "notice.event", "notice.person"]),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    ForeignKeyConstraint(["tenant", "endpoint"], ["endpoint.tenant", "endpoint.id"]),
    CheckConstraint(_CHANNELS, name="channel"),
    CheckConstraint(f"num_nonnulls(person, endpoint) = CASE WHEN id = '{CANARY}' THEN 0 ELSE 1 END", name="recipient"),
    CheckConstraint("state IN ('waiting', 'leased', 'held', 'sent', 'parked')", name="state"),
    CheckConstraint("(state = 'leased') = (lease IS NOT NULL)", name="lease"),
    CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name="sent"),
    CheckConstraint("state <> 'parked' OR reason <> ''", name="parked"),
    Index("message_due_idx", "tenant", "next_at", postgresql_where=text("state IN ('waiting', 'leased')")),
    Index(
        "message_endpoint_idx",
        *("tenant", "endpoint", "position"),
        postgresql_where=text("endpoint IS NOT NULL"),
    ),
    Index("message_at_idx", "tenant", "at"),
)
"""To one recipient by one way, once for each event (D68). ``position`` is the event's in
the ledger, the order in which one way hears of events. ``next_at`` is when it may leave, or when its ``lease`` ends;
``held`` waits for its way to be taken up again. One without a recipient is the tenant's canary, never due."""

preference = Table(
    "preference",
    metadata,
    tenant_column(),
    Column("person", Uuid, primary_key=True),
    Column("chosen", JSONB, nullable=False),
    Column("digest_hour", SmallInteger),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    CheckConstraint("digest_hour BETWEEN 0 AND 23", name="hour"),
)
"""``chosen`` gives for each kind the ways a person wants; where there is no row the defaults hold."""

address_pause = Table(
    "address_pause",
    metadata,
    tenant_column(),
    Column("person", Uuid, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("resumed_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant", "person"], ["person.tenant", "person.id"]),
    CheckConstraint("channel IN ('mail', 'sms')", name="channel"),
)
"""An address that refused us; nothing goes there until ``resumed_at``."""

quiet_hours = Table(
    "quiet_hours",
    metadata,
    tenant_column(),
    Column("opens", SmallInteger, nullable=False),
    Column("closes", SmallInteger, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
    CheckConstraint("opens >= 0 AND opens < closes AND closes <= 24", name="order"),
)
"""People are written to on working days from the hour ``opens`` until the hour ``closes``."""

message_template = Table(
    "message_template",
    metadata,
    tenant_column(),
    Column("channel", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("published_by", Uuid, nullable=False),
    Column("publisher", Text, nullable=False),
    ForeignKeyConstraint(["tenant", "published_by"], ["person.tenant", "person.id"]),
    CheckConstraint("version > 0", name="version"),
)
"""What is said of a kind by a way; the latest version holds, and without one what the catalogue says."""
