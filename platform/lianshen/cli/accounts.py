"""The people of the demo, as a table for the terminal."""

from itertools import groupby
from pathlib import Path

import msgspec

from lianshen.cli.tables import padded, width_of


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
    widths = [max(width_of(getattr(account, column)) for account in accounts) for column in columns]
    lines = []
    for tenant, people in groupby(accounts, key=lambda account: (account.tenant_name, account.tenant)):
        lines.append(f"{tenant[0]}（{tenant[1]}）")
        for person in people:
            cells = (getattr(person, column) for column in columns)
            lines.append("  " + "  ".join(map(padded, cells, widths)).rstrip())
    return "\n".join(lines)
