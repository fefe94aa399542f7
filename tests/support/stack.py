"""One PostgreSQL and one Valkey for a test run, real migrations and seeds in a template, one clone per test file."""

import asyncio
import secrets
import shutil
import tempfile
from pathlib import Path

import asyncpg
import msgspec

from lianshen.audit.checkpoints import make_key
from lianshen.cli.migrate import OWNER, ROLES, create_roles, upgrade
from lianshen.cli.postgres import EmbeddedPostgres, wipe
from lianshen.cli.seed import seed_demo
from lianshen.cli.valkey import EmbeddedValkey
from lianshen.kernel.cipher import make_master_key
from lianshen.kernel.settings import Settings, read

TEMPLATE = "lianshen_template"
_ROOM = 4 * 1024**3


class Stack(msgspec.Struct, frozen=True):
    """What a test file is told about the servers that its run shares; handed over as JSON."""

    superuser_url: str
    role_urls: dict[str, str]
    redis_url: str
    home: str

    def url(self, role: str, database: str) -> str:
        return self.role_urls[role].rpartition("/")[0] + f"/{database}"

    def environment(self, database: str) -> dict[str, str]:
        """The variables of a process serving ``database``."""
        return {
            "LIANSHEN_DATABASE_URL": self.url("lianshen_web", database),
            "LIANSHEN_WORKER_DATABASE_URL": self.url("lianshen_worker", database),
            "LIANSHEN_RELAY_DATABASE_URL": self.url("lianshen_relay", database),
            "LIANSHEN_OPERATOR_DATABASE_URL": self.url("lianshen_operator", database),
            "LIANSHEN_REDIS_URL": self.redis_url,
            "LIANSHEN_MASTER_KEY_FILE": f"{self.home}/master.key",
            "LIANSHEN_FILES_DIR": f"{self.home}/files/{database}",
            "LIANSHEN_CHECKPOINTS_DIR": f"{self.home}/checkpoints/{database}",
            "LIANSHEN_SIGNING_KEY": f"{self.home}/keys/checkpoint.pem",
            "LIANSHEN_EXPORTS_DIR": f"{self.home}/exports/{database}",
            "LIANSHEN_NOTICE_STREAM": "0.3",
            "LIANSHEN_SECURE_COOKIES": "false",
            "LIANSHEN_PUBLISH_SCHEMA": "true",
            "LIANSHEN_DRAFT_VERSIONS": "true",
            "LIANSHEN_REQUIRE_SECOND_FACTOR": "false",
            "LIANSHEN_STALL_LIMIT": "0",
            "LIANSHEN_PASSWORD_PROFILE": "asvs",
            "LIANSHEN_REFUSE_AFTER": "0",
            "LIANSHEN_HOSTS": "localhost,127.0.0.1,lianshen.test",
            **{f"LIANSHEN_LIMIT_{kind}": "" for kind in ("ANY", "SIGN_IN", "SEARCH", "EXPORT", "UPLOAD", "FEED")},
        }

    def settings(self, database: str) -> Settings:
        return read(self.environment(database))

    @property
    def accounts_file(self) -> Path:
        return Path(self.home, "accounts.json")


class Servers:
    """Starts and stops the servers of one run."""

    stack: Stack

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="lianshen-test-"))
        self._cluster = Path(tempfile.mkdtemp(prefix="lianshen-test-", dir=_memory()))
        self._cluster.chmod(0o755)  # PostgreSQL of a root's run is nobody's
        self._postgres = EmbeddedPostgres(self._cluster / "postgres", log=self._home / "postgres.log")
        self._valkey = EmbeddedValkey(self._home / "valkey")

    def start(self) -> Stack:
        self._postgres.start()
        self._valkey.start()
        passwords = {role: secrets.token_urlsafe(12) for role in ROLES}
        urls = {role: self._postgres.url(role, password, TEMPLATE) for role, password in passwords.items()}
        self.stack = stack = Stack(self._postgres.superuser_url(), urls, self._valkey.url, str(self._home))
        make_master_key(self._home / "master.key")
        asyncio.run(self._fill(stack, passwords, urls[OWNER]))
        return stack

    async def _fill(self, stack: Stack, passwords: dict[str, str], owner_url: str) -> None:
        make_key(Path(stack.home, "keys", "checkpoint.pem"), "ed25519")
        await create_roles(stack.superuser_url, passwords, TEMPLATE)
        await upgrade(owner_url)
        settings = read(stack.environment(TEMPLATE) | {"LIANSHEN_OWNER_DATABASE_URL": owner_url})
        await seed_demo(settings, stack.accounts_file)

    def stop(self) -> None:
        self._valkey.stop()
        self._postgres.stop()
        wipe(self._cluster / "postgres")
        shutil.rmtree(self._cluster, ignore_errors=True)
        shutil.rmtree(self._home, ignore_errors=True)


def _memory() -> Path | None:
    """A folder in memory, where syncing costs nothing, so that the tests' server is as durable as any (D49)."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > _ROOM
    return memory if roomy else None


async def clone(stack: Stack, database: str) -> None:
    """A copy of the template under the name ``database``."""
    connection = await asyncpg.connect(stack.superuser_url.replace("+asyncpg", ""))
    try:
        await connection.execute(f'CREATE DATABASE "{database}" TEMPLATE {TEMPLATE} STRATEGY FILE_COPY OWNER {OWNER}')
        await connection.execute(f'REVOKE TEMP ON DATABASE "{database}" FROM PUBLIC')
    finally:
        await connection.close()


async def drop(stack: Stack, database: str) -> None:
    """Take a clone away, whoever is still connected, and the folders that belong to it."""
    await _drop(stack, "datname = $1", database)
    _forget(stack, database)


async def drop_all(stack: Stack, beginning: str) -> None:
    """The same for every clone whose name begins so."""
    await _drop(stack, "starts_with(datname, $1)", beginning)
    _forget(stack, f"{beginning}*")


async def _drop(stack: Stack, which: str, name: str) -> None:
    connection = await asyncpg.connect(stack.superuser_url.replace("+asyncpg", ""))
    try:
        for (found,) in await connection.fetch(f"SELECT datname FROM pg_database WHERE {which}", name):
            await connection.execute(f'DROP DATABASE "{found}" WITH (FORCE)')
    finally:
        await connection.close()


def _forget(stack: Stack, pattern: str) -> None:
    for folder in Path(stack.home).glob(f"*/{pattern}"):
        shutil.rmtree(folder, ignore_errors=True)
