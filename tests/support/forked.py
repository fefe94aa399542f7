"""Processes that begin where importing ends: forked from one that holds the product already, so that a test which needs
a process of its own pays for the process and not for two seconds of imports.

The server they are forked from runs one thread and has done nothing: its children are as fresh as new interpreters.
"""

import contextlib
import importlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.support.imported"])


def lianshen(*words: str, env: Mapping[str, str], timeout: float = 60) -> "subprocess.CompletedProcess[str]":
    """The command line, as the console script runs it."""
    return call("lianshen.cli.main", "main", argv=words, env=env, timeout=timeout)


def call(
    module: str, function: str, *, argv: tuple[str, ...] = (), env: Mapping[str, str], timeout: float = 60
) -> "subprocess.CompletedProcess[str]":
    """``function`` of ``module`` in a process of its own, in which ``sys.argv`` ends with ``argv``. What it returns is
    the exit code, as of a console script; a signal that ended it is negative."""
    with tempfile.TemporaryDirectory() as folder:
        said = [Path(folder) / name for name in ("out", "err")]
        process = _CONTEXT.Process(
            target=_run, args=(module, function, list(argv), dict(env), [str(one) for one in said])
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired((module, *argv), timeout)
        code = process.exitcode
        process.close()
        out, err = (one.read_text(encoding="utf-8") if one.exists() else "" for one in said)
    return subprocess.CompletedProcess((module, *argv), code, out, err)


def _run(module: str, function: str, argv: list[str], env: dict[str, str], said: list[str]) -> None:
    for number, path in enumerate(said, 1):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
        os.close(file)
    sys.stdout, sys.stderr = (
        open(number, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115 (open to the end)
        for number in (1, 2)
    )
    os.environ.clear()
    os.environ.update(env)
    sys.argv[1:] = argv
    with contextlib.suppress(BrokenPipeError):
        sys.exit(getattr(importlib.import_module(module), function)())
