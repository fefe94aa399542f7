"""Beginning the pack of a jurisdiction with a copy of another's: a draft that says whose words it still has.

Files are copied as they are. Where the template takes over rules of others, or has rules that are dead from the new day
on, the copy is written anew instead, one file for each key: joined, and without what nothing uses any more.
"""

import json
import re
from collections.abc import Collection, Sequence
from copy import deepcopy
from datetime import date
from pathlib import Path
from shutil import copyfile
from typing import Any

import msgspec

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _messages, _witness
from lianshen.rules._entry import ALWAYS
from lianshen.rules._layers import resolved
from lianshen.rules._lint import lint
from lianshen.rules._pack import Pack
from lianshen.rules._release import ReleaseRefused
from lianshen.rules._source import PackError, Source, files_of
from lianshen.rules._term import contradicted

_SLUG = re.compile(r"[a-z][a-z0-9-]{0,38}")
_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off)$)(?:[a-z][a-z_]*[a-z]|[A-Z]+(?:-[A-Z0-9]+)+)")
"""Codes and ids of clauses, which YAML reads as themselves."""
_WIDEST = 110
_IDLE = {"unused": 0, "never": 1, "never_day": 1, "unread": 1}
"""Faults of what a template needs and its copy does not, and how far inside the entry they stand."""


class Beginning(msgspec.Struct, frozen=True):
    """A pack to be. ``code`` (GB/T 2260) and ``slug`` name the jurisdiction's folder; ``title`` is of its own text.

    ``level`` and ``parents`` (code, first day) are written where the jurisdiction has no folder yet.
    """

    code: str
    slug: str
    name: str
    title: str
    since: date
    level: str = "county"
    parents: tuple[tuple[str, date], ...] = ()


class Begun(msgspec.Struct, frozen=True):
    """What was written into ``folder``. ``left_out`` are entries of the template that would be dead here; ``faults``
    are still wrong with it.
    """

    folder: Path
    left_out: tuple[str, ...]
    faults: tuple[PackError, ...]


def begin(beginning: Beginning, template: Pack, source: Path, packs: Path, shipped: Path) -> Begun:
    """Write the files of ``template``, which stand in ``source``, below ``packs`` as those of another jurisdiction.

    The copy is a draft without a number, in force as long as the template is; articles and quotations are still the
    template's. Nothing that stands there is written over. Raises ReleaseRefused, OSError, PackError.
    """
    home = _home(beginning, packs)
    folder = home / f"pack-{beginning.since}"
    if folder.exists():
        raise ReleaseRefused("begin_there", path=folder)
    joined = resolved(source)
    written = {file.name: file.read_text(encoding="utf-8") for file in files_of(source)}
    if joined.uppers:
        written = _dumped({key: said for key, said in joined.said.items() if key != "inherits"})
    folder.mkdir(parents=True)
    if not (home / "tenant.yaml").exists():
        (home / "tenant.yaml").write_text(_tenant(beginning), encoding="utf-8")
    _write(folder, _adapted(written, beginning, template))
    if (source / _witness.FILE).exists():
        copyfile(source / _witness.FILE, folder / _witness.FILE)
    left_out: list[str] = []
    while True:
        faults = lint([folder], shipped).faults
        idle = _idle(faults)
        if not idle:
            return Begun(folder, tuple(left_out), faults)
        left = Source(folder).said
        left_out += sorted(f"{spot[0]}: {_named(left, spot)}" for spot in idle)
        _write(folder, _adapted(_dumped(_without(left, idle)), beginning, template))


def _idle(faults: Collection[PackError]) -> set[Spot]:
    """The entries that do nothing here; of those within each other the outer one."""
    found = {fault.spot[: len(fault.spot) - _IDLE[fault.code]] for fault in faults if fault.code in _IDLE}
    found = {spot for spot in found if len(spot) > 1 and spot[0] != "instrument"}
    return {spot for spot in found if not any(spot[:length] in found for length in range(1, len(spot)))}


def _write(folder: Path, written: dict[str, str]) -> None:
    """These files in the place of those that are there."""
    for file in files_of(folder):
        file.unlink()
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")


def _adapted(written: dict[str, str], beginning: Beginning, template: Pack) -> dict[str, str]:
    """The files as those of the new law: its own instrument, and no words of other days for its own."""
    instrument = next(name for name, text in written.items() if re.search(r"^instrument:", text, re.MULTILINE))
    quotation = template.term.quotation
    if any(contradicted(quotation, str(beginning.since), _until(beginning, template))):
        to_come = _messages.text("begin_term")
        written = {name: text.replace(quotation, to_come) for name, text in written.items()}
    return written | {instrument: _own_instrument(written[instrument], beginning, template)}


