"""``lianshen pack keys``: every key of the language of packs as a table for people, in Chinese and English."""

import sys
from collections.abc import Sequence
from pathlib import Path

from lianshen.cli.texts import text
from lianshen.rules.queries import Key, PackError, reference

_TEST = "test_keys.py[{}.{}]"


def run(packs: Sequence[Path]) -> int:
    """Print the table, its examples taken from the packs in these folders; 2 when one does not read."""
    try:
        print(table(packs), end="")
    except PackError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def table(packs: Sequence[Path]) -> str:
    """The table as Markdown."""
    lines = [text("keys_head")]
    for part in reference(packs):
        places = "、".join(f"`{place}`" for place in part.places if place)
        lines += ["", text("keys_part", entry=part.entry, places=places).rstrip(), "", text("keys_columns")]
        lines += [_row(key) for key in part.keys]
    return "\n".join(lines) + "\n"


def _row(key: Key) -> str:
    name = f"`{key.key}`" + (text("keys_required") if key.required else "")
    kind = f"{key.kind}；{key.units}" if key.units else key.kind
    cells = (name, key.zh, key.en, kind, f"`{key.example}`", f"`{_TEST.format(key.entry, key.key)}`")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
