"""Sending a stored file."""

from uuid import UUID

from litestar.response import File

from lianshen.audit.commands import note_read
from lianshen.documents.queries import path_of
from lianshen.kernel.messages import text
from lianshen.projects import queries
from lianshen.web._call import Call


async def file_of(call: Call, project: UUID, document: UUID) -> File:
    """The stored file of one version, always as an attachment: no upload is ever shown as a page of ours (D155).

    Raises NotFound.
    """
    found = await queries.document(call.uow, call.actor, project, document)
    note = f"{found.id} {found.filename} SHA-256 {found.sha256}"
    note_read(call.uow, "file", label=text("act.read_file"), by=call.actor.by, project=project, note=note)
    path = path_of(call.files, call.actor.tenant, found)
    return File(path, filename=found.filename, media_type=found.media_type, content_disposition_type="attachment")
