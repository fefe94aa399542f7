"""``lianshen demo``: everything on this machine, on one port, from one command; data in ./.demo."""

import asyncio
import fcntl
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from lianshen.audit.checkpoints import make_key
from lianshen.cli.accounts import table
from lianshen.cli.migrate import OWNER, ROLES, create_roles
from lianshen.cli.postgres import EmbeddedPostgres, wipe
from lianshen.cli.process import Child, NotStarted, Service, free_port, is_free, kill_marked, private_file
from lianshen.cli.supervisor import Supervisor
from lianshen.cli.texts import explain, explain_output, text
from lianshen.cli.valkey import EmbeddedValkey
from lianshen.kernel.cipher import make_master_key

_DATABASE = "lianshen"


class Refused(Exception):
    """The demo cannot run as asked; the message says what to do."""


def run() -> int:
    """Run until SIGINT, SIGTERM or SIGHUP; returns the exit code."""
    folder = _folder()
    try:
        host, port = os.environ.get("HOST", "127.0.0.1"), _port()
        with _locked(folder):
            _Demo(folder, host, port).run()
    except (Refused, NotStarted, OSError) as error:
        print(_explained(error, folder), file=sys.stderr)
        return 1
    return 0


def reset() -> int:
    """Throw the data away, unless a demo is running on them; returns the exit code."""
    folder = _folder()
    try:
        with _locked(folder):
            kill_marked(_mark(folder))
            wipe(folder / "postgres")
            shutil.rmtree(folder)
    except (Refused, OSError) as error:
        print(_explained(error, folder), file=sys.stderr)
        return 1
    print(text("wiped"))
    return 0


