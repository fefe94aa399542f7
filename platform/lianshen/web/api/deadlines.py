"""Deadlines of a project: each day explained, what fired when, and what may be done about one of them."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import BodyKwarg, PathParameter

from lianshen.deadlines import permissions
from lianshen.projects import commands, queries
from lianshen.projects import permissions as project_rights
from lianshen.projects.types import ActDone, Term
from lianshen.web._auth import needs
from lianshen.web._context import Asked
from lianshen.web._versions import etag
from lianshen.web.api._openapi import described, examples
from lianshen.web.api._texts import PARAMETERS
from lianshen.web.api.projects import ProjectId

DeadlineId = Annotated[UUID, PathParameter(description=PARAMETERS["deadline"])]


class Extension(msgspec.Struct, frozen=True):
    """Until which day a deadline is extended, and why."""

    until: date
    reason: str


class Waiver(msgspec.Struct, frozen=True):
    """Why a deadline is released."""

    reason: str


@get(
    "/projects/{project:uuid}/deadlines",
    **described("read_deadlines", needs(project_rights.READ), problems=(404,)),
)
async def read_deadlines(call: Asked, project: ProjectId) -> tuple[Term, ...]:
    return await queries.terms(call.uow, call.actor, call.law, project)


@post(
    "/projects/{project:uuid}/deadlines/{deadline:uuid}/extension",
    status_code=200,
    **described("extend_deadline", needs(permissions.EXTEND), problems=(404,), keyed=True, headers=("ETag",)),
)
async def extend_deadline(
    call: Asked,
    project: ProjectId,
    deadline: DeadlineId,
    data: Annotated[Extension, BodyKwarg(examples=examples("extend_deadline"))],
) -> Response[ActDone]:
    done = await commands.extend(call.uow, call.actor, call.law, project, deadline, msgspec.to_builtins(data))
    return Response(done, headers=etag(done.version))


@post(
    "/projects/{project:uuid}/deadlines/{deadline:uuid}/waiver",
    status_code=200,
    **described("waive_deadline", needs(permissions.WAIVE), problems=(404,), keyed=True, headers=("ETag",)),
)
async def waive_deadline(
    call: Asked,
    project: ProjectId,
    deadline: DeadlineId,
    data: Annotated[Waiver, BodyKwarg(examples=examples("waive_deadline"))],
) -> Response[ActDone]:
    done = await commands.waive(call.uow, call.actor, call.law, project, deadline, msgspec.to_builtins(data))
    return Response(done, headers=etag(done.version))


HANDLERS = (read_deadlines, extend_deadline, waive_deadline)
