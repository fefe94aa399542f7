"""What the law knows of a unit, beside what it knows of each project."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.run_async(lambda driver: driver.execute(script))
