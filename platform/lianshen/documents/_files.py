"""Files on disk, named by tenant and SHA-256. A new one is staged: written aside, synced, digested, given a name that
nobody asks for. Its row commits, and only then is it promoted to the name that the row's digest gives it (D51).

A crash leaves at worst a staged file: with its row it is read where it lies until the reconciler promotes it, without
one the reconciler takes it away.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import uuid4

import msgspec

from lianshen.documents import _media
from lianshen.documents.types import Upload
from lianshen.kernel import failpoints
from lianshen.kernel.cipher import sm3_hasher
from lianshen.kernel.errors import TooLarge, WrongType

_CHUNK = 1024 * 1024
_STAGED, _INCOMING = ".staged", ".incoming-"


class Stored(msgspec.Struct, frozen=True):
    """A file that waits for its row: ``staged`` is its name until it is promoted."""

    media_type: str
    size: int
    sha256: str
    sm3: str
    staged: str


def path_of(root: Path, tenant: str, sha256: str) -> Path:
    """The place of the file with this digest, once it is promoted."""
    return root / tenant / sha256[:2] / sha256


def found(root: Path, tenant: str, sha256: str) -> Path | None:
    """Where the file with this digest lies, promoted or still waiting; None when it is nowhere."""
    path = path_of(root, tenant, sha256)
    if path.exists():
        return path
    waiting = next((root / tenant / _STAGED).glob(f"{sha256}.*"), None)
    return path if path.exists() else waiting  # promoted between the two looks


async def store(root: Path, tenant: str, upload: Upload, limit: int) -> Stored:
    """Stage the upload's bytes. Raises WrongType by its first bytes, TooLarge beyond ``limit`` bytes."""
    head = await upload.read(_CHUNK)
    media_type = _media.media_type(upload.filename, head)
    if media_type is None:
        raise WrongType(allowed=_media.ALLOWED)
    folder = root / tenant / _STAGED
    folder.mkdir(parents=True, exist_ok=True)
    sha256, sm3, size = hashlib.sha256(), sm3_hasher(), 0
    with NamedTemporaryFile(dir=folder, prefix=_INCOMING) as aside:
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
        staged = f"{sha256.hexdigest()}.{uuid4().hex}"
        os.link(aside.name, folder / staged)
        _sync_folder(folder)
    failpoints.hit("upload.named")
    return Stored(media_type, size, sha256.hexdigest(), sm3.digest().hex(), staged)


def promote(root: Path, tenant: str, staged: str) -> None:
    """Give a staged file the name that its digest says; repeating it changes nothing."""
    waiting = root / tenant / _STAGED / staged
    path = path_of(root, tenant, staged.partition(".")[0])
    if not waiting.exists():
        return
    path.parent.mkdir(exist_ok=True)
    waiting.replace(path)
    _sync_folder(path.parent)
    _sync_folder(waiting.parent)
    failpoints.hit("upload.promoted")


def staged(root: Path, tenant: str) -> Iterator[tuple[str, str, float]]:
    """What waits or was left half written: (name, digest or blank, seconds since the epoch at which it was written)."""
    for path in sorted((root / tenant / _STAGED).glob("*")):
        sha256 = "" if path.name.startswith(_INCOMING) else path.name.partition(".")[0]
        try:
            yield path.name, sha256, path.stat().st_mtime
        except FileNotFoundError:
            continue  # promoted meanwhile


def discard(root: Path, tenant: str, name: str) -> None:
    """Take away what is staged under ``name``."""
    (root / tenant / _STAGED / name).unlink(missing_ok=True)


def promoted(root: Path, tenant: str) -> set[str]:
    """Digests of all files that have their place."""
    return {path.name for path in (root / tenant).glob("[0-9a-f][0-9a-f]/*")}


def is_whole(path: Path, sha256: str) -> bool:
    """Whether the file's bytes still are those of its digest; one that is gone meanwhile is another's finding."""
    try:
        with path.open("rb") as read:
            return hashlib.file_digest(read, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return True


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