class _Demo:
    def __init__(self, folder: Path, host: str, port: int) -> None:
        self._began = time.monotonic()
        self._folder = folder
        self._logs = folder / "logs"
        self._host, self._port = host, port
        if not is_free(host, port):
            raise Refused(text("port_taken", port=port, other=port + 1))
        self._secrets: Mapping[str, str] = json.loads(private_file(folder / "secrets.json", _make_secrets))

    def run(self) -> None:
        supervisor = Supervisor(_mark(self._folder), self._died)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        try:
            self._start(supervisor)
            supervisor.run()
        except KeyboardInterrupt:
            self._say(text("stopping"))
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            supervisor.stop()
        self._say(text("stopped"))

    def _start(self, supervisor: Supervisor) -> None:
        self._logs.mkdir(exist_ok=True)
        ports = _inner_ports(self._folder / "ports.json")
        postgres = EmbeddedPostgres(self._folder / "postgres", port=ports["postgres"], log=self._logs / "postgres.log")
        valkey = EmbeddedValkey(self._folder / "valkey", port=ports["valkey"], log=self._logs / "valkey.log")
        supervisor.start(postgres.service, valkey.service)
        self._say(text("stores"))
        asyncio.run(create_roles(postgres.superuser_url(), {role: self._secrets[role] for role in ROLES}, _DATABASE))
        urls = {role: postgres.url(role, self._secrets[role], _DATABASE) for role in ROLES}
        master_key = self._folder / "master.key"
        if not master_key.exists():
            make_master_key(master_key)
        common = {
            "LIANSHEN_HOSTS": ",".join(_names(self._host)),
            "LIANSHEN_PUBLIC_URL": f"http://localhost:{self._port}",  # browsers know no passkeys of 127.0.0.1
            **os.environ,
            "LIANSHEN_REDIS_URL": valkey.url,
            "LIANSHEN_MASTER_KEY_FILE": str(master_key),
            "LIANSHEN_FILES_DIR": str(self._folder / "files"),
            "LIANSHEN_CHECKPOINTS_DIR": str(self._folder / "checkpoints"),
            "LIANSHEN_SIGNING_KEY": str(self._folder / "keys" / "checkpoint.pem"),
            "LIANSHEN_EXPORTS_DIR": str(self._folder / "exports"),
            "LIANSHEN_SECURE_COOKIES": "false",
            "LIANSHEN_PUBLISH_SCHEMA": "true",
            "LIANSHEN_DRAFT_VERSIONS": "true",
            "LIANSHEN_REQUIRE_SECOND_FACTOR": "false",
        }
        make_key(self._folder / "keys" / "checkpoint.pem", "sm2")
        self._prepare(common, urls)
        supervisor.start(*self._processes(common, urls))
        self._say(text("serving"))
        print(f"\n{table(self._folder / 'accounts.json')}\n")
        address = f"http://{'127.0.0.1' if self._host == '0.0.0.0' else self._host}:{self._port}/"  # noqa: S104
        self._say(text("address", address=address, folder=self._folder.name))

    def _prepare(self, common: Mapping[str, str], urls: Mapping[str, str]) -> None:
        """Schema, then people: each in a process of its own, so that no serving process ever sees the owner's role."""
        environment = {**common, **_database_urls(urls), "LIANSHEN_OWNER_DATABASE_URL": urls[OWNER]}
        for name, said, *arguments in (
            ("migrate", "migrated"),
            ("seed-demo", "seeded", str(self._folder / "accounts.json")),
        ):
            command = (sys.executable, "-m", "lianshen.cli.main", name, *arguments)
            task = Service(name=name, command=command, log=self._logs / f"{name}.log", environment=environment)
            child = Child(task)
            try:
                child.finish()
            finally:
                child.kill()
            self._say(text(said))

    def _processes(self, common: Mapping[str, str], urls: Mapping[str, str]) -> Iterator[Service]:
        """The process table. Each is given the URL of its own role alone."""
        web, worker, relay, operator = ({**common, name: url} for name, url in _database_urls(urls).items())
        python = (sys.executable, "-m")
        yield Service(
            name="web",
            command=(
                *(*python, "granian", "lianshen.web.app:create_app", "--factory", "--interface", "asgi"),
                *("--host", self._host, "--port", str(self._port), "--workers", "2", "--loop", "uvloop"),
                *("--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "5"),
                "--no-ws",
            ),
            log=self._logs / "web.log",
            environment=web,
            ready=lambda _pid: _answers(self._host, self._port),
        )
        yield Service(
            name="worker",
            command=(
                *(*python, "dramatiq", "lianshen_workers.actors", "--processes", "1", "--threads", "4"),
                *("--worker-shutdown-timeout", "5000"),
            ),
            log=self._logs / "worker.log",
            environment=worker,
        )
        for name, environment in (
            ("relay", relay),
            ("sweep", worker | relay),
            ("scheduler", worker | relay),
            ("send", worker | relay),
            ("operator", operator),
        ):
            yield Service(
                name=name,
                command=(*python, f"lianshen_workers.{name}"),
                log=self._logs / f"{name}.log",
                environment=environment,
            )

    def _died(self, name: str, code: int) -> None:
        how = f"信号 {-code}" if code < 0 else f"退出码 {code}"
        self._say(text("died", name=name, how=how))

    def _say(self, line: str) -> None:
        print(f"[{time.monotonic() - self._began:5.1f} s] {line}", flush=True)


def _names(host: str) -> list[str]:
    """Under which names browsers reach us: this machine's own, when we listen to more than itself."""
    names = {"localhost", "127.0.0.1", "[::1]", host}
    if host == "0.0.0.0":  # noqa: S104
        names.add(socket.gethostname())
        with suppress(OSError):
            names |= {str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    return sorted(names)


def _folder() -> Path:
    return Path.cwd() / ".demo"


def _mark(folder: Path) -> str:
    return f"LIANSHEN_DEMO={folder}"


def _port() -> int:
    given = os.environ.get("PORT", "8080")
    if given.isdecimal() and 0 < int(given) < 65536:
        return int(given)
    raise Refused(text("port_invalid", port=given))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder for ourselves; the kernel lets go of the lock when we die."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(text("running")) from None
        yield


def _inner_ports(remembered: Path) -> Mapping[str, int]:
    """The ports of the stores: the same as last time where they are still free."""
    known: dict[str, int] = {}
    with suppress(OSError, ValueError):
        known = json.loads(remembered.read_text())
    ports = {}
    for name in ("postgres", "valkey"):
        port = known.get(name, 0)
        ports[name] = port if port and is_free("127.0.0.1", port) else free_port()
    remembered.write_text(json.dumps(ports))
    return ports


def _make_secrets() -> str:
    return json.dumps({role: secrets.token_urlsafe(24) for role in ROLES})


def _database_urls(urls: Mapping[str, str]) -> dict[str, str]:
    return {
        "LIANSHEN_DATABASE_URL": urls["lianshen_web"],
        "LIANSHEN_WORKER_DATABASE_URL": urls["lianshen_worker"],
        "LIANSHEN_RELAY_DATABASE_URL": urls["lianshen_relay"],
        "LIANSHEN_OPERATOR_DATABASE_URL": urls["lianshen_operator"],
    }


def _answers(host: str, port: int) -> bool:
    """Whether the first page comes without a server error."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _explained(error: Exception, folder: Path) -> str:
    match error:
        case NotStarted():
            return explain_output(error.name, error.detail, folder.name)
        case OSError():
            return explain(error)
        case _:
            return str(error)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
