"""Papers of a project, newest version first."""

import asyncio
from pathlib import Path
from uuid import UUID

from lianshen.documents import _files, _store
from lianshen.documents._media import ALLOWED, TYPES
from lianshen.documents.types import Disagreement, Document
from lianshen.kernel.database import UnitOfWork


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


async def disagreement(uow: UnitOfWork, root: Path) -> tuple[int, Disagreement]:
    """How many versions of papers there are, and where rows and files of the tenant do not agree (D51)."""
    files = await asyncio.to_thread(_files.promoted, root, uow.tenant)  # first: a later row's file is no stray
    rows = await _store.all_files(uow)
    missing = [row for row in rows if row.sha256 not in files]
    lost = await asyncio.to_thread(lambda: [r for r in missing if _files.found(root, uow.tenant, r.sha256) is None])
    stray = files - {row.sha256 for row in rows}
    return len(rows), Disagreement(tuple((row.project, row.filename) for row in lost), tuple(sorted(stray)))


def stated(document: Document) -> dict[str, str | int]:
    """What a proof says of a paper: its name and digests, by which whoever has the file can know it again."""
    names = ("paper", "version", "filename", "sha256", "sm3")
    return {name: getattr(document, name) for name in names}


__all__ = ["ALLOWED", "TYPES", "disagreement", "find", "of_project", "path_of", "stated", "vouched"]
