"""What follows from the ledger's own events: a root on its way to the level above, a verification asked for."""

from datetime import date
from uuid import UUID

from lianshen.audit import _store, queries
from lianshen.audit.checkpoints import trusted
from lianshen.audit.commands import note_check, record
from lianshen.audit.types import By, Root
from lianshen.audit.verify import Broken, check_note, read_note
from lianshen.kernel import log
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text
from lianshen.kernel.settings import settings


async def verify_ledger(uow: UnitOfWork, _event: UUID) -> None:
    """Check the tenant's whole ledger and keep the result."""
    await verified(uow)


async def verified(uow: UnitOfWork) -> queries.Verdict:
    """Check the tenant's whole ledger and keep the result (D135); damage is an error in the log, with its name."""
    keys = trusted(settings().signing_key.parent)
    verdict = await queries.verify(uow, outside=settings().checkpoints_dir, keys=keys)
    await note_check(uow, verdict.events, verdict.checkpoints, verdict.damage, verdict.place)
    if verdict.damage is None:
        log.get("ledger").info("ledger_intact", tenant=uow.tenant, events=verdict.events)
    else:
        log.get("ledger").error(
            "ledger_broken", tenant=uow.tenant, at=verdict.broken_at, damage=verdict.damage, place=verdict.place
        )
    return verdict


async def root_to_file(uow: UnitOfWork, event: UUID) -> Root:
    """What the event ``audit.file_root`` said would be filed, in the context of who files it."""
    row = await _store.event_of(uow, event)
    day, size = date.fromisoformat(row.facts["day"][1]), row.facts["size"][1]
    made = await _store.checkpoint_of(uow, size)
    return Root(
        child=uow.tenant, day=day, size=size, note=made.note, public_key=made.public_key, received_at=uow.now
    )  # fmt: skip


async def keep_root(uow: UnitOfWork, root: Root) -> None:
    """Keep a root from below in the context of the level above, once a day and jurisdiction, as an event of its ledger.

    Raises Broken for one that is not signed with a key to believe, and for another root of a day that is kept already:
    two histories were shown.
    """
    note, keys = read_note(root.note), trusted(settings().signing_key.parent)
    if note["key"] not in keys or (note["tenant"], note["size"]) != (root.child, root.size):
        raise Broken("forged", root.size)
    check_note(note, keys[note["key"]])
    before = await _store.keep_root(uow, root)
    if before is not None:
        if before.note != root.note:
            raise Broken("rechained", f"{root.child} {root.day}")
        return
    sm3, sha256 = (one.hex() for one in note["roots"])
    said = text("act.receive_root.note", child=root.child, day=root.day, size=root.size, sm3=sm3, sha256=sha256)
    record(uow, "audit.receive_root", label=text("act.receive_root"), by=By(label=text("actor.proof")), note=said)
