"""One interface to the ciphers, known answers and a master key that nobody else reads (D139, D140)."""

import os
import re
from pathlib import Path

import msgspec
import pytest
from tests.support.second_provider import Second

import lianshen
from lianshen.kernel import cipher
from lianshen.kernel._data_keys import Keyring
from lianshen.kernel._provider import Software, Tampered, load
from lianshen.kernel.cipher import NoMasterKey, Unfit, join_master_key, make_master_key, split_master_key
from lianshen.web.app import create_app

SECOND = "tests.support.second_provider:Second"
SOURCES = [*Path(lianshen.__file__).parent.rglob("*.py"), *Path(lianshen.__file__).parents[2].glob("workers/**/*.py")]


@pytest.mark.demand("D139")
def test_both_implementations_pass_the_same_vectors_and_open_each_others_values():
    one, other = load("software"), load(SECOND)
    key, nonce = os.urandom(16), os.urandom(12)
    for size in (0, 1, 15, 16, 17, 100):
        text = os.urandom(size)
        sealed = one.sm4_gcm_seal(key, nonce, text, b"place")
        assert sealed == other.sm4_gcm_seal(key, nonce, text, b"place")
        assert other.sm4_gcm_open(key, nonce, sealed, b"place") == text
        with pytest.raises(Tampered):
            other.sm4_gcm_open(key, nonce, sealed, b"elsewhere")
        assert one.hmac_sm3(key, text) == other.hmac_sm3(key, text)


@pytest.mark.demand("D139")
def test_what_the_software_is_it_says():
    assert "not a certified product" in Software().label


@pytest.mark.demand("D139")
async def test_values_stay_readable_when_the_module_is_exchanged(work, configured, monkeypatch):
    async with work() as uow:
        await uow.enter("320723")
        sealed = await cipher.seal(uow, "person", "phone", "1", "10032070001")
        monkeypatch.setattr(cipher, "_running", [])
        cipher.start(msgspec.structs.replace(configured, cipher_provider=SECOND))
        assert cipher.keyring().provider.label == Second.label
        await uow.commit()
    async with work() as uow:
        await uow.enter("320723")
        assert await cipher.open_(uow, "person", "phone", "1", sealed) == "10032070001"


@pytest.mark.demand("D139")
def test_no_other_file_reaches_for_a_cipher():
    """Digests of files by SHA-256 are no matter of the module; SM3, SM4 and HMAC keys are."""
    strange = re.compile(
        r"""new\(["']sm[234]|hazmat\.primitives\.(ciphers|hashes|hmac)|^import hmac$|hmac\.new""", re.MULTILINE
    )
    users = {path.name for path in SOURCES if strange.search(path.read_text(encoding="utf-8"))}
    signed_for_others = {"_robots.py", "_sms.py", "_webhook.py"}  # HMAC-SHA256, as the receivers of messages demand it
    assert users == {"_provider.py"} | signed_for_others


@pytest.mark.demand("D140")
@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("hmac_sm3", lambda *_: bytes(32)),
        ("sm4_gcm_seal", lambda self, key, nonce, data, place: data + bytes(16)),
        ("sm4_gcm_open", lambda self, key, nonce, sealed, place: sealed[:-16]),
        ("random", lambda self, size: bytes(size)),
        ("sm3", lambda self: __import__("hashlib").sha256()),
        ("sm3", lambda self: __import__("hashlib").new("no-such-digest")),
    ],
)
def test_a_module_that_computes_wrongly_does_not_start(method, wrong, monkeypatch):
    broken = type("Broken", (Second,), {method: wrong})
    monkeypatch.setattr("tests.support.second_provider.Broken", broken, raising=False)
    with pytest.raises(Unfit):
        load("tests.support.second_provider:Broken")


@pytest.mark.demand("D140")
@pytest.mark.parametrize(
    "module", ["hardware", "no_such_module:Make", "tests.support.second_provider:Nothing", ":", ""]
)
def test_a_module_that_is_not_there_does_not_start(configured, module):
    with pytest.raises(Unfit):
        create_app(msgspec.structs.replace(configured, cipher_provider=module))


@pytest.mark.demand("D140", "D144")
@pytest.mark.parametrize("content", [None, "", "00", "zz" * 16, "ab" * 17, f"{'ab' * 16}\nxyz"])
def test_without_a_proper_master_key_nothing_starts(configured, tmp_path, content):
    path = tmp_path / "master.key"
    if content is not None:
        path.write_text(content)
        path.chmod(0o600)
    with pytest.raises(NoMasterKey):
        create_app(msgspec.structs.replace(configured, master_key_file=path))


@pytest.mark.demand("D144")
@pytest.mark.parametrize("mode", [0o604, 0o644, 0o606, 0o620, 0o660, 0o777])
def test_a_master_key_that_others_may_touch_is_refused(configured, tmp_path, mode):
    path = tmp_path / "master.key"
    make_master_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(mode)
    with pytest.raises(NoMasterKey, match="chmod"):
        create_app(msgspec.structs.replace(configured, master_key_file=path))


@pytest.mark.demand("D144")
def test_the_master_key_is_kept_in_parts_of_which_all_are_needed(tmp_path):
    whole, parts, back = tmp_path / "master.key", [tmp_path / f"part{n}" for n in range(3)], tmp_path / "back.key"
    make_master_key(whole)
    make_master_key(whole)
    split_master_key(whole, parts)
    for some in (parts[:2], parts[1:], [parts[0]], [parts[0], parts[0], parts[1]]):
        with pytest.raises(NoMasterKey):
            join_master_key(back, some)
    secrets = whole.read_text().split()
    assert not any(secret.encode().hex() in part.read_text() for part in parts for secret in secrets)
    join_master_key(back, [parts[2], parts[0], parts[1]])
    assert back.read_bytes() == whole.read_bytes()
    with pytest.raises(NoMasterKey, match="exists"):
        join_master_key(back, parts)


def test_the_keyring_in_memory_is_bounded(configured):
    made = Keyring(Software(), cipher.keyring()._masters)
    from uuid import uuid4

    for _ in range(1100):
        key = uuid4()
        made._unwrapped("320723", key, made.wrap("320723", key, bytes(16)))
    assert len(made._known) == 1024
