"""Beginning the pack of a jurisdiction with a copy of another's: a draft that says whose words it still has."""

import json
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from shutil import copyfile

import msgspec

from lianshen.rules import _messages, _witness
from lianshen.rules._entry import ALWAYS
from lianshen.rules._pack import Pack
from lianshen.rules._release import ReleaseRefused
from lianshen.rules._source import files_of

_SLUG = re.compile(r"[a-z][a-z0-9-]{0,38}")


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


def begin(beginning: Beginning, template: Pack, source: Path, packs: Path) -> Path:
    """Write the files of ``template``, which stand in ``source``, below ``packs`` as those of another jurisdiction.

    The copy is a draft without a number, in force as long as the template is; articles and quotations are still the
    template's. Nothing that stands there is written over. Returns the folder. Raises ReleaseRefused, OSError.
    """
    home = _home(beginning, packs)
    folder = home / f"pack-{beginning.since}"
    if folder.exists():
        raise ReleaseRefused("begin_there", path=folder)
    written = {file.name: file.read_text(encoding="utf-8") for file in files_of(source)}
    name = next(name for name, text in written.items() if re.search(r"^instrument:", text, re.MULTILINE))
    written[name] = _own_instrument(written[name], beginning, template)
    folder.mkdir(parents=True)
    if (source / _witness.FILE).exists():
        copyfile(source / _witness.FILE, folder / _witness.FILE)
    if not (home / "tenant.yaml").exists():
        (home / "tenant.yaml").write_text(_tenant(beginning), encoding="utf-8")
    for file, text in written.items():
        (folder / file).write_text(text, encoding="utf-8")
    return folder


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
    until = ""
    if template.until is not None:  # rules may ask for what is to happen at the end, so that there must be one
        until = f", until: {_quoted(str(beginning.since + (template.until - template.since)))}"
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
