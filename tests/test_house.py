"""The house itself: rules that no linter we use knows, each found by walking the syntax trees."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lianshen.kernel.strict_yaml import load

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "platform").rglob("*.py"), *(ROOT / "workers").rglob("*.py")])
SOURCES = [path for path in SOURCES if "node_modules" not in path.parts]
TREES = {path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
SQL_MAKERS = {"text", "select", "insert", "update", "delete"}
SQL_HOMES = ("_store.py", "_tables.py", "schema.py", "database.py")
EDGES = ("platform/lianshen/web/", "platform/lianshen/cli/", "workers/")


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Attribute(attr=name) | ast.Name(id=name):
                    yield node, name


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def test_there_is_a_house_to_look_at():
    assert len(SOURCES) > 60


@pytest.mark.parametrize("root", ["platform", "workers"])
def test_source_roots_are_no_packages(root):
    assert not (ROOT / root / "__init__.py").exists()


@pytest.mark.parametrize("path", TREES, ids=str)
def test_files_and_functions_stay_short(path):
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= 400
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 70, node.name


@pytest.mark.parametrize("path", [path for path in TREES if not path.name.endswith(SQL_HOMES)], ids=str)
def test_sql_lives_in_stores(path):
    if str(path).startswith("platform/lianshen/cli/"):
        return
    made = [name for module, name in imports(TREES[path]) if module.startswith("sqlalchemy") and name in SQL_MAKERS]
    assert made == []


@pytest.mark.parametrize("path", [path for path in TREES if path.name != "log.py"], ids=str)
def test_no_logger_is_kept(path):
    """One that is kept holds on to the settings of its first line, whatever logging is set to later."""
    kept = [node for node in TREES[path].body if isinstance(node, ast.Assign) and "log.get" in ast.unparse(node.value)]
    assert kept == []
    assert [name for _, name in calls(TREES[path]) if name == "get_logger"] == []


@pytest.mark.parametrize("path", TREES, ids=str)
def test_only_edges_commit(path):
    if path.name == "database.py" or str(path).startswith(EDGES):
        return
    assert [call.lineno for call, name in calls(TREES[path]) if name == "commit"] == []


@pytest.mark.parametrize("path", TREES, ids=str)
def test_one_engine_factory_and_one_place_that_sends(path):
    made = {name for _, name in calls(TREES[path])} & {"create_async_engine", "create_engine", "create_pool"}
    assert not made or path.name == "database.py" or str(path).startswith("platform/lianshen/cli/")
    sent = {name for _, name in calls(TREES[path])} & {"send", "send_with_options", "enqueue"}
    assert not sent or path.name == "relay.py" or "web" in path.parts, "jobs leave through the relay alone"


@pytest.mark.parametrize("path", TREES, ids=str)
def test_modules_do_not_open_each_others_drawers(path):
    """A private file belongs to its module; stores may read a lower module's tables, and nothing else private."""
    package = path.parent.name
    for module, name in imports(TREES[path]):
        parts = module.split(".")
        if parts[0] != "lianshen" or len(parts) < 2 or parts[1] == package:
            continue
        private = [part for part in [*parts[2:], name] if part.startswith("_")]
        if path.name == "tables.py" or (path.name == "_store.py" and parts[-1] == "_tables"):
            continue
        assert private == [] or parts[1] in path.parts, (module, name)


def test_no_number_of_a_regulation_in_code():
    """No amount of any pack, in yuan or fen, stands in a source file; lesser numbers could be anything."""
    files = [*ROOT.glob("tenants/*/pack-*/*.yaml"), *ROOT.glob("tenants/_example/*/*/*.yaml")]
    parameters = [said for file in files for said in load(file).data.get("parameters", {}).values()]
    yuan = {said["value"] for said in parameters if said["unit"] == "yuan"}
    assert {500_000, 1_000_000, 600_000, 5_000_000, 15_000_000, 50_000_000} <= yuan
    amounts = yuan | {amount * 100 for amount in yuan}
    found = [
        f"{path}:{node.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value in amounts
    ]
    assert found == []


def test_no_branch_on_a_tenants_name():
    codes = re.compile(r"^[0-9]{6}$")
    found = [
        (str(path), node.value)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and codes.match(node.value)
    ]
    assert found == []


@pytest.mark.demand("D32", "D50", "D62")
@pytest.mark.parametrize("path", TREES, ids=str)
def test_what_would_lose_work_or_rights_is_not_called(path):
    """Casbin's ``save_policy`` deletes all rules first; background tasks die with the process; a lock of a session
    stays with the pool's connection."""
    banned = {
        "save_policy",
        "BackgroundTask",
        "BackgroundTasks",
        "background",
        "pg_advisory_lock",
        "pg_try_advisory_lock",
    }
    assert {name for _, name in calls(TREES[path])} & banned == set()
    assert {word.arg for call, _ in calls(TREES[path]) for word in call.keywords} & {"background"} == set()
    assert {name for _, name in imports(TREES[path])} & banned == set()


@pytest.mark.demand("D138", "D147")
@pytest.mark.parametrize("path", TREES, ids=str)
def test_only_algorithms_that_hold(path):
    """Neither broken digests and ciphers nor randomness that can be foretold, by import, by call, or by name."""
    broken = re.compile(
        r"^(md5|sha1|sha-1|des|3des|tripledes|rc4|arc4|blowfish|ecb|ssl|sslv3|tlsv1(\.[01])?)$", re.IGNORECASE
    )
    words = {name for _, name in calls(TREES[path])} | {name for _, name in imports(TREES[path])}
    words |= {
        node.value for node in ast.walk(TREES[path]) if isinstance(node, ast.Constant) and type(node.value) is str
    }
    words |= {node.attr for node in ast.walk(TREES[path]) if isinstance(node, ast.Attribute)}
    assert [word for word in words if broken.match(word)] == []
    modules = {alias.name for node in ast.walk(TREES[path]) if isinstance(node, ast.Import) for alias in node.names}
    if path.parent.name != "rules":  # tries facts out, by a fixed seed
        assert "random" not in modules | {module for module, _ in imports(TREES[path])}


@pytest.mark.demand("D181")
@pytest.mark.parametrize("path", TREES, ids=str)
def test_scratch_is_gone_with_the_block_that_used_it(path):
    """Web and workers write aside only in a file or folder that ends with its ``with``, whatever happens in it."""
    makers = {"NamedTemporaryFile", "TemporaryDirectory", "TemporaryFile", "SpooledTemporaryFile"}
    held = {
        id(item.context_expr)
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.With | ast.AsyncWith)
        for item in node.items
    }
    made = [(call, name) for call, name in calls(TREES[path]) if name in makers | {"mkdtemp", "mkstemp", "mktemp"}]
    assert [call.lineno for call, name in made if name not in makers or id(call) not in held] == []
