"""The operators' page: which tenants there are, in what state, what was ordered for them; no content (D43)."""

from collections import Counter
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import PathParameter

from lianshen.identity.commands import hash_password, initial_secret
from lianshen.kernel.errors import Invalid, Item, Refusal
from lianshen.kernel.messages import text
from lianshen.operations import commands, permissions, queries
from lianshen.operations.types import Founder, Founding
from lianshen.visits.commands import LONGEST
from lianshen.visits.permissions import ASK
from lianshen.visits.queries import visits
from lianshen.web._auth import UNKEPT, limited, needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other

_ADMINISTRATORS = (("xtgl", "system_admin"), ("aqgl", "security_admin"), ("sjgl", "audit_admin"))
_Order = Annotated[UUID, PathParameter(description="id")]
_Kind = Annotated[str, PathParameter(description="suspend, resume, export, delete", max_length=10)]
Code = Annotated[str, PathParameter(description="GB/T 2260", max_length=6)]


@get("/operations", opt=needs(permissions.READ), include_in_schema=False)
async def overview(call: Asked) -> Response[str]:
    return await _overview(call)


async def _overview(call: Call, typed: dict[str, str] | None = None, refused: Refusal | None = None) -> Response[str]:
    lines = await queries.overview(call.uow, call.actor, call.today)
    return page(
        call,
        "operations.html",
        status=refused.status if refused else 200,
        lines=lines,
        states=Counter(line.place.state for line in lines),
        orders=await queries.orders(call.uow, call.actor),
        typed=typed or {},
        refused=refused,
        errors={item.field: item.message for item in refused.items} if refused else {},
    )


@post("/operations/tenants", status_code=200, opt=needs(permissions.ORDER) | UNKEPT, include_in_schema=False)
async def create(call: Asked, request: Request[Any, Any, Any]) -> Response[str]:
    """Order a new tenant, and show its administrators' secrets: this once, since only their hashes are kept."""
    typed = await form_of(request)
    secrets = [(login, text(f"role.{role}"), role, initial_secret()) for login, role in _ADMINISTRATORS]
    founders = tuple(Founder(login, name, role, hash_password(secret)) for login, name, role, secret in secrets)
    try:
        founding = Founding(
            code=typed.get("code", "").strip(),
            name=typed.get("name", "").strip(),
            level=typed.get("level", ""),
            parent=typed.get("parent") or None,
            since=_day(typed.get("since", ""), call.today),
            template=typed.get("template") or None,
            founders=founders,
        )
        order = await commands.order_founding(call.uow, call.actor, founding)
    except (Invalid, commands.Ordered) as refused:
        return await _overview(call, typed, refused)
    return page(call, "operations_secrets.html", founding=founding, secrets=secrets, order=order)


@post(
    "/operations/tenants/{tenant:str}/{kind:str}",
    opt=needs(permissions.ORDER) | limited("export"),
    include_in_schema=False,
)
async def order(call: Asked, tenant: Code, kind: _Kind, request: Request[Any, Any, Any]) -> Response[Any]:
    reason = (await form_of(request)).get("reason", "")
    if kind == "delete":
        id_ = await commands.order_deletion(call.uow, call.actor, tenant, reason)
    else:
        id_ = await commands.order(call.uow, call.actor, kind, tenant, reason)
    return see_other(f"/operations/orders/{id_}")


@get("/operations/tenants/{tenant:str}", opt=needs(permissions.READ), include_in_schema=False)
async def one_tenant(call: Asked, tenant: Code) -> Response[str]:
    return await tenant_page(call, tenant)


async def tenant_page(
    call: Call, tenant: str, typed: dict[str, str] | None = None, refused: Refusal | None = None
) -> Response[str]:
    """One tenant, with what was typed into the form of a visit where that was refused."""
    return page(
        call,
        "operations_tenant.html",
        status=refused.status if refused else 200,
        line=await queries.line(call.uow, call.actor, tenant, call.today),
        orders=await queries.orders(call.uow, call.actor, tenant),
        laws=[one.pack for one in call.law.registry.versions(tenant) if one.in_force(call.today)],
        visits=await visits(call.uow, call.actor, tenant) if call.may(ASK) else [],
        typed=typed or {},
        errors={item.field: item.message for item in refused.items} if refused else {},
        longest=LONGEST,
    )


@get("/operations/orders/{order:uuid}", opt=needs(permissions.READ), include_in_schema=False)
async def one_order(call: Asked, order: _Order, request: Request[Any, Any, Any]) -> Response[str]:
    """The page, and while the order runs the part that renews itself."""
    found = await queries.order(call.uow, call.actor, order)
    template = "_operations_order.html" if "hx-request" in request.headers else "operations_order.html"
    return page(call, template, order=found)


@post("/operations/orders/{order:uuid}/approve", opt=needs(permissions.APPROVE), include_in_schema=False)
async def approve(call: Asked, order: _Order) -> Response[None]:
    await commands.approve(call.uow, call.actor, order)
    return see_other(f"/operations/orders/{order}")


@post("/operations/orders/{order:uuid}/withdraw", opt=needs(permissions.ORDER), include_in_schema=False)
async def withdraw(call: Asked, order: _Order) -> Response[None]:
    await commands.withdraw(call.uow, call.actor, order)
    return see_other(f"/operations/orders/{order}")


def _day(said: str, today: date) -> date:
    """The day that was typed; none is today. Raises Invalid."""
    try:
        return date.fromisoformat(said) if said else today
    except ValueError as error:
        raise Invalid((Item("invalid", text("field.day"), "since"),)) from error


HANDLERS = (overview, create, order, one_tenant, one_order, approve, withdraw)
