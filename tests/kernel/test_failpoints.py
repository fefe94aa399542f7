"""Fail points: heeded where failures are rehearsed, refused everywhere else."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lianshen.kernel import failpoints
from lianshen.kernel.failpoints import Failed, arm, hit
from lianshen.kernel.settings import SettingsError, read

ROOT = Path(__file__).parents[2]
SOURCES = [*(ROOT / "platform").rglob("*.py"), *(ROOT / "workers").rglob("*.py")]


@pytest.fixture(autouse=True)
def disarmed():
    yield
    arm("")


def test_only_a_rehearsal_may_have_one():
    with pytest.raises(SettingsError, match="nothing is rehearsed"):
        read({"LIANSHEN_FAILPOINT": "unit.enter:1:kill"})
    assert read({"LIANSHEN_FAILPOINT": "unit.enter:1:kill", "LIANSHEN_REHEARSAL": "true"}).rehearsal


@pytest.mark.parametrize(
    "said", ["nowhere:1:kill", "unit.enter:x:kill", "unit.enter:1:dance", "unit.enter:1:sleep", "unit.enter:1:kill=3"]
)
def test_a_plan_that_cannot_be_read_is_refused(said):
    with pytest.raises(Failed):
        arm(said)


def test_it_fails_the_nth_time_and_no_other():
    arm("unit.enter:2:raise")
    hit("unit.enter")
    hit("unit.begin")
    with pytest.raises(Failed):
        hit("unit.enter")
    hit("unit.enter")
    arm("unit.enter:every:raise")
    for _ in range(2):
        with pytest.raises(Failed):
            hit("unit.enter")


@pytest.mark.parametrize(("action", "rehearsal", "code"), [("exit", "true", 70), ("kill", "true", -9), ("kill", "", 0)])
def test_the_environment_decides(action, rehearsal, code):
    program = "from lianshen.kernel.failpoints import hit; hit('unit.begin')"
    said = {"LIANSHEN_FAILPOINT": f"unit.begin:1:{action}", "LIANSHEN_REHEARSAL": rehearsal}
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), **said}
    assert subprocess.run((sys.executable, "-c", program), env=environment, check=False).returncode == code


def test_when_nothing_is_rehearsed_it_costs_nothing():
    began = time.perf_counter()
    for _ in range(100_000):
        hit("unit.enter")
    assert time.perf_counter() - began < 0.1, "more than a microsecond each"


def test_every_name_stands_in_the_code_once_it_is_declared():
    said = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    places = {name for name in failpoints.NAMES if f'hit("{name}")' in said}
    assert places == failpoints.NAMES
