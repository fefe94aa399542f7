"""Papers of a project, newest version first."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from lianshen.documents import _files, _store
from lianshen.documents._media import ALLOWED, TYPES
from lianshen.documents.types import Disagreement, Document
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork

ROUND_DAYS = 28
"""In how many days every file's bytes are read once: monthly, by DA/T 70's periodic check."""


async def of_project(uow: UnitOfWork, project: UUID) -> list[Document]:
    """All versions, by paper, newest first, as they stand: for lists."""
    return await _store.of_project(uow, project)


async def vouched(uow: UnitOfWork, project: UUID) -> list[Document]:
    """The same, for whoever states their digests. Raises Altered for one that was changed past our commands (D142)."""
    return await _store.intact(uow, project)


async def find(uow: UnitOfWork, project: UUID, document: UUID) -> Document | None:
    """One version; None when the project has no such document. Raises Altered likewise."""
    found = await _store.intact(uow, project, document)
    return found[0] if found else None


def path_of(root: Path, tenant: str, document: Document) -> Path:
    """Where the file lies below ``root``; also while it waits to be given its place."""
    return _files.found(root, tenant, document.sha256) or _files.path_of(root, tenant, document.sha256)


async def disagreement(uow: UnitOfWork, root: Path, since: date | None) -> tuple[int, Disagreement]:
    """How many versions of papers there are, and where rows and files of the tenant do not agree (D51).

    Names are all compared. Of their bytes, one part in ``ROUND_DAYS`` has its turn every day (D164), and all whose turn
    came after ``since``, the day of the last sound comparison, are read again: nights that were missed are made up for,
    and what was found stays found until it is mended. None reads all.
    """
    files = await asyncio.to_thread(_files.promoted, root, uow.tenant)  # first: a later row's file is no stray
    rows = await _store.all_files(uow)
    await uow.take_time()
    turns = _turns(since, day_of(uow.now))

    def look() -> tuple[list[Any], list[Any]]:
        missing = [row for row in rows if row.sha256 not in files]
        lost = [row for row in missing if _files.found(root, uow.tenant, row.sha256) is None]
        read = {row.sha256 for row in rows if int(row.sha256[:8], 16) % ROUND_DAYS in turns} & files
        other = {one for one in read if not _files.is_whole(_files.path_of(root, uow.tenant, one), one)}
        return lost, [row for row in rows if row.sha256 in other]

    lost, changed = await asyncio.to_thread(look)
    stray = files - {row.sha256 for row in rows}
    return len(rows), Disagreement(_named(lost), _named(changed), tuple(sorted(stray)))


def _turns(since: date | None, today: date) -> frozenset[int]:
    """Of which parts the turn came after ``since``, or comes today."""
    days = ROUND_DAYS if since is None else min(max((today - since).days, 1), ROUND_DAYS)
    return frozenset((today.toordinal() - back) % ROUND_DAYS for back in range(days))


def _named(rows: list[Any]) -> tuple[tuple[UUID, str], ...]:
    return tuple((row.project, row.filename) for row in rows)


def stated(document: Document) -> dict[str, str | int]:
    """What a proof says of a paper: its name and digests, by which whoever has the file can know it again."""
    names = ("paper", "version", "filename", "sha256", "sm3")
    return {name: getattr(document, name) for name in names}


__all__ = ["ALLOWED", "TYPES", "disagreement", "find", "of_project", "path_of", "stated", "vouched"]
