"""Projects: declare, read, amend, act."""

from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from litestar import MediaType, Response, get, patch, post
from litestar.params import BodyKwarg, HeaderParameter, PathParameter, QueryParameter

from lianshen.deadlines import queries as deadlines
from lianshen.deadlines.types import Deadline
from lianshen.projects import commands, permissions, queries
from lianshen.projects.types import ActDone, Desk, HistoryEntry, PaperSlot, ProjectPage, ProjectView, Sort
from lianshen.reviews.queries import rounds
from lianshen.reviews.types import Round
from lianshen.rules.queries import pinned
from lianshen.rules.types import Action, Assessment
from lianshen.web._auth import limited, needs
from lianshen.web._context import Asked
from lianshen.web._forms import typed
from lianshen.web._versions import etag, expected
from lianshen.web.api._openapi import described, examples
from lianshen.web.api._texts import PARAMETERS
from lianshen.wiring import EFFECTS
from lianshen.workcalendar.queries import DayReason

ProjectId = Annotated[UUID, PathParameter(description=PARAMETERS["project"])]
IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", description=PARAMETERS["If-Match"])]
_READ = needs(permissions.READ)


class ExplainedDeadline(msgspec.Struct, frozen=True):
    """A deadline, and why it falls on its day: each day after the trigger, counted or not."""

    deadline: Deadline
    days: tuple[DayReason, ...]


class DeskView(msgspec.Struct, frozen=True):
    """A project as the caller's post works on it."""

    project: ProjectView
    assessment: Assessment
    papers: tuple[PaperSlot, ...]
    actions: tuple[Action, ...]
    may_amend: bool
    as_filed: bool
    reviews: tuple[Round, ...]
    deadlines: tuple[ExplainedDeadline, ...]


@post("/projects", **described("declare", needs(permissions.DECLARE), keyed=True, headers=("ETag", "Location")))
async def declare(
    call: Asked, data: Annotated[dict[str, Any], BodyKwarg(examples=examples("declare"))]
) -> Response[ActDone]:
    done = await commands.declare(call.uow, call.actor, call.law, data)
    return Response(done, headers=etag(done.version) | {"location": f"/api/v1/projects/{done.project}"})


@get("/projects", **described("list_projects", _READ | limited("search", asked_with="q"), problems=(422,)))
async def list_projects(
    call: Asked,
    sort: Annotated[Sort, QueryParameter(description=PARAMETERS["sort"])] = "updated",
    phase: Annotated[str | None, QueryParameter(description=PARAMETERS["phase"])] = None,
    q: Annotated[str | None, QueryParameter(description=PARAMETERS["q"], max_length=100)] = None,
    cursor: Annotated[str | None, QueryParameter(description=PARAMETERS["cursor"], max_length=200)] = None,
    limit: Annotated[int, QueryParameter(description=PARAMETERS["limit"], ge=1, le=200)] = 50,
) -> ProjectPage:
    return await queries.page(call.uow, call.actor, sort=sort, phase=phase, words=q, cursor=cursor, limit=limit)


@get("/projects/{project:uuid}", **described("read_project", _READ, problems=(404,), headers=("ETag",)))
async def read_project(call: Asked, project: ProjectId) -> Response[ProjectView]:
    version, said = await queries.view_as_json(call.uow, call.actor, project)
    return Response(cast("ProjectView", said), headers=etag(version), media_type=MediaType.JSON)


@patch(
    "/projects/{project:uuid}",
    **described("amend", needs(permissions.DECLARE), problems=(404, 409, 412, 422), headers=("ETag",)),
)
async def amend(
    call: Asked,
    project: ProjectId,
    data: Annotated[dict[str, Any], BodyKwarg(examples=examples("amend"))],
    if_match: IfMatch = None,
) -> Response[ActDone]:
    """A form says everything at once, so what the caller leaves out is filled in from the version it changes."""
    found = await queries.view(call.uow, call.actor, project)
    form = pinned(call.law, found.pack).intake
    version = expected(if_match) or found.version
    done = await commands.amend(
        call.uow, call.actor, call.law, project, typed(form, found.facts) | data, version=version
    )
    return Response(done, headers=etag(done.version))


@get("/projects/{project:uuid}/desk", **described("read_desk", _READ, problems=(404,), headers=("ETag",)))
async def read_desk(call: Asked, project: ProjectId) -> Response[DeskView]:
    desk = await queries.desk(call.uow, call.actor, call.law, project)
    reviews = await rounds(call.uow, project)
    histories = await deadlines.histories(call.uow, project)
    explained = tuple(
        ExplainedDeadline(item, deadlines.explain(call.law.calendar, histories[item.id]))
        for item in desk.project.deadlines
    )
    shown = {name: getattr(desk, name) for name in Desk.__struct_fields__}
    return Response(DeskView(**shown, reviews=reviews, deadlines=explained), headers=etag(desk.project.version))


@post(
    "/projects/{project:uuid}/actions/{action:str}",
    status_code=200,
    **described("act", _READ, problems=(404, 412), keyed=True, headers=("ETag",)),
)
async def act(
    call: Asked,
    project: ProjectId,
    action: Annotated[str, PathParameter(description=PARAMETERS["action"])],
    data: Annotated[dict[str, Any], BodyKwarg(examples=examples("act"))],
    if_match: IfMatch = None,
) -> Response[ActDone]:
    done = await commands.perform(
        call.uow, call.actor, call.law, project, action, data, effects=EFFECTS, version=expected(if_match)
    )
    return Response(done, headers=etag(done.version))


@get("/projects/{project:uuid}/events", **described("read_events", _READ, problems=(404,)))
async def read_events(call: Asked, project: ProjectId) -> tuple[HistoryEntry, ...]:
    return (await queries.view(call.uow, call.actor, project)).history


HANDLERS = (declare, list_projects, read_project, amend, read_desk, act, read_events)
