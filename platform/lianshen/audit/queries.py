"""Reading the ledger, checking it, and proving what stands in it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from lianshen.audit import _bundle, _chain, _sink, _store, _tree
from lianshen.audit.checkpoints import hashes, points_of
from lianshen.audit.types import Check, Checkpoint, Entry, Filter, Root
from lianshen.audit.verify import Broken, Walk, damage, outline
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound, Refusal

_PAGE = 1000


class NoCheckpoint(Refusal):
    """The event is in no checkpoint yet; the next one is made within the hour."""

    status = 409
    code = "no_checkpoint"


class Verdict(msgspec.Struct, frozen=True):
    """Outcome of checking a tenant's ledger. ``broken_at`` is the first sequence number that does not fit, or None;
    ``damage`` is what was done to it (a key of ``verify.NAMES``) and ``place`` where, as words."""

    events: int
    broken_at: int | None
    damage: str | None = None
    place: str | None = None
    checkpoints: int = 0


async def verify(uow: UnitOfWork, *, outside: Path | None = None, keys: dict[str, bytes] | None = None) -> Verdict:
    """Recompute the whole ledger of this tenant: order, links, both digests, the roots of every checkpoint, the head.

    ``outside`` is the folder that checkpoints have left for: what stands there counts beside what stands in the
    database. ``keys`` are the public keys to believe; without them checkpoints are not looked at.
    """
    points: dict[int, tuple[bytes, bytes]] = {}
    walk = Walk(points)
    try:
        if keys is not None:
            notes = [one.note for one in await _store.checkpoints(uow)]
            notes += await asyncio.to_thread(_sink.read, outside, uow.tenant) if outside else []
            points |= await asyncio.to_thread(points_of, uow.tenant, notes, keys)
        await _walk(uow, walk)
        walk.finish()
        seq, last = await _store.head(uow)
        if (seq, last) != (walk.count, walk.last):
            kind = "truncated" if seq > walk.count else "inserted" if seq < walk.count else "rechained"
            raise Broken(kind, walk.count + 1)
    except Broken as broken:
        kind, place = broken.args
        return Verdict(walk.count, walk.count + 1, kind, str(place), len(points))
    return Verdict(walk.count, None, checkpoints=len(points))


async def _walk(uow: UnitOfWork, walk: Walk) -> None:
    after = None
    while rows := await _store.rows_of(uow, after=after, limit=_PAGE):
        for row in rows:
            if not walk.step(*_data(row)):
                whole = [outline(*_data(one)) async for one in _rows(uow)]
                raise Broken(damage(whole, walk.count, walk.last), walk.count + 1)
        after = rows[-1]["seq"]


async def _rows(uow: UnitOfWork) -> AsyncIterator[dict[str, Any]]:
    after = None
    while rows := await _store.rows_of(uow, after=after, limit=_PAGE):
        for row in rows:
            yield row
        after = rows[-1]["seq"]


def _data(row: Mapping[str, Any]) -> tuple[int, bytes, bytes, bytes]:
    return row["seq"], _chain.leaf(row["previous"], row), row["sm3"], row["sha256"]


async def proof(
    uow: UnitOfWork, project: UUID, seq: int, documents: Sequence[Mapping[str, Any]], certificates: bytes | None
) -> bytes:
    """The proof of the event ``seq`` of ``project`` as a zip: its records so far, each with its way to a signed root.

    ``documents`` are the project's papers with their digests; the proof holds those handed in by then.
    Raises NotFound, NoCheckpoint.
    """
    rows = await _store.of_project(uow, project, seq)
    if not rows or rows[-1]["seq"] != seq:
        raise NotFound
    first, last = await _store.first_checkpoint(uow, seq), await _store.last_checkpoint(uow)
    if first is None or last is None:
        raise NoCheckpoint
    indexes = [row["seq"] - 1 for row in rows]
    said = [row["note"] for row in rows]
    handed_in = [one for one in documents if any(one["filename"] in note and one["sm3"] in note for note in said)]
    known = await hashes(uow, {*indexes, first.size}, first.size)
    between = await hashes(uow, {first.size - 1, first.size, last.size}, last.size)
    return await asyncio.to_thread(
        _bundle.decision,
        tenant=uow.tenant,
        project=str(project),
        records={row["seq"]: _chain.leaf(row["previous"], row) for row in rows},
        law=rows[-1]["law"],
        documents=handed_in,
        inclusion={index + 1: _tree.inclusion(known, index, first.size) for index in indexes},
        consistency=_tree.consistency(between, first.size, last.size),
        checkpoints=[first] if first.size == last.size else [first, last],
        certificates=certificates,
    )


async def export(uow: UnitOfWork, certificates: bytes | None) -> bytes:
    """The whole ledger with its checkpoints as a zip that checks itself. Raises NoCheckpoint."""
    points = await _store.checkpoints(uow)
    if not points:
        raise NoCheckpoint
    rows = [_data(row) async for row in _rows(uow)]
    return await asyncio.to_thread(
        _bundle.ledger, tenant=uow.tenant, rows=rows, checkpoints=points, certificates=certificates
    )


async def search(uow: UnitOfWork, wanted: Filter, *, before: int | None, limit: int) -> list[Entry]:
    """Events that fit, the newest first, below the sequence number ``before``."""
    return await _store.search(uow, wanted, before=before, limit=limit)


async def checks(uow: UnitOfWork, *, limit: int) -> list[Check]:
    """Whole verifications, the newest first."""
    return await _store.checks(uow, limit=limit)


async def checkpoints(uow: UnitOfWork, *, limit: int) -> list[Checkpoint]:
    """Signed checkpoints, the newest first."""
    return await _store.checkpoints(uow, limit=limit)


async def size(uow: UnitOfWork) -> int:
    """How many events the ledger holds."""
    return (await _store.head(uow))[0]


async def roots(uow: UnitOfWork, since: date) -> list[Root]:
    """Roots that the level below has filed for the days from ``since`` on."""
    return await _store.roots(uow, since)


__all__ = [
    "Broken", "NoCheckpoint", "Verdict", "checkpoints", "checks", "export", "proof", "roots", "search",
    "size", "verify",
]  # fmt: skip
