"""One child process: how it starts, is asked to stop, and is never left behind.

A child gets a session of its own, so that its whole group can be ended, and on Linux a leash: the kernel sends it its
stop signal when we die, even by SIGKILL.
"""

import ctypes
import errno
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_LOG_LIMIT = 5 * 1024 * 1024


class NotStarted(Exception):
    """A process did not come up. ``detail`` is the end of what it wrote."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name
        self.detail = detail


@dataclass(frozen=True, kw_only=True)
class Service:
    """What to run, and how to tell that it serves. Times are seconds."""

    name: str
    command: tuple[str | Path, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    before: Callable[[], None] = lambda: None
    """Runs before every start, the first and those after a crash."""
    ready: Callable[[int], bool] = lambda _pid: True
    """Whether the process with this id serves."""
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 8
    """How long it may take to end by itself before its group is killed."""
    user: pwd.struct_passwd | None = None
    """Whom to become; None stays who we are."""


class Child:
    """A started service. Starting raises OSError when the program cannot be run or its log not be written."""

    def __init__(self, service: Service) -> None:
        service.before()
        self.service = service
        self.started = time.monotonic()
        self._asked = False
        user = service.user
        _turn_over(service.log)
        with service.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                service.command,
                env=service.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=user and user.pw_uid,
                group=user and user.pw_gid,
                extra_groups=user and [],
                preexec_fn=_leash(service.stop_signal),  # noqa: PLW1509 (one C call, no lock taken)
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def outcome(self) -> int | None:
        """None while it runs, then its exit code, or the negative number of the signal that ended it."""
        return self._process.poll()

    def wait_ready(self, limit: float = 120) -> None:
        """Return when it serves. Raises NotStarted, and ends it, when it dies first or ``limit`` seconds pass."""
        end = time.monotonic() + limit
        while self.outcome is None and time.monotonic() < end:
            if self.service.ready(self.pid):
                return
            time.sleep(0.02)
        self.kill()
        raise NotStarted(self.service.name, self._written())

    def finish(self) -> None:
        """Wait for the end of a service that is one task. Raises NotStarted when the task failed."""
        if self._process.wait():
            raise NotStarted(self.service.name, self._written())

    def _written(self) -> str:
        with self.service.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace").strip()

    def ask_to_stop(self) -> None:
        """Send the stop signal, once: a second one means "now" to Dramatiq, in the midst of its work."""
        if self.outcome is None and not self._asked:
            self._asked = True
            self._process.send_signal(self.service.stop_signal)

    def stop(self) -> None:
        """Ask, wait for ``grace`` seconds, then kill what is left of its group."""
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(self.service.grace)
        self.kill()

    def kill(self) -> None:
        """End the group at once, with whatever children a dead leader left in it."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


def _leash(stop_signal: signal.Signals) -> Callable[[], None] | None:
    if _LIBC is None:
        return None
    prctl, parent = _LIBC.prctl, os.getpid()

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != parent:  # we died before the leash was on
            os._exit(1)

    return tie


def marked(mark: str) -> list[int]:
    """Process ids, other than ours, whose environment holds ``mark`` (``NAME=value``). Needs /proc, else empty."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return [pid for pid in found if pid != os.getpid()]


def kill_marked(mark: str) -> int:
    """Kill every process that carries ``mark``; returns how many there were."""
    pids = marked(mark)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(pids)


def command_line(pid: int) -> str:
    """The arguments of a running process, blank when there is none. Pids are reused: look before you signal."""
    if not Path("/proc/self").exists():
        return subprocess.run(("ps", "-p", str(pid), "-o", "args="), capture_output=True, text=True, check=False).stdout
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there. Raises OSError for a port or host we may not use at all."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
        return True


def private_file(path: Path, make: Callable[[], str]) -> str:
    """What the file holds; when there is none yet, written from ``make`` for our eyes only."""
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(make())
        fresh.rename(path)
    return path.read_text()


def _turn_over(log: Path) -> None:
    """Move a log that has grown past 5 MiB aside, so that two of them bound what a process may fill."""
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
