"""The list of projects, and the declaration's form."""

from asyncio import to_thread
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import PathParameter, QueryParameter

from lianshen.kernel.errors import Closed, Conflict, Invalid, Refusal
from lianshen.projects import commands, permissions, queries
from lianshen.projects.types import ProjectView, Sort
from lianshen.rules import queries as rules
from lianshen.rules.queries import NoLaw, Pack
from lianshen.web._auth import limited, needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other
from lianshen.web._forms import typed
from lianshen.web.pages.home import preview

ProjectId = Annotated[UUID, PathParameter(description="id")]


@get("/projects", opt=needs(permissions.READ) | limited("search", asked_with="q"), include_in_schema=False)
async def projects(
    call: Asked,
    sort: Annotated[Sort, QueryParameter(name="sort")] = "updated",
    phase: Annotated[str | None, QueryParameter(name="phase")] = None,
    q: Annotated[str | None, QueryParameter(name="q", max_length=100)] = None,
    cursor: Annotated[str | None, QueryParameter(name="cursor", max_length=200)] = None,
) -> Response[str]:
    found = await queries.page(call.uow, call.actor, sort=sort, phase=phase, words=q, cursor=cursor)
    phases = await queries.phases(call.uow, call.actor)
    return page(call, "projects.html", found=found, phases=phases, sort=sort, phase=phase or "", q=q or "")


@get("/projects/new", opt=needs(permissions.DECLARE), include_in_schema=False)
async def new(call: Asked, request: Request[Any, Any, Any]) -> Response[str]:
    """An empty form, or what a pre-check carries over in its address."""
    return await _form(call, dict(request.query_params.items()))


@post("/projects", opt=needs(permissions.DECLARE), include_in_schema=False)
async def declare(call: Asked, request: Request[Any, Any, Any]) -> Response[Any]:
    raw = await form_of(request)
    try:
        done = await commands.declare(call.uow, call.actor, call.law, raw)
    except (Invalid, NoLaw) as refusal:
        return await _form(call, raw, refusal)
    return see_other(f"/projects/{done.project}")


@get("/projects/{project:uuid}/edit", opt=needs(permissions.DECLARE), include_in_schema=False)
async def edit(call: Asked, project: ProjectId) -> Response[str]:
    found = await queries.view(call.uow, call.actor, project)
    answers = typed(rules.pinned(call.law, found.pack).intake, found.facts)
    raw = {name: "true" if value is True else "" if value is False else str(value) for name, value in answers.items()}
    return await _form(call, raw, project=found, version=str(found.version))


@post("/projects/{project:uuid}/edit", opt=needs(permissions.DECLARE), include_in_schema=False)
async def amend(call: Asked, project: ProjectId, request: Request[Any, Any, Any]) -> Response[Any]:
    raw = await form_of(request)
    version = raw.get("_version", "")
    try:
        await commands.amend(call.uow, call.actor, call.law, project, raw, version=int(version) if version else None)
    except (Invalid, Closed, Conflict) as refusal:
        found = await queries.view(call.uow, call.actor, project)
        return await _form(call, raw, refusal, project=found, version=version)
    return see_other(f"/projects/{project}")


async def _form(
    call: Call,
    raw: dict[str, str],
    refusal: Refusal | None = None,
    *,
    project: ProjectView | None = None,
    version: str = "",
) -> Response[str]:
    """The form with what was typed, and every remark beside its field; in a thread, as the pre-check is."""
    pack = rules.pinned(call.law, project.pack) if project else _law_of(call, refusal)
    errors = {item.field: item.message for item in refusal.items if item.field} if refusal else {}
    return await to_thread(
        lambda: page(
            call,
            "declaration.html",
            status=refusal.status if refusal else 200,
            project=project,
            version=version,
            refusal=refusal,
            tenant=call.actor.tenant,
            **preview(call, pack, raw, errors),
        )
    )


def _law_of(call: Call, refusal: Refusal | None) -> Pack:
    """The law in force; where it has ended, what was typed stays in the form of the last. Raises NoLaw."""
    if isinstance(refusal, NoLaw):
        latest = call.law.registry.latest(call.actor.tenant, call.today)
        if latest is None:
            raise refusal
        return latest.pack
    return rules.pack_of(call.law, call.actor.tenant, call.today)


HANDLERS = (projects, new, declare, edit, amend)
