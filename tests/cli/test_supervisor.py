"""What dies comes back, what we started ends with us, and a refusal says what to do."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from lianshen.cli import demo
from lianshen.cli.accounts import Account, table
from lianshen.cli.process import NotStarted, Service, command_line, marked
from lianshen.cli.supervisor import Supervisor
from lianshen.cli.texts import explain_output

SLEEP = "import time; time.sleep(600)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}])"


def eventually(holds: Callable[[], object], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


@pytest.fixture
def mark(tmp_path: Path) -> str:
    return f"LIANSHEN_DEMO={tmp_path}"


def service(folder: Path, name: str, program: str = SLEEP) -> Service:
    return Service(name=name, command=(sys.executable, "-c", program), log=folder / f"{name}.log", grace=0.5)


@pytest.fixture
def deaths() -> list[tuple[str, int]]:
    return []


@pytest.fixture
def supervisor(mark: str, deaths: list[tuple[str, int]]) -> Iterator[Supervisor]:
    supervisor = Supervisor(mark, lambda name, code: deaths.append((name, code)))
    yield supervisor
    supervisor.stop()


def test_killed_child_comes_back_and_none_is_left(
    supervisor: Supervisor, deaths: list[tuple[str, int]], mark: str, tmp_path: Path
) -> None:
    supervisor.start(service(tmp_path, "store"))
    supervisor.start(service(tmp_path, "web"))
    store, web = sorted(marked(mark))
    os.kill(web, signal.SIGKILL)

    def both_again() -> bool:
        supervisor.tend()
        return len(set(marked(mark)) - {web}) == 2

    eventually(both_again)
    assert deaths == [("web", -signal.SIGKILL)]
    assert store in marked(mark)
    supervisor.stop()
    assert marked(mark) == []


def test_orphans_of_a_killed_leader_go_before_it_comes_back(supervisor: Supervisor, mark: str, tmp_path: Path) -> None:
    supervisor.start(service(tmp_path, "web", PARENT))
    eventually(lambda: len(marked(mark)) == 2)
    old = set(marked(mark))
    os.kill(min(old), signal.SIGKILL)

    def replaced() -> bool:
        supervisor.tend()
        return len(marked(mark)) == 2 and not old & set(marked(mark))

    eventually(replaced)


def test_child_that_ignores_its_signal_is_killed(supervisor: Supervisor, mark: str, tmp_path: Path) -> None:
    ready = tmp_path / "deaf"
    deaf = f"import pathlib, signal; signal.signal(15, signal.SIG_IGN); pathlib.Path({str(ready)!r}).touch(); {SLEEP}"
    supervisor.start(service(tmp_path, "deaf", deaf))
    eventually(ready.exists)
    supervisor.stop()
    assert marked(mark) == []


def test_children_end_with_a_killed_supervisor(mark: str, tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from lianshen.cli.process import Service
from lianshen.cli.supervisor import Supervisor
supervisor = Supervisor({mark!r}, print)
supervisor.start(Service(name="web", command=(sys.executable, "-c", {SLEEP!r}), log=Path({str(tmp_path)!r}, "web.log")))
supervisor.run()
"""
    with subprocess.Popen((sys.executable, "-c", program)) as supervisor:
        eventually(lambda: marked(mark))
        supervisor.kill()
    eventually(lambda: not marked(mark))


def test_next_supervisor_clears_what_escaped(mark: str, tmp_path: Path) -> None:
    name, _, value = mark.partition("=")
    with subprocess.Popen((sys.executable, "-c", SLEEP), env={name: value}, start_new_session=True) as stray:
        eventually(lambda: stray.pid in marked(mark))
        Supervisor(mark, lambda name, code: None)
        assert stray.wait(5) == -signal.SIGKILL


def test_failed_start_tells_the_last_words(supervisor: Supervisor, tmp_path: Path) -> None:
    broken = Service(
        name="web",
        command=(sys.executable, "-c", "raise SystemExit('no such table')"),
        log=tmp_path / "web.log",
        ready=lambda pid: False,
    )
    with pytest.raises(NotStarted, match="no such table"):
        supervisor.start(broken)


def test_demo_refuses_a_taken_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        assert demo.run() == 1
    assert f"PORT={port + 1} make demo" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / ".demo").iterdir()) == ["lock"]


def test_demo_refuses_a_port_that_is_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORT", "http")
    assert demo.run() == 1
    assert "PORT=http" in capsys.readouterr().err


def test_reset_refuses_while_a_demo_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    holder = (
        "import fcntl, time; lock = open('.demo/lock', 'a'); fcntl.flock(lock, 2); print(flush=True); time.sleep(60)"
    )
    (tmp_path / ".demo").mkdir()
    with subprocess.Popen((sys.executable, "-c", holder), stdout=subprocess.PIPE, cwd=tmp_path) as running:
        assert running.stdout is not None
        running.stdout.readline()
        assert demo.reset() == 1
        assert "Ctrl-C" in capsys.readouterr().err
        running.kill()
    assert demo.reset() == 0
    assert not (tmp_path / ".demo").exists()


@pytest.mark.parametrize(
    ("detail", "remedy"),
    [
        ("initdb: error: could not write: No space left on device", "磁盘空间不足"),
        ("postgres: libc.so.6: version `GLIBC_2.28' not found", "PG_BIN"),
        ("first\nrelation is missing", "relation is missing"),
    ],
)
def test_last_words_become_a_remedy(detail: str, remedy: str) -> None:
    said = explain_output("postgres", detail, ".demo")
    assert remedy in said
    assert len(said.splitlines()) == 2


def test_accounts_stand_in_columns_under_their_tenant(tmp_path: Path) -> None:
    people = (
        ("320723", "灌云县", "县数据局", "a", "受理岗", "lead", "p"),
        ("320723", "灌云县", "县财政局", "bcd", "会审岗", "reviewer", "p"),
        ("421000", "荆州市", "数据局", "e", "受理岗", "lead", "p"),
    )
    file = tmp_path / "accounts.json"
    file.write_bytes(msgspec.json.encode([Account(*person) for person in people]))
    assert table(file).splitlines() == [
        "灌云县（320723）",
        "  a    p  县数据局  受理岗",
        "  bcd  p  县财政局  会审岗",
        "荆州市（421000）",
        "  e    p  数据局    受理岗",
    ]


def test_no_command_line_for_a_pid_that_is_gone() -> None:
    with subprocess.Popen((sys.executable, "-c", "")) as gone:
        pass
    assert command_line(gone.pid) == ""
