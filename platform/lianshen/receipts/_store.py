"""SQL of filings and receipts."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, RowMapping, insert, select, text

from lianshen.kernel import integrity
from lianshen.kernel.database import UnitOfWork
from lianshen.receipts._tables import filing, receipt

_BATCH = 500

_BEGIN = text("""
    WITH counted AS (
        INSERT INTO counter (tenant, kind, year, last) VALUES (:tenant, 'receipt', :year, 1)
        ON CONFLICT (tenant, kind, year) DO UPDATE SET last = counter.last + 1 RETURNING last
    ), newest AS (
        SELECT DISTINCT ON (paper) d.*, canon(d) AS canon FROM document d WHERE tenant = :tenant AND project = :project
        ORDER BY paper, version DESC
    )
    SELECT c.last, (
        SELECT coalesce(jsonb_agg(jsonb_build_object('paper', d.paper, 'version', d.version, 'filename', d.filename,
                   'sha256', d.sha256, 'sm3', d.sm3) ORDER BY d.paper), '[]')
        FROM newest d) AS papers, (
        SELECT coalesce(jsonb_agg(jsonb_build_array(d.id, d.canon, coalesce(encode(d.mac, 'hex'), ''))), '[]')
        FROM newest d) AS codes
    FROM counted c
""")

_RECEIPT = """
    SELECT f.id, f.number, f.project, f.project_number, f.title, f.action, f.label, f.at, f.actor, f.law, f.papers,
           f.sm3, f.sha256, coalesce(r.algorithm, '') AS algorithm, coalesce(r.key, '') AS key,
           coalesce(r.public_key, '') AS public_key, r.signed_at, coalesce(r.note, '') AS note
    FROM filing f LEFT JOIN receipt r ON r.tenant = :tenant AND r.filing = f.id
    WHERE f.tenant = :tenant AND f.project = :project
"""
_RECEIPTS = text(_RECEIPT + "ORDER BY f.at, f.number")
_ONE = text(_RECEIPT + "AND f.id = :filing")

_ISSUED = text("""
    SELECT f.* FROM event e JOIN filing f ON f.tenant = :tenant AND f.id = CAST(e.facts -> 'filing' ->> 1 AS uuid)
    WHERE e.tenant = :tenant AND e.id = :event
""")

_ALL = text("""
    SELECT f.*, r.note, EXISTS (SELECT FROM event e WHERE e.tenant = :tenant AND e.id = f.event) AS recorded,
           EXISTS (SELECT FROM project p WHERE p.tenant = :tenant AND p.id = f.project) AS held
    FROM filing f LEFT JOIN receipt r ON r.tenant = :tenant AND r.filing = f.id
    WHERE f.tenant = :tenant AND f.number > :after ORDER BY f.number LIMIT :limit
""")


async def begin(uow: UnitOfWork, project: UUID, year: int) -> Row[Any]:
    """(last, papers): the next number of the year, and the newest version of each paper handed in.

    Raises Altered when one of these was changed past our commands: a receipt vouches for their digests (D142).
    """
    begun = (await uow.execute(_BEGIN, {"tenant": uow.tenant, "project": project, "year": year})).one()
    for document, canon, code in begun.codes:
        await integrity.require_ours(uow, "document", document, canon, bytes.fromhex(code))
    return begun


async def add(uow: UnitOfWork, row: Mapping[str, Any]) -> None:
    await uow.execute(insert(filing).values(tenant=uow.tenant, **row))


async def issued_by(uow: UnitOfWork, event: UUID) -> RowMapping | None:
    """The filing whose receipt the event said would be issued."""
    return (await uow.execute(_ISSUED, {"tenant": uow.tenant, "event": event})).mappings().one_or_none()


async def is_signed(uow: UnitOfWork, filing_id: UUID) -> bool:
    mine = (receipt.c.tenant == uow.tenant) & (receipt.c.filing == filing_id)
    return (await uow.execute(select(receipt.c.filing).where(mine))).first() is not None


async def add_receipt(uow: UnitOfWork, row: Mapping[str, Any]) -> None:
    await uow.execute(insert(receipt).values(tenant=uow.tenant, signed_at=uow.now, **row))


async def of_project(uow: UnitOfWork, project: UUID) -> list[RowMapping]:
    return list((await uow.execute(_RECEIPTS, {"tenant": uow.tenant, "project": project})).mappings())


async def one(uow: UnitOfWork, project: UUID, filing_id: UUID) -> RowMapping | None:
    values = {"tenant": uow.tenant, "project": project, "filing": filing_id}
    return (await uow.execute(_ONE, values)).mappings().one_or_none()


async def everything(uow: UnitOfWork) -> AsyncIterator[RowMapping]:
    """Every filing by number with its receipt's note, and whether its event and its project are there."""
    after = ""
    while rows := (await uow.execute(_ALL, {"tenant": uow.tenant, "after": after, "limit": _BATCH})).mappings().all():
        for row in rows:
            yield row
        after = rows[-1]["number"]
