"""A security administrator, as whom tests compose roles."""

from datetime import date

from msgspec.structs import replace

from lianshen.identity.types import Actor
from tests.support.people import Staff


async def administrator(staff: Staff, on: date | None = None) -> Actor:
    """Somebody of the county's data bureau, with the one role of a security administrator."""
    found = await staff.actor(staff.find("县数据局", "lead_officer"))
    return replace(found, roles=("security_admin",), rights=0, on=on or found.on)