def _until(beginning: Beginning, template: Pack) -> str | None:
    """The last day: rules may ask for what is to happen at the end, so that there must be one where there was."""
    return None if template.until is None else str(beginning.since + (template.until - template.since))


def _without(said: dict[str, Any], spots: Collection[Spot]) -> dict[str, Any]:
    """What is written, without the entries there; the last of a list first, so that the others keep their places."""
    left = deepcopy(said)
    for spot in sorted(spots, key=lambda spot: [-step if isinstance(step, int) else 0 for step in spot]):
        del _at(left, spot[:-1])[spot[-1]]
    return {key: value for key, value in left.items() if value not in ([], {})}


def _at(said: Any, spot: Spot) -> Any:
    for step in spot:
        said = said[step]
    return said


def _named(said: dict[str, Any], spot: Spot) -> str:
    """An entry by its name: its key in a map, or the first thing that an entry of a list says."""
    entry = _at(said, spot)
    return str(next(iter(entry.values()))) if isinstance(spot[-1], int) and isinstance(entry, dict) else str(spot[-1])


def _dumped(said: dict[str, Any]) -> dict[str, str]:
    """A file for each key: as YAML, with what fits on one line on one line."""
    return {f"{key}.yaml": "\n".join(_lines({key: value}, "")) + "\n" for key, value in said.items()}


def _lines(said: dict[str, Any] | list[Any], indent: str) -> list[str]:
    lines = []
    pairs = [(f"{_key(key)}:", value) for key, value in said.items()] if isinstance(said, dict) else []
    for head, value in pairs or [("-", value) for value in said]:
        plain = f"{indent}{head} {_flow(value)}"
        broad = indent == "" or len(plain) > _WIDEST
        if isinstance(value, dict | list) and value and broad:
            inner = _lines(value, indent + "  ")
            lines += [f"{indent}- {inner[0].lstrip()}", *inner[1:]] if head == "-" else [f"{indent}{head}", *inner]
        else:
            lines.append(plain)
    return lines


def _flow(said: Any) -> str:
    if isinstance(said, dict):
        return "{" + ", ".join(f"{_key(key)}: {_flow(value)}" for key, value in said.items()) + "}"
    if isinstance(said, list):
        return "[" + ", ".join(map(_flow, said)) + "]"
    return _key(said) if isinstance(said, str) else json.dumps(said)


def _key(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else _quoted(name)


def _home(beginning: Beginning, packs: Path) -> Path:
    """The jurisdiction's folder, which may be there under whatever name."""
    if not (len(beginning.code) == 6 and beginning.code.isascii() and beginning.code.isdigit()):
        raise ReleaseRefused("begin_code", said=beginning.code)
    there = sorted(packs.glob(f"{beginning.code}-*"))
    if there:
        return there[0]
    if not _SLUG.fullmatch(beginning.slug):
        raise ReleaseRefused("begin_slug", slug=beginning.slug)
    return packs / f"{beginning.code}-{beginning.slug}"


def _tenant(beginning: Beginning) -> str:
    parents = [f"  - {{tenant: {_quoted(code)}, since: {_quoted(str(since))}}}" for code, since in beginning.parents]
    lines = [f"code: {_quoted(beginning.code)}", f"name: {_quoted(beginning.name)}", f"level: {beginning.level}"]
    return "\n".join([*lines, "parents:" if parents else "parents: []", *parents]) + "\n"


def _own_instrument(text: str, beginning: Beginning, template: Pack) -> str:
    """The file with the block ``instrument`` of the new law, and above it what is to be done."""
    in_force = template.written.instrument.in_force
    last = _until(beginning, template)
    until = f", until: {_quoted(last)}" if last else ""
    when = f", when: {_quoted(in_force.when)}" if in_force.when != ALWAYS else ""
    block = [
        *(f"# {line}" for line in _messages.text("begin_head", ref=template.ref, title=template.title).split("\n")),
        "instrument:",
        f"  title: {_quoted(beginning.title)}",
        f"  number: {_quoted(_messages.text('begin_number'))}",
        "  status: draft",
        f"  in_force: {{from: {_quoted(str(beginning.since))}, clause: {in_force.clause}{until}{when}}}",
        "",
    ]
    return _replaced(text.split("\n"), block)


def _replaced(lines: Sequence[str], block: Sequence[str]) -> str:
    """The lines with ``block`` in the place of what stands under ``instrument``."""
    begins = next(number for number, line in enumerate(lines) if line.startswith("instrument:"))
    ends = next(
        (number for number in range(begins + 1, len(lines)) if lines[number] and lines[number][0] not in " #"),
        len(lines),
    )
    return "\n".join([*lines[:begins], *block, *lines[ends:]])


def _quoted(said: str) -> str:
    """As a string that YAML reads as that and nothing else (JSON is YAML)."""
    return json.dumps(said, ensure_ascii=False)
