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


def add_parsers(parser: argparse.ArgumentParser) -> None:
    to = parser.add_subparsers(dest="provider_command", required=True)
    put = to.add_parser("set", help="enter a provider, or change the one of that name")
    put.add_argument("name", metavar="NAME", help="as the sign-in page shows it")
    put.add_argument("--issuer", required=True, metavar="URL", help="exactly as the provider states it; it stays")
    put.add_argument("--client-id", required=True, metavar="ID")
    put.add_argument(
        "--secret-file", type=argparse.FileType("r", encoding="utf-8"), metavar="FILE", help="- is stdin; else it stays"
    )
    put.add_argument("--host", action="append", default=[], metavar="HOST", help="asked besides the issuer's own")
    put.add_argument("--private", action="store_true", help="it stands in our own network: private addresses, http")
    put.add_argument("--trust-amr", action="append", default=[], metavar="VALUE", help="counts as a second factor")
    put.add_argument("--trust-acr", action="append", default=[], metavar="VALUE", help="counts as a second factor")
    show = to.add_parser("list", help="name, issuer, client")
    end = to.add_parser("remove", help="nobody signs in through it any more; its links end")
    end.add_argument("name", metavar="NAME")
    for one in (put, show, end):
        one.add_argument("--tenant", required=True, metavar="CODE", help="whose, in LIANSHEN_DATABASE_URL")


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
