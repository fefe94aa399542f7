"""``lianshen provider``: the OpenID providers of a jurisdiction, as the platform's operator."""

import argparse
import asyncio
from uuid import UUID

from lianshen.kernel import cipher
from lianshen.kernel.clock import now
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import NotFound, Refusal
from lianshen.kernel.settings import Settings
from lianshen.providers import commands, queries
from lianshen.providers.types import Provider
from lianshen.wiring import jobs_for


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Returns the exit code."""
    cipher.start(settings)
    return asyncio.run(_run(arguments, settings))


async def _run(arguments: argparse.Namespace, settings: Settings) -> int:
    database = Database(settings.database_url, pool_size=1, name="lianshen-provider")
    try:
        async with UnitOfWork(database, now=now(), jobs_for=jobs_for, request_id="cli") as uow:
            await uow.enter(arguments.tenant)
            await _act(uow, arguments)
            now_there = await queries.providers(uow)
            await uow.commit()
        for one in now_there:
            print("  ".join((one.name, one.issuer, one.client_id, *one.hosts, *one.amr, *one.acr)))
    except Refusal as refusal:
        print("\n".join((f"{refusal.title}：{refusal.detail}", *(item.message for item in refusal.items))))
        return 1
    finally:
        await database.close()
    return 0


async def _act(uow: UnitOfWork, arguments: argparse.Namespace) -> None:
    match arguments.provider_command:
        case "set":
            said = Provider(
                id=UUID(int=0),
                name=arguments.name,
                issuer=arguments.issuer,
                client_id=arguments.client_id,
                hosts=tuple(arguments.host),
                private=arguments.private,
                amr=tuple(arguments.trust_amr),
                acr=tuple(arguments.trust_acr),
            )
            secret = arguments.secret_file.read().strip() if arguments.secret_file else None
            await commands.set_provider(uow, None, said, secret)
        case "remove":
            found = [one.id for one in await queries.providers(uow) if one.name == arguments.name]
            if not found:
                raise NotFound
            await commands.end_provider(uow, None, found[0])
