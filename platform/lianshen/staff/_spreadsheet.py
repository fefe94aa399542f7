"""Lists of people as files: values are read, and nothing is ever computed or fetched (D159)."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from lianshen.kernel.errors import Refusal
from lianshen.kernel.messages import text

COLUMNS = {
    "name": "姓名",
    "login": "账号",
    "office": "机构代码",
    "roles": "岗位角色",
    "since": "起始日期",
    "until": "截止日期",
    "phone": "电话",
    "email": "电子邮箱",
}
_MOST_ROWS = 5_000
_MOST_BYTES = 32 * 1024 * 1024
"""Of what a workbook unpacks to."""
_ACTIVE = ("vbaproject", "externallinks/", "activex/", "embeddings/", "connections.xml", "querytables/", "macrosheets/")
_FORMULA = ("=", "+", "@")
Line = tuple[int, dict[str, str], bool]
"""The row's number in the file, its cells by column, and whether a formula stands in one of them."""


class Unreadable(Refusal):
    """The file is no list of people that can be read; the refusal says why."""

    status = 422
    code = "unreadable_list"


def _unreadable(why: str, **values: object) -> Unreadable:
    return Unreadable(why=text(f"unreadable_list.{why}", **values))


def read(filename: str, body: bytes) -> list[Line]:
    """The rows under the heading, blank ones left out. Raises Unreadable."""
    rows = list(_workbook(body) if body.startswith(b"PK") else _csv(filename, body))
    if not rows:
        raise _unreadable("empty")
    heading = [str(cell).strip() if cell is not None else "" for cell in rows[0]]
    places = {name: heading.index(title) for name, title in COLUMNS.items() if title in heading}
    if missing := [COLUMNS[name] for name in ("name", "login", "office") if name not in places]:
        raise _unreadable("columns", missing="、".join(missing))
    if len(rows) - 1 > _MOST_ROWS:
        raise _unreadable("rows", most=_MOST_ROWS)
    found = []
    for number, cells in enumerate(rows[1:], start=2):
        said = {name: _said(cells, places.get(name)) for name in COLUMNS}
        if any(said.values()):
            looked_at = {**said, "phone": said["phone"].removeprefix("+")}  # +86 begins no formula
            found.append((number, said, any(value.startswith(_FORMULA) for value in looked_at.values())))
    return found


def _said(cells: tuple[Any, ...], place: int | None) -> str:
    value = cells[place] if place is not None and place < len(cells) else None
    if isinstance(value, datetime):
        return value.date().isoformat()
    return "" if value is None else str(value).strip()


def _workbook(body: bytes) -> Iterator[tuple[Any, ...]]:
    """Cells as they stand; of a formula its text, which is refused as a row."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            _require_passive(packed)
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=False, keep_links=False)
        yield from book.worksheets[0].iter_rows(values_only=True, max_row=_MOST_ROWS + 2, max_col=50)
    except Unreadable:
        raise
    except Exception as error:  # openpyxl raises whatever a broken file makes it stumble over
        raise _unreadable("broken") from error


def _require_passive(packed: zipfile.ZipFile) -> None:
    if sum(part.file_size for part in packed.infolist()) > _MOST_BYTES:
        raise _unreadable("rows", most=_MOST_ROWS)
    for part in packed.infolist():
        if any(mark in part.filename.lower() for mark in _ACTIVE):
            raise _unreadable("active")
        if part.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in packed.read(part)[:4096]:
            raise _unreadable("active")


def _csv(filename: str, body: bytes) -> Iterator[tuple[Any, ...]]:
    """As Excel writes it here: UTF-8, or else GB 18030."""
    if not filename.lower().endswith(".csv") or b"\0" in body:
        raise _unreadable("type")
    try:
        said = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            said = body.decode("gb18030")
        except UnicodeDecodeError as error:
            raise _unreadable("broken") from error
    try:
        yield from (tuple(row) for row in csv.reader(io.StringIO(said)))
    except csv.Error as error:
        raise _unreadable("broken") from error


def write(title: str, heading: Iterable[str], rows: Iterable[Iterable[Any]], *, hints: Iterable[str] = ()) -> bytes:
    """A workbook of one sheet; every cell is text or a value, never a formula. ``hints`` stand on a second sheet."""
    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(title)
    titles = list(heading)
    sheet.append(titles)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="E7EEF7")
    for row in rows:
        sheet.append([_inert(value) for value in row])
    for place, said in enumerate(titles, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = max(14, 2 * len(said) + 4)
    sheet.freeze_panes = "A2"
    if more := list(hints):
        beside = book.create_sheet("说明")
        beside.column_dimensions["A"].width = 90
        for hint in more:
            beside.append([hint])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _inert(value: Any) -> Any:
    """Text that a spreadsheet would compute is kept from being computed."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
