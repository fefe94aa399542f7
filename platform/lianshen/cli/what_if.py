"""``lianshen pack what-if``: a version of the law tried on projects that were filed under another one."""

import argparse
import csv
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from lianshen.cli.tables import table
from lianshen.cli.texts import text
from lianshen.cli.versions import UnknownVersion, packs_of
from lianshen.kernel.clock import day_of, now
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.settings import settings
from lianshen.projects.queries import filed
from lianshen.rules.queries import KINDS, FactsError, Filed, Pack, PackError, Tally, WhatIf, load_law, read_filed

_STEP = 1000


async def run(arguments: argparse.Namespace, shipped: Path) -> int:
    """Compare project by project and print the table; 2 when something does not read."""
    on = arguments.on or day_of(now())
    try:
        old, new = _packs(arguments, shipped)
        projects = _from_tenant(arguments, (old, new)) if arguments.tenant else _from_file(arguments, (old, new), on)
        with _rows(arguments.out) as keep:
            tally = await _tally(Tally(old, new), projects, keep)
    except (PackError, UnknownVersion, FactsError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    found = tally.result()
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        print(*_lines(found), sep="\n")
    return 0


async def _tally(tally: Tally, projects: AsyncIterator[Filed], keep: Any) -> Tally:
    async for project in projects:
        for one in tally.add(project):
            keep((project.number, KINDS[one.kind], one.said))
        if tally.projects % _STEP == 0:
            print(text("compared", count=tally.projects), file=sys.stderr, flush=True)
    return tally


def _packs(arguments: argparse.Namespace, shipped: Path) -> tuple[Pack, Pack]:
    packs = arguments.packs or shipped
    if arguments.against:
        old, new = packs_of((arguments.against, arguments.draft), packs, shipped)
    else:
        (new,) = packs_of((arguments.draft,), packs, shipped)
        old = _predecessor(new, packs, shipped)
    if arguments.tenant not in (None, new.tenant):
        raise UnknownVersion(text("other_tenant", ref=new.ref, tenant=arguments.tenant))
    return old, new


def _predecessor(new: Pack, packs: Path, shipped: Path) -> Pack:
    """The published version before it or, without one, any version before it."""
    versions = load_law(packs, shipped, drafts=False).registry.versions(new.tenant)
    before = [one for one in versions if one.pack.since < new.since]
    if not before:
        raise UnknownVersion(text("no_predecessor", ref=new.ref))
    return max(before, key=lambda one: (one.counts, one.pack.since)).pack


async def _from_file(arguments: argparse.Namespace, packs: tuple[Pack, Pack], on: date) -> AsyncIterator[Filed]:
    """Line by line, whatever the size of the file."""
    with sys.stdin.buffer if str(arguments.facts) == "-" else arguments.facts.open("rb") as lines:
        for place, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                project = read_filed(line, packs, on)
            except FactsError as error:
                raise FactsError(text("facts_line", file=arguments.facts, line=place, problem=error)) from error
            if arguments.year in (None, project.on.year):
                yield project


async def _from_tenant(arguments: argparse.Namespace, packs: tuple[Pack, Pack]) -> AsyncIterator[Filed]:
    """The tenant's projects, read under its wall by the role that serves the web."""
    database = Database(settings().database_url, pool_size=1, name="lianshen-what-if")
    try:
        async with UnitOfWork(database, now=now(), jobs_for=lambda _: (), request_id="what-if", read_only=True) as uow:
            await uow.enter(arguments.tenant)
            async for project in filed(uow, packs, arguments.year):
                yield project
    finally:
        await database.close()


@contextmanager
def _rows(file: Path | None) -> Iterator[Any]:
    """What takes a row of the table of all differences; spreadsheets know UTF-8 by its mark."""
    if file is None:
        yield lambda _: None
        return
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(text("csv_head").split("\t"))
        yield writer.writerow


def _lines(found: WhatIf) -> Iterator[str]:
    changed = found.projects - found.unchanged - len(found.unanswered)
    yield text("what_if_head", old=found.old, new=found.new, projects=found.projects, unchanged=found.unchanged,
               changed=changed)  # fmt: skip
    if found.unanswered:
        yield text("what_if_unanswered", count=len(found.unanswered), numbers="、".join(found.unanswered[:5]))
    for kind in found.kinds:
        yield text("what_if_kind", label=kind.label, projects=kind.projects)
        rows = [
            text("what_if_row", count=one.projects, said=one.said, examples="、".join(one.examples)).split("\t")
            for one in kind.outcomes
        ]
        yield table(rows)
