"""Keeping a new version of a paper. Whether this person may hand it in is decided by ``projects``."""

from pathlib import Path
from uuid import UUID, uuid4

from lianshen.documents import _files, _media, _store
from lianshen.documents.types import Document, Upload
from lianshen.identity.types import Actor
from lianshen.kernel import failpoints
from lianshen.kernel.database import UnitOfWork


async def keep(
    uow: UnitOfWork, actor: Actor, project: UUID, paper: str, upload: Upload, *, root: Path, limit: int
) -> Document:
    """Store the upload as the next version of ``paper``. Earlier versions stay.

    Raises WrongType or TooLarge (``limit`` in bytes); nothing is kept then. The caller holds the project's row.
    """
    stored = await _files.store(root, uow.tenant, upload, limit)
    item = Document(
        id=uuid4(),
        paper=paper,
        version=await _store.next_version(uow, project, paper),
        filename=_media.safe_name(upload.filename),
        media_type=stored.media_type,
        size=stored.size,
        sha256=stored.sha256,
        sm3=stored.sm3,
        uploaded_at=uow.now,
        uploaded_by=actor.by.label,
    )
    await _store.add(uow, project, item, actor.person)
    failpoints.hit("upload.row")
    return item
