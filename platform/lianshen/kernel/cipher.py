"""Protected values: text sealed for its place, equality without reading, rows that tell when they were changed.

A process calls ``start`` before it serves: that loads the provider, tests it, and reads the master key; any failure
stops it (D139, D140). A sealed value is ``algorithm | key id | nonce | ciphertext and tag`` and opens in its place
alone, which is tenant, table, column and row (D141). ``row_id`` is the row's primary key without the tenant; several
columns are joined by ``/`` in the order of the key.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from lianshen.kernel import _key_store, _master_key, _provider
from lianshen.kernel._data_keys import HEAD, HMAC_SM3, SM4_GCM, Keyring, Unreadable
from lianshen.kernel._master_key import NoMasterKey
from lianshen.kernel._provider import NONCE, Hasher, Provider, Tampered, Unfit
from lianshen.kernel.settings import Settings

if TYPE_CHECKING:
    from lianshen.kernel.database import UnitOfWork

_running: list[Keyring] = []
_SOFTWARE = _provider.Software()


def start(settings: Settings) -> None:
    """Make this process able to protect and open. Raises Unfit or NoMasterKey: then it must not serve."""
    provider = _provider.load(settings.cipher_provider)
    _running[:] = [Keyring(provider, _master_key.read(settings.master_key_file, provider))]


def make_master_key(path: Path) -> None:
    """Write a new master key in front of those that the file holds, if there is one."""
    _master_key.make(path, _SOFTWARE)


def split_master_key(path: Path, parts: Sequence[Path]) -> None:
    """Write the file of master keys in parts, one for each keeper: all are needed, fewer tell nothing (D144)."""
    _master_key.split(path, parts, _SOFTWARE)


def join_master_key(path: Path, parts: Sequence[Path]) -> None:
    """Make the file of master keys again from all its parts. Raises NoMasterKey when they do not fit together."""
    _master_key.join(path, parts, _SOFTWARE)


def keyring() -> Keyring:
    """The keys of this process."""
    assert _running, "cipher.start comes before the first use of a key"
    return _running[0]


def sm3(data: bytes) -> bytes:
    """SM3 (GB/T 32905) of ``data``: 32 bytes."""
    hasher = sm3_hasher()
    hasher.update(data)
    return hasher.digest()


def sm3_hasher() -> Hasher:
    """SM3 over what is fed piece by piece. It needs no key, so it also works in a process that has not started."""
    return (_running[0].provider if _running else _SOFTWARE).sm3()


async def seal(uow: "UnitOfWork", table: str, column: str, row_id: object, text: str) -> bytes:
    """``text`` under the tenant's key, bound to its place. One round trip."""
    keys = keyring()
    key, secret = await keys.active(uow, "seal")
    nonce, place = keys.provider.random(NONCE), _place(uow.tenant, table, column, row_id)
    return SM4_GCM + key.bytes + nonce + keys.provider.sm4_gcm_seal(secret, nonce, text.encode(), place)


async def open_(uow: "UnitOfWork", table: str, column: str, row_id: object, sealed: bytes) -> str:
    """The text that was sealed in this place. Raises Unreadable."""
    keys = keyring()
    if sealed[:1] != SM4_GCM or len(sealed) < HEAD + NONCE:
        raise Unreadable(f"{table}.{column} of {row_id} is no sealed value")
    secret = await keys.find(uow, UUID(bytes=sealed[1:HEAD]))
    rest, place = sealed[HEAD:], _place(uow.tenant, table, column, row_id)
    try:
        return keys.provider.sm4_gcm_open(secret, rest[:NONCE], rest[NONCE:], place).decode()
    except Tampered as error:
        raise Unreadable(f"{table}.{column} of {row_id} was changed or moved") from error


async def blind_index(uow: "UnitOfWork", table: str, column: str, text: str) -> bytes:
    """What is kept beside a sealed value so that equal texts are found: ``algorithm | key id | HMAC-SM3``.

    ``text`` is in its one normal form already.
    """
    key, secret = await keyring().active(uow, "index")
    return HMAC_SM3 + key.bytes + _index(uow.tenant, table, column, text, secret)


async def blind_indexes(uow: "UnitOfWork", table: str, column: str, text: str) -> list[bytes]:
    """Every index under which ``text`` may be kept just now: several while keys are being rotated."""
    keys = [(key, await keyring().find(uow, key)) for key in await _key_store.opening(uow, "index")]
    return [HMAC_SM3 + key.bytes + _index(uow.tenant, table, column, text, secret) for key, secret in keys]


def _index(tenant: str, table: str, column: str, text: str, secret: bytes) -> bytes:
    return keyring().provider.hmac_sm3(secret, _place(tenant, table, column, text))


def _place(tenant: str, table: str, column: str, row_id: object) -> bytes:
    return f"{tenant}|{table}|{column}|{row_id}".encode()


__all__ = [
    "Keyring", "NoMasterKey", "Provider", "Unfit", "Unreadable", "blind_index", "blind_indexes", "join_master_key",
    "keyring", "make_master_key", "open_", "seal", "sm3", "sm3_hasher", "split_master_key", "start",
]  # fmt: skip
