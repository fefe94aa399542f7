"""Data keys of a tenant: wrapped by the master key in ``data_key``, unwrapped for a minute in memory (D141, D144).

Three purposes, one key each at a time: ``seal`` (SM4-GCM), ``index`` and ``integrity`` (HMAC-SM3). Whoever uses the
active key holds a shared advisory lock of the tenant until COMMIT; rotating and retiring take it exclusively, so that
no value can be written under a key that was just given up.
"""

import time
from collections import OrderedDict
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from lianshen.kernel import _key_store
from lianshen.kernel._master_key import MasterKey
from lianshen.kernel._provider import KEY, NONCE, Provider, Tampered

if TYPE_CHECKING:
    from lianshen.kernel.database import UnitOfWork

ALGORITHMS = {"seal": "sm4-gcm", "index": "hmac-sm3", "integrity": "hmac-sm3"}
"""Purposes and what their keys are for."""
SM4_GCM = b"\x01"
HMAC_SM3 = b"\x02"
HEAD = 17
"""Every protected value begins with one byte of algorithm and the 16 of its key's id (D146)."""
_MOST = 1024
_KEPT_FOR = 60.0


class Unreadable(Exception):
    """A protected value does not open: it was changed or moved, or its key is gone. The message says which."""


class Keyring:
    """The keys of this process: its provider, the master keys, and the data keys used of late."""

    def __init__(self, provider: Provider, masters: tuple[MasterKey, ...]) -> None:
        self.provider = provider
        self._masters = masters
        self._known: OrderedDict[tuple[str, UUID], tuple[float, bytes]] = OrderedDict()

    async def active(self, uow: "UnitOfWork", purpose: str) -> tuple[UUID, bytes]:
        """The key that protects now, made when there is none; kept from rotation until COMMIT, so asked for once."""
        if (held := uow.keys.get(purpose)) is not None:
            return held
        row = await _key_store.active(uow, purpose)
        if row is None:
            await self.add(uow, purpose)
            row = await _key_store.active(uow, purpose)
            assert row is not None, "a key just added is active"
        return self.hold(uow, purpose, row.id, row.wrapped)

    def hold(self, uow: "UnitOfWork", purpose: str, key: UUID, wrapped: bytes) -> tuple[UUID, bytes]:
        """Protect with this key for the rest of the transaction, which has its lock."""
        uow.keys[purpose] = key, self._unwrapped(uow.tenant, key, wrapped)
        return uow.keys[purpose]

    async def add(self, uow: "UnitOfWork", purpose: str) -> None:
        """Give the tenant a new active key, unless another transaction has just done it."""
        fresh = uuid4()
        wrapped = self.wrap(uow.tenant, fresh, self.provider.random(KEY))
        await _key_store.add(uow, fresh, purpose, ALGORITHMS[purpose], wrapped)

    async def find(self, uow: "UnitOfWork", key: UUID) -> bytes:
        """The key of that id. Raises Unreadable when it is not this tenant's or is destroyed."""
        known = self._known.get((uow.tenant, key))
        if known is not None and known[0] > time.monotonic():
            return known[1]
        wrapped = await _key_store.wrapped(uow, key)
        if wrapped is None:
            self._known.pop((uow.tenant, key), None)
            raise Unreadable(f"key {key} of {uow.tenant} does not exist or is destroyed")
        return self._unwrapped(uow.tenant, key, wrapped)

    def wrap(self, tenant: str, key: UUID, secret: bytes) -> bytes:
        """``secret`` under the first master key, bound to its tenant and id."""
        nonce, master = self.provider.random(NONCE), self._masters[0]
        return SM4_GCM + master.id + nonce + self.provider.sm4_gcm_seal(master.key, nonce, secret, _place(tenant, key))

    def unwrap(self, tenant: str, key: UUID, wrapped: bytes) -> bytes:
        """Raises Unreadable when no master key of this process opens it."""
        masters = {master.id: master.key for master in self._masters}
        master, rest = masters.get(wrapped[1:HEAD]), wrapped[HEAD:]
        if master is None or wrapped[:1] != SM4_GCM or len(rest) < NONCE:
            raise Unreadable(f"key {key} of {tenant} is wrapped by a master key that is not in the file")
        try:
            return self.provider.sm4_gcm_open(master, rest[:NONCE], rest[NONCE:], _place(tenant, key))
        except Tampered as error:
            raise Unreadable(f"key {key} of {tenant} was changed or moved") from error

    def is_current(self, wrapped: bytes) -> bool:
        """True when the first master key wraps it."""
        return wrapped[1:HEAD] == self._masters[0].id

    def forget(self, tenant: str) -> None:
        """Drop the keys of ``tenant`` from memory; other processes drop theirs within a minute."""
        for known in [known for known in self._known if known[0] == tenant]:
            del self._known[known]

    def _unwrapped(self, tenant: str, key: UUID, wrapped: bytes) -> bytes:
        known = self._known.get((tenant, key))
        if known is not None and known[0] > time.monotonic():
            self._known.move_to_end((tenant, key))
            return known[1]
        secret = self.unwrap(tenant, key, wrapped)
        self._known[tenant, key] = (time.monotonic() + _KEPT_FOR, secret)
        self._known.move_to_end((tenant, key))
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return secret


def _place(tenant: str, key: UUID) -> bytes:
    return f"{tenant}|data_key|wrapped|{key}".encode()
