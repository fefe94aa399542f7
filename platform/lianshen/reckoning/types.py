"""What was compared, and the totals of a day."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

Kind = Literal["receipts", "files", "numbers"]
Fault = tuple[str, str]
"""What kind of fault (a key of the messages ``reckoning.fault.*``), and where: a number, a name."""


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison that was made."""

    kind: Kind
    at: datetime
    seen: int
    faults: tuple[Fault, ...]


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """How many projects there are by state, and how many the ledger says were declared; ``seq`` is its length."""

    seq: int
    created: int
    drafts: int
    submitted: int
    withdrawn: int
    decided: int
    filings: int

    @property
    def total(self) -> int:
        return self.drafts + self.submitted + self.withdrawn + self.decided


class Counted(msgspec.Struct, frozen=True):
    """The numbers of one instant; ``numbered`` is the sum of all numbers given, ``gone`` are projects that the ledger
    knows and the tables do not, ``unknown`` the numbers of those that the tables hold and the ledger does not know."""

    numbers: Numbers
    numbered: int
    gone: tuple[UUID, ...]
    unknown: tuple[str, ...]


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The totals of one day, as they were signed."""

    day: date
    at: datetime
    seq: int
    created: int
    drafts: int
    submitted: int
    withdrawn: int
    decided: int
    filings: int
    faults: tuple[Fault, ...]
    key: str
    note: str
