"""Papers of a project."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.params import MultipartBody, PathParameter
from litestar.response import File

from lianshen.documents import permissions
from lianshen.documents.types import Document
from lianshen.projects import commands
from lianshen.web._auth import limited, needs
from lianshen.web._context import Asked
from lianshen.web._files import file_of
from lianshen.web.api._openapi import described
from lianshen.web.api._texts import PARAMETERS
from lianshen.web.api.projects import ProjectId


@dataclass
class HandedIn:
    """``paper`` is the code of the paper that ``file`` is handed in as."""

    paper: str
    file: UploadFile


@post(
    "/projects/{project:uuid}/documents",
    **described("hand_in", needs(permissions.UPLOAD) | limited("upload"), problems=(404, 413, 415), keyed=True),
)
async def hand_in(call: Asked, project: ProjectId, data: MultipartBody[HandedIn]) -> Document:
    return await commands.attach(
        call.uow,
        call.actor,
        call.law,
        project,
        data.paper,
        data.file,
        root=call.files,
        limit=call.settings.upload_limit,
    )


@get(
    "/projects/{project:uuid}/documents/{document:uuid}",
    media_type="application/octet-stream",
    **described("download", needs(permissions.READ) | limited("export"), problems=(404,)),
)
async def download(
    call: Asked, project: ProjectId, document: Annotated[UUID, PathParameter(description=PARAMETERS["document"])]
) -> File:
    """Always as an attachment: nothing that was uploaded is ever shown as a page of ours (D155)."""
    return await file_of(call, project, document)


HANDLERS = (hand_in, download)
