"""Papers of a project, newest version first."""

from pathlib import Path
from uuid import UUID

from lianshen.documents import _files, _store
from lianshen.documents._media import ALLOWED, TYPES
from lianshen.documents.types import Document
from lianshen.kernel.database import UnitOfWork


async def of_project(uow: UnitOfWork, project: UUID) -> list[Document]:
    """All versions, by paper, newest first."""
    return await _store.of_project(uow, project)


async def find(uow: UnitOfWork, project: UUID, document: UUID) -> Document | None:
    """One version; None when the project has no such document."""
    return await _store.find(uow, project, document)


def path_of(root: Path, tenant: str, document: Document) -> Path:
    """The file's place below ``root``."""
    return _files.path_of(root, tenant, document.sha256)


def stated(document: Document) -> dict[str, str | int]:
    """What a proof says of a paper: its name and digests, by which whoever has the file can know it again."""
    names = ("paper", "version", "filename", "sha256", "sm3")
    return {name: getattr(document, name) for name in names}


__all__ = ["ALLOWED", "TYPES", "find", "of_project", "path_of", "stated"]
