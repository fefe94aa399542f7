"""Where the tests of a mutant run: a process forked from one that has imported everything, changed, and then asked.

A mutant that differs within functions is put in by exchanging their code in place. One that differs elsewhere (a mark,
a statement of SQL) is imported anew. Processes that tests start find the mutant on their path either way.
"""

import gc
import importlib
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from types import CodeType, FunctionType
from typing import Any

import pytest

PRELOADED = [
    "_hypothesis_pytestplugin", "anyio.pytest_plugin", "hypothesis.extra.pytestplugin", "hypothesis.stateful",
    "playwright.async_api", "pytest_asyncio.plugin", "schemathesis.pytest.plugin", "xdist.looponfail", "xdist.plugin",
    "lianshen.cli.migrate", "lianshen.cli.seed", "lianshen.web.app", "lianshen_workers.deliver",
    "lianshen_workers.scheduler", "lianshen_workers.sweep", "litestar.testing", "tests.mutants.nursery",
]  # fmt: skip
"""What a process need not import anew for each mutant."""
OURS = ("lianshen", "lianshen_workers", "tests")


class Watcher:
    """What came of the tests. The first one that fails in its own body ends the run; a broken fixture does not."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed: list[str] = []
        self.errors: list[str] = []

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.failed:
            self.failed.append(report.nodeid)
        elif report.failed:
            self.errors.append(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed += 1

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        if self.failed and self.session is not None:
            self.session.shouldfail = "noticed"

    session: pytest.Session | None = None

    @pytest.hookimpl
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.session = session


def run(
    answer: Connection, paths: Sequence[str], changed: str, variables: dict[str, str], log: str, tests: Sequence[str]
) -> None:
    """Run ``tests`` on what now stands in the file ``changed``; send exit code, number passed, failed, errors."""
    os.setsid()
    os.environ.update(variables)
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]  # tests start processes
    forkserver._forkserver.__init__()  # type: ignore[misc,attr-defined]  # and these from one that holds the mutant
    with open(log, "w", encoding="utf-8") as out:  # noqa: PTH123 (a descriptor for this process and its children)
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    sys.path[:0] = paths
    if not _exchanged(changed):
        for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
            del sys.modules[name]
        importlib.invalidate_caches()
    watcher = Watcher()
    given: list[Any] = ["-n", "0", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    code = pytest.main([*given, *tests], plugins=[watcher])
    sys.stdout.flush()
    answer.send((int(code), watcher.passed, watcher.failed, watcher.errors))
    answer.close()
    os._exit(0)


def _exchanged(path: str) -> bool:
    """Give the functions of ``path`` their code as the file has it now; False when something else differs too."""
    if not path.endswith(".py"):
        return False
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 (as above)
        code = compile(file.read(), path, "exec")
    new = dict(_functions(code))
    live = [one for one in gc.get_objects() if isinstance(one, FunctionType) and one.__code__.co_filename == path]
    before = {one.__code__.co_qualname for one in live}
    if not live or not _same_outside(path, code):
        return False
    for one in live:
        if (found := new.get(one.__code__.co_qualname)) is not None:
            if found.co_freevars != one.__code__.co_freevars:
                return False
            one.__code__ = found
    return bool(before & set(new))


def _same_outside(path: str, code: CodeType) -> bool:
    """True when the module's own statements, with those of its classes, are as they were imported."""
    with open(path + ".before", encoding="utf-8") as file:  # noqa: PTH123 (as above)
        return _outside(compile(file.read(), path, "exec")) == _outside(code)


def _outside(code: CodeType) -> Any:
    inner = [
        _outside(one) if not one.co_flags & 0x2 else one.co_qualname  # 0x2: a function's, not a class's or a module's
        for one in code.co_consts
        if isinstance(one, CodeType)
    ]
    plain = [one for one in code.co_consts if not isinstance(one, CodeType)]
    return code.co_code, code.co_names, plain, inner


def _functions(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one.co_qualname, one
            yield from _functions(one)
