"""Checkpoints outside the database: one file each, never overwritten; meant for another machine's disk (D126)."""

import os
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile


def write(folder: Path, tenant: str, size: int, at: datetime, note: str, token: bytes | None) -> Path:
    """Keep a checkpoint, and its time stamp beside it; synced to disk when this returns."""
    own = folder / tenant
    own.mkdir(parents=True, exist_ok=True)
    path = own / f"{size:012}-{at:%Y%m%dT%H%M%SZ}.txt"
    if token is not None:
        _once(path.with_suffix(".tsr"), token)
    _once(path, note.encode())
    return path


def keep(folder: Path, name: str, note: str) -> None:
    """Keep a statement in the file ``name``. Raises FileExistsError."""
    folder.mkdir(parents=True, exist_ok=True)
    _once(folder / name, note.encode())


def read(folder: Path, tenant: str) -> list[str]:
    """Every checkpoint of ``tenant`` that is there, the smallest first."""
    return [path.read_text(encoding="utf-8") for path in sorted((folder / tenant).glob("*.txt"))]


def _once(path: Path, content: bytes) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=".incoming-") as aside:
        aside.write(content)
        aside.flush()
        os.fsync(aside.fileno())
        Path(aside.name).chmod(0o444)
        os.link(aside.name, path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
