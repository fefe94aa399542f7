"""What is kept outside the database carries its tenant in its name, or is on the list of what belongs to none (D21)."""

import re
from collections.abc import Iterator
from pathlib import Path

import redis

from lianshen_workers.broker import NAMESPACE

TENANT = r"[0-9]{6}"
KEYS = {
    rf"{NAMESPACE}:.*": "the queue: ids of messages, each with the tenant beside it; no name, no content",
    rf"(.*[:/|])?{TENANT}([:/|].*)?": "a tenant's",
}
"""Patterns of keys in Redis, each with its reason."""
FILES = {
    rf"{TENANT}/.*": "a tenant's",
}
"""Patterns of files below the folder of an instance, each with its reason."""


def strange_keys(url: str) -> list[str]:
    """Keys in Redis that neither name a tenant nor are on the list."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return sorted(key for key in client.scan_iter() if not _known(KEYS, key))


def strange_files(folder: Path) -> list[str]:
    """Files below ``folder``, by instance, that neither name a tenant nor are on the list."""
    return sorted(name for name in _files(folder) if not _known(FILES, name.partition("/")[2]))


def _files(folder: Path) -> Iterator[str]:
    return (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _known(patterns: dict[str, str], name: str) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in patterns)
