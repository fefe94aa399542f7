"""The database before anything serves: roles by a superuser, then the schema by its owner."""

from collections.abc import Mapping
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from lianshen.kernel import tls
from lianshen.kernel.clock import now
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.settings import Settings
from lianshen.workcalendar.commands import publish_first
from lianshen.workcalendar.queries import NATION, of_area, shipped_years

OWNER = "lianshen_owner"
ROLES = (OWNER, "lianshen_web", "lianshen_worker", "lianshen_relay", "lianshen_operator")
"""The owner of the schema, and four that own nothing and serve; none may pass row-level security."""

_OBSERVED = ("log_statement = 'mod'", "log_parameter_max_length = 0")
"""What the owner of the schema writes goes into the server's own log, without values bound to it; a superuser alone
can change that (D137). The ledger cannot see what is written past the application."""
_MIGRATIONS = Path(__file__).resolve().parents[3] / "migrations"


async def create_roles(superuser_url: str, passwords: Mapping[str, str], database: str) -> None:
    """Make the roles with these passwords and the owner's empty ``database``; repeating it renews the passwords."""
    connection = await asyncpg.connect(superuser_url.replace("+asyncpg", ""), **tls.for_database(superuser_url))
    try:
        for role, password in passwords.items():
            known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
            quoted = await connection.fetchval("SELECT quote_literal($1)", password)
            await connection.execute(
                f"{'ALTER' if known else 'CREATE'} ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {quoted}"
            )
        for setting in _OBSERVED:
            await connection.execute(f"ALTER ROLE {OWNER} SET {setting}")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            await connection.execute(f'CREATE DATABASE "{database}" OWNER {OWNER}')
    finally:
        await connection.close()


async def upgrade(owner_url: str, tenants_dir: Path | None = None) -> None:
    """Bring the schema to the newest revision, and the years that come with the software into a new database."""
    engine = create_async_engine(owner_url, poolclass=NullPool, connect_args=tls.for_database(owner_url))
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_to_head)
    finally:
        await engine.dispose()
    await _enter_years(owner_url, tenants_dir or Settings().tenants_dir)


async def _enter_years(owner_url: str, tenants_dir: Path) -> None:
    """The first editions of the calendar. Where there are some already, a new year is put up by an operator."""
    database = Database(owner_url, pool_size=1, name="lianshen-migrate")
    try:
        async with UnitOfWork(database, now=now(), jobs_for=lambda _: (), request_id="migrate") as uow:
            await uow.enter(NATION)
            if not await of_area(uow, NATION):
                for edition in shipped_years(tenants_dir / "_calendar"):
                    await publish_first(uow, edition)
            await uow.commit()
    finally:
        await database.close()


def _to_head(connection: Connection) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
