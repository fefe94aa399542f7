"""Keeping a new version of a paper. Whether this person may hand it in is decided by ``projects``."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from lianshen.documents import _files, _media, _store
from lianshen.documents.types import Document, Settled, Upload
from lianshen.identity.types import Actor
from lianshen.kernel import failpoints
from lianshen.kernel.database import UnitOfWork

_GRACE = timedelta(hours=1)
"""How long a staged file may wait for its row: many times what a request is given."""


async def keep(
    uow: UnitOfWork, actor: Actor, project: UUID, paper: str, upload: Upload, *, root: Path, limit: int
) -> Document:
    """Store the upload as the next version of ``paper``. Earlier versions stay.

    The file has its place once the transaction has committed. Raises WrongType or TooLarge (``limit`` in bytes);
    nothing is kept then. The caller holds the project's row.
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
    await _store.add(uow, project, item, actor.people[0])
    uow.after_commit(partial(asyncio.to_thread, _files.promote, root, uow.tenant, stored.staged))
    failpoints.hit("upload.row")
    return item


async def settle(uow: UnitOfWork, root: Path) -> Settled:
    """Finish what a crash interrupted: staged files with a row are promoted, those without one taken away in time."""
    waiting = await asyncio.to_thread(lambda: list(_files.staged(root, uow.tenant)))
    known = await _store.known(uow, {sha256 for _, sha256, _ in waiting if sha256}) if waiting else set()
    kept = [name for name, sha256, _ in waiting if sha256 in known]
    ends = (uow.now - _GRACE).timestamp()
    gone = [name for name, sha256, since in waiting if sha256 not in known and since < ends]
    for name in kept:
        await asyncio.to_thread(_files.promote, root, uow.tenant, name)
    for name in gone:
        await asyncio.to_thread(_files.discard, root, uow.tenant, name)
    return Settled(promoted=len(kept), discarded=len(gone))
