"""People, offices and posts; see the pages of the same."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.params import BodyKwarg, PathParameter, QueryParameter

from lianshen.staff import commands, permissions, queries
from lianshen.staff.types import Appointment, Leaving, Office, Person, PersonPage, Secret
from lianshen.web._auth import needs
from lianshen.web._context import Asked
from lianshen.web.api._openapi import described, examples
from lianshen.web.api._texts import PARAMETERS
from lianshen.wiring import LEAVING

_READ = needs(permissions.READ)
_CREATE = needs(permissions.CREATE)
_EMPOWER = needs(permissions.EMPOWER)
_Person = Annotated[UUID, PathParameter(description=PARAMETERS["person"])]
_Post = Annotated[UUID, PathParameter(description=PARAMETERS["post"])]
_Appointment = Annotated[UUID, PathParameter(description=PARAMETERS["appointment"])]
_Text = Annotated[str, msgspec.Meta(max_length=200)]


class NewOffice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: _Text
    name: _Text
    body: _Text


class NewPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    office: UUID
    login: _Text
    name: _Text
    since: date
    until: date | None = None


class Roles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    roles: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=50)]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    role: _Text


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    granted: bool


_Decision = Annotated[Decision, BodyKwarg(examples=examples("decide_appointment"))]
_Roles = Annotated[Roles, BodyKwarg(examples=examples("set_roles"))]


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: _Text = ""


class StandIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    deputy: UUID
    since: date
    until: date


class Reset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """With ``factors`` second factors and recovery codes go as well."""

    factors: bool = False


class Leave(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``posts`` are handed over besides those that must be."""

    successor: UUID | None = None
    reason: _Text = ""
    posts: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=50)] = ()


class Made(msgspec.Struct, frozen=True):
    id: UUID


@get("/people", **described("list_people", _READ))
async def list_people(
    call: Asked,
    q: Annotated[str, QueryParameter(description=PARAMETERS["words"], max_length=60)] = "",
    after: Annotated[str, QueryParameter(description=PARAMETERS["after"], max_length=60)] = "",
    limit: Annotated[int, QueryParameter(description=PARAMETERS["limit"], ge=1, le=200)] = 50,
) -> list[Person]:
    return await queries.people(call.uow, call.actor, words=q, after=after, limit=limit)


@post("/people", **described("create_person", _CREATE, keyed=True))
async def create_person(call: Asked, data: Annotated[NewPerson, BodyKwarg(examples=examples("create_person"))]) -> Made:
    made = await commands.create_person(
        call.uow, call.actor, data.office, data.login, data.name, data.since, data.until
    )
    return Made(made)


@get("/people/{person:uuid}", **described("read_person", _READ, problems=(404,)))
async def read_person(call: Asked, person: _Person) -> PersonPage:
    return await queries.person(call.uow, call.actor, person)


@put("/people/{person:uuid}/enablement", **described("enable_person", _EMPOWER, problems=(404, 409)))
async def enable_person(call: Asked, person: _Person) -> Secret:
    """PUT, so that no key brings the password back."""
    return await commands.enable(call.uow, call.actor, person)


@put("/people/{person:uuid}/password", **described("reset_password", _EMPOWER, problems=(404, 409)))
async def reset_password(
    call: Asked, person: _Person, data: Annotated[Reset, BodyKwarg(examples=examples("reset_password"))]
) -> Secret:
    return await commands.reset(call.uow, call.actor, person, factors=data.factors)


@post(
    "/people/{person:uuid}/disablement",
    status_code=204,
    **described("disable_person", _EMPOWER, problems=(404,), keyed=True),
)
async def disable_person(
    call: Asked, person: _Person, data: Annotated[Reason, BodyKwarg(examples=examples("disable_person"))]
) -> None:
    await commands.disable(call.uow, call.actor, person, data.reason)


@get("/people/{person:uuid}/leaving", **described("preview_leaving", _EMPOWER, problems=(404,)))
async def preview_leaving(call: Asked, person: _Person) -> Leaving:
    return await queries.leaving(call.uow, call.actor, person, LEAVING)


@post("/people/{person:uuid}/leaving", status_code=204, **described("leave", _EMPOWER, problems=(404,), keyed=True))
async def leave(call: Asked, person: _Person, data: Annotated[Leave, BodyKwarg(examples=examples("leave"))]) -> None:
    await commands.leave(call.uow, call.actor, person, data.successor, data.reason, LEAVING, hand_over=data.posts)


@post(
    "/people/{person:uuid}/appointments",
    **described("propose_appointment", needs(permissions.PROPOSE), problems=(404,), keyed=True),
)
async def propose_appointment(
    call: Asked, person: _Person, data: Annotated[Wanted, BodyKwarg(examples=examples("propose_appointment"))]
) -> Made:
    return Made(await commands.propose(call.uow, call.actor, person, data.role))


@get("/appointments", **described("list_appointments", _READ))
async def list_appointments(call: Asked) -> tuple[Appointment, ...]:
    return await queries.waiting(call.uow, call.actor)


@post(
    "/appointments/{appointment:uuid}/decision",
    status_code=204,
    **described("decide_appointment", needs(permissions.APPOINT), problems=(404,), keyed=True),
)
async def decide_appointment(
    call: Asked,
    appointment: _Appointment,
    data: _Decision,
) -> None:
    await commands.decide(call.uow, call.actor, appointment, granted=data.granted)


@put("/posts/{post:uuid}/roles", status_code=204, **described("set_roles", _EMPOWER, problems=(404, 409, 422)))
async def set_roles(call: Asked, post: _Post, data: _Roles) -> None:
    await commands.grant(call.uow, call.actor, post, data.roles)


@post("/posts/{post:uuid}/end", status_code=204, **described("end_post", _EMPOWER, problems=(404,), keyed=True))
async def end_post(call: Asked, post: _Post) -> None:
    await commands.end_post(call.uow, call.actor, post)


@post(
    "/posts/{post:uuid}/stand-ins",
    **described("stand_in", needs(permissions.EMPOWER), problems=(404,), keyed=True),
)
async def stand_in(
    call: Asked, post: _Post, data: Annotated[StandIn, BodyKwarg(examples=examples("stand_in"))]
) -> Made:
    return Made(await commands.stand_in(call.uow, call.actor, post, data.deputy, data.since, data.until))


@get("/offices", **described("list_offices", _READ))
async def list_offices(call: Asked) -> list[Office]:
    return await queries.offices(call.uow, call.actor)


@post("/offices", **described("create_office", _CREATE, keyed=True))
async def create_office(call: Asked, data: Annotated[NewOffice, BodyKwarg(examples=examples("create_office"))]) -> Made:
    return Made(await commands.create_office(call.uow, call.actor, data.code, data.name, data.body))


HANDLERS = (
    list_people, create_person, read_person, enable_person, reset_password, disable_person, preview_leaving, leave,
    propose_appointment, list_appointments, decide_appointment, set_roles, end_post, stand_in, list_offices,
    create_office,
)  # fmt: skip
