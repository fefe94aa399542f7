"""Static files, read once at start and addressed by content, so that a browser may keep them for good."""

import gzip
import hashlib
import mimetypes
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent / "static"
_PACKED = ("text/", "application/json", "image/svg+xml")


class Asset(msgspec.Struct, frozen=True):
    """One file; ``packed`` is its gzip, or None where that saves nothing."""

    media_type: str
    body: bytes
    packed: bytes | None
    version: str


class Assets:
    """Every file below ``folder`` by its relative path. Nothing else can be reached through it."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _read(path) for path in sorted(folder.rglob("*")) if path.is_file()
        }

    def find(self, name: str) -> Asset | None:
        return self._files.get(name)

    def address(self, name: str) -> str:
        """Where a page finds the file. Raises KeyError for one that does not exist: that is our bug."""
        return f"/static/{name}?v={self._files[name].version}"


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = gzip.compress(body, mtime=0) if media_type.startswith(_PACKED) else None
    return Asset(media_type, body, packed, hashlib.sha256(body).hexdigest()[:12])
