"""Ids that Python and SQL both work out from a number, so that pgbench finds a project without being told its id."""

from hashlib import md5
from uuid import UUID

UNITS = 20
"""Offices of project units in each county."""
PROJECTS = 1000
"""Projects of each county."""
LEAD = "sjj-ys"
"""Login of the officer of the county's data bureau in whose session the requests are made."""

DECLARING, APPLICANT = "320723", "jyj-sb"
"""Where projects are declared, and by whom: the bench's counties have no law of their own, the demo's Guanyun has."""


def county(place: int) -> str:
    """The code of the bench's county number ``place``, from 0."""
    return f"{990001 + place}"


def key(tenant: str, path: str) -> UUID:
    """The id of what ``path`` names in a tenant; in SQL ``md5(tenant || '/' || path)::uuid``."""
    return UUID(_hex(tenant, path))


def token(tenant: str, login: str) -> str:
    """The session token of a person. It opens nothing but a bench's database on this machine."""
    return f"{tenant}.{_hex(tenant, f'session/{login}')}lianshen"


def unit_of(place: int) -> str:
    """The office code of the unit that owns project number ``place`` of its county."""
    return f"u{place % UNITS:02}"


def _hex(tenant: str, path: str) -> str:
    return md5(f"{tenant}/{path}".encode(), usedforsecurity=False).hexdigest()
