"""SQL of papers."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, func, insert, literal_column, select

from lianshen.documents._tables import document
from lianshen.documents.types import Document
from lianshen.kernel import integrity
from lianshen.kernel.database import UnitOfWork

_SPELLED: ColumnElement[str] = literal_column(integrity.spelling(document, document.name), Text).label("canon")
_VIEW = [document.c[name] for name in Document.__struct_fields__]


async def next_version(uow: UnitOfWork, project: UUID, paper: str) -> int:
    mine = (document.c.tenant == uow.tenant) & (document.c.project == project) & (document.c.paper == paper)
    return int((await uow.execute(select(func.coalesce(func.max(document.c.version), 0)).where(mine))).scalar_one()) + 1


async def add(uow: UnitOfWork, project: UUID, item: Document, person: UUID) -> None:
    said = {name: getattr(item, name) for name in Document.__struct_fields__}
    row = {"tenant": uow.tenant, "project": project, "person": person, **said}
    foretold = integrity.foretell(document, row)
    row["mac"] = await integrity.mac(uow, document.name, foretold)
    written = (await uow.execute(insert(document).values(row).returning(document.c.id, _SPELLED))).one()
    await integrity.settle(uow, document, written, foretold)


async def of_project(uow: UnitOfWork, project: UUID) -> list[Document]:
    """For lists: whoever vouches for one of them, or serves it, asks ``intact``."""
    statement = (
        select(*_VIEW)
        .where(document.c.tenant == uow.tenant, document.c.project == project)
        .order_by(document.c.paper, document.c.version.desc())
    )
    return [Document(**row) for row in (await uow.execute(statement)).mappings()]


async def intact(uow: UnitOfWork, project: UUID, document_id: UUID | None = None) -> list[Document]:
    """The same, or the one of them. Raises Altered when one was changed past our commands (D142)."""
    mine = (document.c.tenant == uow.tenant) & (document.c.project == project)
    if document_id is not None:
        mine &= document.c.id == document_id
    statement = select(*_VIEW, document.c.mac, _SPELLED).where(mine)
    found = []
    for row in await uow.execute(statement.order_by(document.c.paper, document.c.version.desc())):
        await integrity.require_ours(uow, document.name, row.id, row.canon, row.mac)
        found.append(Document(**{name: row._mapping[name] for name in Document.__struct_fields__}))
    return found


async def known(uow: UnitOfWork, digests: Collection[str]) -> set[str]:
    """Which of ``digests`` a row names."""
    statement = select(document.c.sha256).where(document.c.tenant == uow.tenant, document.c.sha256.in_(digests))
    return set((await uow.execute(statement)).scalars())


async def all_files(uow: UnitOfWork) -> list[Row[Any]]:
    """(project, filename, sha256) of every version of every paper."""
    mine = select(document.c.project, document.c.filename, document.c.sha256).where(document.c.tenant == uow.tenant)
    return list(await uow.execute(mine.order_by(document.c.uploaded_at, document.c.id)))
