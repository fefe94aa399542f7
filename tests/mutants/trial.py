"""Trying one mutant: a copy of the packages with one file changed, put before the real ones, and its tests run."""

import ast
import asyncio
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

import msgspec

from tests.mutants import nursery
from tests.mutants.sites import COMMANDS, ROOT, ROUTES, STRENGTH, Mutant, mutants
from tests.support.stack import Stack, drop_all

PACKAGES = ("platform", "workers")
FOLDERS = ("migrations", "policies", "tenants")
_DATABASE = "test_mutant"
_SECONDS = 600


CERTAIN = (ROUTES, COMMANDS, STRENGTH)
"""Tests that read what is there and wait for nothing: what they say once they say always."""


class Verdict(NamedTuple):
    """``killed`` by a test that failed; ``survived``; or neither: ``broken`` (no test failed in its own body, but
    fixtures or collecting did, or pytest itself) and ``late``, which prove nothing."""

    kind: str
    by: str = ""


class Trials:
    """Tries mutants on the servers of ``stack``, each with a database of its own; use within ``with``.

    The copy of the packages is kept, so that only the changed file is compiled anew. ``stages`` bounds how many of a
    mutant's stages are asked: one is the quick way, by the tests that are meant to notice.
    """

    def __init__(self, stack: Stack, *, stages: int | None = None) -> None:
        self._stack, self._stages = stack, stages
        self._kept = tempfile.TemporaryDirectory(prefix="lianshen-mutant-")
        self._home = Path(self._kept.name)
        for folder in (*PACKAGES, *FOLDERS):
            ignored = shutil.ignore_patterns("__pycache__", "node_modules")
            shutil.copytree(ROOT / folder, self._home / folder, ignore=ignored)
        self._paths = [str(self._home / package) for package in PACKAGES]
        sys.path[:0] = self._paths  # for the process from which all others are forked
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(nursery.PRELOADED)

    def judge(self, mutant: Mutant) -> Verdict:
        """What the mutant's tests say, stage by stage until one notices, and then notices again by itself.

        A test that fails once and not again is no proof. That it passes without the mutant, the suite shows.
        """
        for tests in mutant.tests[: self._stages]:
            verdict = self._run(mutant, tests)
            if verdict.kind == "killed" and (
                verdict.by.startswith(CERTAIN) or self._run(mutant, (verdict.by,)).kind == "killed"
            ):
                return verdict
        return verdict if verdict.kind != "killed" else Verdict("broken", f"{verdict.by} fails now and then")

    def __enter__(self) -> "Trials":
        return self

    def __exit__(self, *exc: object) -> None:
        for path in self._paths:
            sys.path.remove(path)
        self._kept.cleanup()

    def _run(self, mutant: Mutant, tests: Sequence[str]) -> Verdict:
        asyncio.run(drop_all(self._stack, _DATABASE))
        receiver, sender = self._processes.Pipe(duplex=False)
        variables = {
            "PYTHONPATH": os.pathsep.join(self._paths),
            "LIANSHEN_TEST_STACK": msgspec.json.encode(self._stack).decode(),
            "LIANSHEN_TEST_DATABASE": _DATABASE,
        }
        log, changed, before = self._home / "log", self._home / mutant.path, self._home / f"{mutant.path}.before"
        given = (sender, self._paths, str(changed), variables, str(log), tests)
        process = self._processes.Process(target=nursery.run, args=given, daemon=True)
        before.write_text(_plain(ROOT / mutant.path), encoding="utf-8")
        changed.write_text(mutant.source, encoding="utf-8")
        try:
            process.start()
            sender.close()
            answered = receiver.poll(_SECONDS)
            return _verdict(*receiver.recv()) if answered else Verdict("late", f"no answer in {_SECONDS} s")
        except EOFError:
            return Verdict("broken", log.read_text(encoding="utf-8", errors="replace")[-300:])
        finally:
            _end(process)
            receiver.close()
            before.unlink()
            shutil.copy2(ROOT / mutant.path, changed)


def _plain(path: Path) -> str:
    """The original as a mutant's source is written, so that the two differ in nothing but what was changed."""
    source = path.read_text(encoding="utf-8")
    return ast.unparse(ast.parse(source)) if path.suffix == ".py" else source


def _verdict(code: int, passed: int, failed: list[str], errors: list[str]) -> Verdict:
    if code == 1 and failed:
        return Verdict("killed", failed[0])
    if code == 0 and passed:
        return Verdict("survived")
    return Verdict("broken", f"pytest said {code}; {passed} passed; {', '.join(errors[:3])}")


def _end(process: BaseProcess) -> None:
    """End the process with whatever it started, which stands in its own session."""
    for _ in range(50):
        if not process.is_alive():
            break
        time.sleep(0.02)
    try:
        if process.pid:
            os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.join()


def chosen(words: Sequence[str]) -> list[Mutant]:
    """Those whose description holds one of ``words``; without words all."""
    return [one for one in mutants() if not words or any(word in one.what for word in words)]


def unnoticed(stack: Stack, *words: str) -> list[str]:
    """Those chosen by ``words`` that no test kills."""
    found = chosen(words)
    assert len(found) >= len(words)
    with Trials(stack) as trials:
        return [one.what for one in found if trials.judge(one).kind != "killed"]
