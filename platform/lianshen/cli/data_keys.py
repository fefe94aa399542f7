"""``lianshen keys``: the master key and the tenants' data keys, for whoever runs the instance."""

import argparse
import sys
from collections.abc import Sequence

from lianshen.audit.commands import record
from lianshen.audit.types import By
from lianshen.cli.tables import table
from lianshen.cli.texts import text
from lianshen.kernel import cipher, integrity, keys, messages
from lianshen.kernel.cipher import NoMasterKey, Unfit, Unreadable
from lianshen.kernel.clock import now
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import NotFound, Refusal
from lianshen.kernel.settings import Settings
from lianshen.tenancy import queries as tenancy

_DONE = {"rotate": "rotate_keys", "rewrap": "rewrap_keys", "destroy": "destroy_keys", "protect": "protect_rows"}


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked; 2 when a key is missing, weak or does not open."""
    command, path = arguments.keys_command, settings.master_key_file
    if command == "destroy" and arguments.confirm != arguments.tenant:
        print(text("key_unconfirmed"), file=sys.stderr)
        return 2
    try:
        match command:
            case "make":
                cipher.make_master_key(path)
            case "split":
                cipher.split_master_key(path, arguments.parts)
            case "join":
                cipher.join_master_key(path, arguments.parts)
            case _:
                cipher.start(settings)
                await _on_tenants(command, arguments.tenant, settings.needed("owner_database_url"))
    except Refusal as refusal:
        print(refusal.detail, file=sys.stderr)
        return 2
    except (NoMasterKey, Unfit, Unreadable, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


async def _on_tenants(command: str, only: str | None, url: str) -> None:
    database = Database(url, pool_size=1, name="lianshen-keys")
    try:
        async with _work(database) as uow:
            if only is not None and await tenancy.find(uow, only) is None:
                raise NotFound
            tenants: Sequence[str] = (only,) if only is not None else await tenancy.codes(uow)
        rows = []
        for tenant in tenants:
            async with _work(database) as uow:
                await uow.enter(tenant)
                rows += await _listed(uow) if command == "list" else [await _act(uow, command)]
                await uow.commit()
    finally:
        await database.close()
    if command == "list":
        print(text("cipher", label=cipher.keyring().provider.label))
    print(table(rows) if rows else text("key_none"))


def _work(database: Database) -> UnitOfWork:
    return UnitOfWork(database, now=now(), jobs_for=lambda _: (), request_id="keys")


async def _listed(uow: UnitOfWork) -> list[tuple[str, ...]]:
    return [
        (
            uow.tenant,
            text(f"key_{key.purpose}"),
            key.algorithm,
            text(f"key_{key.state}"),
            text("key_age", days=(uow.now - key.created_at).days),
            str(key.id),
            key.master,
        )
        for key in await keys.inventory(uow)
    ]


async def _act(uow: UnitOfWork, command: str) -> tuple[str, ...]:
    done = 0
    match command:
        case "rotate":
            done = await keys.rotate(uow)
        case "rewrap":
            done = await keys.rewrap(uow)
        case "protect":
            done = await integrity.protect_all(uow)
        case "destroy":
            done = await keys.destroy(uow)
    by = By(label=messages.text("actor.operator"))
    record(uow, f"keys.{command}", label=messages.text(f"act.{_DONE[command]}"), by=by)
    return (uow.tenant, text("key_done", count=done))
