"""Who may do what, and the tenant's own roles; see the pages of the same."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.params import BodyKwarg, PathParameter, QueryParameter

from lianshen.access import commands, permissions, queries
from lianshen.access.types import Draft, Holder, Option, Preview, Rights, Role
from lianshen.web._auth import needs
from lianshen.web._context import Asked
from lianshen.web.api._openapi import described, examples
from lianshen.web.api._texts import PARAMETERS

_READ = needs(permissions.READ)
_MANAGE = needs(permissions.MANAGE)
RoleCode = Annotated[str, PathParameter(description=PARAMETERS["role"], max_length=20)]


class RoleRights(msgspec.Struct, frozen=True):
    """What a role may do today. ``own`` is set for the tenant's own."""

    code: str
    label: str
    reserved: bool
    grants: list[str]
    own: Role | None


class Rules(msgspec.Struct, frozen=True):
    actions: tuple[Option, ...]
    roles: list[RoleRights]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The role as it shall be; ``version`` is the one that was read."""

    label: str
    includes: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    since: date
    until: date | None = None
    version: int


class Ending(msgspec.Struct, frozen=True):
    version: int


class Trial(msgspec.Struct, frozen=True):
    """``code``: the role to change, none to compose one; ``draft``: as it shall be, none to end it."""

    code: str | None = None
    draft: Draft | None = None


class Composed(msgspec.Struct, frozen=True):
    code: str


@get("/rights/matrix", **described("read_matrix", _READ))
async def read_matrix(call: Asked) -> Rules:
    found = await queries.matrix(call.uow, call.actor)
    roles = [RoleRights(one.code, one.label, one.reserved, sorted(one.grants), one.role) for one in found.roles]
    return Rules(found.actions, roles)


@get("/rights/who", **described("who_can", _READ, problems=(404,)))
async def who_can(
    call: Asked, permission: Annotated[str, QueryParameter(description=PARAMETERS["permission"], max_length=80)]
) -> tuple[Holder, ...]:
    return await queries.who_can(call.uow, call.actor, permission)


@get("/rights/people", **described("list_holders", _READ))
async def list_holders(call: Asked) -> tuple[Holder, ...]:
    return await queries.people(call.uow, call.actor)


@get("/rights/people/{person:uuid}", **described("rights_of", _READ, problems=(404,)))
async def rights_of(
    call: Asked, person: Annotated[UUID, PathParameter(description=PARAMETERS["person"])]
) -> tuple[Rights, ...]:
    return await queries.rights_of(call.uow, call.actor, person)


@get("/rights/roles", **described("list_roles", _READ))
async def list_roles(call: Asked) -> tuple[Role, ...]:
    return await queries.own_roles(call.uow, call.actor)


@get("/rights/roles/{role:str}", **described("read_role", _READ, problems=(404,)))
async def read_role(call: Asked, role: RoleCode) -> Role:
    return await queries.own_role(call.uow, call.actor, role)


@post("/rights/roles", **described("compose_role", _MANAGE, keyed=True))
async def compose_role(call: Asked, data: Annotated[Draft, BodyKwarg(examples=examples("compose_role"))]) -> Composed:
    return Composed(await commands.compose(call.uow, call.actor, data))


@put("/rights/roles/{role:str}", status_code=204, **described("change_role", _MANAGE, problems=(404, 409, 422)))
async def change_role(
    call: Asked, role: RoleCode, data: Annotated[Wanted, BodyKwarg(examples=examples("change_role"))]
) -> None:
    draft = Draft(**{name: getattr(data, name) for name in Draft.__struct_fields__})
    await commands.change(call.uow, call.actor, role, draft, data.version)


@post(
    "/rights/roles/{role:str}/end",
    status_code=204,
    **described("end_role", _MANAGE, problems=(404,), keyed=True),
)
async def end_role(
    call: Asked, role: RoleCode, data: Annotated[Ending, BodyKwarg(examples=examples("end_role"))]
) -> None:
    await commands.end(call.uow, call.actor, role, data.version)


@post("/rights/preview", status_code=200, **described("preview_role", _MANAGE, problems=(404,), keyed=True))
async def preview_role(call: Asked, data: Annotated[Trial, BodyKwarg(examples=examples("preview_role"))]) -> Preview:
    return await queries.preview(call.uow, call.actor, data.code, data.draft)


HANDLERS = (
    read_matrix, who_can, list_holders, rights_of, list_roles, read_role, compose_role, change_role, end_role,
    preview_role,
)  # fmt: skip
