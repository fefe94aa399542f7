"""Before any account: what this is, and the pre-check."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import PathParameter

from lianshen.rules import queries as rules
from lianshen.rules.queries import Pack
from lianshen.tenancy.queries import tenants
from lianshen.web._auth import GREETS, PUBLIC
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page
from lianshen.web.pages._view import sections

_Tenant = Annotated[str, PathParameter(description="GB/T 2260")]


@get("/", opt=GREETS, include_in_schema=False)
async def home(call: Asked) -> Response[str]:
    with_law = [(one, pack) for one in await tenants(call.uow) if (pack := _in_force(call, one.code))]
    return page(call, "home.html", jurisdictions=with_law)


@get("/precheck/{tenant:str}", opt=GREETS, include_in_schema=False, sync_to_thread=False)
def precheck(call: Asked, tenant: _Tenant) -> Response[str]:
    pack = _law_of(call, tenant)
    return page(call, "precheck.html", tenant=tenant, **preview(call, pack, {}))


@post("/precheck/{tenant:str}", opt=GREETS, status_code=200, include_in_schema=False)
async def precheck_again(call: Asked, tenant: _Tenant, request: Request[Any, Any, Any]) -> Response[str]:
    """Without JavaScript: the same page with the result beside what was typed."""
    raw = await form_of(request)
    return page(call, "precheck.html", tenant=tenant, **preview(call, _law_of(call, tenant), raw))


@post("/precheck/{tenant:str}/result", opt=PUBLIC, status_code=200, include_in_schema=False)
async def result(call: Asked, tenant: _Tenant, request: Request[Any, Any, Any]) -> Response[str]:
    """As one types: the result, and the remarks that belong beside the fields."""
    raw = await form_of(request)
    return page(call, "_result.html", **preview(call, _law_of(call, tenant), raw))


def preview(call: Call, pack: Pack, raw: dict[str, str], errors: dict[str, str] | None = None) -> dict[str, Any]:
    """The form with what was typed, and what the law says of it today. ``errors`` are remarks from a refusal."""
    facts, unread = rules.read_inputs(pack.intake, raw, partial=True)
    answered = rules.consider(call.law.calendar, pack, facts, "", call.today)
    amounts = list(dict.fromkeys(name for axis in pack.axes for name in axis.of))
    return {
        "pack": pack,
        "sections": sections(pack.intake),
        "raw": raw or {field.name: _default(field.default) for field in pack.intake},
        "errors": unread | (errors or {}),
        "asked": bool(raw) or not pack.axes or not facts.keys().isdisjoint(amounts),
        "amount": "、".join(pack.vocabulary.facts[name].label for name in amounts),
        "assessment": answered.assessment,
        "forecasts": {one.clock: one for one in answered.forecasts},
        "today": call.today,
    }


def _default(value: object) -> str:
    return "" if value is None else "true" if value is True else "" if value is False else str(value)


def _in_force(call: Call, tenant: str) -> Pack | None:
    return call.law.registry.in_force(tenant, call.today)


def _law_of(call: Call, tenant: str) -> Pack:
    return rules.pack_of(call.law, tenant, call.today)


HANDLERS = (home, precheck, precheck_again, result)
