"""Signing a receipt, after what it is about has committed."""

import asyncio
from uuid import UUID

from lianshen.audit import notes
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.settings import settings
from lianshen.receipts import _content, _store

KIND = "receipt"


async def sign_receipt(uow: UnitOfWork, event: UUID) -> None:
    """Sign the receipt that ``event`` said would be issued; the file stands outside before the row commits.

    Twice adds nothing. Raises Broken where another receipt of this number stands outside, OSError when the folder
    outside cannot be written: the outbox then tries again.
    """
    row = await _store.issued_by(uow, event)
    if row is None or await _store.is_signed(uow, row["id"]):
        return
    signer = await asyncio.to_thread(notes.Signer, settings().signing_key)
    said = {
        "tenant": uow.tenant,
        "number": row["number"],
        "project": row["project_number"],
        "filing": row["id"],
        "action": row["action"],
        "time": _content.instant(row["at"]),
        "papers": len(row["papers"]),
        "sm3": row["sm3"],
        "sha256": row["sha256"],
    }
    note = await asyncio.to_thread(notes.signed, KIND, said, signer)
    outside = await asyncio.to_thread(notes.keep, settings().checkpoints_dir, uow.tenant, KIND, row["number"], note)
    key = signer.key
    if outside != note:  # an earlier try wrote it and did not commit; SM2 signs the same text differently each time
        found = await asyncio.to_thread(notes.check, KIND, outside, notes.trusted(settings().signing_key.parent))
        if {name: found.get(name) for name in said} != {name: str(value) for name, value in said.items()}:
            raise notes.Broken("rechained", row["number"])
        key = found["key"]
    keys = notes.trusted(settings().signing_key.parent)
    await _store.add_receipt(
        uow,
        {
            "filing": row["id"],
            "algorithm": notes.fields_of(KIND, outside)["algorithm"],
            "key": key,
            "public_key": keys[key].decode(),
            "note": outside,
        },
    )
