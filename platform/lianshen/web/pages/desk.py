"""The desk of a project: what it is, what the law asks, what one can do now, what happened."""

from asyncio import to_thread
from datetime import timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import PathParameter, QueryParameter
from litestar.response import File

from lianshen.documents import permissions as document_rights
from lianshen.documents.queries import ALLOWED, TYPES
from lianshen.kernel.errors import Closed, Conflict, Invalid, Item, Refusal, TooLarge, WrongType
from lianshen.kernel.messages import text
from lianshen.projects import commands, permissions, queries
from lianshen.projects.types import ProjectView, ReceiptLine
from lianshen.reviews.queries import rounds
from lianshen.rules.queries import NoLaw, pinned
from lianshen.web._auth import limited, needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other
from lianshen.web._files import file_of
from lianshen.web.pages._view import changes, fold, name_of
from lianshen.web.pages.audit import certificates
from lianshen.web.pages.projects import ProjectId
from lianshen.wiring import EFFECTS
from lianshen.workcalendar.queries import working_days_left

_MIB = 1024 * 1024
_JUST = timedelta(minutes=1)


@get("/projects/{project:uuid}", opt=needs(permissions.READ), include_in_schema=False)
async def desk(
    call: Asked, project: ProjectId, done: Annotated[str, QueryParameter(name="done", max_length=60)] = ""
) -> Response[str]:
    return await shown(call, project, done=done)


@post("/projects/{project:uuid}/actions/{action:str}", opt=needs(permissions.READ), include_in_schema=False)
async def act(
    call: Asked,
    project: ProjectId,
    action: Annotated[str, PathParameter(description="code")],
    request: Request[Any, Any, Any],
) -> Response[Any]:
    """Do it, or come back to the desk with every reason beside the form and what was typed still in it."""
    raw = await form_of(request)
    version = int(raw["_version"]) if raw.get("_version", "").isdecimal() else None
    try:
        await commands.perform(call.uow, call.actor, call.law, project, action, raw, effects=EFFECTS, version=version)
    except (Invalid, Closed, Conflict, NoLaw, commands.Separated) as refusal:
        return await shown(call, project, refused=action, refusal=refusal, raw=raw)
    return see_other(f"/projects/{project}?done={action}")


@post(
    "/projects/{project:uuid}/papers/{paper:str}",
    opt=needs(document_rights.UPLOAD) | limited("upload"),
    include_in_schema=False,
)
async def hand_in(
    call: Asked,
    project: ProjectId,
    paper: Annotated[str, PathParameter(description="code")],
    request: Request[Any, Any, Any],
) -> Response[Any]:
    sent = (await request.form()).get("file")
    try:
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise Invalid((Item(code="invalid", message=text("field.file"), field="file"),))
        await commands.attach(
            call.uow, call.actor, call.law, project, paper, sent, root=call.files, limit=call.settings.upload_limit
        )
    except (Invalid, Closed, TooLarge, WrongType) as refusal:
        return await shown(call, project, refused=paper, refusal=refusal)
    return see_other(f"/projects/{project}#papers")


@get(
    "/projects/{project:uuid}/papers/{document:uuid}",
    opt=needs(document_rights.READ) | limited("export"),
    include_in_schema=False,
)
async def download(call: Asked, project: ProjectId, document: Annotated[UUID, PathParameter(description="id")]) -> File:
    return await file_of(call, project, document)


@get(
    "/projects/{project:uuid}/proof/{seq:int}", opt=needs(permissions.READ) | limited("export"), include_in_schema=False
)
async def proof(
    call: Asked, project: ProjectId, seq: Annotated[int, PathParameter(description="seq", ge=1, le=2**62)]
) -> Response[bytes]:
    made = await queries.proof(call.uow, call.actor, project, seq, await to_thread(certificates, call))
    disposition = f'attachment; filename="proof-{call.actor.tenant}-{seq}.zip"'
    return Response(made, media_type="application/zip", headers={"content-disposition": disposition})


async def shown(
    call: Call,
    project: UUID,
    *,
    done: str = "",
    refused: str = "",
    refusal: Refusal | None = None,
    raw: dict[str, str] | None = None,
) -> Response[str]:
    """The page. ``refused`` is the action or paper at which ``refusal`` is shown, with ``raw`` still in its form."""
    found = await queries.desk(call.uow, call.actor, call.law, project)
    pack = pinned(call.law, found.project.pack)
    calendar = call.law.calendar
    terms = await queries.terms(call.uow, call.actor, call.law, project)
    return page(
        call,
        "desk.html",
        status=refusal.status if refusal else 200,
        desk=found,
        project=found.project,
        assessment=found.assessment,
        pack=pack,
        amounts=[
            (field.label, found.project.facts[field.name])
            for field in pack.intake
            if field.kind == "money" and field.name in found.project.facts
        ],
        rounds=await rounds(call.uow, project),
        terms=[(one, fold(one.days), working_days_left(calendar, call.today, one.deadline.due_on)) for one in terms],
        history=[(entry, changes(pack, entry.facts)) for entry in reversed(found.project.history)],
        done=name_of(pack, done) if done in pack.actions else None,
        fresh_receipt=_fresh(found.project, call) if done else None,
        refused=refused,
        refusal=refusal,
        errors={item.field: item.message for item in refusal.items if item.field} if refusal else {},
        raw=raw or {},
        accepted=",".join(TYPES),
        allowed=ALLOWED,
        limit=call.settings.upload_limit,
        limit_mib=call.settings.upload_limit // _MIB,
        who=partial(name_of, pack),
    )


def _fresh(project: ProjectView, call: Call) -> ReceiptLine | None:
    """The receipt of what was just done, if it was a filing."""
    last = project.receipts[-1] if project.receipts else None
    return last if last is not None and call.now - last.at < _JUST else None


HANDLERS = (desk, act, hand_in, download, proof)
