"""Rows that tell when they were changed past our commands: HMAC-SM3 under a key that the database does not have (D142).

A table that declares ``mac_column()`` is protected without further ado: at COMMIT the unit of work computes the code of
every row that this transaction wrote. Tables of many rows, which cannot be searched for these, are marked ``carried``:
their stores send the code along with the row (``mac`` of what ``foretell`` says) and have it made good (``settle``)
should the database spell it otherwise. Whoever uses such a row asks ``is_ours`` first; a scheduled beat asks for all.
"""

from collections.abc import Mapping
from hmac import compare_digest
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, Table, Update

from lianshen.kernel import _key_store, _spelling, cipher, log
from lianshen.kernel._data_keys import HEAD, HMAC_SM3, Unreadable
from lianshen.kernel.errors import Altered
from lianshen.kernel.messages import text
from lianshen.kernel.schema import metadata

if TYPE_CHECKING:
    from lianshen.kernel.database import UnitOfWork

KEY = "(SELECT jsonb_build_array(k.id, encode(k.wrapped, 'hex')) FROM active_key('integrity') k)"
"""SQL: the key of codes, for a statement that is sent anyway before rows are written; see ``take_key``."""
spelling = _key_store.spelling


async def mac(uow: "UnitOfWork", table: str, canon: str) -> bytes:
    """The code of a row that reads ``canon``: ``algorithm | key id | HMAC-SM3``."""
    key, secret = await cipher.keyring().active(uow, "integrity")
    return HMAC_SM3 + key.bytes + _code(uow.tenant, table, canon, secret)


def take_key(uow: "UnitOfWork", found: list[str] | None) -> None:
    """Note what ``KEY`` has found, so that ``mac`` need not ask; None where the tenant has no key yet."""
    if found is not None:
        key, wrapped = found
        cipher.keyring().hold(uow, "integrity", UUID(key), bytes.fromhex(wrapped))


async def intact(uow: "UnitOfWork", table: str, canon: str, found: bytes | None) -> bool:
    """True when ``found`` is the code of a row that reads ``canon``; asks the database at most once a minute."""
    if found is None or len(found) <= HEAD or found[:1] != HMAC_SM3:
        return False
    try:
        secret = await cipher.keyring().find(uow, UUID(bytes=found[1:HEAD]))
    except Unreadable:
        return False
    return compare_digest(found[HEAD:], _code(uow.tenant, table, canon, secret))


async def is_ours(uow: "UnitOfWork", table: str, row_id: object, canon: str, found: bytes | None) -> bool:
    """The same, and the alarm when it is not."""
    if await intact(uow, table, canon, found):
        return True
    note_altered(uow.tenant, table, row_id)
    return False


async def require_ours(uow: "UnitOfWork", table: str, row_id: object, canon: str, found: bytes | None) -> None:
    """Raise Altered, and the alarm, for a row that was changed past our commands: nothing is to rest on it."""
    if not await is_ours(uow, table, row_id, canon, found):
        raise Altered(what=text(f"altered.{table}"))


async def require_intact(uow: "UnitOfWork", statement: Update, values: Any) -> None:
    """Raise Altered when ``statement`` would change an altered row: a fresh code would cover up what was done."""
    table = statement.table
    assert isinstance(table, Table)
    for row in await _key_store.rows_to_change(uow, table, statement, values):
        await require_ours(uow, table.name, _key_store.row_id(table, row), row.canon, row.value)


def note_altered(tenant: str, table: str, row_id: object) -> None:
    """The alarm: a line of the log that says which row."""
    log.get("integrity").error("row_altered", tenant=tenant, table=table, row=str(row_id))


def told(canon: str) -> dict[str, Any]:
    """What a row says that is spelled so, by column; without those that are empty or outside of the code."""
    found: dict[str, Any] = msgspec.json.decode(canon)
    return found


def foretell(table: Table, row: Mapping[str, Any]) -> str:
    """How the database will spell a ``row`` of ``table``; ``settle`` sees to it when it does not."""
    outside = table.c.mac.info["outside"]
    return _spelling.foretell({name: value for name, value in row.items() if name not in outside})


async def settle(uow: "UnitOfWork", table: Table, written: Row[Any], foretold: str = "") -> None:
    """Give a row just ``written`` (its key, ``canon``) its code when it is not spelled as the one given to it was."""
    if written.canon != foretold:
        code = await mac(uow, table.name, written.canon)
        await _key_store.set_value(uow, table, table.c.mac, written, code)


async def protect_written(uow: "UnitOfWork", table: Table) -> None:
    """Give every row of ``table`` that this transaction wrote its code."""
    for row in await _key_store.rows_written_here(uow, table):
        await settle(uow, table, row)


async def protect_all(uow: "UnitOfWork") -> int:
    """Give every protected row of the tenant its code anew, whatever it says; how many. An operator answers for it."""
    done = 0
    for table in guarded():
        async for rows in _key_store.batches(uow, table, locked=True):
            codes = [await mac(uow, table.name, row.canon) for row in rows]
            await _key_store.set_codes(uow, table, rows, codes)
            done += len(rows)
    return done


async def altered(uow: "UnitOfWork") -> list[tuple[str, str]]:
    """Table and row id of every protected row of the tenant that was changed past our commands."""
    return [
        (table.name, _key_store.row_id(table, row))
        for table in guarded()
        async for rows in _key_store.batches(uow, table)
        for row in rows
        if not await intact(uow, table.name, row.canon, row.value)
    ]


def guarded() -> list[Table]:
    """The tables with a ``mac_column()``."""
    return [table for table in metadata.sorted_tables if is_guarded(table)]


def is_guarded(table: Table) -> bool:
    return "mac" in table.c and table.c.mac.info.get("key") == "integrity"


def _code(tenant: str, table: str, canon: str, secret: bytes) -> bytes:
    return cipher.keyring().provider.hmac_sm3(secret, f"{tenant}|{table}|{canon}".encode())
