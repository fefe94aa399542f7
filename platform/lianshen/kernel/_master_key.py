"""The key-encryption keys of the instance, from a file outside the database.

The file holds one key a line, 32 hexadecimal digits. The first one wraps; all of them unwrap, so that a new first line
can be brought in before ``lianshen keys rewrap`` and the old one taken out after it.
"""

import os
import stat
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import msgspec

from lianshen.kernel._provider import KEY, Provider

_CHECK = 32
_WEAK = stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP
"""A group may read: a container's secret mount is readable through the group alone."""


class NoMasterKey(Exception):
    """The master key cannot be used as it is: this process must not start. The message says what to do."""


class MasterKey(msgspec.Struct, frozen=True):
    """``id`` is derived from the key, so that a wrapped key tells which one it needs (16 bytes each)."""

    id: bytes
    key: bytes


def read(path: Path, provider: Provider) -> tuple[MasterKey, ...]:
    """The keys in the file, the wrapping one first. Raises NoMasterKey."""
    try:
        mode, lines = path.stat().st_mode, path.read_text("ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise NoMasterKey(
            f"LIANSHEN_MASTER_KEY_FILE: {path} cannot be read ({error}): set it to a file of keys"
        ) from error
    if mode & _WEAK:
        raise NoMasterKey(f"LIANSHEN_MASTER_KEY_FILE: others may touch {path} ({stat.filemode(mode)}): chmod 600")
    try:
        keys = [bytes.fromhex(line) for line in lines]
    except ValueError:
        keys = []
    if not keys or any(len(key) != KEY for key in keys):
        raise NoMasterKey(f"LIANSHEN_MASTER_KEY_FILE: {path} must hold one key a line, 32 hexadecimal digits each")
    return tuple(MasterKey(provider.hmac_sm3(key, b"lianshen master key")[:16], key) for key in keys)


def make(path: Path, provider: Provider) -> None:
    """Write a new key into ``path``, in front of those it holds, readable by the owner alone."""
    before = path.read_text("ascii") if path.exists() else ""
    _write(path, f"{provider.random(KEY).hex()}\n{before}")


def split(path: Path, parts: Sequence[Path], provider: Provider) -> None:
    """Write ``path`` in parts of which all are needed: random bytes, and the file with its SM3, XORed with them."""
    whole = path.read_bytes()
    left = whole + _check(whole, provider)
    for part in parts[1:]:
        chance = provider.random(len(left))
        _write(part, chance.hex())
        left = _xor(left, chance)
    _write(parts[0], left.hex())


def join(path: Path, parts: Sequence[Path], provider: Provider) -> None:
    """Write ``path`` from its parts. Raises NoMasterKey."""
    if path.exists():
        raise NoMasterKey(f"{path} exists: move it away first")
    try:
        joined = reduce(_xor, (bytes.fromhex(part.read_text("ascii")) for part in parts))
    except ValueError as error:
        raise NoMasterKey("these are not the parts of one file") from error
    whole, check = joined[:-_CHECK], joined[-_CHECK:]
    if check != _check(whole, provider):
        raise NoMasterKey("these are not all the parts of one file")
    _write(path, whole.decode("ascii"))


def _check(whole: bytes, provider: Provider) -> bytes:
    hasher = provider.sm3()
    hasher.update(whole)
    return hasher.digest()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
