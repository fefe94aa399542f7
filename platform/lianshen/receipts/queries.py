"""Receipts of a project. Whether one may see the project is decided by ``projects``."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from lianshen.audit import notes
from lianshen.kernel.database import UnitOfWork
from lianshen.receipts import _content, _store
from lianshen.receipts.jobs import KIND
from lianshen.receipts.types import Receipt

_SIGNED_WITHIN = timedelta(hours=1)
"""After so long an unsigned receipt is no longer merely on its way."""


async def of_project(uow: UnitOfWork, project: UUID) -> tuple[Receipt, ...]:
    """Receipts in the order in which things were filed."""
    return tuple(msgspec.convert(dict(row), Receipt) for row in await _store.of_project(uow, project))


async def find(uow: UnitOfWork, project: UUID, filing: UUID) -> Receipt | None:
    """The receipt of one filing of the project."""
    row = await _store.one(uow, project, filing)
    return None if row is None else msgspec.convert(dict(row), Receipt)


async def faults(
    uow: UnitOfWork, outside: Path, keys: Mapping[str, bytes], since: datetime | None
) -> tuple[int, list[tuple[str, str]]]:
    """How many receipts and filings there are, and what does not agree, as (kind, number) (D48).

    ``missing``: a receipt outside has no filing here; ``changed``: the filing is not what the receipt says;
    ``orphaned``: its project or its event is gone; ``unsigned``: no receipt was made in time; ``lost``: the receipt
    outside is gone; ``forged``: what stands outside is not ours. Signatures are looked at where the two copies differ,
    and of all that was filed from ``since`` on (None: of all).
    """
    out = dict(await asyncio.to_thread(lambda: list(notes.kept(outside, uow.tenant, KIND))))
    found: list[tuple[str, str]] = []
    seen = set()
    async for line in _store.everything(uow):
        row = dict(line)
        seen.add(row["number"])
        fresh = since is None or row["at"] >= since
        found += [(kind, row["number"]) for kind in await _faults_of(uow, row, out.get(row["number"]), keys, fresh)]
    for number in sorted(out.keys() - seen):
        ours = await asyncio.to_thread(_holds, out[number], keys)
        found.append(("missing" if ours else "forged", number))
    return len(seen | out.keys()), found


async def _faults_of(
    uow: UnitOfWork, row: Mapping[str, Any], text: str | None, keys: Mapping[str, bytes], fresh: bool
) -> list[str]:
    kinds = [] if row["recorded"] and row["held"] else ["orphaned"]
    digests = _content.digests(uow.tenant, row)
    if digests != (row["sm3"], row["sha256"]):
        kinds.append("changed")
    if row["note"] is None and row["at"] < uow.now - _SIGNED_WITHIN:
        kinds.append("unsigned")
    if text is None:
        return [*kinds, "lost"] if row["note"] is not None else kinds
    if (fresh or text != row["note"]) and not await asyncio.to_thread(_holds, text, keys):
        return [*kinds, "forged"]
    said = notes.fields_of(KIND, text)
    if (said.get("sm3"), said.get("sha256")) != digests and "changed" not in kinds:
        kinds.append("changed")
    return kinds


def _holds(text: str, keys: Mapping[str, bytes]) -> bool:
    try:
        notes.check(KIND, text, keys)
    except (notes.Broken, ValueError):
        return False
    return True
