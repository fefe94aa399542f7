"""SQL of papers."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select

from lianshen.documents._tables import document
from lianshen.documents.types import Document
from lianshen.kernel.database import UnitOfWork

_VIEW = [document.c[name] for name in Document.__struct_fields__]


async def next_version(uow: UnitOfWork, project: UUID, paper: str) -> int:
    mine = (document.c.tenant == uow.tenant) & (document.c.project == project) & (document.c.paper == paper)
    return int((await uow.execute(select(func.coalesce(func.max(document.c.version), 0)).where(mine))).scalar_one()) + 1


async def add(uow: UnitOfWork, project: UUID, item: Document, person: UUID) -> None:
    row = {name: getattr(item, name) for name in Document.__struct_fields__}
    await uow.execute(insert(document).values(tenant=uow.tenant, project=project, person=person, **row))


async def of_project(uow: UnitOfWork, project: UUID) -> list[Document]:
    statement = (
        select(*_VIEW)
        .where(document.c.tenant == uow.tenant, document.c.project == project)
        .order_by(document.c.paper, document.c.version.desc())
    )
    return [Document(**row) for row in (await uow.execute(statement)).mappings()]


async def find(uow: UnitOfWork, project: UUID, document_id: UUID) -> Document | None:
    statement = select(*_VIEW).where(
        document.c.tenant == uow.tenant, document.c.project == project, document.c.id == document_id
    )
    row = (await uow.execute(statement)).mappings().one_or_none()
    return None if row is None else Document(**row)


async def known(uow: UnitOfWork, digests: Collection[str]) -> set[str]:
    """Which of ``digests`` a row names."""
    statement = select(document.c.sha256).where(document.c.tenant == uow.tenant, document.c.sha256.in_(digests))
    return set((await uow.execute(statement)).scalars())


async def all_files(uow: UnitOfWork) -> list[Row[Any]]:
    """(project, filename, sha256) of every version of every paper."""
    mine = select(document.c.project, document.c.filename, document.c.sha256).where(document.c.tenant == uow.tenant)
    return list(await uow.execute(mine.order_by(document.c.uploaded_at, document.c.id)))
