"""Reading the ledger and checking its chain."""

import msgspec

from lianshen.audit import _chain, _store
from lianshen.kernel.database import UnitOfWork

_PAGE = 1000


class Verdict(msgspec.Struct, frozen=True):
    """Outcome of checking a tenant's chain: ``broken_at`` is the first sequence number that does not fit, or None."""

    events: int
    broken_at: int | None


async def verify(uow: UnitOfWork) -> Verdict:
    """Recompute the whole chain of this tenant: order, links, both digests, and that the head is its last event."""
    previous, seq = _chain.GENESIS, 0
    while rows := await _store.rows_of(uow, after=seq, limit=_PAGE):
        for row in rows:
            found = _chain.digest(previous, row)
            intact = row["seq"] == seq + 1 and row["previous"] == previous
            if not (intact and row["sm3"] == found.sm3 and row["sha256"] == found.sha256):
                return Verdict(events=seq, broken_at=seq + 1)
            previous, seq = found.joined, seq + 1
    intact = await _store.head(uow) == (seq, previous)
    return Verdict(events=seq, broken_at=None if intact else seq + 1)
