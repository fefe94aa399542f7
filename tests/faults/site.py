"""Servers and processes of a rehearsal: real PostgreSQL and Valkey of its own, two webs, two workers, relay, sweeps,
schedulers; whatever dies is started again by a keeper, as a supervisor would.
"""

import asyncio
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from datetime import time as day_time
from importlib import metadata
from pathlib import Path

import asyncpg
import msgspec
import redis

from lianshen.audit.checkpoints import make_key
from lianshen.cli.accounts import Account
from lianshen.cli.migrate import OWNER, ROLES, create_roles, upgrade
from lianshen.cli.postgres import EmbeddedPostgres, wipe
from lianshen.cli.process import Child, Service, free_port
from lianshen.cli.seed import seed_demo
from lianshen.cli.valkey import EmbeddedValkey
from lianshen.kernel import cipher
from lianshen.kernel.cipher import make_master_key
from lianshen.kernel.clock import SHANGHAI
from lianshen.kernel.settings import Settings, read
from tests.bench.stack import tree
from tests.faults.proxy import Proxy
from tests.support.stack import Stack

_DATABASE = "faults"
_ROOTS = [Path(__file__).parents[2]]
_FORENOON = day_time(10)
_PAUSE = 0.3
"""Seconds before what died is started again."""


def faketime(shift: str) -> dict[str, str]:
    """The environment in which a process's clock is ``shift`` (``+120s``, ``-1d``) off; timers are left alone."""
    library = next(Path(one) for one in metadata.files("libfaketime") or () if one.name == "libfaketime.so.1")
    place = metadata.distribution("libfaketime").locate_file(library)
    still = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
    return {"LD_PRELOAD": str(place), "FAKETIME": shift, **still}


def _clock(on: date) -> dict[str, str]:
    there = datetime.combine(on, _FORENOON, SHANGHAI)
    return faketime(f"{round((there - datetime.now(SHANGHAI)).total_seconds()):+d}s")


