"""``lianshen staff import``: a list of people from the command line, as the platform's operator."""

import argparse
import asyncio
import sys
from pathlib import Path

from lianshen.access.queries import compile_policy, use
from lianshen.cli.tables import padded, width_of
from lianshen.kernel import cipher
from lianshen.kernel.cipher import NoMasterKey, Unfit
from lianshen.kernel.clock import now
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import NotFound, Refusal
from lianshen.kernel.settings import Settings
from lianshen.staff import commands, queries
from lianshen.staff.types import Brought
from lianshen.tenancy import queries as tenancy
from lianshen.wiring import PERMISSIONS, jobs_for

_BATCH = 50
_STATES = {"ready": "可以登记", "wrong": "有误", "created": "已登记", "enabled": "已启用"}


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """``lianshen staff import``; returns the exit code."""
    file: Path = arguments.file
    try:
        cipher.start(settings)
        body = file.read_bytes()
    except (NoMasterKey, Unfit, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return asyncio.run(bring(settings, arguments.tenant, file.name, body, dry_run=arguments.dry_run))


async def bring(settings: Settings, tenant: str, filename: str, body: bytes, *, dry_run: bool) -> int:
    """Look at a list, print what each row comes to, and unless it is a dry run enter what can be, batch by batch.

    Stopped halfway it goes on where it stopped. Returns 1 when a row is wrong, 2 when the file cannot be read.
    """
    use(compile_policy(settings.policies_dir, PERMISSIONS))
    database = Database(settings.needed("database_url"), pool_size=1, name="lianshen-staff")
    try:
        async with _work(database) as uow:
            if tenant not in await tenancy.codes(uow):
                raise NotFound
            await uow.enter(tenant)
            found = await commands.bring(uow, None, filename, body)
            await uow.commit()
        left = 0 if dry_run else found.count("ready")
        while left:
            async with _work(database) as uow:
                await uow.enter(tenant)
                left = await commands.enter_rows(uow, None, found.digest, limit=_BATCH)
                await uow.commit()
        async with _work(database) as uow:
            await uow.enter(tenant)
            found = await queries.brought(uow, None, found.digest)
    except Refusal as refusal:
        print(f"{refusal.title}：{refusal.detail}")
        return 2
    finally:
        await database.close()
    print(_table(found))
    return 1 if found.count("wrong") else 0


def _work(database: Database) -> UnitOfWork:
    return UnitOfWork(database, now=now(), jobs_for=jobs_for, request_id="cli")


def _table(found: Brought) -> str:
    cells = [(str(row.row), row.said.login, row.said.name, _STATES[row.state]) for row in found.rows]
    widths = [max(map(width_of, column)) for column in zip(*cells, strict=True)] if cells else []
    lines = [
        "  ".join([*map(padded, line, widths), row.remark]).rstrip()
        for line, row in zip(cells, found.rows, strict=True)
    ]
    counts = "，".join(f"{name} {found.count(state)}" for state, name in _STATES.items() if found.count(state))
    return "\n".join([*lines, f"共 {len(found.rows)} 行：{counts}"])
