"""The one MetaData every module's ``_tables.py`` declares its tables on; ``lianshen.tables`` gathers them."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)


CANARY = UUID(int=0)
"""The id of a row that each tenant has in a table that is searched for what there is to do. Whoever does not see it
does not see the table, and must not take nothing found for nothing to do (D25)."""


def tenant_column() -> Column[str]:
    """``tenant``, first in every key: the GB/T 2260 code that names the jurisdiction."""
    return Column("tenant", Text, primary_key=True, nullable=False)


def sealed_column(name: str) -> Column[bytes]:
    """A column of values made by ``cipher.seal``; rotation of keys finds it by this mark."""
    return Column(name, LargeBinary, info={"key": "seal"})


def index_column(name: str, of: str) -> Column[bytes]:
    """A column of values made by ``cipher.blind_index`` from what column ``of`` seals."""
    return Column(name, LargeBinary, info={"key": "index", "of": of})


def mac_column(*, outside: tuple[str, ...] = (), carried: bool = False) -> Column[bytes]:
    """The code over the whole row by which a change past our commands is noticed (see ``integrity``).

    It is not over columns ``outside``, which nothing rests on. ``carried``: whoever writes the row brings it along.
    """
    return Column("mac", LargeBinary, info={"key": "integrity", "outside": outside, "carried": carried})


outbox = Table(
    "outbox",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("event", Uuid, nullable=False),
    Column("job", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    Column("done_at", DateTime(timezone=True)),
    Column("reason", Text),
    Column("next_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("parked_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('pending', 'sent', 'begun', 'done', 'parked', 'closed')", name="state"),
    CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done"),
    CheckConstraint(
        "(state IN ('parked', 'closed')) = (reason IS NOT NULL) AND num_nulls(reason, parked_at) IN (0, 2)",
        name="parked",
    ),
    UniqueConstraint("tenant", "event", "job"),
    Index("outbox_open_idx", "tenant", "next_at", postgresql_where=text("state IN ('pending', 'sent', 'begun')")),
    Index("outbox_parked_idx", "tenant", "parked_at", postgresql_where=text("state = 'parked'")),
)
"""``next_at``: when the relay sends it, or sends it anew; one that is begun is its worker's until then."""

replay = Table(
    "replay",
    metadata,
    tenant_column(),
    Column("person", Uuid, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("status", Integer),
    Column("headers", JSONB),
    Column("body", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

counter = Table(
    "counter",
    metadata,
    tenant_column(),
    Column("kind", Text, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

timetable = Table(
    "timetable",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next_at", DateTime(timezone=True), nullable=False),
    Column("last_at", DateTime(timezone=True)),
    Column("found", JSONB(none_as_null=True)),
)
"""Periodic work of the instance and when it runs next; ``found`` is what a beat that watches has to say in numbers."""

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)
"""Who leads in what only one may do (D62)."""

data_key = Table(
    "data_key",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("wrapped", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("retired_at", DateTime(timezone=True)),
    CheckConstraint("purpose IN ('seal', 'index', 'integrity')", name="purpose"),
    CheckConstraint("state IN ('active', 'outgoing', 'retired', 'destroyed')", name="state"),
    CheckConstraint("(state = 'destroyed') = (wrapped IS NULL)", name="wrapped"),
    CheckConstraint("(state IN ('retired', 'destroyed')) = (retired_at IS NOT NULL)", name="retired"),
    Index("data_key_one_active_idx", "tenant", "purpose", unique=True, postgresql_where=text("state = 'active'")),
)
"""A tenant's keys, wrapped by the master key. ``outgoing`` only opens; ``retired`` protects nothing."""
