"""Receipts as they are read and printed; and what became of a form whose answer did not arrive."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get
from litestar.params import PathParameter

from lianshen.projects import permissions, queries
from lianshen.rules.queries import pinned
from lianshen.web._auth import SIGNED_IN, limited, needs
from lianshen.web._context import Asked, page
from lianshen.web._outcome import Key, submission
from lianshen.web.pages._view import name_of
from lianshen.web.pages.projects import ProjectId

_Filing = Annotated[UUID, PathParameter(description="id")]


@get("/projects/{project:uuid}/receipts/{filing:uuid}", opt=needs(permissions.READ), include_in_schema=False)
async def receipt(call: Asked, project: ProjectId, filing: _Filing) -> Response[str]:
    found = await queries.receipt(call.uow, call.actor, project, filing)
    pack = pinned(call.law, found.law.split(" ")[0])
    papers = [(name_of(pack, one.paper), one) for one in found.papers]
    return page(call, "receipt.html", receipt=found, papers=papers)


@get(
    "/projects/{project:uuid}/receipts/{filing:uuid}/note",
    opt=needs(permissions.READ) | limited("export"),
    include_in_schema=False,
)
async def note(call: Asked, project: ProjectId, filing: _Filing) -> Response[bytes]:
    """The signed statement as a file, the same bytes as are kept outside."""
    found = await queries.receipt(call.uow, call.actor, project, filing)
    headers = {"content-disposition": f'attachment; filename="{found.number}.txt"'}
    return Response(found.note.encode(), media_type="text/plain; charset=utf-8", headers=headers)


@get("/submissions", opt=SIGNED_IN, include_in_schema=False)
async def status(call: Asked, key: Key) -> Response[str]:
    return page(call, "submission.html", found=await submission(call, key))


HANDLERS: tuple[Any, ...] = (receipt, note, status)
