"""Freezing what is filed, in the transaction of the act that files it."""

from uuid import UUID, uuid4

import msgspec

from lianshen.audit.commands import record
from lianshen.audit.types import By
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text
from lianshen.receipts import _content, _store
from lianshen.receipts.types import Filed


async def issue(uow: UnitOfWork, filed: Filed, by: By) -> UUID:
    """Keep what was filed under the next number, and have its receipt signed once this has committed (D48)."""
    year = day_of(uow.now).year
    begun = await _store.begin(uow, filed.project, year)
    row = msgspec.structs.asdict(filed) | {
        "id": uuid4(),
        "number": f"{uow.tenant}-{year}-HZ{begun.last:05d}",
        "at": uow.now,
        "actor": by.label,
        "papers": begun.papers,
        "facts": dict(filed.facts),
    }
    sm3, sha256 = _content.digests(uow.tenant, row)
    await _store.add(uow, row | {"sm3": sm3, "sha256": sha256})
    facts = {"filing": (None, str(row["id"])), "number": (None, row["number"]), "sm3": (None, sm3)}
    note = text("act.issue_receipt.note", number=row["number"], project=filed.project_number, sm3=sm3)
    record(uow, "receipts.issue", label=text("act.issue_receipt"), by=by, facts=facts, note=note)
    found: UUID = row["id"]
    return found
