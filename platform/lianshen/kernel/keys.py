"""The life of a tenant's keys: rotation without a pause, retirement, re-wrapping, destruction, inventory (D144).

``rotate`` makes new keys; from then on the former ones open and protect nothing new. ``renew`` brings what they still
protect under the new ones, a batch at a time; ``retire`` gives up keys that protect nothing any more, and destroys
them when every transaction that may have read a value under them is long over.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Column, Row, Table

from lianshen.kernel import _key_store, cipher, integrity
from lianshen.kernel._data_keys import ALGORITHMS
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.schema import metadata

_GRACE = timedelta(minutes=10)
"""How long a retired key still opens: far longer than any transaction may last."""


class Key(msgspec.Struct, frozen=True):
    """A line of the inventory; ``master`` is the beginning of the wrapping key's id, empty for a destroyed key."""

    id: UUID
    purpose: str
    algorithm: str
    state: str
    created_at: datetime
    retired_at: datetime | None
    master: str


class Renewal(msgspec.Struct, frozen=True):
    """What one batch did: values brought under the new key, and rows left alone because they were changed."""

    renewed: int
    broken: int


async def rotate(uow: UnitOfWork) -> int:
    """Replace every active key of the tenant; how many. Waits for transactions that are protecting something now."""
    await _key_store.lock(uow)
    uow.keys.clear()
    purposes = await _key_store.give_up_active(uow)
    for purpose in purposes:
        await cipher.keyring().add(uow, purpose)
    return len(purposes)


async def is_rotating(uow: UnitOfWork) -> bool:
    """True while a former key of the tenant is not yet destroyed."""
    return bool(await _key_store.in_state(uow, "outgoing", "retired"))


async def renew(uow: UnitOfWork, limit: int) -> Renewal:
    """Bring up to ``limit`` values under the active keys; rows that another transaction holds come later."""
    outgoing = await _key_store.in_state(uow, "outgoing")
    renewed = broken = 0
    for table, column, purpose in protected():
        if keys := [row.id for row in outgoing if row.purpose == purpose]:
            for row in await _key_store.rows_under(uow, table, column, keys, limit - renewed):
                done = await _renew_one(uow, table, column, purpose, row)
                renewed, broken = renewed + done, broken + (not done)
    return Renewal(renewed, broken)


async def retire(uow: UnitOfWork) -> list[UUID]:
    """Give up outgoing keys that protect nothing any more, and destroy those given up long ago; all of these."""
    given_up = []
    for key in await _key_store.in_state(uow, "outgoing"):
        columns = [(table, column) for table, column, purpose in protected() if purpose == key.purpose]
        if not any([await _key_store.is_used(uow, table, column, key.id) for table, column in columns]):
            await _key_store.set_key(uow, key.id, state="retired", retired_at=uow.now)
            given_up.append(key.id)
    for key in await _key_store.in_state(uow, "retired"):
        if key.retired_at <= uow.now - _GRACE:
            await _key_store.set_key(uow, key.id, state="destroyed", wrapped=None)
            given_up.append(key.id)
    return given_up


async def rewrap(uow: UnitOfWork) -> int:
    """Wrap the tenant's keys by the first master key; how many were wrapped by another. Raises Unreadable."""
    keyring, done = cipher.keyring(), 0
    for key in await _key_store.in_state(uow, "active", "outgoing", "retired"):
        if not keyring.is_current(key.wrapped):
            secret = keyring.unwrap(uow.tenant, key.id, key.wrapped)
            await _key_store.set_key(uow, key.id, wrapped=keyring.wrap(uow.tenant, key.id, secret))
            done += 1
    return done


async def destroy(uow: UnitOfWork) -> int:
    """Destroy all keys of the tenant: nothing they protect can be read again. How many were destroyed.

    A copy of the database made before holds them still, wrapped: it becomes unreadable with the master key's next
    rotation, when the old master key is deleted.
    """
    await _key_store.lock(uow)
    uow.keys.clear()
    living = await _key_store.in_state(uow, "active", "outgoing", "retired")
    for key in living:
        retired_at = key.retired_at or uow.now
        await _key_store.set_key(uow, key.id, state="destroyed", wrapped=None, retired_at=retired_at)
    cipher.keyring().forget(uow.tenant)
    return len(living)


async def inventory(uow: UnitOfWork) -> list[Key]:
    """Every key the tenant has and had, by purpose, the newest first."""
    rows = await _key_store.in_state(uow, "active", "outgoing", "retired", "destroyed")
    return [
        Key(row.id, row.purpose, row.algorithm, row.state, row.created_at, row.retired_at, _master(row.wrapped))
        for row in sorted(rows, key=lambda row: (row.purpose, -row.created_at.timestamp()))
    ]


def _master(wrapped: bytes | None) -> str:
    return wrapped[1:5].hex() if wrapped else ""


def protected() -> Iterator[tuple[Table, Column[Any], str]]:
    """Every column whose values depend on a data key, with the purpose of the key."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if purpose := column.info.get("key"):
                assert purpose in ALGORITHMS
                yield table, column, purpose


async def _renew_one(uow: UnitOfWork, table: Table, column: Column[Any], purpose: str, row: Row[Any]) -> bool:
    """False for a row that was changed past our commands: it keeps its key, which is therefore not given up."""
    if purpose == "integrity":
        if not await integrity.intact(uow, table.name, row.canon, row.value):
            return False
        fresh = await integrity.mac(uow, table.name, row.canon)
    else:
        row_id, source = _key_store.row_id(table, row), column.info.get("of", column.name)
        try:
            text = await cipher.open_(uow, table.name, source, row_id, row.source)
        except cipher.Unreadable:
            return False
        if purpose == "seal":
            fresh = await cipher.seal(uow, table.name, source, row_id, text)
        else:
            fresh = await cipher.blind_index(uow, table.name, source, text)
    await _key_store.set_value(uow, table, column, row, fresh)
    return True
