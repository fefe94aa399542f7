"""``lianshen audit``: proofs for whoever has to check them, from the database or from a file."""

import argparse
from pathlib import Path
from uuid import UUID

from lianshen.audit import queries, verify
from lianshen.audit.checkpoints import make_key
from lianshen.audit.commands import note_read
from lianshen.audit.types import By
from lianshen.documents.queries import of_project, stated
from lianshen.kernel.clock import now
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import NotFound, Refusal
from lianshen.kernel.messages import text
from lianshen.kernel.settings import Settings
from lianshen.tenancy import queries as tenancy


def check(arguments: argparse.Namespace) -> int:
    """Check a proof with the very checker that leaves with it; returns its exit code."""
    given = (("--key", arguments.key), ("--ca", arguments.ca), ("--checkpoints", arguments.checkpoints))
    return verify.main([str(arguments.file), *(part for name, value in given if value for part in (name, str(value)))])


def key(file: Path, algorithm: str) -> int:
    """Make the key that signs checkpoints; an existing one is kept."""
    make_key(file, "sm2" if algorithm == "sm2" else "ed25519")
    print(file.with_suffix(".pub"))
    return 0


async def write(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write the proof of a decision, or a whole ledger, to a file; that it was read is an event of that ledger."""
    database = Database(settings.needed("worker_database_url"), pool_size=1, name="lianshen-audit")
    certificates = settings.timestamp_certificates
    given = certificates.read_bytes() if certificates.exists() else None
    try:
        async with UnitOfWork(database, now=now(), jobs_for=lambda _: (), request_id="cli", read_only=True) as uow:
            if await tenancy.find(uow, arguments.tenant) is None:
                raise NotFound
            await uow.enter(arguments.tenant)
            by = By(label=text("actor.operator"))
            if arguments.audit_command == "bundle":
                made = await _proof(uow, arguments.project, arguments.seq, given)
                note_read(uow, "export", label=text("act.bundle"), by=by, note=f"{arguments.project} {arguments.seq}")
            else:
                made = await queries.export(uow, given)
                note_read(uow, "export", label=text("act.export_audit"), by=by)
            await uow.commit()
    except Refusal as refusal:
        print(refusal.detail)
        return 1
    finally:
        await database.close()
    arguments.out.write_bytes(made)
    return 0


async def _proof(uow: UnitOfWork, project: UUID, seq: int, certificates: bytes | None) -> bytes:
    papers = [stated(one) for one in await of_project(uow, project)]
    return await queries.proof(uow, project, seq, papers, certificates)
