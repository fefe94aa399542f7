"""Processes that begin where importing ends: forked from one that holds the product already, so that a test which needs
a process of its own pays for the process and not for seconds of imports.

The server they are forked from runs one thread and has done nothing: its children are as fresh as new interpreters.
"""

import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.support.imported"])


class Process:
    """``function`` of ``module`` in a process of its own, in which ``sys.argv`` ends with ``argv``; what it returns is
    the exit code, as of a console script. All that it says is kept in ``log``, its errors in ``errors`` if given."""

    def __init__(
        self, module: str, function: str, argv: tuple[str, ...], env: Mapping[str, str], log: Path, errors: Path | None
    ) -> None:
        self.log = log
        sinks = [str(log), str(errors or log)]
        self._inner = _CONTEXT.Process(target=_run, args=(module, function, list(argv), dict(env), sinks))
        self._inner.start()

    @property
    def pid(self) -> int:
        assert self._inner.pid is not None
        return self._inner.pid

    def poll(self) -> int | None:
        """The exit code, or None while it runs; a signal that ended it is negative."""
        return self._inner.exitcode

    def wait(self, seconds: float) -> int:
        """The exit code. Raises TimeoutExpired."""
        self._inner.join(seconds)
        code = self._inner.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), seconds)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def lianshen(*words: str, env: Mapping[str, str], timeout: float = 60) -> "subprocess.CompletedProcess[str]":
    """The command line, as the console script runs it."""
    return call("lianshen.cli.main", "main", argv=words, env=env, timeout=timeout)


def call(
    module: str, function: str, *, argv: tuple[str, ...] = (), env: Mapping[str, str], timeout: float = 60
) -> "subprocess.CompletedProcess[str]":
    """Run a function to its end. Raises TimeoutExpired."""
    with tempfile.TemporaryDirectory() as folder:
        said = [Path(folder) / name for name in ("out", "err")]
        process = Process(module, function, argv, env, *said)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        out, err = (one.read_text(encoding="utf-8") if one.exists() else "" for one in said)
    return subprocess.CompletedProcess((module, *argv), code, out, err)


def _run(module: str, function: str, argv: list[str], env: dict[str, str], sinks: list[str]) -> None:
    multiprocessing.set_start_method("fork", force=True)  # Linux's own: the way of this call is not handed on
    for number, path in enumerate(sinks, 1):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, number)
        os.close(file)
    sys.stdout, sys.stderr = (
        open(number, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115 (open to the end)
        for number in (1, 2)
    )
    os.environ.clear()
    os.environ.update(env)
    sys.argv[1:] = argv
    sys.exit(getattr(importlib.import_module(module), function)())
