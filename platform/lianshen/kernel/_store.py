"""SQL of the floor: per-tenant counters and remembered answers to keyed requests."""

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.kernel.schema import counter, replay

if TYPE_CHECKING:
    from lianshen.kernel.database import UnitOfWork

_POWERS = text("""
    SELECT v.power FROM pg_roles r, LATERAL (VALUES
        ('SUPERUSER', r.rolsuper), ('BYPASSRLS', r.rolbypassrls), ('CREATEROLE', r.rolcreaterole),
        ('CREATEDB', r.rolcreatedb), ('REPLICATION', r.rolreplication),
        ('owner of relations', EXISTS (SELECT FROM pg_class WHERE relowner = r.oid)),
        ('owner of the database', EXISTS (SELECT FROM pg_database WHERE datdba = r.oid)),
        ('member of other roles', EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid))
    ) AS v (power, held)
    WHERE r.rolname = session_user AND v.held
""")


class Remembered(msgspec.Struct, frozen=True):
    """An answer given before: ``body`` is text."""

    digest: str
    status: int
    headers: dict[str, str]
    body: str


async def next_number(uow: "UnitOfWork", kind: str, year: int) -> int:
    """The next number of ``kind`` in ``year`` for this tenant, from 1; taken in the transaction (D18)."""
    statement = (
        upsert(counter)
        .values(tenant=uow.tenant, kind=kind, year=year, last=1)
        .on_conflict_do_update(index_elements=["tenant", "kind", "year"], set_={"last": counter.c.last + 1})
        .returning(counter.c.last)
    )
    return int((await uow.execute(statement)).scalar_one())


async def claim(uow: "UnitOfWork", person: UUID, key: str, digest: str) -> Remembered | None:
    """Claim ``key`` for this request, or return what was answered before (D46).

    A second request with the same key waits here until the first has committed or failed.
    """
    row = {"tenant": uow.tenant, "person": person, "key": key, "digest": digest, "created_at": uow.now}
    claimed = await uow.execute(upsert(replay).values(row).on_conflict_do_nothing().returning(replay.c.key))
    if claimed.first() is not None:
        return None
    mine = (replay.c.tenant == uow.tenant) & (replay.c.person == person) & (replay.c.key == key)
    found = (await uow.execute(select(replay).where(mine))).one()
    return Remembered(digest=found.digest, status=found.status, headers=found.headers, body=found.body)


async def remember(uow: "UnitOfWork", person: UUID, key: str, answer: Remembered) -> None:
    """Keep ``answer`` beside the claimed key, in the transaction whose effect it reports."""
    mine = (replay.c.tenant == uow.tenant) & (replay.c.person == person) & (replay.c.key == key)
    values = {"status": answer.status, "headers": answer.headers, "body": answer.body}
    await uow.execute(update(replay).where(mine).values(values))


async def powers(uow: "UnitOfWork") -> list[str]:
    return list((await uow.execute(_POWERS)).scalars())


async def ping(uow: "UnitOfWork") -> None:
    await uow.execute(select(1))
