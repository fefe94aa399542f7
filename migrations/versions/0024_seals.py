"""Codes over projects, what is known of their units, papers, and the stamp of a tenant's rights."""

from pathlib import Path

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.run_async(lambda driver: driver.execute(script))
