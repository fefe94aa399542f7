"""What bounds a process of jobs: time, attempts, memory, a loop that stands still (D78, D80, D82)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lianshen.kernel.settings import Settings

ROOT = Path(__file__).parents[2]
LONGEST = 60_000
"""Milliseconds: below what any supervisor waits."""
_ACTORS = """
import json, resource
import dramatiq
import lianshen_workers.actors
broker = dramatiq.get_broker()
actors = {name: actor.options | {"queue": actor.queue_name} for name, actor in broker.actors.items()}
middleware = [type(one).__name__ for one in broker.middleware]
print(json.dumps({"actors": actors, "middleware": middleware, "memory": resource.getrlimit(resource.RLIMIT_DATA)[0]}))
"""
_HUNGRY = """
from lianshen_workers._process import limit_memory
limit_memory(300 * 1024 * 1024)
try:
    bytearray(600 * 1024 * 1024)
except MemoryError:
    print("refused", len(bytearray(10 * 1024 * 1024)))
"""
_STALLED = """
import asyncio, time
from lianshen.kernel.watchdog import watch_loop

async def main(stall):
    watching = asyncio.create_task(watch_loop(0.6))
    for _ in range(5):
        await asyncio.sleep(0.2)
    print("served", flush=True)
    stall()
    print("never")

asyncio.run(main(lambda: {stall}))
"""


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment
    return subprocess.run((sys.executable, "-c", program), env=given, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def found(configured: Settings) -> dict:
    done = run(_ACTORS)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.demand("D80")
def test_every_actor_says_how_long_it_may_take_and_is_never_tried_by_the_broker(found):
    assert set(found["actors"]) >= {"deliver"}
    for name, options in found["actors"].items():
        assert 0 < options["time_limit"] <= LONGEST, name
        assert options["max_retries"] == 0, f"{name}: attempts are counted in PostgreSQL"
        assert "max_age" not in options, f"{name}: what is too old expires unseen"


@pytest.mark.demand("D77")
def test_the_middleware_is_the_one_we_chose(found):
    """None that drops, none that stores results; the watch over the loop is there."""
    assert found["middleware"] == [
        "AgeLimit", "TimeLimit", "ShutdownNotifications", "Callbacks", "Pipelines", "Retries", "AsyncIO", "Watched",
    ]  # fmt: skip


@pytest.mark.demand("D80")
def test_a_job_that_wants_too_much_memory_fails_and_its_process_lives(found):
    assert found["memory"] == Settings().job_memory
    assert run(_HUNGRY).stdout == "refused 10485760\n"


@pytest.mark.demand("D82")
@pytest.mark.parametrize("stall", ["time.sleep(30)", "re.match('(a+)+b', 'a' * 60)"])
def test_a_loop_that_stands_still_ends_its_process(stall):
    """Also within one call that keeps the interpreter's lock. Where it stood is in the log."""
    done = run(_STALLED.replace("{stall}", f"__import__({stall.split('.')[0]!r}).{stall.split('.', 1)[1]}"))
    assert (done.stdout, done.returncode) == ("served\n", 1)
    assert "Timeout (0:00:00.6" in done.stderr
    assert "in main" in done.stderr


@pytest.mark.demand("D78")
def test_only_three_files_know_the_queue():
    """Whatever wants work done writes an event; it is sent by nobody but the relay."""
    sources = [*(ROOT / "platform").rglob("*.py"), *(ROOT / "workers").rglob("*.py")]
    knowing = {path.name for path in sources if "dramatiq" in path.read_text(encoding="utf-8")}
    assert knowing == {"actors.py", "broker.py", "relay.py", "demo.py"}, "demo.py starts the process"


@pytest.mark.demand("D78")
def test_a_direct_send_is_a_lint_error(tmp_path):
    """Ruff's own answer to a line in any module that sends by itself."""
    for line in ("from dramatiq import Message", "import dramatiq", "from dramatiq.brokers.redis import RedisBroker"):
        done = subprocess.run(
            (Path(sys.executable).with_name("ruff"), "check", "--config", ROOT / "pyproject.toml",
             "--stdin-filename", ROOT / "platform/lianshen/projects/commands.py", "-"),
            input=f'"""Sends."""\n\n{line}\n', capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "TID251" in done.stdout, line
