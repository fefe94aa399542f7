"""Receipts of what was filed, and what became of a request whose answer did not arrive."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import PathParameter

from lianshen.projects import permissions, queries
from lianshen.receipts.types import Receipt
from lianshen.web._auth import ANYONE_KNOWN, needs
from lianshen.web._context import Asked
from lianshen.web._outcome import Key, Submission, submission
from lianshen.web.api._openapi import described
from lianshen.web.api._texts import PARAMETERS
from lianshen.web.api.projects import ProjectId

_READ = needs(permissions.READ)


@get("/projects/{project:uuid}/receipts", **described("list_receipts", _READ, problems=(404,)))
async def list_receipts(call: Asked, project: ProjectId) -> tuple[Receipt, ...]:
    return await queries.receipts(call.uow, call.actor, project)


@get("/projects/{project:uuid}/receipts/{filing:uuid}", **described("read_receipt", _READ, problems=(404,)))
async def read_receipt(
    call: Asked, project: ProjectId, filing: Annotated[UUID, PathParameter(description=PARAMETERS["filing"])]
) -> Receipt:
    return await queries.receipt(call.uow, call.actor, project, filing)


@get("/submissions", **described("read_submission", ANYONE_KNOWN))
async def read_submission(call: Asked, key: Key) -> Submission:
    return await submission(call, key)


HANDLERS = (list_receipts, read_receipt, read_submission)
