"""Versions of a project as HTTP states them: ETag and If-Match (RFC 9110, 8.8.3 and 13.1.1)."""

import re

from lianshen.kernel.errors import Invalid, Item
from lianshen.kernel.messages import text

_TAG = re.compile(r'(?:W/)?"?([1-9][0-9]{0,8})"?')


def etag(version: int) -> dict[str, str]:
    """The header that names a project's version."""
    return {"etag": f'"{version}"'}


def expected(if_match: str | None) -> int | None:
    """The version that the caller relies on; None without one. Raises Invalid for something that is no tag of ours."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise Invalid((Item(code="invalid", message=text("field.version"), field="If-Match"),))
    return int(found[1])
