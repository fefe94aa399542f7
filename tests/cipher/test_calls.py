"""Calls without a place here: broken algorithms, guessable chance, code and SQL made of text (D138, D147, D199)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import lianshen

ROOT = Path(lianshen.__file__).parents[2]
SOURCES = sorted(
    [*ROOT.glob("platform/lianshen/**/*.py"), *ROOT.glob("workers/**/*.py"), *ROOT.glob("migrations/**/*.py")]
)

BROKEN = {"md4", "md5", "sha1", "des", "tripledes", "des3", "rc4", "arc4", "rc2", "blowfish", "cast5", "idea", "ecb"}
"""Algorithms by any spelling, as attribute, imported name or argument of hashlib.new (D138)."""
MODULES = {
    "random": "D147", "pickle": "D199", "marshal": "D199", "shelve": "D199", "dill": "D199", "telnetlib": "D199",
    "ftplib": "D199", "xml": "D199",
}  # fmt: skip
CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load", "uuid1"}
UNSAFE = {("shell", True), ("verify", False), ("check_hostname", False), ("autoescape", False)}
"""Keywords that undo a safeguard."""
WEAK_TLS = {
    "PROTOCOL_TLSv1",
    "PROTOCOL_TLSv1_1",
    "PROTOCOL_SSLv23",
    "PROTOCOL_SSLv3",
    "CERT_NONE",
    "_create_unverified_context",
}
SQL = {"text", "execute", "literal_column", "fetch", "fetchrow", "fetchval"}
_CATALOGUES = {"lianshen.kernel.messages", "lianshen.cli.texts", "lianshen.rules._messages"}
"""Where another function ``text`` comes from."""
WAIVED = {
    ("platform/lianshen/rules/_reach.py", "import random"): "seeded samples by which a pack is proved, no secret",
    ("platform/lianshen/rules/_declarations.py", "import random"): "the same samples",
    (
        "platform/lianshen/rules/_answers.py",
        "import random",
    ): "seeded samples on which expressions are tried, no secret",
    ("platform/lianshen/cli/migrate.py", "SQL made of text"): "CREATE ROLE takes no parameters: names are constants, "
    "passwords are quoted",
    (
        "platform/lianshen/projects/_store.py",
        "SQL made of text",
    ): "the scope of reading is one predicate out of a fixed set, its values are bound",
    ("platform/lianshen/workcalendar/_notice.py", "SQL made of text"): "sentences of its own catalogue, no SQL",
    (
        "platform/lianshen/roster/_store.py",
        "SQL made of text",
    ): "the same scope, and orders of a fixed set",
    ("platform/lianshen/operations/_store.py", "SQL made of text"): "names of tables and columns from PostgreSQL's own "
    "catalogue, quoted there, and the six digits of the tenant entered",
}
"""File and what is found in it, with the reason."""


def findings(path: Path, source: str | None = None) -> Iterator[str]:
    tree = ast.parse(source or path.read_text(encoding="utf-8"))
    ours = any(isinstance(node, ast.ImportFrom) and node.module in _CATALOGUES for node in ast.walk(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (f"import {one.name}" for one in names if one.name.partition(".")[0] in MODULES)
            case ast.ImportFrom(module=module, names=names):
                if (module or "").partition(".")[0] in MODULES:
                    yield f"import {module}"
                yield from (f"broken: {one.name}" for one in names if one.name.lower() in BROKEN)
            case ast.Attribute(attr=attr) if attr.lower() in BROKEN:
                yield f"broken: {attr}"
            case ast.Attribute(attr=attr) if attr in WEAK_TLS:
                yield f"weak TLS: {attr}"
            case ast.Call() if not (ours and ast.unparse(node.func) in ("text", "messages.text")):
                yield from in_call(node)


def in_call(node: ast.Call) -> Iterator[str]:
    called = ast.unparse(node.func)
    short = called.rpartition(".")[2]
    if called in CALLS or (short in CALLS and "." not in short and called == short):
        yield f"call: {called}"
    for keyword in node.keywords:
        if isinstance(keyword.value, ast.Constant) and (keyword.arg, keyword.value.value) in UNSAFE:
            yield f"keyword: {keyword.arg}={keyword.value.value}"
    if called == "hashlib.new" and isinstance(node.args[0], ast.Constant) and node.args[0].value in BROKEN:
        yield f"broken: {node.args[0].value}"
    put_together = bool(node.args) and isinstance(node.args[0], ast.JoinedStr | ast.BinOp | ast.Call)
    if short in SQL and put_together and made_of_text(node.args[0]):
        yield "SQL made of text"


def made_of_text(given: ast.expr) -> bool:
    """Constants of the module put together are a constant; anything else put into SQL is what we look for."""
    match given:
        case ast.Constant():
            return False
        case ast.Name(id=name):
            return not name.isupper()
        case ast.JoinedStr(values=values):
            return any(made_of_text(one.value if isinstance(one, ast.FormattedValue) else one) for one in values)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return made_of_text(left) or made_of_text(right)
        case ast.BinOp(op=ast.Mod()) | ast.Call(func=ast.Attribute(attr="format")) | ast.Attribute():
            return True
    return False


@pytest.mark.demand("D138", "D147", "D199")
def test_nothing_of_the_kind_is_called():
    found = {(path.relative_to(ROOT).as_posix(), what) for path in SOURCES for what in findings(path)}
    assert len(SOURCES) > 150
    assert found - set(WAIVED) == set()
    assert set(WAIVED) - found == set(), "a waiver that nothing needs any more"


@pytest.mark.demand("D138", "D147", "D199")
@pytest.mark.parametrize(
    "line",
    [
        "import random", "from random import choice", "import pickle", "hashlib.md5(x)", "hashlib.new('sha1')",
        "from cryptography.hazmat.primitives.hashes import MD5", "algorithms.TripleDES(k)", "modes.ECB()", "eval(x)",
        "exec(x)", "os.system(x)", "yaml.load(x)", "subprocess.run(x, shell=True)", "httpx.get(x, verify=False)",
        "ssl.SSLContext(ssl.PROTOCOL_TLSv1)", "text(f'SELECT {x}')", "uow.execute('SELECT %s' % x)",
        "connection.fetch('SELECT ' + x)", "text('SELECT {}'.format(x))", "literal_column(f'{x}')",
    ],
)  # fmt: skip
def test_each_would_be_found(line):
    assert list(findings(Path("x.py"), line))


@pytest.mark.demand("D138")
def test_no_package_of_broken_ciphers_is_installed_for_the_product():
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert [
        name for name in ("pycrypto==", "pycryptodome==", "pysm4==", "gmssl==", "rsa==") if f"\n{name}" in locked
    ] == []
