"""Example projects for packs, found and kept beside them; see _witness."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from lianshen.rules import _reach, _witness
from lianshen.rules._compile import load_pack
from lianshen.rules._lint import packs_at
from lianshen.rules._registry import beside
from lianshen.rules._vocabulary import load_vocabulary
from lianshen.workcalendar.queries import load_calendar


def prove(paths: Sequence[Path], shipped: Path) -> Iterator[tuple[Path, int]]:
    """Find witnesses for the packs at ``paths`` and keep them; each folder, and how many there are.

    Raises PackError for a pack that is wrong: what nothing can show is an error of the pack.
    """
    for folder in dict.fromkeys(folder for path in paths for folder in packs_at(path)):
        home = folder.absolute().parent.parent
        calendar = load_calendar(beside(home, shipped, "_calendar"))
        pack = load_pack(folder, load_vocabulary(beside(home, shipped, "_vocabulary")), calendar)
        witnesses = _reach.prove(pack)
        _witness.write(folder, witnesses)
        yield folder, len(witnesses)
