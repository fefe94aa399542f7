"""Who may do what, and the tenant's own roles, for the security administrator."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import PathParameter, QueryParameter

from lianshen.access import commands, permissions, queries
from lianshen.access.types import Draft, Preview, Role
from lianshen.kernel.errors import Conflict, Invalid, Item, Refusal
from lianshen.kernel.messages import text
from lianshen.tenancy.types import PLATFORM
from lianshen.web._auth import limited, needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, page, see_other

_OPERATORS = "operations.read"
"""What a role of the platform's own operators carries, which no jurisdiction has, and theirs alone."""
_READ = needs(permissions.READ)
_MANAGE = needs(permissions.MANAGE)
_PAGE = 50
_Code = Annotated[str, PathParameter(description="code", max_length=20)]


@get("/rights", opt=_READ, include_in_schema=False)
async def rights(call: Asked) -> Response[str]:
    found = await queries.matrix(call.uow, call.actor)
    platforms = call.actor.tenant == PLATFORM
    roles = [one for one in found.roles if (_OPERATORS in one.grants) == platforms]
    actions = [one for one in found.actions if any(one.code in role.grants for role in roles)]
    return page(call, "rights.html", roles=roles, actions=actions, scopes=queries.scope_labels(call.actor))


@get("/rights/who", opt=_READ, include_in_schema=False)
async def who(call: Asked, permission: Annotated[str, QueryParameter(max_length=80)] = "") -> Response[str]:
    found = await queries.who_can(call.uow, call.actor, permission) if permission else None
    return page(call, "rights_who.html", options=queries.options(call.actor), permission=permission, found=found)


@get("/rights/people", opt=_READ | limited("search", asked_with="q"), include_in_schema=False)
async def people(
    call: Asked,
    q: Annotated[str, QueryParameter(max_length=60)] = "",
    after: Annotated[str, QueryParameter(max_length=40)] = "",
) -> Response[str]:
    start = int(after) if after.isdecimal() and len(after) < 8 else 0
    found = await queries.people(call.uow, call.actor, words=q.strip(), skip=start, limit=_PAGE + 1)
    more = start + _PAGE if len(found) > _PAGE else None
    return page(call, "rights_people.html", found=found[:_PAGE], q=q, more=more)


@get("/rights/people/{person:uuid}", opt=_READ, include_in_schema=False)
async def person(call: Asked, person: Annotated[UUID, PathParameter(description="id")]) -> Response[str]:
    return page(call, "rights_person.html", found=await queries.rights_of(call.uow, call.actor, person))


@get("/rights/roles", opt=_READ, include_in_schema=False)
async def roles(call: Asked) -> Response[str]:
    found = await queries.own_roles(call.uow, call.actor)
    return page(call, "rights_roles.html", found=found, today=call.today)


@get("/rights/roles/new", opt=_MANAGE, include_in_schema=False)
async def new(call: Asked) -> Response[str]:
    return await _form(call, None, {"since": [call.today.isoformat()]})


@post("/rights/roles/new", opt=_MANAGE, include_in_schema=False)
async def compose(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    return await _take(call, None, await _typed(request))


@get("/rights/roles/{role:str}", opt=_READ, include_in_schema=False)
async def role(call: Asked, role: _Code) -> Response[str]:
    found = await queries.own_role(call.uow, call.actor, role)
    return await _form(call, found, _as_typed(found))


@post("/rights/roles/{role:str}", opt=_MANAGE, include_in_schema=False)
async def change(call: Asked, role: _Code, request: Request[Any, Any, Any]) -> Response[Any]:
    return await _take(call, await queries.own_role(call.uow, call.actor, role), await _typed(request))


async def _take(call: Call, found: Role | None, typed: dict[str, list[str]]) -> Response[Any]:
    """Show what would change; or do it, when that has been seen."""
    step, code = _one(typed, "_step"), None if found is None else found.code
    version = int(_one(typed, "_version") or 0) if _one(typed, "_version").isdecimal() else 0
    try:
        draft = None if step in ("end", "end_confirmed") else _draft(typed)
        if draft is not None:
            await commands.check(call.uow, call.actor, draft, found)
        if step == "confirmed" and draft is not None:
            if code is None:
                await commands.compose(call.uow, call.actor, draft)
            else:
                await commands.change(call.uow, call.actor, code, draft, version)
            return see_other("/rights/roles")
        if step == "end_confirmed" and code is not None:
            await commands.end(call.uow, call.actor, code, version)
            return see_other("/rights/roles")
        shown = await queries.preview(call.uow, call.actor, code, draft)
    except (Invalid, Conflict) as refusal:
        return await _form(call, found, typed, refusal=refusal)
    return await _form(call, found, typed, preview=shown, ending=draft is None)


async def _form(
    call: Call,
    found: Role | None,
    typed: dict[str, list[str]],
    *,
    refusal: Refusal | None = None,
    preview: Preview | None = None,
    ending: bool = False,
) -> Response[str]:
    bases, single = queries.composable(call.actor)
    return page(
        call,
        "rights_role.html",
        status=refusal.status if refusal else 200,
        role=found,
        bases=bases,
        single=single,
        typed=typed,
        refusal=refusal,
        errors={item.field: item.message for item in refusal.items if item.field} if refusal else {},
        preview=preview,
        ending=ending,
        today=call.today,
    )


async def _typed(request: Request[Any, Any, Any]) -> dict[str, list[str]]:
    """The fields of the form with all their values: boxes share a name."""
    found: dict[str, list[str]] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
    return found


def _one(typed: dict[str, list[str]], name: str) -> str:
    return typed.get(name, [""])[0]


def _draft(typed: dict[str, list[str]]) -> Draft:
    """What was typed. Raises Invalid on a date that does not read."""
    faults: list[Item] = []
    days: dict[str, date | None] = {}
    for name in ("since", "until"):
        try:
            days[name] = date.fromisoformat(_one(typed, name)) if _one(typed, name) else None
        except ValueError:
            days[name] = None
            faults.append(Item(code="invalid", message=text("field.day"), field=name))
    since = days["since"]
    if since is None and not faults:
        faults.append(Item(code="invalid", message=text("field.required"), field="since"))
    if since is None or faults:
        raise Invalid(tuple(faults))
    return Draft(
        label=_one(typed, "label").strip(),
        includes=tuple(typed.get("includes", ())),
        permissions=tuple(typed.get("permissions", ())),
        since=since,
        until=days["until"],
    )


def _as_typed(found: Role) -> dict[str, list[str]]:
    return {
        "label": [found.label],
        "includes": list(found.includes),
        "permissions": list(found.permissions),
        "since": [found.since.isoformat()],
        "until": [found.until.isoformat() if found.until else ""],
    }


HANDLERS = (rights, who, people, person, roles, new, compose, role, change)