class Process:
    """One process of the site and its successors. ``armed`` is added to the environment from the next start on."""

    def __init__(self, service: Service, *, kept: bool = True) -> None:
        self.service = service
        self.armed: dict[str, str] = {}
        self.clock: dict[str, str] = {}
        """What makes its clock that of the site."""
        self.kept = kept
        self.deaths: list[int] = []
        self._child: Child | None = None
        self._dead_since: float | None = None

    def start(self) -> None:
        self._child = Child(replace(self.service, environment={**self.service.environment, **self.clock, **self.armed}))
        self._dead_since = None

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.outcome is None

    def wait_ready(self, limit: float = 60.0) -> None:
        assert self._child is not None
        self._child.wait_ready(limit)

    def send(self, number: signal.Signals, *, pid: int | None = None) -> None:
        """Send a signal to it, or to one of the processes it has started."""
        target = pid or self.pid
        assert target in tree(self.pid), "only what the site has started"
        with suppress(ProcessLookupError):
            os.kill(target, number)

    def send_all(self, number: signal.Signals) -> None:
        """Send a signal to it and to all that it has started."""
        for pid in tree(self.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """End it and its group at once; the keeper starts it again."""
        if self._child is not None:
            self._child.kill()

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self.kept = False
        if self._child is not None:
            self._child.stop()

    def arm(self, **environment: str) -> None:
        """Start it anew with this besides its environment."""
        self.armed = environment
        self.kill()

    def tend(self) -> None:
        if not self.kept or self._child is None or self.alive:
            return
        now = time.monotonic()
        if self._dead_since is None:
            self._dead_since = now
            self.deaths.append(self._child.outcome or 0)
            self._child.kill()  # what its group still holds
        elif now - self._dead_since > _PAUSE:
            self.start()


class Site:
    """Everything that a rehearsal runs on. Use as ``async with``. A ``quick`` one sends anew what is lost after 3 s.

    ``on``: by the clocks of all its processes it is the forenoon of that day when it begins.
    """

    def __init__(self, *, quick: bool = False, on: date | None = None) -> None:
        self.clock = {} if on is None else _clock(on)
        self._waits = {"LIANSHEN_REPUBLISH_AFTER": "3"} if quick else {}
        self.home = Path(tempfile.mkdtemp(prefix="lianshen-faults-"))
        self.home.chmod(0o755)
        self.postgres = EmbeddedPostgres(self.home / "postgres")
        self.valkey = EmbeddedValkey(self.home / "valkey")
        self.processes: dict[str, Process] = {}
        self.proxy = Proxy(self.postgres.port)
        self.database = _DATABASE
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Site":
        try:
            await self._start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def _start(self) -> None:
        stores = (Process(self.postgres.service), Process(self.valkey.service))
        stores[0].clock = self.clock
        for name, store in zip(("postgres", "valkey"), stores, strict=True):
            self.processes[name] = store
            store.start()
            store.wait_ready()
        await self.proxy.start()
        passwords = {role: secrets.token_urlsafe(12) for role in ROLES}
        urls = {role: self.postgres.url(role, password, _DATABASE) for role, password in passwords.items()}
        self.stack = Stack(self.postgres.superuser_url(), urls, self.valkey.url, str(self.home))
        make_master_key(self.home / "master.key")
        make_key(self.home / "keys" / "checkpoint.pem", "ed25519")
        await create_roles(self.stack.superuser_url, passwords, _DATABASE)
        await upgrade(urls[OWNER])
        self.environment = (
            self.stack.environment(_DATABASE)
            | self._waits
            | {
                "LIANSHEN_REHEARSAL": "true",
                "LIANSHEN_STALL_LIMIT": "6",
            }
        )
        settings = read(self.environment | {"LIANSHEN_OWNER_DATABASE_URL": urls[OWNER]})
        keyring = list(cipher._running)
        await seed_demo(settings, self.stack.accounts_file)
        cipher._running[:] = keyring or cipher._running  # this process may be one that tests another database
        self.accounts = msgspec.json.decode(self.stack.accounts_file.read_bytes(), type=list[Account])
        for service in self._services():
            self.processes[service.name] = Process(service)
            self.processes[service.name].clock = self.clock
        for process in self.processes.values():
            if process not in stores:
                process.start()
        await asyncio.to_thread(self.wait_ready)
        self._keeper = asyncio.create_task(self._keep())

    def wait_ready(self) -> None:
        for process in self.processes.values():
            process.wait_ready()

    def _services(self) -> list[Service]:
        python = (sys.executable, "-m")
        through = {"LIANSHEN_DATABASE_URL": self.environment["LIANSHEN_DATABASE_URL"].replace(
            f":{self.postgres.port}/", f":{self.proxy.port}/")}  # fmt: skip
        common = {**os.environ, **self.environment, "PYTHONPATH": os.pathsep.join([*map(str, _ROOTS), *sys.path])}
        made = []
        self.ports = {name: free_port() for name in ("web-1", "web-2")}
        for name, port in self.ports.items():
            serve = (*python, "granian", "tests.faults.forgetful:create_app", "--factory", "--interface", "asgi",
                     "--no-ws", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--loop",
                     "uvloop", "--workers-kill-timeout", "5")  # fmt: skip
            made.append(Service(name=name, command=serve, log=self.home / f"{name}.log", environment=common | through,
                                ready=lambda _pid, at=port: _answers(at)))  # fmt: skip
        for name in ("worker-1", "worker-2"):
            work = (*python, "dramatiq", "tests.faults.poisoned", "--processes", "1", "--threads", "2",
                    "--worker-shutdown-timeout", "3000")  # fmt: skip
            made.append(Service(name=name, command=work, log=self.home / f"{name}.log", environment=common))
        for name in ("relay", "sweep", "scheduler", "send"):
            run = (*python, f"lianshen_workers.{name}")
            made.append(Service(name=name, command=run, log=self.home / f"{name}.log", environment=common))
        return made

    async def go_on_to(self, on: date) -> None:
        """Let days pass: all processes begin anew on that day."""
        self.clock = _clock(on)
        for name, process in self.processes.items():
            if name != "valkey":
                process.clock = self.clock
                process.kill()
        await asyncio.sleep(1)
        end = time.monotonic() + 90
        while not all(process.alive for process in self.processes.values()) or not await self.serves():
            assert time.monotonic() < end, "does not serve on another day"
            await asyncio.sleep(0.5)

    async def serves(self) -> bool:
        """Whether both webs are ready."""
        return all([await asyncio.to_thread(_answers, port) for port in self.ports.values()])

    async def now(self) -> datetime:
        """The time by the database's clock."""
        connection = await asyncpg.connect(self.superuser, timeout=5)
        try:
            found: datetime = await connection.fetchval("SELECT now()")
            return found
        finally:
            await connection.close()

    def add(self, like: str, name: str) -> Process:
        """One more process of a kind, kept like the others until ``drop``."""
        service = self.processes[like].service
        self.processes[name] = process = Process(replace(service, name=name, log=self.home / f"{name}.log"))
        process.clock = self.clock
        process.start()
        return process

    def drop(self, name: str) -> None:
        self.processes.pop(name).stop()

    async def _keep(self) -> None:
        while True:
            for process in list(self.processes.values()):
                await asyncio.to_thread(process.tend)
            await asyncio.sleep(0.1)

    @property
    def bases(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self.ports.values()]

    @property
    def settings(self) -> Settings:
        return read(self.environment)

    @property
    def superuser(self) -> str:
        """For asyncpg."""
        return self.stack.superuser_url.rpartition("/")[0].replace("+asyncpg", "") + f"/{_DATABASE}"

    def redis(self) -> "redis.Redis":
        return redis.Redis.from_url(self.stack.redis_url, socket_timeout=5)

    def logs(self) -> dict[str, str]:
        return {path.name: path.read_text(errors="replace") for path in self.home.glob("*.log")}

    async def close(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        for name in reversed(list(self.processes)):
            self.processes[name].send_all(signal.SIGCONT) if self.processes[name].alive else None
            self.processes[name].kept = False
        for name in reversed(list(self.processes)):
            await asyncio.to_thread(self.processes[name].kill if name not in ("postgres", "valkey") else
                                    self.processes[name].stop)  # fmt: skip
        if self.proxy.port:
            await self.proxy.stop()
        wipe(self.home / "postgres")
        shutil.rmtree(self.home, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
