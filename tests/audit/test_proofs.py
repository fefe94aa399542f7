"""Proofs that leave the house: they hold in an empty environment, and no byte of them can change (D127-D129, D146)."""

import asyncio
import hashlib
import io
import json
import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from msgspec.structs import replace
from structlog.testing import capture_logs

from lianshen.audit import _tree, verify
from lianshen.audit._signing import Signer, make_key
from lianshen.audit.queries import NoCheckpoint
from lianshen.kernel.errors import NotFound
from tests.audit.authority import Authority
from tests.audit.conftest import TENANT

GOLDEN = Path(__file__).with_name("golden")
PAPER = {"paper": "contract", "version": 1, "filename": "合同.pdf", "sha256": "ab" * 32, "sm3": "cd" * 32}
HANDED_IN = f"合同.pdf · 第 1 版 · SHA-256 {'ab' * 32} · SM3 {'cd' * 32}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = Authority(tmp_path_factory.mktemp("authority"))
    yield made
    made.close()


def checked(content: bytes, folder: Path, *options: object) -> tuple[int, str]:
    """By the checker that is in the file itself, in an environment with nothing in it."""
    path = folder / "proof.zip"
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        (folder / "verify.py").write_bytes(archive.read("verify.py"))
    asked = (sys.executable, "-I", folder / "verify.py", path, *options)
    done = subprocess.run(asked, capture_output=True, check=False, env={"PATH": "/usr/bin:/bin"}, cwd=folder)
    return done.returncode, done.stdout.decode()


