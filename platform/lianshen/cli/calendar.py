"""``lianshen calendar``: the nation's years by hand, in an operator's name, by whoever has the database's address."""

import argparse
import sys
from datetime import date

from lianshen import wiring
from lianshen.access.queries import compile_policy, use
from lianshen.calendars import commands, queries
from lianshen.calendars.types import Plan
from lianshen.cli.tables import table
from lianshen.cli.texts import text
from lianshen.identity.queries import by_hand
from lianshen.identity.types import Actor
from lianshen.kernel import cipher
from lianshen.kernel.cipher import NoMasterKey, Unfit
from lianshen.kernel.clock import day_of, now
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import Item, NotFound, Refusal
from lianshen.kernel.settings import Settings
from lianshen.kernel.words import day
from lianshen.tenancy import queries as register
from lianshen.tenancy.types import PLATFORM
from lianshen.wiring import PERMISSIONS
from lianshen.workcalendar.queries import NATION, calendar_for, in_force, read

_ROLE = "operator"


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked; 2 with every reason when it is refused."""
    use(compile_policy(settings.policies_dir, PERMISSIONS))
    database = Database(settings.needed("database_url"), pool_size=1, name="lianshen-calendar")
    try:
        cipher.start(settings)
        async with UnitOfWork(database, now=now(), jobs_for=wiring.jobs_for, request_id="calendar") as uow:
            if arguments.calendar_command == "show":
                await _show(uow, arguments.tenant or NATION, arguments.year)
            else:
                await uow.enter(PLATFORM)
                await _act(uow, arguments)
            await uow.commit()
    except Refusal as refusal:
        print("\n".join([f"{refusal.title}：{refusal.detail}", *map(_line, refusal.items)]), file=sys.stderr)
        return 2
    except (NoMasterKey, Unfit) as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        await database.close()
    return 0


def _line(item: Item) -> str:
    return f"  {item.message}{item.remedy or ''}"


async def _act(uow: UnitOfWork, given: argparse.Namespace) -> None:
    actor = await by_hand(uow, given.login, _ROLE)
    if actor is None:
        raise NotFound
    match given.calendar_command:
        case "load":
            made = await commands.put_up(uow, actor, "year", {"source": given.file.read()})
            print(text("calendar_loaded", plan=made))
        case "preview":
            await _preview(uow, actor, await queries.plan(uow, actor, given.plan))
        case _:
            print(text("calendar_let_count", number=await commands.publish(uow, actor, given.plan)))


async def _preview(uow: UnitOfWork, actor: Actor, plan: Plan) -> None:
    names = {one.code: one.name for one in await register.tenants(uow)}
    rows = [text("calendar_counts").split()]
    rows += [
        [names.get(one.subject, one.subject), *map(str, (one.running, one.moves, one.held))]
        for one in await queries.counts(uow, actor, plan.id)
    ]
    print(table(rows))
    print(text(f"calendar_{plan.state}", moves=plan.moves, held=plan.held))


async def _show(uow: UnitOfWork, area: str, year: int | None) -> None:
    today = day_of(uow.now)
    made = await calendar_for(uow, area)
    editions = await read(uow, await in_force(uow, area, today))
    rows = [text("calendar_columns").split()]
    for one in editions:
        numbers = "、".join(notice.number for notice in one.edition.notices)
        rows.append(
            [str(one.number), one.edition.area, one.edition.kind, str(one.edition.year), one.digest[:12], numbers]
        )
    print(table(rows))
    print(text("calendar_horizon", version=made.version, day=day(made.horizon), left=(made.horizon - today).days))
    for on, mark in sorted(made.marks.items()):
        if on.year == year:
            print(f"{on} {'一二三四五六日'[date.weekday(on)]}  {mark.label}  {mark.source}")
