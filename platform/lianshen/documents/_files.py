"""Files on disk, named by tenant and SHA-256: written aside, synced, then given their name before the row commits.

A crash leaves at worst a file that no row names, never a row without its file (D51).
"""

import hashlib
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec

from lianshen.documents import _media
from lianshen.documents.types import Upload
from lianshen.kernel import failpoints
from lianshen.kernel.cipher import sm3_hasher
from lianshen.kernel.errors import TooLarge, WrongType

_CHUNK = 1024 * 1024


class Stored(msgspec.Struct, frozen=True):
    media_type: str
    size: int
    sha256: str
    sm3: str


def path_of(root: Path, tenant: str, sha256: str) -> Path:
    """Where the file with this digest lies."""
    return root / tenant / sha256[:2] / sha256


async def store(root: Path, tenant: str, upload: Upload, limit: int) -> Stored:
    """Keep the upload's bytes. Raises WrongType by its first bytes, TooLarge beyond ``limit`` bytes."""
    head = await upload.read(_CHUNK)
    media_type = _media.media_type(upload.filename, head)
    if media_type is None:
        raise WrongType(allowed=_media.ALLOWED)
    folder = root / tenant
    folder.mkdir(parents=True, exist_ok=True)
    sha256, sm3, size = hashlib.sha256(), sm3_hasher(), 0
    with NamedTemporaryFile(dir=folder, prefix=".incoming-") as aside:
        chunk = head
        while chunk:
            size += len(chunk)
            if size > limit:
                raise TooLarge(limit=limit // _CHUNK)
            sha256.update(chunk)
            sm3.update(chunk)
            aside.write(chunk)
            chunk = await upload.read(_CHUNK)
        aside.flush()
        failpoints.hit("upload.aside")
        os.fsync(aside.fileno())
        failpoints.hit("upload.synced")
        target = path_of(root, tenant, sha256.hexdigest())
        target.parent.mkdir(exist_ok=True)
        if not target.exists():
            os.link(aside.name, target)
            _sync_folder(target.parent)
    failpoints.hit("upload.named")
    return Stored(media_type, size, sha256.hexdigest(), sm3.digest().hex())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
