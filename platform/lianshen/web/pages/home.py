"""Before any account: what this is, and the pre-check."""

from asyncio import to_thread
from datetime import date
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import PathParameter, QueryParameter

from lianshen.kernel.messages import text
from lianshen.rules import queries as rules
from lianshen.rules.queries import Item, NoLaw, Pack
from lianshen.tenancy import queries as register
from lianshen.tenancy.queries import tenants
from lianshen.web._auth import GREETS, PUBLIC
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other
from lianshen.web.pages._view import fold, sections

_Tenant = Annotated[str, PathParameter(description="GB/T 2260")]


@get("/", opt=GREETS, include_in_schema=False)
async def home(call: Asked) -> Response[Any]:
    if call.visitor is not None:
        return see_other(call.start)
    with_law = [(one, pack) for one in await tenants(call.uow) if (pack := _in_force(call, one.code))]
    return page(call, "home.html", jurisdictions=with_law)


@get("/precheck/{tenant:str}", opt=GREETS, include_in_schema=False)
async def precheck(
    call: Asked, tenant: _Tenant, on: Annotated[str, QueryParameter(max_length=20)] = ""
) -> Response[Any]:
    heirs = await register.heirs(call.uow, tenant)
    if len(heirs) == 1 and heirs[0].code != tenant:  # merged: the old address leads on
        return see_other(f"/precheck/{heirs[0].code}")
    return await _shown(call, "precheck.html", tenant, {"on": on} if on else {})


@post("/precheck/{tenant:str}", opt=GREETS, status_code=200, include_in_schema=False)
async def precheck_again(call: Asked, tenant: _Tenant, request: Request[Any, Any, Any]) -> Response[str]:
    """Without JavaScript: the same page with the result beside what was typed."""
    raw = await form_of(request)
    return await _shown(call, "precheck.html", tenant, raw)


@post("/precheck/{tenant:str}/result", opt=PUBLIC, status_code=200, include_in_schema=False)
async def result(call: Asked, tenant: _Tenant, request: Request[Any, Any, Any]) -> Response[str]:
    """As one types: the result, and the remarks that belong beside the fields."""
    raw = await form_of(request)
    return await _shown(call, "_result.html", tenant, raw)


async def _shown(call: Call, template: str, tenant: str, raw: dict[str, str]) -> Response[str]:
    """In a thread: explaining every item takes longer than a request may keep the others waiting."""
    call.law = await rules.law_for(call.uow, call.services.law, tenant)
    return await to_thread(lambda: page(call, template, **_precheck(call, tenant, raw)))


def preview(
    call: Call, pack: Pack, raw: dict[str, str], errors: dict[str, str] | None = None, *, on: date | None = None
) -> dict[str, Any]:
    """The form with what was typed, and what the law says of it today, or ``on`` a day.

    ``errors`` are remarks from a refusal. The template that asks ``why`` of an item has it explained.
    """
    on = on or call.today
    shown = raw or {field.name: _default(field.default) for field in pack.intake}
    facts, unread = rules.read_inputs(pack.intake, shown, partial=True)
    answered = rules.consider(call.law.calendar, pack, facts, "", on)
    amounts = list(dict.fromkeys(name for axis in pack.axes for name in axis.of))
    return {
        "pack": pack,
        "sections": sections(pack.intake),
        "raw": shown,
        "errors": unread | (errors or {}),
        "asked": bool(raw) or not pack.axes or not facts.keys().isdisjoint(amounts),
        "amount": "、".join(pack.vocabulary.facts[name].label for name in amounts),
        "assessment": answered.assessment,
        "escalation": answered.escalation,
        "forecasts": {one.clock: (one, fold(one.days)) for one in answered.forecasts},
        "why": lambda kind, code="", rule="": rules.explain(pack, facts, "", on, Item(kind, code, rule)),
        "today": call.today,
        "on": on,
        "refused": None,
    }


def _precheck(call: Call, tenant: str, raw: dict[str, str]) -> dict[str, Any]:
    """The preview under the law of the day asked about; outside any law's time the nearest form, and the reason."""
    dated = "on" in raw
    on, remark = _day(call, raw.pop("on", ""))
    refused = None
    try:
        pack = rules.pack_of(call.law, tenant, on)
    except NoLaw as refusal:
        nearest = call.law.registry.named(tenant, on)
        if nearest is None:
            raise
        pack, refused = nearest, refusal
    return {**preview(call, pack, raw, remark, on=on), "tenant": tenant, "refused": refused, "dated": dated}


def _day(call: Call, said: str) -> tuple[date, dict[str, str]]:
    """The day that somebody typed, and a remark if it does not read; none is today."""
    try:
        return date.fromisoformat(said) if said else call.today, {}
    except ValueError:
        return call.today, {"on": text("field.day")}


def _default(value: object) -> str:
    return "" if value is None else "true" if value is True else "" if value is False else str(value)


def _in_force(call: Call, tenant: str) -> Pack | None:
    return call.law.registry.in_force(tenant, call.today)


HANDLERS = (home, precheck, precheck_again, result)
