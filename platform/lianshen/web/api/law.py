"""The law of each jurisdiction, for anyone: nothing here asks who one is or leaves a trace."""

from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import BodyKwarg, PathParameter

from lianshen.kernel.errors import Invalid, Item
from lianshen.projects.commands import NoLaw
from lianshen.rules import queries as rules
from lianshen.rules.queries import Law
from lianshen.rules.types import Assessment, FormField
from lianshen.tenancy import queries as tenancy
from lianshen.web._auth import PUBLIC
from lianshen.web._context import Asked
from lianshen.web._forecasts import Forecast, forecasts
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


class Question(msgspec.Struct, frozen=True):
    """``facts`` are answers to fields of the intake form; what is left out is assumed."""

    tenant: str
    facts: dict[str, Any]


class Assessed(msgspec.Struct, frozen=True):
    assessment: Assessment
    forecasts: tuple[Forecast, ...]


@get("/tenants", **described("list_tenants", PUBLIC))
async def list_tenants(call: Asked) -> list[Jurisdiction]:
    return [
        Jurisdiction(one.code, one.name, one.level, _instrument(call.law, one.code, call.today))
        for one in await tenancy.tenants(call.uow)
    ]


@get("/tenants/{tenant:str}/intake", **described("read_intake", PUBLIC, problems=(409,)), sync_to_thread=False)
def read_intake(call: Asked, tenant: Annotated[str, PathParameter(description=PARAMETERS["tenant"])]) -> Intake:
    pack = call.law.registry.in_force(tenant, call.today)
    instrument = _instrument(call.law, tenant, call.today)
    if pack is None or instrument is None:
        raise NoLaw
    return Intake(tenant, instrument, pack.intake)


@post("/assessments", status_code=200, **described("assess", PUBLIC, problems=(409, 422)), sync_to_thread=False)
def assess(call: Asked, data: Annotated[Question, BodyKwarg(examples=examples("assess"))]) -> Assessed:
    pack = call.law.registry.in_force(data.tenant, call.today)
    if pack is None:
        raise NoLaw
    facts, errors = rules.read_inputs(pack.intake, data.facts, partial=True)
    if errors:
        raise Invalid(tuple(Item(code="invalid", message=said, field=name) for name, said in errors.items()))
    assessment = rules.assess(pack, facts, "", call.today)
    return Assessed(assessment, forecasts(call.law, pack, facts, assessment))


def _instrument(law: Law, tenant: str, today: date) -> Instrument | None:
    pack = law.registry.in_force(tenant, today)
    return Instrument(pack.title, pack.number, pack.status, pack.version, pack.since) if pack else None


HANDLERS = (list_tenants, read_intake, assess)
