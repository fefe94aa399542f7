"""A security administrator, as whom tests compose roles."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from lianshen.identity.types import Actor, SignedIn
from tests.support.people import Staff


async def administrator(staff: Staff, on: date | None = None) -> Actor:
    """Somebody of the county's data bureau, with the one role of a security administrator."""
    found = await staff.actor(staff.find("县数据局", "lead_officer"))
    return replace(found, roles=("security_admin",), rights=0, on=on or found.on)


@asynccontextmanager
async def appointed(superuser: AsyncConnection, staff: Staff) -> AsyncIterator[SignedIn]:
    """Somebody signed in whose post has, for a while, the one role of a security administrator."""
    found = await staff.sign_in(staff.find("县政府办公室", "observer"))
    put = text("UPDATE post SET roles = :roles WHERE tenant = '320723' AND id = :post")
    await superuser.execute(put, {"roles": ["security_admin"], "post": found.actor.post})
    await superuser.commit()
    yield found
    await superuser.execute(put, {"roles": list(found.actor.roles), "post": found.actor.post})
    await superuser.commit()
