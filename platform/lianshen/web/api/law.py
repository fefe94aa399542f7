"""The law of each jurisdiction, for anyone: nothing here asks who one is or leaves a trace."""

from asyncio import to_thread
from datetime import date
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import BodyKwarg, PathParameter

from lianshen.rules import queries as rules
from lianshen.rules.queries import Answered, Explained, Inquiry, Pack, Question
from lianshen.rules.types import FormField
from lianshen.tenancy import queries as tenancy
from lianshen.tenancy.types import PLATFORM
from lianshen.web._auth import PUBLIC
from lianshen.web._context import Asked
from lianshen.web.api._openapi import described, examples
from lianshen.web.api._texts import PARAMETERS


class Instrument(msgspec.Struct, frozen=True):
    """The regulation in force; ``since`` is the first day of this version of the pack."""

    title: str
    number: str
    status: str
    version: str
    since: date


class Jurisdiction(msgspec.Struct, frozen=True):
    code: str
    name: str
    level: str
    instrument: Instrument | None


class Intake(msgspec.Struct, frozen=True):
    """The form of the declaration under the instrument in force."""

    tenant: str
    instrument: Instrument
    fields: tuple[FormField, ...]


@get("/tenants", **described("list_tenants", PUBLIC))
async def list_tenants(call: Asked) -> list[Jurisdiction]:
    packs = {
        one: call.law.registry.in_force(one.code, call.today)
        for one in await tenancy.tenants(call.uow)
        if one.code != PLATFORM
    }
    return [
        Jurisdiction(one.code, one.name, one.level, _instrument(pack) if pack else None) for one, pack in packs.items()
    ]


@get("/tenants/{tenant:str}/intake", **described("read_intake", PUBLIC, problems=(409,)), sync_to_thread=False)
def read_intake(call: Asked, tenant: Annotated[str, PathParameter(description=PARAMETERS["tenant"])]) -> Intake:
    pack = rules.pack_of(call.law, tenant, call.today)
    return Intake(tenant, _instrument(pack), pack.intake)


@post("/assessments", status_code=200, **described("assess", PUBLIC, problems=(409, 422)))
async def assess(call: Asked, data: Annotated[Question, BodyKwarg(examples=examples("assess"))]) -> Answered:
    law = await rules.law_for(call.uow, call.law, data.tenant)
    return rules.ask(law, data, call.today)


@post("/assessments/explanations", status_code=200, **described("explain", PUBLIC, problems=(409, 422)))
async def explain(call: Asked, data: Annotated[Inquiry, BodyKwarg(examples=examples("explain"))]) -> Explained:
    law = await rules.law_for(call.uow, call.law, data.tenant)
    return await to_thread(rules.inquire, law, data, call.today)


def _instrument(pack: Pack) -> Instrument:
    return Instrument(pack.title, pack.number, pack.status, pack.version, pack.since)


HANDLERS = (list_tenants, read_intake, assess, explain)
