"""Rows that tell when they were changed past our commands: HMAC-SM3 under a key that the database does not have (D142).

A table that declares ``mac_column()`` is protected without further ado: at COMMIT the unit of work computes the code of
every row that this transaction wrote. Whoever uses such a row asks ``intact`` first; a scheduled beat asks for all.
"""

from hmac import compare_digest
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Table, Update

from lianshen.kernel import _key_store, cipher, log
from lianshen.kernel._data_keys import HEAD, HMAC_SM3, Unreadable
from lianshen.kernel.errors import Altered
from lianshen.kernel.schema import metadata

if TYPE_CHECKING:
    from lianshen.kernel.database import UnitOfWork


async def mac(uow: "UnitOfWork", table: str, canon: str) -> bytes:
    """The code of a row that reads ``canon``: ``algorithm | key id | HMAC-SM3``."""
    key, secret = await cipher.keyring().active(uow, "integrity")
    return HMAC_SM3 + key.bytes + _code(uow.tenant, table, canon, secret)


async def intact(uow: "UnitOfWork", table: str, canon: str, found: bytes | None) -> bool:
    """True when ``found`` is the code of a row that reads ``canon``; asks the database at most once a minute."""
    if found is None or len(found) <= HEAD or found[:1] != HMAC_SM3:
        return False
    try:
        secret = await cipher.keyring().find(uow, UUID(bytes=found[1:HEAD]))
    except Unreadable:
        return False
    return compare_digest(found[HEAD:], _code(uow.tenant, table, canon, secret))


async def require_intact(uow: "UnitOfWork", statement: Update, values: Any) -> None:
    """Raise Altered when ``statement`` would change an altered row: a fresh code would cover up what was done."""
    table = statement.table
    assert isinstance(table, Table)
    for row in await _key_store.rows_to_change(uow, table, statement, values):
        if not await intact(uow, table.name, row.canon, row.value):
            note_altered(uow.tenant, table.name, _key_store.row_id(table, row))
            raise Altered


def note_altered(tenant: str, table: str, row_id: object) -> None:
    """The alarm: a line of the log that says which row."""
    log.get("integrity").error("row_altered", tenant=tenant, table=table, row=str(row_id))


async def protect_written(uow: "UnitOfWork", table: Table) -> None:
    """Give every row of ``table`` that this transaction wrote its code."""
    for row in await _key_store.rows_written_here(uow, table):
        await _key_store.set_value(uow, table, table.c.mac, row, await mac(uow, table.name, row.canon))


async def protect_all(uow: "UnitOfWork") -> int:
    """Give every protected row of the tenant its code anew, whatever it says; how many. An operator answers for it."""
    done = 0
    for table in guarded():
        for row in await _key_store.all_rows(uow, table):
            await _key_store.set_value(uow, table, table.c.mac, row, await mac(uow, table.name, row.canon))
            done += 1
    return done


async def altered(uow: "UnitOfWork") -> list[tuple[str, str]]:
    """Table and row id of every protected row of the tenant that was changed past our commands."""
    return [
        (table.name, _key_store.row_id(table, row))
        for table in guarded()
        for row in await _key_store.all_rows(uow, table)
        if not await intact(uow, table.name, row.canon, row.value)
    ]


def guarded() -> list[Table]:
    """The tables with a ``mac_column()``."""
    return [table for table in metadata.sorted_tables if is_guarded(table)]


def is_guarded(table: Table) -> bool:
    return "mac" in table.c and table.c.mac.info.get("key") == "integrity"


def _code(tenant: str, table: str, canon: str, secret: bytes) -> bytes:
    return cipher.keyring().provider.hmac_sm3(secret, f"{tenant}|{table}|{canon}".encode())
