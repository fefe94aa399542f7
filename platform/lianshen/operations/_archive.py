"""The archive of a tenant: a zip of one JSON-lines file per table, the files, and a manifest with digests.

Everything is written and read as a stream; what is held in memory is one batch of rows and the manifest.
"""

import hashlib
import os
import re
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from lianshen.kernel import cipher
from lianshen.operations.types import FileDigest, Manifest, TableDigest

FORMAT = 1
_MANIFEST = "manifest.json"
_CHUNK = 1024 * 1024
_SAFE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*(?:/[0-9A-Za-z][0-9A-Za-z._-]*)*")


class BadArchive(Exception):
    """The archive is not what its manifest says, or not one of ours; the message says where."""


class Digester:
    """Digests of lines: each ends with a line feed, as in the file."""

    def __init__(self, table: str) -> None:
        self._table, self._rows = table, 0
        self._sha256, self._sm3 = hashlib.sha256(), cipher.sm3_hasher()

    def add(self, lines: list[bytes]) -> bytes:
        """Count ``lines`` in; the bytes that stand for them."""
        raw = b"".join(line + b"\n" for line in lines)
        self._rows += len(lines)
        self._sha256.update(raw)
        self._sm3.update(raw)
        return raw

    @property
    def digest(self) -> TableDigest:
        return TableDigest(self._table, self._rows, self._sha256.hexdigest(), self._sm3.digest().hex())


class Writer:
    """Writes an archive beside its place and gives it its name when it is whole; readable by its owner alone."""

    def __init__(self, target: Path) -> None:
        self.target, self._aside = target, target.with_suffix(".part")
        target.parent.mkdir(parents=True, exist_ok=True)
        self._aside.unlink(missing_ok=True)
        self._aside.touch(mode=0o600)
        self._zip = zipfile.ZipFile(self._aside, "w", zipfile.ZIP_DEFLATED)

    async def table(self, name: str, batches: AsyncIterator[list[bytes]]) -> TableDigest:
        digester = Digester(name)
        with self._zip.open(f"tables/{name}.jsonl", "w", force_zip64=True) as file:
            async for batch in batches:
                file.write(digester.add(batch))
        return digester.digest

    def files(self, folder: Path) -> tuple[FileDigest, ...]:
        """Every file of the tenant; unfinished uploads are none."""
        found = []
        for path in stored(folder):
            name = path.relative_to(folder).as_posix()
            with path.open("rb") as source, self._zip.open(f"files/{name}", "w", force_zip64=True) as file:
                size, digest = _copy(source, file)
            found.append(FileDigest(name, size, digest))
        return tuple(found)

    def finish(self, manifest: Manifest) -> str:
        """Write the manifest, close, sync, name; the manifest's SHA-256."""
        raw = encode(manifest)
        self._zip.writestr(_MANIFEST, raw)
        self._zip.close()
        with self._aside.open("rb") as whole:
            os.fsync(whole.fileno())
        self._aside.replace(self.target)
        return digest_of(manifest)

    def abandon(self) -> None:
        self._zip.close()
        self._aside.unlink(missing_ok=True)


class Reader:
    """Reads an archive. Raises BadArchive."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
            self.manifest = msgspec.json.decode(self._zip.read(_MANIFEST), type=Manifest)
        except (OSError, KeyError, zipfile.BadZipFile, msgspec.MsgspecError) as error:
            raise BadArchive(f"{path}: {error}") from error
        if self.manifest.format != FORMAT:
            raise BadArchive(f"{path}: format {self.manifest.format}, expected {FORMAT}")

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_exc: object) -> None:
        self._zip.close()

    def table(self, expected: TableDigest, size: int | None) -> Iterator[list[bytes]]:
        """Batches of ``size`` lines (None: all in one). Raises BadArchive at the end when the digests differ."""
        digester, batch = Digester(expected.table), []
        with self._zip.open(f"tables/{expected.table}.jsonl") as file:
            for line in file:
                batch.append(line.rstrip(b"\n"))
                if len(batch) == size:
                    digester.add(batch)
                    yield batch
                    batch = []
        digester.add(batch)
        if digester.digest != expected:
            raise BadArchive(f"tables/{expected.table}.jsonl does not fit the manifest")
        if batch:
            yield batch

    def unpack(self, folder: Path) -> None:
        """Put the files below ``folder``, each checked as it is written."""
        for file in self.manifest.files:
            if not _SAFE.fullmatch(file.path):
                raise BadArchive(f"files/{file.path}: no name of ours")
            target = folder / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            aside = target.with_name(f".incoming-{target.name}")
            with self._zip.open(f"files/{file.path}") as source, aside.open("wb") as out:
                size, digest = _copy(source, out)
                out.flush()
                os.fsync(out.fileno())
            if (size, digest) != (file.size, file.sha256):
                aside.unlink()
                raise BadArchive(f"files/{file.path} does not fit the manifest")
            aside.replace(target)


def stored(folder: Path) -> list[Path]:
    """The files of a tenant that have their place, by name."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not _is_hidden(path.relative_to(folder)))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def encode(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest))


def digest_of(manifest: Manifest) -> str:
    """SHA-256 (hex) of the manifest as it stands in the archive."""
    return hashlib.sha256(encode(manifest)).hexdigest()


def _copy(source: IO[bytes], target: IO[bytes] | Any) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        digest.update(chunk)
        target.write(chunk)
    return size, digest.hexdigest()
