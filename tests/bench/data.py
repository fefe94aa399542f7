"""The seeded cluster, kept below ``.bench`` for as long as schema, law and seeding stay what they are."""

import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from lianshen.cli.migrate import OWNER, ROLES, create_roles, upgrade
from lianshen.cli.postgres import EmbeddedPostgres, wipe
from lianshen.kernel.cipher import make_master_key
from lianshen.kernel.settings import Settings, read
from tests.bench import seed
from tests.bench.keys import APPLICANT
from tests.bench.shapes import SHAPES

_ROOT = Path(__file__).parents[2]
_DECISIVE = ("migrations/versions/*", "tests/bench/keys.py", "tests/bench/se*.py", "tests/bench/shapes.py",
             "tests/walk/driver.py", "tenants/320723-*/**/*.yaml")  # fmt: skip
_DATABASE = "bench"
_OPEN_SESSIONS = f"""
    DELETE FROM session;
    INSERT INTO session (tenant, digest, person, post, form_key, created_at, seen_at, expires_at, id, stage, idle,
                         authenticated_at, by_factor, source, agent)
    SELECT p.tenant,
           sha256(convert_to(p.tenant || '.' || md5(p.tenant || '/session/' || p.login) || 'lianshen', 'UTF8')),
           p.id, t.id, '', now(), now(), now() + interval '1 day', gen_random_uuid(), 'open', 86400,
           now() + interval '1 day', false, '', ''
    FROM person p JOIN post t ON t.tenant = p.tenant AND t.person = p.id
    WHERE p.tenant >= '990001' OR p.login = '{APPLICANT}';
    ANALYZE session
"""
WAITING = len(SHAPES[0].places)
"""Projects of each county on which operation C can be done, once each."""


class Data:
    """A running cluster full of data. ``folder`` keeps what belongs to it."""

    def __init__(self, postgres: EmbeddedPostgres, folder: Path, passwords: dict[str, str]) -> None:
        self.postgres = postgres
        self.folder = folder
        self._passwords = passwords

    def url(self, role: str) -> str:
        """For programs other than SQLAlchemy."""
        return self.postgres.url(role, self._passwords[role], _DATABASE).replace("+asyncpg", "")

    @property
    def superuser_url(self) -> str:
        return self.postgres.superuser_url(_DATABASE).replace("+asyncpg", "")

    @property
    def environment(self) -> dict[str, str]:
        names = {"LIANSHEN_DATABASE_URL": "lianshen_web", "LIANSHEN_WORKER_DATABASE_URL": "lianshen_worker",
                 "LIANSHEN_RELAY_DATABASE_URL": "lianshen_relay", "LIANSHEN_OWNER_DATABASE_URL": OWNER}  # fmt: skip
        return {name: self.url(role).replace("postgresql:", "postgresql+asyncpg:") for name, role in names.items()} | {
            "LIANSHEN_SECURE_COOKIES": "false",
            "LIANSHEN_LIMIT_ANY": "",  # one source asks for everybody
            "LIANSHEN_DRAFT_VERSIONS": "true",
            "LIANSHEN_MASTER_KEY_FILE": str(self.folder / "master.key"),
            "LIANSHEN_FILES_DIR": str(self.folder / "files"),
        }

    @property
    def settings(self) -> Settings:
        return read(self.environment)

    @property
    def bin(self) -> Path:
        return Path(self.postgres.service.command[0]).parent

    @property
    def pid(self) -> int:
        """The postmaster."""
        return int((self.postgres.data / "postmaster.pid").read_text().split("\n", 1)[0])

    def take(self, turns: int) -> int:
        """Set ``turns`` waiting projects aside for a caller; the first of them."""
        taken = self.taken
        (self.folder / "taken").write_text(str(taken + turns))
        return taken

    @property
    def taken(self) -> int:
        """How many waiting projects have been used up."""
        used = self.folder / "taken"
        return int(used.read_text()) if used.exists() else 0


@asynccontextmanager
async def seeded(home: Path, counties: int, turns: int) -> AsyncIterator[Data]:
    """The cluster with ``turns`` waiting projects left: seeded anew if there is none, then started durable."""
    folder = home / f"{counties}-{_digest()}"
    probe = Data(EmbeddedPostgres(folder / "postgres"), folder, {})
    if not (folder / "done").exists() or probe.taken + turns > counties * WAITING:
        _clear(home, counties)
        await _seed(folder, counties)
    postgres = EmbeddedPostgres(folder / "postgres")
    postgres.start()
    try:
        data = await _opened(postgres, folder)
        connection = await asyncpg.connect(data.superuser_url)
        await connection.execute(_OPEN_SESSIONS)
        await connection.execute("CHECKPOINT")
        await connection.close()
        yield data
    finally:
        postgres.stop()


async def _seed(folder: Path, counties: int) -> None:
    """Without waiting for the disk: nothing here has to survive a crash, and nothing here is timed."""
    postgres = EmbeddedPostgres(folder / "postgres", durable=False)
    postgres.start()
    try:
        make_master_key(folder / "master.key")
        data = await _opened(postgres, folder)
        await upgrade(data.settings.owner_database_url)
        verdict = await seed.fill(data.settings, data.superuser_url, folder, counties)
        assert verdict.broken_at is None, f"the seeded chain is broken at {verdict.broken_at}"
    finally:
        postgres.stop()
    os.sync()
    (folder / "done").touch()


def _clear(home: Path, counties: int) -> None:
    """Throw away what was seeded before at this scale."""
    for old in home.glob(f"{counties}-*"):
        wipe(old / "postgres")
        wipe(old)


async def _opened(postgres: EmbeddedPostgres, folder: Path) -> Data:
    passwords = {role: secrets.token_urlsafe(12) for role in ROLES}
    await create_roles(postgres.superuser_url(), passwords, _DATABASE)
    return Data(postgres, folder, passwords)


def _digest() -> str:
    digest = hashlib.sha256()
    for pattern in _DECISIVE:
        for path in sorted(_ROOT.glob(pattern)):
            if path.is_file():
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
