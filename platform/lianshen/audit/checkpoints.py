"""Signed checkpoints of a tenant's ledger: how long it is and what its Merkle roots are, at an instant (D126, D127)."""

import asyncio
import base64
from collections.abc import Iterable
from datetime import UTC

from lianshen.audit import _sink, _store, _tree
from lianshen.audit._signing import Signer, SigningError, make_key, trusted
from lianshen.audit._stamp import NotStamped, stamp
from lianshen.audit._tree import Known, Pair
from lianshen.audit.types import Checkpoint
from lianshen.audit.verify import Broken, check_note, read_note
from lianshen.kernel import log
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.settings import Settings


async def checkpoint(uow: UnitOfWork, settings: Settings, signer: Signer) -> Checkpoint | None:
    """Sign the ledger as it is now, if it has grown; the file stands outside before the row commits.

    Raises Broken when what was signed before is no longer the beginning of what is there, OSError when the folder
    outside cannot be written: then there is no checkpoint, and the next beat tries again. A time stamp that cannot be
    had is an alarm, and the checkpoint goes without.
    """
    size, _ = await _store.head(uow)
    last = await _store.last_checkpoint(uow)
    old = last.size if last else 0
    if size == old:
        return None
    if size < old:
        raise Broken("truncated", size + 1)
    known = await hashes(uow, [old, size], size) | await _store.leaves(uow, old >> _tree.STEP << _tree.STEP, size)
    if last and _tree.subtree(known, 0, old) != (last.sm3, last.sha256):
        raise Broken("rechained", f"1-{old}")
    fresh = await asyncio.to_thread(_tree.grown, known, old, size)
    root = _tree.subtree(known, 0, size)
    note = await asyncio.to_thread(_signed, uow, size, root, signer)
    token = await _stamped(note, settings)
    made = Checkpoint(
        size=size, at=uow.now, sm3=root[0], sha256=root[1], algorithm=signer.algorithm, key=signer.key,
        public_key=signer.public_key, note=note, token=token,
    )  # fmt: skip
    await _store.add_nodes(uow, fresh)
    await _store.add_checkpoint(uow, made)
    await asyncio.to_thread(_sink.write, settings.checkpoints_dir, uow.tenant, size, uow.now, note, token)
    return made


async def hashes(uow: UnitOfWork, points: Iterable[int], size: int) -> Known:
    """The hashes around ``points`` that are kept, of a tree of ``size`` leaves."""
    return await _store.hashes(uow, _tree.spans(points, size))


def _signed(uow: UnitOfWork, size: int, root: Pair, signer: Signer) -> str:
    at = uow.now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    body = (
        f"lianshen-checkpoint 1\ntenant {uow.tenant}\nsize {size}\ntime {at}\nsm3 {root[0].hex()}\n"
        f"sha256 {root[1].hex()}\nalgorithm {signer.algorithm}\nkey {signer.key}\n"
    )
    return f"{body}\nsignature {base64.b64encode(signer.sign(body.encode())).decode()}\n"


async def _stamped(note: str, settings: Settings) -> bytes | None:
    if not settings.timestamp_url:
        return None
    try:
        return await stamp(settings.timestamp_url, note.encode(), settings.timestamp_certificates.read_bytes())
    except NotStamped as error:
        log.get("checkpoints").error("not_stamped", reason=str(error))
        return None


def points_of(tenant: str, notes: Iterable[str], keys: dict[str, bytes]) -> dict[int, Pair]:
    """What the signed ``notes`` say of the tenant's ledger, by size. Raises Broken for one that is not ours."""
    points: dict[int, Pair] = {}
    for text in set(notes):
        note = read_note(text)
        if note["key"] not in keys or note["tenant"] != tenant:
            raise Broken("forged", note["size"])
        check_note(note, keys[note["key"]])
        if points.setdefault(note["size"], note["roots"]) != note["roots"]:
            raise Broken("rechained", f"1-{note['size']}")
    return points


__all__ = ["Signer", "SigningError", "checkpoint", "hashes", "make_key", "points_of", "trusted"]
