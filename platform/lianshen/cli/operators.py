"""``lianshen tenant`` and ``lianshen operator``: jurisdictions by hand, for whoever holds the operator's database URL.

Deleting is not among it: that takes two operators on the operators' page, and the database asks for their order.
"""

import argparse
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date
from time import monotonic

import msgspec

from lianshen import wiring
from lianshen.audit.types import By
from lianshen.cli.seed import Demo
from lianshen.cli.tables import table
from lianshen.cli.texts import text
from lianshen.identity.commands import hash_password, initial_secret
from lianshen.kernel import cipher, messages
from lianshen.kernel.cipher import NoMasterKey, Unfit
from lianshen.kernel.clock import day_of, now
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import NotFound, Refusal
from lianshen.kernel.settings import Settings
from lianshen.kernel.strict_yaml import load
from lianshen.operations import archives, commands
from lianshen.operations.archives import BadArchive, Present
from lianshen.operations.types import Begin, Founder, Founding, Office
from lianshen.rules.queries import load_law
from lianshen.tenancy import commands as tenancy
from lianshen.tenancy import queries as register
from lianshen.tenancy.types import PLATFORM

ADMINISTRATORS = (("xtgl", "system_admin"), ("aqgl", "security_admin"), ("sjgl", "audit_admin"))
OPERATORS = (("yw-1", "operator"), ("yw-2", "operator"))


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked; 2 with the reason when it is refused."""
    database = Database(settings.needed("operator_database_url"), pool_size=2, name="lianshen-operator")
    try:
        cipher.start(settings)
        await _Hand(database, settings).do(arguments)
    except Refusal as refusal:
        print(
            "\n".join([refusal.detail, *(f"  {one.field or ''} {one.message}" for one in refusal.items)]),
            file=sys.stderr,
        )
        return 2
    except (BadArchive, Present, NoMasterKey, Unfit, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        await database.close()
    return 0


class _TakenBack(Exception):
    """What a rehearsal did is rolled back."""


class _Hand:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._settings = settings
        self._by = By(messages.text("actor.operator"))

        @asynccontextmanager
        async def begin() -> AsyncIterator[UnitOfWork]:
            async with UnitOfWork(database, now=now(), jobs_for=wiring.jobs_for, request_id="operator") as uow:
                yield uow
                await uow.commit()

        self._begin: Begin = begin

    async def do(self, given: argparse.Namespace) -> None:
        today = day_of(now())
        if given.command == "operator":
            return await self._found(
                Founding(
                    code=PLATFORM, name=messages.text("actor.operator"), level="platform", parent=None, since=today
                ),
                OPERATORS,
            )
        match given.tenant_command:
            case "list" | "tree":
                await self._show(given.on or today, nested=given.tenant_command == "tree")
            case "create":
                await self._create(given, today)
            case "suspend" | "resume":
                turn = tenancy.suspend if given.tenant_command == "suspend" else tenancy.resume
                await self._within(given.code, lambda uow: turn(uow, given.reason, by=self._by))
            case "export":
                await self._export(given.code)
            case "restore":
                found = await archives.restore(self._begin, given.archive, self._settings.files_dir, by=self._by)
                print(
                    text(
                        "restored", name=found.name, rows=sum(one.rows for one in found.tables), files=len(found.files)
                    )
                )
            case "move":
                on = given.on or today
                await self._within(given.code, lambda uow: tenancy.move(uow, given.parent, on, by=self._by))
            case "rename":
                await self._within(given.code, lambda uow: tenancy.rename(uow, given.name, today, by=self._by))
            case _:
                await self._succeed(given, today)
        return None

    async def _within(self, code: str, verb: Callable[[UnitOfWork], Awaitable[None]]) -> None:
        async with self._begin() as uow:
            await uow.enter(code)
            await verb(uow)

    async def _rehearse(self, code: str, verb: Callable[[UnitOfWork], Awaitable[None]]) -> None:
        """Do it as it would be done and take it back: what refuses the act refuses its rehearsal."""
        with suppress(_TakenBack):
            async with self._begin() as uow:
                await uow.enter(code)
                await verb(uow)
                raise _TakenBack

    async def _show(self, on: date, *, nested: bool) -> None:
        async with self._begin() as uow:
            places = await register.tree(uow, on)
        if not nested:
            rows = [(one.code, one.name, one.level, one.parent or "", _state(one.state)) for one in places]
            print(table([text("tenant_columns").split(), *rows]))
            return
        below: dict[str | None, list[str]] = {}
        for one in places:
            below.setdefault(one.parent, []).append(one.code)
        names = {
            one.code: f"{one.code} {one.name} {'' if one.state == 'active' else _state(one.state)}" for one in places
        }

        def show(code: str, depth: int) -> None:
            print("  " * depth + names[code].rstrip())
            for child in below.get(code, ()):
                show(child, depth + 1)

        for root in below.get(None, ()):
            show(root, 0)

    async def _create(self, given: argparse.Namespace, today: date) -> None:
        offices: tuple[Office, ...] = ()
        if given.offices is not None:
            listed = msgspec.convert(load(given.offices).data, Demo)
            offices = tuple(Office(one.code, one.name, one.body) for one in listed.offices)
        founding = Founding(
            code=given.code,
            name=given.name,
            level=given.level,
            parent=given.parent,
            since=given.since or today,
            template=given.template,
            offices=offices,
        )
        await self._found(founding, ADMINISTRATORS)
        pack = load_law(self._settings.tenants_dir).registry.in_force(given.code, today)
        print(text("law_ready", ref=pack.ref) if pack else text("law_missing", tenant=given.code))

    async def _found(self, founding: Founding, people: tuple[tuple[str, str], ...]) -> None:
        began = monotonic()
        if founding.template is not None:
            async with self._begin() as uow:
                founding = msgspec.structs.replace(
                    founding, offices=(*founding.offices, *await commands.offices_of(uow, founding.template))
                )
        secrets = [(login, role, initial_secret()) for login, role in people]
        founders = tuple(
            Founder(login, messages.text(f"role.{role}"), role, hash_password(secret))
            for login, role, secret in secrets
        )
        async with self._begin() as uow:
            await commands.found(uow, msgspec.structs.replace(founding, founders=founders), by=self._by)
        print(text("founded", name=founding.name, tenant=founding.code, seconds=f"{monotonic() - began:.1f}"))
        print(table([(login, messages.text(f"role.{role}"), secret) for login, role, secret in secrets]))
        print(text("once"))

    async def _export(self, code: str) -> None:
        async def tell(progress: str) -> None:
            print(progress, file=sys.stderr)

        async with self._begin() as uow:
            if await register.find(uow, code) is None:
                raise NotFound
        settings = self._settings
        made = await archives.export(
            self._begin, code, settings.files_dir, settings.exports_dir, by=self._by, tell=tell
        )
        rows = sum(one.rows for one in made.manifest.tables)
        print(text("exported", path=made.path, rows=rows, files=len(made.manifest.files), digest=made.sha256))

    async def _succeed(self, given: argparse.Namespace, today: date) -> None:
        closes = given.tenant_command == "merge" or given.close
        if given.dry_run:
            await self._rehearse(
                given.code, lambda uow: tenancy.succeed(uow, given.into, today, closes=closes, by=self._by)
            )
            found = await archives.digests(self._begin, given.code)
            print(text("merge_dry_run" if closes else "split_dry_run", tenant=given.code, heirs="、".join(given.into)))
            print(table([(one.table, str(one.rows), one.sha256[:16]) for one in found if one.rows]))
            return
        await self._within(given.code, lambda uow: tenancy.succeed(uow, given.into, today, closes=closes, by=self._by))


def _state(state: str) -> str:
    return messages.text(f"tenancy.state.{state}")