def with_file(content: bytes, name: str, new: bytes | None, *, mended: bool = False) -> bytes:
    """The zip with one file changed or gone; ``mended``: the list of digests says so, as a forger would see to."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {one: archive.read(one) for one in archive.namelist()}
    if new is None:
        del files[name]
    else:
        files[name] = new
    if mended:
        manifest = json.loads(files["manifest.json"])
        del files["manifest.json"]
        manifest["files"] = {one: hashlib.sha256(what).hexdigest() for one, what in files.items()}
        files["manifest.json"] = verify.canonical(manifest)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for one, what in files.items():
            archive.writestr(one, what)
    return made.getvalue()


def files_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {one: archive.read(one) for one in archive.namelist()}


@pytest.fixture
async def proof(ledger, authority):
    """Of a decision that two checkpoints cover, time-stamped, with a paper."""
    stamped = replace(ledger.settings, timestamp_url=authority.url, timestamp_certificates=authority.certificates)
    await ledger.write(2, note=HANDED_IN)
    await ledger.write(1, law="360000@2026-01-01 abc cn-2026-1")
    seq = (await ledger.sign(stamped)).size
    await ledger.write(5)
    assert (await ledger.sign(stamped)).token
    return await ledger.proof(seq, [PAPER], authority.certificates.read_bytes())


@pytest.mark.demand("D128", "D127")
async def test_a_proof_holds_with_nothing_but_python_and_openssl(proof, ledger, authority, tmp_path):
    key = tmp_path / "key.pem"
    key.write_text(ledger.signer.public_key)
    options = ("--key", key, "--ca", authority.certificates, "--checkpoints", ledger.settings.checkpoints_dir / TENANT)
    code, said = await asyncio.to_thread(checked, proof, tmp_path, *options)
    assert code == 0, said
    assert "全部成立" in said
    assert "与所给公钥一致" in said
    kinds = {name.partition("/")[0] for name in files_of(proof)}
    whole = {"records", "checkpoints", "keys", "certificates.pem", "proofs.json", "manifest.json", "verify.py"}
    assert kinds == whole | {"说明.txt"}


def test_the_checker_is_short_and_needs_no_package():
    source = Path(verify.__file__).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 300
    lines = [line.split() for line in source.splitlines() if line.startswith(("import", "from"))]
    imported = {words[1].partition(".")[0] for words in lines}
    assert imported <= set(sys.stdlib_module_names)


@pytest.mark.demand("D128")
async def test_no_byte_of_any_file_can_be_flipped(proof, tmp_path):
    picked = random.Random(20260302)

    def flip_each() -> list[tuple[str, int]]:
        passed = []
        for name, what in files_of(proof).items():
            for mended in {False, name.startswith(("records/", "checkpoints/", "proofs", "keys"))}:
                for _ in range(2):
                    at = picked.randrange(len(what))
                    new = bytes([*what[:at], what[at] ^ (1 << picked.randrange(7)), *what[at + 1 :]])
                    changed = with_file(proof, name, new, mended=mended and name != "manifest.json")
                    if run(changed, tmp_path) == 0:
                        passed.append((name, at))
            if name != "manifest.json" and run(with_file(proof, name, None), tmp_path) == 0:
                passed.append((name, -1))
        return passed

    assert await asyncio.to_thread(flip_each) == []


def run(content: bytes, folder: Path, *options: str) -> int:
    path = folder / "flipped.zip"
    path.write_bytes(content)
    return verify.main([str(path), *options])


async def test_a_proof_with_a_wrong_claim_does_not_hold(proof, tmp_path):
    papers = [PAPER | {"sha256": "00" * 32}], [PAPER | {"sm3": "00" * 32}], [PAPER | {"filename": "别的.pdf"}]
    claims = {"law": "360000@2027-01-01 x y"}, {"decision": 1}, {"project": TENANT}, {"tenant": "421000"}
    for claim in (*claims, *({"documents": one} for one in papers)):
        manifest = json.loads(files_of(proof)["manifest.json"]) | claim
        changed = with_file(proof, "manifest.json", verify.canonical(manifest))
        assert await asyncio.to_thread(run, changed, tmp_path) == 1, claim


async def test_another_key_than_the_one_asked_for_is_refused(proof, tmp_path):
    make_key(tmp_path / "other.pem", "ed25519")
    code, said = await asyncio.to_thread(checked, proof, tmp_path, "--key", tmp_path / "other.pub")
    assert (code, "forged" in said) == (1, True)


async def test_what_is_in_no_checkpoint_yet_has_no_proof(ledger):
    await ledger.write(1)
    (row,) = await ledger.rows("SELECT max(seq) FROM event WHERE tenant = :t")
    with pytest.raises(NoCheckpoint):
        await ledger.proof(row[0])
    with pytest.raises(NotFound):
        await ledger.proof(row[0] + 1)
    with pytest.raises(NotFound):
        await ledger.proof(row[0], project=uuid4())


async def test_an_authority_that_is_away_or_refuses_raises_the_alarm_and_stops_nothing(ledger, authority):
    for url, refuse in ((authority.url, True), ("http://127.0.0.1:9/", False)):
        authority.refuse = refuse
        try:
            await ledger.write(1)
            asked = replace(ledger.settings, timestamp_url=url, timestamp_certificates=authority.certificates)
            with capture_logs() as said:
                made = await ledger.sign(asked)
        finally:
            authority.refuse = False
        assert made.token is None
        assert [line["event"] for line in said] == ["not_stamped"]


async def test_a_folder_that_cannot_be_written_means_no_checkpoint(ledger, tmp_path):
    await ledger.write(1)
    (tmp_path / "file").touch()
    before = await ledger.rows("SELECT count(*) FROM checkpoint WHERE tenant = :t")
    with pytest.raises(OSError, match="Not a directory"):
        await ledger.sign(replace(ledger.settings, checkpoints_dir=tmp_path / "file"))
    assert await ledger.rows("SELECT count(*) FROM checkpoint WHERE tenant = :t") == before
    assert await ledger.sign() is not None
    assert await ledger.sign() is None


@pytest.mark.demand("D146")
async def test_another_algorithm_and_key_take_over_and_old_checkpoints_stay_true(ledger, tmp_path):
    await ledger.write(3)
    old = await ledger.sign()
    await ledger.write(3)
    make_key(tmp_path / "sm2.pem", "sm2")
    former, ledger.signer = ledger.signer, Signer(tmp_path / "sm2.pem")
    await asyncio.to_thread(shutil.copy, tmp_path / "sm2.pub", ledger.settings.signing_key.parent)
    ledger.keys |= {ledger.signer.key: ledger.signer.public_key.encode()}
    try:
        new = await ledger.sign()
        assert (old.algorithm, new.algorithm) == ("ed25519", "sm2")
        assert (await ledger.verify()).damage is None
        code, said = await asyncio.to_thread(checked, await ledger.proof(old.size), tmp_path)
        assert code == 0, said
    finally:
        ledger.signer = former


def tree(size: int) -> tuple[_tree.Known, list[_tree.Pair]]:
    leaves = [verify.digests_of(number.to_bytes(4, "big")) for number in range(size)]
    return {(0, at): leaf for at, leaf in enumerate(leaves)}, leaves


@budget(max_examples=60, deadline=None)
@given(st.integers(1, 700), st.data())
def test_every_leaf_is_in_every_tree_and_every_tree_begins_every_larger_one(size, data):
    known, leaves = tree(size)
    small = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, size - 1))
    kept = _tree.grown(known, 0, size)
    few = {key: known[key] for level, spans in _tree.spans({index, size, small - 1, small}, size).items()
           for span in spans for key in ((level, at) for at in span)}  # fmt: skip
    assert kept.keys() <= known.keys()
    for at, name in enumerate(verify.ALGORITHMS):
        root, first = _tree.subtree(few, 0, size)[at], _tree.subtree(known, 0, small)[at]
        path = [pair[at] for pair in _tree.inclusion(few, index, size)]
        assert verify.included(name, leaves[index][at], index, size, path) == root
        assert size == 1 or verify.included(name, leaves[index][at], (index + 1) % size, size, path) != root
        between = [pair[at] for pair in _tree.consistency(few, small, size)]
        assert verify.consistent(name, (small, first), (size, root), between)
        assert not verify.consistent(name, (small, root[::-1]), (size, root), between)


def test_the_roots_are_those_of_rfc_9162():
    """Recomputed by the definition itself: MTH(D[n]) = H(1, MTH(D[0:k]), MTH(D[k:n]))."""

    def defined(name: str, leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return leaves[0]
        middle = 1
        while middle * 2 < len(leaves):
            middle *= 2
        return verify.hashed(name, b"\1" + defined(name, leaves[:middle]) + defined(name, leaves[middle:]))

    for size in (1, 2, 3, 7, 8, 255, 256, 257, 600):
        known, leaves = tree(size)
        for at, name in enumerate(verify.ALGORITHMS):
            assert _tree.subtree(known, 0, size)[at] == defined(name, [pair[at] for pair in leaves])


@pytest.mark.demand("D129")
@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.zip")), ids=lambda path: path.stem)
def test_proofs_of_former_releases_hold_for_ever(path, tmp_path):
    """By the present checker and by the one that left with them."""
    assert verify.main([str(path)]) == 0
    assert checked(path.read_bytes(), tmp_path)[0] == 0


def test_without_sm3_in_python_openssl_is_asked(monkeypatch):
    def without(name, data=b""):
        raise ValueError(name)

    wanted = verify.hashed("sm3", b"abc")
    monkeypatch.setattr(verify.hashlib, "new", without)
    assert verify.hashed("sm3", b"abc") == wanted
