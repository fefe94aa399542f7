"""Which files are accepted: by their first bytes and their name, which must agree (D154).

OFD (GB/T 33190-2016) and the Office formats are ZIP containers; a ZIP without their entry is refused.
"""

from pathlib import PurePath

_PDF = b"%PDF-"
_ZIP = b"PK\x03\x04"

TYPES = {
    ".pdf": ("application/pdf", _PDF),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _ZIP),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _ZIP),
    ".ofd": ("application/ofd", _ZIP),
}
ALLOWED = "、".join(suffix.removeprefix(".").upper() for suffix in TYPES)
_NAME_LIMIT = 120


def media_type(filename: str, head: bytes) -> str | None:
    """The media type of a file called ``filename`` that begins with ``head``; None when it is not accepted."""
    kind = TYPES.get(PurePath(filename).suffix.lower())
    return kind[0] if kind and head.startswith(kind[1]) else None


def safe_name(filename: str) -> str:
    """The name without folders and control characters, at most 120 characters, its suffix kept."""
    name = PurePath(filename.replace("\\", "/")).name
    name = "".join(char for char in name if char.isprintable() and char not in '"<>|:*?') or "file"
    suffix = PurePath(name).suffix
    return name[: _NAME_LIMIT - len(suffix)].removesuffix(suffix) + suffix
