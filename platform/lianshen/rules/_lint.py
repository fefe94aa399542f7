"""Everything that is wrong with packs, all at once: the checks of loading, and what only the whole folder shows."""

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from lianshen.rules._compile import compiled
from lianshen.rules._pack import Pack
from lianshen.rules._registry import beside, overlap, overlaps
from lianshen.rules._source import Faults, PackError, every
from lianshen.rules._vocabulary import vocabulary_of
from lianshen.workcalendar.queries import load_calendar


class Linted(msgspec.Struct, frozen=True):
    """How many packs were read, all that is wrong with them, by file and line, and those that work all the same."""

    packs: int
    faults: tuple[PackError, ...]
    sound: tuple[Pack, ...]


def packs_at(path: Path) -> list[Path]:
    """The folders of packs that ``path`` names: one pack, those of one jurisdiction, or of a folder of them."""
    if path.name.startswith("pack-"):
        return [path] if path.is_dir() else []
    return sorted(path.glob("pack-*")) or sorted(path.glob("*/pack-*"))


def lint(
    paths: Sequence[Path], shipped: Path, texts: Path | None = None, permissions: Collection[str] | None = None
) -> Linted:
    """Read the packs at ``paths``, with the vocabulary and the calendar beside them or, if there are none, ``shipped``.

    With ``texts``, a folder of ``<name>.md``, quotations are looked up in the regulations; with ``permissions``, those
    that actions may ask for, theirs are looked up there. Raises CalendarError.
    """
    homes: dict[Path, list[Path]] = {}
    for folder in dict.fromkeys(folder for path in paths for folder in packs_at(path)):
        homes.setdefault(folder.absolute().parent.parent, []).append(folder)
    faults: list[PackError] = []
    sound: list[Pack] = []
    for home, folders in homes.items():
        calendar = load_calendar(beside(home, shipped, "_calendar"))
        vocabulary = every(vocabulary_of(beside(home, shipped, "_vocabulary")), faults)
        if vocabulary is not None:
            read = (compiled(folder, vocabulary, calendar, texts, permissions) for folder in folders)
            sound += _read(folders, read, faults)
    told = {str(fault): fault for fault in faults}  # what several packs take over is told once
    ordered = sorted(told.values(), key=lambda fault: (str(fault.file), fault.line))
    return Linted(sum(map(len, homes.values())), tuple(ordered), tuple(sound))


def _read(folders: Sequence[Path], read: Iterable[Faults[Pack | None]], faults: list[PackError]) -> list[Pack]:
    """The packs that work; what is wrong, with them and between them, is added to ``faults``."""
    sound: list[tuple[Path, Pack]] = []
    for folder, work in zip(folders, read, strict=True):
        pack = every(work, faults)
        if pack is not None:
            sound.append((folder, pack))
    faults += [overlap(later, one) for (_, one), (later, other) in pairwise(sound) if overlaps(one, other)]
    return [pack for _, pack in sound]
