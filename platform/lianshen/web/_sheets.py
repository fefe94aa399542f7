"""Tables as .xlsx, with text that stays text whatever it begins with (D158)."""

import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE


def sheet(title: str, head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """A workbook of one sheet. Numbers stay numbers; nothing is ever a formula; control characters are left out."""
    book = Workbook(write_only=True)
    page = book.create_sheet(title)
    for row in (head, *rows):
        cells = []
        for value in row:
            text = isinstance(value, str)
            cell = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("", str(value)) if text else value)
            if text:
                cell.data_type = "s"
            cells.append(cell)
        page.append(cells)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
