"""Signing checkpoints, by openssl: Ed25519 or SM2 (GB/T 32918, with SM3), whichever the key in the file is of.

The key's file is all that this knows of it; a certified module would take the place of ``Signer`` (D139).
"""

import subprocess
import tempfile
from pathlib import Path
from typing import Literal

from lianshen.audit.verify import key_id

_SM2_ID = "distid:1234567812345678"
"""The identity that GM/T 0009 gives a signer who has no other."""
_OIDS: dict[bytes, Literal["ed25519", "sm2"]] = {
    bytes.fromhex("06032b6570"): "ed25519",
    bytes.fromhex("06082a811ccf5501822d"): "sm2",
}


class SigningError(Exception):
    """The key cannot be read or used; the message is openssl's."""


class Signer:
    """A private key in a PEM file. Raises SigningError when it is neither Ed25519 nor SM2."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.public_key = _openssl("pkey", "-in", str(file), "-pubout").decode()
        self.key = key_id(self.public_key.encode())
        der = _openssl("pkey", "-in", str(file), "-pubout", "-outform", "DER")
        found = [name for mark, name in _OIDS.items() if mark in der]
        if not found:
            raise SigningError(f"{file}: neither Ed25519 nor SM2")
        self.algorithm = found[0]

    def sign(self, data: bytes) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "data")
            path.write_bytes(data)
            if self.algorithm == "sm2":
                return _openssl("dgst", "-sm3", "-sign", str(self._file), "-sigopt", _SM2_ID, str(path))
            return _openssl("pkeyutl", "-sign", "-inkey", str(self._file), "-rawin", "-in", str(path))


def trusted(folder: Path) -> dict[str, bytes]:
    """Public keys to believe, by id: the present one and former ones, kept beside the private key as ``*.pub``."""
    return {key_id(pem): pem for pem in (path.read_bytes() for path in sorted(folder.glob("*.pub")))}


def make_key(file: Path, algorithm: Literal["ed25519", "sm2"]) -> None:
    """Make a private key for its owner's eyes, and the public one beside it; an existing file is kept."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_bytes(_openssl("genpkey", "-algorithm", algorithm))
    file.with_suffix(".pub").write_bytes(_openssl("pkey", "-in", str(fresh), "-pubout"))
    fresh.rename(file)


def _openssl(*arguments: str) -> bytes:
    done = subprocess.run(("openssl", *arguments), capture_output=True, check=False)
    if done.returncode:
        raise SigningError(done.stderr.decode(errors="replace").strip())
    return done.stdout
