"""The first tables, and the walls around each tenant's rows."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for part in ("tables", "walls"):
        script = Path(__file__).with_name(f"0001_{part}.sql").read_text(encoding="utf-8")
        op.get_bind().connection.run_async(lambda driver, sql=script: driver.execute(sql))
