"""``lianshen pack diff``: versions of the law side by side."""

import argparse
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from lianshen.cli.texts import text
from lianshen.rules import queries as rules
from lianshen.rules.queries import Change, Diff, Pack, PackError, Registry, load_law, load_pack_at


class UnknownVersion(Exception):
    """There is no pack of that name; the message is Chinese."""


def diff(arguments: argparse.Namespace, shipped: Path) -> int:
    """Tell what changed between two versions; 2 when one of them does not read."""
    try:
        old, new = packs_of((arguments.old, arguments.new), arguments.packs or shipped, shipped)
    except (PackError, UnknownVersion) as error:
        print(error, file=sys.stderr)
        return 2
    found = rules.diff(old, new)
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        print(*_lines(found), sep="\n")
    return 0


def packs_of(names: tuple[str, ...], packs: Path, shipped: Path) -> list[Pack]:
    """The packs of these names: folders, or references among ``packs``. Raises PackError, UnknownVersion."""
    registry: list[Registry] = []
    return [
        load_pack_at(Path(name), shipped) if Path(name).is_dir() else _among(registry, name, packs, shipped)
        for name in names
    ]


def _among(known: list[Registry], ref: str, packs: Path, shipped: Path) -> Pack:
    if not known:
        known.append(load_law(packs, shipped, drafts=False).registry)
    try:
        return known[0].pack(ref)
    except KeyError:
        refs = "、".join(pack.ref for pack in known[0].packs())
        raise UnknownVersion(text("no_version", name=ref, known=refs)) from None


def _lines(found: Diff) -> Iterator[str]:
    yield text("diff_head", old=found.old, new=found.new, count=len(found.changes))
    for kind, changes in groupby(found.changes, key=lambda change: change.kind):
        yield text("diff_kind", kind=kind)
        for change in changes:
            yield from _change(change)


def _change(change: Change) -> Iterator[str]:
    article = f"（{change.article}）" if change.article and change.article != change.label else ""
    yield text(f"diff_{change.how}", label=change.label or change.kind, article=article)
    for detail in change.details:
        one_sided = not (detail.before and detail.after)
        code = "diff_said" if one_sided else "diff_detail"
        said = detail.before or detail.after
        yield text(code, what=detail.what, before=detail.before, after=detail.after, said=said)
    if change.rests_on_it:
        yield text("diff_resting", rules="、".join(change.rests_on_it))
