from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Interval,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.kernel.schema import CANARY, metadata, tenant_column
from lianshen.workcalendar.queries import CUT_OFF

deadline = Table(
    "deadline",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("project", Uuid),
    Column("clock", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("article", Text, nullable=False),
    Column("quotation", Text, nullable=False),
    Column("owed_by", Text, nullable=False),
    Column("owed_to", Text, nullable=False),
    Column("trigger_on", Date, nullable=False),
    Column("budget", Integer),
    Column("unit", Text, nullable=False),
    Column("first_day", Text, nullable=False),
    Column("rolling", Text, nullable=False),
    Column("cut_off", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("calendar", Text, nullable=False),
    Column("on_expiry", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("overdue", Boolean, nullable=False),
    Column("named_on", Date),
    Column("plan", JSONB, nullable=False, server_default=text("'[]'")),
    Column("next_at", DateTime(timezone=True)),
    Column("failures", SmallInteger, nullable=False, server_default=text("0")),
    Column("parked", Text),
    Column("parked_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant", "project"], ["project.tenant", "project.id"]),
    CheckConstraint("unit IN ('working_days', 'days', 'months', 'date')", name="unit"),
    CheckConstraint("(unit = 'date') = (budget IS NULL)", name="budget"),
    CheckConstraint("rolling IN ('none', 'next_working_day')", name="rolling"),
    CheckConstraint("first_day IN ('counted', 'not_counted')", name="first_day"),
    CheckConstraint(f"cut_off ~ '{CUT_OFF}'", name="cut_off"),
    CheckConstraint("state IN ('open', 'paused', 'met', 'waived', 'superseded', 'expired', 'cancelled')", name="state"),
    CheckConstraint("(state IN ('open', 'paused')) = (closed_at IS NULL)", name="closed"),
    CheckConstraint("(unit = 'date' AND project IS NOT NULL) = (named_on IS NOT NULL)", name="named"),
    CheckConstraint("next_at IS NULL OR (state = 'open' AND parked IS NULL)", name="next"),
    CheckConstraint("(parked IS NULL) = (parked_at IS NULL)", name="parked"),
    CheckConstraint(f"(project IS NULL) = (id = '{CANARY}')", name="canary"),
    Index("deadline_next_idx", "tenant", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    Index("deadline_parked_idx", "tenant", "parked_at", postgresql_where=text("parked_at IS NOT NULL")),
    Index("deadline_project_idx", "tenant", "project"),
    Index("deadline_roster_idx", "tenant", "due_on", "id", postgresql_where=text("state IN ('open', 'paused')")),
    Index("deadline_closed_idx", "tenant", "closed_at"),
    Index(
        "deadline_one_open_idx", "tenant", "project", "clock", "owed_by",
        unique=True, postgresql_where=text("state IN ('open', 'paused')"),
    ),
)  # fmt: skip
"""``plan`` holds [instant, rung] of all that has not fired; ``next_at`` is when the sweep looks again: at the first of
them, or after a failure a while later; where it has failed too often it is ``parked`` with the reason.

``due_on`` and what follows from it is a copy: ``_ledger.fold`` of the start and the entries is what counts.
``overdue``: the due instant passed and the sweep has seen it; a duty without consequence stays open then.
Without ``project`` it is the tenant's canary: open and never due."""

deadline_entry = Table(
    "deadline_entry",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("deadline", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("on", Date, nullable=False),
    Column("amount", Integer),
    Column("of", Uuid),
    Column("unit", Text),
    Column("until", Date),
    Column("due_before", Date),
    Column("due_after", Date),
    Column("reason", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["tenant", "deadline"], ["deadline.tenant", "deadline.id"]),
    CheckConstraint(
        "kind IN ('started', 'paused', 'resumed', 'restarted', 'extended', 'recounted', 'waived', 'superseded', 'met', "
        "'expired', 'cancelled')",
        name="kind",
    ),
    CheckConstraint("(kind = 'resumed') = (of IS NOT NULL)", name="of"),
    CheckConstraint(
        "CASE kind WHEN 'extended' THEN num_nonnulls(amount, until) = 1 AND num_nulls(amount, unit) IN (0, 2) "
        "ELSE num_nonnulls(amount, unit, until) = 0 END",
        name="more",
    ),
    CheckConstraint("unit IN ('working_days', 'days', 'months')", name="unit"),
    Index("deadline_entry_deadline_idx", "tenant", "deadline"),
    UniqueConstraint("tenant", "deadline", "kind", "on", "at"),
)
"""Append-only: what happened to a deadline."""

rung = Table(
    "rung",
    metadata,
    tenant_column(),
    Column("deadline", Uuid, primary_key=True),
    Column("rung", Text, primary_key=True),
    Column("due_on", Date, primary_key=True),
    Column("planned_at", DateTime(timezone=True), nullable=False),
    Column("fired_at", DateTime(timezone=True), nullable=False),
    Column("late", Boolean, nullable=False),
    Column("event", Uuid, nullable=False),
    Column("told", Uuid, nullable=False),
    Column("tell", ARRAY(Text), nullable=False),
    ForeignKeyConstraint(["tenant", "deadline"], ["deadline.tenant", "deadline.id"]),
    Index("rung_told_idx", "tenant", "told"),
)
"""Append-only: a rung fires once for a last day, as the key says (D61). ``tell`` says who hears of it, through the
message of the event ``told``; ``late``: the sweep came after it had to."""

late_below = Table(
    "late_below",
    metadata,
    tenant_column(),
    Column("child", Text, primary_key=True),
    Column("deadline", Uuid, primary_key=True),
    Column("rung", Text, primary_key=True),
    Column("due_on", Date, primary_key=True),
    Column("number", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("article", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenant.tenant"]),
)
"""Append-only: what a jurisdiction below, ``child``, reported of a deadline that is late; no key leads across."""

clock_shift = Table(
    "clock_shift",
    metadata,
    Column("one", Boolean, primary_key=True),
    Column("shift", Interval, nullable=False),
    CheckConstraint("one", name="one"),
)
"""By how much ``duty_now()`` differs from the database's clock. Empty, but in rehearsals: only the owner writes it."""

sweep_beat = Table(
    "sweep_beat",
    metadata,
    Column("one", Boolean, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("due_since", DateTime(timezone=True)),
    Column("parked", BigInteger, nullable=False),
    CheckConstraint("one", name="one"),
)
"""When a sweep looked last, the oldest instant that it has not handled, and how many deadlines are parked (D60)."""
