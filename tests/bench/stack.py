"""The servers under measurement, and what their processes have cost so far, by /proc."""

import os
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from lianshen.cli.process import Child, Service, free_port

WORKERS = 2
_TICKS = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """The process ``root`` and all its descendants."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(folder.name)] = int(_fields(int(folder.name))[1])
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu(root: int) -> float:
    """Seconds of CPU (utime + stime) that the tree of ``root`` has used, with its children that have ended."""
    spent = 0
    for pid in tree(root):
        with suppress(OSError):
            spent += sum(int(field) for field in _fields(pid)[11:15])
    return spent / _TICKS


def machine() -> tuple[float, float]:
    """Seconds of CPU that all processes of this machine have used, and that its cores could have given."""
    given = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = given[3] + given[4]
    return (sum(given) - idle) / _TICKS, sum(given) / _TICKS


def proportional_memory(pid: int) -> int:
    """PSS in bytes: what the process uses alone, and its share of what it uses with others."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise LookupError(pid)


def _fields(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat from the third on: what comes before may hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


class Web:
    """A served application: ``pid`` leads its processes."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self.pid = pid

    @property
    def workers(self) -> list[int]:
        """The processes that hold the application, without the one that leads them."""
        return tree(self.pid)[-WORKERS:]


@contextmanager
def serving(name: str, target: str, folder: Path, environment: Mapping[str, str], ready: str) -> Iterator[Web]:
    """Serve the factory ``target`` as the demo does, until ``ready`` answers 200."""
    port = free_port()
    child = Child(
        Service(
            name=name,
            command=(
                *(sys.executable, "-m", "granian", target, "--factory", "--interface", "asgi", "--no-ws"),
                *("--host", "127.0.0.1", "--port", str(port), "--workers", str(WORKERS), "--loop", "uvloop"),
            ),
            log=folder / f"{name}.log",
            environment={**os.environ, **environment},
            ready=lambda _pid: _answers(f"http://127.0.0.1:{port}{ready}"),
        )
    )
    try:
        child.wait_ready()
        yield Web(port, child.pid)
    finally:
        child.stop()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
