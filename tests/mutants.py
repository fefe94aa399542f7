"""Guards of the code taken away one by one: each must turn a test red (D211). ``python -m tests.mutants [words…]``.

A mutant is the whole package with one statement of one file taken out or one mark weakened, copied aside and put before
the real one on the path. Those of the database's walls are in ``tests.walls.test_mutants``.
"""

import ast
import asyncio
import contextlib
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import asyncpg
import msgspec

from tests.support.stack import Servers, Stack

ROOT = Path(__file__).parents[1]
PACKAGES = ("platform", "workers")
_DATABASE = "test_mutant"
_SECONDS = 180

ROUTES = "tests/walls/test_routes.py::test_what_each_route_asks_is_the_committed_file"
ACTS = "tests/walls/test_acts.py"
COMMANDS = "tests/walls/test_commands.py"
SIGN_IN = "tests/web/test_sign_in.py"
ANYBODY = "{'signed_in': True}"
LEDGER = {
    "identity": (
        f"{ACTS}::test_coming_and_going_is_in_the_ledger", "tests/web/test_own_sessions.py",
        "tests/web/test_second_factor.py", "tests/web/test_acting_post.py", "tests/web/test_step_up.py",
    ),
    "versions": ("tests/versions/test_moves.py",),
}  # fmt: skip
"""Where the acts of a module are followed into the ledger; of any other: its own folder of tests, and the audit's."""
GUARDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "_require_form_key": ("platform/lianshen/web/_auth.py", (SIGN_IN,)),
    "_require_our_origin": ("platform/lianshen/web/_auth.py", (SIGN_IN,)),
    "claim_key": ("platform/lianshen/web/_auth.py", ("tests/web/test_api.py",)),
    "remember_answer": ("platform/lianshen/web/_edge.py", ("tests/web/test_api.py",)),
    "count_failure": ("platform/lianshen/identity/_signing_in.py", (SIGN_IN, "tests/web/test_second_factor.py")),
    "at_commit": ("platform/lianshen/audit/commands.py", ("tests/audit", "tests/walk/test_walk.py")),
    "require_marks": ("platform/lianshen/web/app.py", (SIGN_IN,)),
    "require_fitness": ("platform/lianshen/web/_startup.py", ("tests/walls/test_doors.py",)),
    "say_unseen": (
        "workers/lianshen_workers/sweep.py",
        ("tests/walls/test_workers.py::test_whoever_cannot_see_raises_the_alarm",),
    ),
    "listen": ("platform/lianshen/kernel/database.py", ("tests/walls/test_doors.py",)),
    "self_test": ("platform/lianshen/kernel/_provider.py", ("tests/cipher/test_provider.py",)),
}
"""Statements that call a guard, by its name: in which file each is taken out, and the tests that must notice."""


class Mutant(NamedTuple):
    """One change of one file."""

    what: str
    path: Path
    source: str
    tests: tuple[str, ...]


class _Changed(ast.NodeTransformer):
    """Changes the node at ``place`` by ``change``."""

    def __init__(self, place: tuple[int, int], kind: type[ast.AST], change: Callable[[ast.AST], ast.AST]) -> None:
        self._place, self._kind, self._change = place, kind, change

    def visit(self, node: ast.AST) -> ast.AST:
        here = (getattr(node, "lineno", 0), getattr(node, "col_offset", -1))
        if here == self._place and isinstance(node, self._kind):
            return self._change(node)
        return self.generic_visit(node)


