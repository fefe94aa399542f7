"""``lianshen pack new``, ``review``, ``publish`` and ``list``: who stands for which law, and which one counts."""

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from lianshen.cli.tables import table
from lianshen.cli.texts import text
from lianshen.kernel.clock import day_of, now
from lianshen.rules.commands import Beginning, ReleaseRefused, begin, publish, review
from lianshen.rules.queries import PackError, Version, load_law, prove
from lianshen.wiring import ACTS


def run(arguments: argparse.Namespace, shipped: Path) -> int:
    """One of the four; 1 when it is refused, 2 when something does not read."""
    if arguments.pack_command == "new":
        return _new(arguments, arguments.packs or shipped, shipped)
    on = arguments.on or day_of(now())
    if arguments.pack_command == "list":
        return _list(arguments.packs or shipped, shipped, set(arguments.jurisdictions), on, as_json=arguments.json)
    for path in arguments.paths:
        try:
            print(_release(arguments, path, on, shipped))
        except ReleaseRefused as refusal:
            print(f"{path}: {refusal}", *refusal.faults, sep="\n", file=sys.stderr)
            return 1
    return 0


def _new(arguments: argparse.Namespace, packs: Path, shipped: Path) -> int:
    try:
        registry = load_law(packs, shipped, drafts=False).registry
        template = registry.named(arguments.template, None)
        if template is None:
            raise ReleaseRefused("begin_unknown", name=arguments.template, known="、".join(registry.tenants()))
        (source,) = packs.glob(f"{template.tenant}-*/pack-{template.since}")
        parents = tuple((one, arguments.parent_since or arguments.since) for one in arguments.parent)
        words = (arguments.slug, arguments.name, arguments.title, arguments.since, arguments.level)
        begun = begin(Beginning(arguments.code, *words, parents), template, source, packs, shipped)
    except ReleaseRefused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except PackError as error:
        print(error, file=sys.stderr)
        return 2
    print(text("begun", path=begun.folder, ref=template.ref, title=template.title))
    if begun.left_out:
        print(text("begun_without", count=len(begun.left_out)), *begun.left_out, sep="\n    ")
    for fault in begun.faults:
        print(fault)
    if not begun.faults:
        list(prove([begun.folder], shipped))  # keeps what makes it quick to read
    return 1 if begun.faults else 0


def _release(arguments: argparse.Namespace, path: Path, on: date, shipped: Path) -> str:
    if arguments.pack_command == "review":
        drafter, until = arguments.drafter, arguments.until
        done = review(path, by=arguments.by, drafter=drafter, until=until, on=on, shipped=shipped, permissions=ACTS)
        return text("reviewed", path=path, drafter=done.drafted_by, by=done.reviewed_by, until=done.reviewed_until)
    done = publish(path, by=arguments.by, on=on, shipped=shipped, permissions=ACTS)
    return text("published", path=path, by=done.published_by, on=done.published_on, digest=done.digest[:12])


def _list(packs: Path, shipped: Path, wanted: set[str], on: date, *, as_json: bool) -> int:
    try:
        registry = load_law(packs, shipped, drafts=False).registry
    except PackError as error:
        print(error, file=sys.stderr)
        return 2
    found = [
        version for code in registry.tenants() if not wanted or code in wanted for version in registry.versions(code)
    ]
    if as_json:
        print(msgspec.json.format(msgspec.json.encode([_plain(version, on) for version in found])).decode())
    else:
        print(table([text("version_head", on=on).split("\t"), *(_row(version, on) for version in found)]))
    for fault in registry.faults:
        print(fault, file=sys.stderr)
    return 0


def _row(version: Version, on: date) -> list[str]:
    pack = version.pack
    state = "published" if pack.published else "reviewed" if pack.release else "draft"
    return [
        pack.ref,
        text(f"state_{state}"),
        text("in_force_yes" if version.in_force(on) else "in_force_no"),
        pack.since.isoformat(),
        str(version.ends or "—"),
        str(pack.reviewed_until or "—"),
        f"{pack.title}（{pack.number}）",
        pack.digest[:12],
    ]


def _plain(version: Version, on: date) -> dict[str, Any]:
    pack = version.pack
    return {
        "ref": pack.ref,
        "title": pack.title,
        "number": pack.number,
        "status": pack.status,
        "published": pack.published,
        "in_force": version.in_force(on),
        "since": pack.since,
        "ends": version.ends,
        "reviewed_until": pack.reviewed_until,
        "digest": pack.digest,
        "release": pack.release,
    }
