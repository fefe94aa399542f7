"""Plain tables for the terminal, in which a Chinese character takes two columns."""

import unicodedata
from collections.abc import Sequence


def table(rows: Sequence[Sequence[str]]) -> str:
    """The rows, each cell as wide as the widest of its column."""
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(padded, row, widths)).rstrip() for row in rows)


def padded(cell: str, width: int) -> str:
    """The cell and as many blanks as it lacks."""
    return cell + " " * (width - width_of(cell))


def width_of(cell: str) -> int:
    """Columns on a terminal."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in cell)
