"""The people of the demo, as a table for the terminal."""

import unicodedata
from itertools import groupby
from pathlib import Path

import msgspec


class Account(msgspec.Struct, frozen=True):
    """One person who may sign in to the demo."""

    tenant: str
    tenant_name: str
    office: str
    login: str
    name: str
    role: str
    password: str


def table(file: Path) -> str:
    """The accounts written by seeding, under the name of each tenant, in the order they were written."""
    accounts = msgspec.json.decode(file.read_bytes(), type=list[Account])
    columns = ("login", "password", "office", "name")
    widths = [max(_width(getattr(account, column)) for account in accounts) for column in columns]
    lines = []
    for tenant, people in groupby(accounts, key=lambda account: (account.tenant_name, account.tenant)):
        lines.append(f"{tenant[0]}（{tenant[1]}）")
        for person in people:
            cells = (getattr(person, column) for column in columns)
            lines.append("  " + "  ".join(map(_padded, cells, widths)).rstrip())
    return "\n".join(lines)


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(cell: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in cell)
