from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.kernel.schema import metadata
from lianshen.workcalendar.types import NATION

calendar_edition = Table(
    "calendar_edition",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("area", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("notices", JSONB, nullable=False),
    Column("days", JSONB, nullable=False),
    Column("digest", Text, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("plan", Uuid),
    CheckConstraint("kind IN ('year', 'local', 'emergency')", name="kind"),
    CheckConstraint(
        f"CASE kind WHEN 'year' THEN area = '{NATION}' WHEN 'local' THEN area <> '{NATION}' ELSE true END", name="area"
    ),
    CheckConstraint("jsonb_array_length(notices) > 0", name="notices"),
)
"""Append-only: which days are worked, as it was published. The database numbers them one after the other, and lets
nobody publish for an area but who works within it."""
