"""Other systems and their keys, for the security administrator."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.params import BodyKwarg, PathParameter

from lianshen.systems import commands, permissions, queries
from lianshen.systems.types import NewKey, System
from lianshen.web._auth import UNKEPT, needs
from lianshen.web._context import Asked
from lianshen.web.api._openapi import described, examples
from lianshen.web.api._texts import PARAMETERS

SystemId = Annotated[UUID, PathParameter(description=PARAMETERS["system"])]
KeyId = Annotated[UUID, PathParameter(description=PARAMETERS["key"])]
_MANAGE = needs(permissions.MANAGE)


class Entry(msgspec.Struct, frozen=True):
    """A system: the office it belongs to, and the person who answers for it."""

    name: str
    office: UUID
    person: UUID


class Entered(msgspec.Struct, frozen=True):
    id: UUID


class Scope(msgspec.Struct, frozen=True):
    """What a key may do, for how many days, and in which office if not the system's own."""

    permissions: tuple[str, ...]
    days: int
    office: UUID | None = None


@get("/systems", **described("list_systems", _MANAGE))
async def list_systems(call: Asked) -> list[System]:
    return await queries.systems(call.uow, call.actor)


@post("/systems", **described("register_system", _MANAGE, keyed=True))
async def register_system(
    call: Asked, data: Annotated[Entry, BodyKwarg(examples=examples("register_system"))]
) -> Entered:
    return Entered(
        await commands.register(call.uow, call.actor, name=data.name, office=data.office, person=data.person)
    )


@delete("/systems/{system:uuid}", **described("end_system", _MANAGE, problems=(404,)))
async def end_system(call: Asked, system: SystemId) -> None:
    await commands.end(call.uow, call.actor, system)


@post("/systems/{system:uuid}/keys", **described("issue_key", _MANAGE | UNKEPT, problems=(404, 422)))
async def issue_key(
    call: Asked, system: SystemId, data: Annotated[Scope, BodyKwarg(examples=examples("issue_key"))]
) -> NewKey:
    return await commands.issue(call.uow, call.actor, system, may=data.permissions, days=data.days, office=data.office)


@post("/systems/{system:uuid}/keys/{key:uuid}/successor", **described("rotate_key", _MANAGE | UNKEPT, problems=(404,)))
async def rotate_key(call: Asked, system: SystemId, key: KeyId) -> NewKey:
    return await commands.rotate(call.uow, call.actor, system, key)


@delete("/systems/{system:uuid}/keys/{key:uuid}", **described("revoke_key", _MANAGE, problems=(404,)))
async def revoke_key(call: Asked, system: SystemId, key: KeyId) -> None:
    await commands.revoke(call.uow, call.actor, system, key)


HANDLERS = (list_systems, register_system, end_system, issue_key, rotate_key, revoke_key)