def mutants() -> Iterator[Mutant]:
    """All of them, from the present source."""
    for path in sorted((ROOT / "platform" / "lianshen").rglob("*.py")):
        if "node_modules" in path.parts:
            continue
        name, module = path.relative_to(ROOT), path.relative_to(ROOT / "platform" / "lianshen").parts[0]
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and _calls(node.value) == "record" and "cli" not in path.parts:
                tests = LEDGER.get(module, (f"tests/{module}", "tests/audit"))
                yield _without(name, tree, node, "the ledger hears nothing", tests)
            verbs = path.name in ("commands.py", "queries.py")
            if isinstance(node, ast.Expr) and _calls(node.value) == "require" and verbs:
                yield _without(name, tree, node, "nobody asks who may", (COMMANDS,))
            if isinstance(node, ast.Call) and _calls(node) == "needs" and path.name != "_auth.py":
                said = f"{name}:{node.lineno} any role may: {ast.unparse(node)}"
                yield Mutant(
                    said,
                    name,
                    _changed(tree, node, lambda _: ast.parse("{'signed_in': True}", mode="eval").body),
                    (ROUTES,),
                )
    for guard, (place, tests) in GUARDS.items():
        tree = ast.parse((ROOT / place).read_text(encoding="utf-8"))
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Expr) and _calls(node.value) == guard]
        assert nodes, f"{place} no longer calls {guard}"
        for node in nodes:
            yield _without(Path(place), tree, node, f"without {guard}", tests)


def _calls(node: ast.AST) -> str:
    """The name of what an expression calls, awaited or not; empty if it calls nothing."""
    match node:
        case ast.Await(value=inner):
            return _calls(inner)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
    return ""


def _without(name: Path, tree: ast.Module, node: ast.Expr, what: str, tests: tuple[str, ...]) -> Mutant:
    return Mutant(f"{name}:{node.lineno} {what}", name, _changed(tree, node, lambda _: ast.Pass()), tests)


def _changed(tree: ast.Module, node: ast.expr | ast.Expr, change: Callable[[ast.AST], ast.AST]) -> str:
    made = _Changed((node.lineno, node.col_offset), type(node), change).visit(copy.deepcopy(tree))
    return ast.unparse(ast.fix_missing_locations(made))


def survives(stack: Stack, mutant: Mutant) -> bool:
    """True when no test notices; runs on the servers of ``stack`` with a database of its own."""
    with tempfile.TemporaryDirectory(prefix="lianshen-mutant-") as home:
        for package in PACKAGES:
            ignore = shutil.ignore_patterns("__pycache__", "node_modules")
            shutil.copytree(ROOT / package, Path(home, package), ignore=ignore)
        for folder in ("migrations", "policies", "tenants"):
            Path(home, folder).symlink_to(ROOT / folder)
        Path(home, mutant.path).write_text(mutant.source, encoding="utf-8")
        asyncio.run(_drop(stack))
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(str(Path(home, package)) for package in PACKAGES),
            "LIANSHEN_TEST_STACK": msgspec.json.encode(stack).decode(),
            "LIANSHEN_TEST_DATABASE": _DATABASE,
        }
        tests = [one for one in mutant.tests if (ROOT / one.partition("::")[0]).exists()]
        command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "-p", "no:cacheprovider", *tests]
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=_SECONDS, check=False)
        return run.returncode == 0


async def _drop(stack: Stack) -> None:
    connection = await asyncpg.connect(stack.superuser_url.replace("+asyncpg", ""))
    try:
        found = await connection.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", _DATABASE)
        for (name,) in found:
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


def unnoticed(stack: Stack, *words: str) -> list[str]:
    """Those whose description holds one of ``words`` and that no test notices."""
    chosen = [one for one in mutants() if any(word in one.what for word in words)]
    assert len(chosen) >= len(words)
    return [one.what for one in chosen if survives(stack, one)]


def main(words: list[str]) -> int:
    """Try those whose description holds one of ``words``; how many survive."""
    chosen = [one for one in mutants() if not words or any(word in one.what for word in words)]
    servers, survived = Servers(), []
    with contextlib.ExitStack() as kept:
        kept.callback(servers.stop)
        stack = servers.start()
        for number, mutant in enumerate(chosen, 1):
            alive = survives(stack, mutant)
            print(f"{number}/{len(chosen)} {'SURVIVED' if alive else 'killed'}  {mutant.what}", flush=True)
            survived += [mutant.what] if alive else []
    print(f"{len(chosen) - len(survived)} killed, {len(survived)} survived")
    return len(survived)


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
