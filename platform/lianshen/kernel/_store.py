"""SQL of the floor: counters, remembered answers, the outbox, the timetable, and the role's own powers."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.kernel.schema import CANARY, counter, outbox, replay, timetable

if TYPE_CHECKING:
    from lianshen.kernel.database import UnitOfWork

_POWERS = text("""
    SELECT v.power FROM pg_roles r, LATERAL (VALUES
        ('SUPERUSER', r.rolsuper), ('BYPASSRLS', r.rolbypassrls), ('CREATEROLE', r.rolcreaterole),
        ('CREATEDB', r.rolcreatedb), ('REPLICATION', r.rolreplication),
        ('owner of relations', EXISTS (SELECT FROM pg_class WHERE relowner = r.oid)),
        ('owner of functions', EXISTS (SELECT FROM pg_proc WHERE proowner = r.oid)),
        ('owner of a schema', EXISTS (SELECT FROM pg_namespace WHERE nspowner = r.oid)),
        ('owner of the database', EXISTS (SELECT FROM pg_database WHERE datdba = r.oid)),
        ('member of other roles', EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid))
    ) AS v (power, held)
    WHERE r.rolname = session_user AND v.held
""")

_DURABILITY = text("""
    SELECT name || '=' || setting FROM pg_settings
    WHERE name IN ('fsync', 'full_page_writes', 'data_checksums') AND setting <> 'on'
       OR name = 'synchronous_commit' AND setting NOT IN ('on', 'remote_apply')
    ORDER BY name
""")


_CLAIM_KEY = text("""
    WITH held AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(hashtext('replay'),
                   hashtext(CAST(:tenant AS text) || CAST(CAST(:person AS uuid) AS text) || ' ' || :key))
    )
    INSERT INTO replay (tenant, person, key, digest, created_at)
    SELECT :tenant, CAST(:person AS uuid), :key, :digest, :created_at FROM held ON CONFLICT DO NOTHING RETURNING key
""")
"""Whoever works on a key holds its lock until the end, so that others can see that it is being worked on."""
_IS_FREE = text("""
    SELECT pg_try_advisory_xact_lock(hashtext('replay'),
               hashtext(CAST(:tenant AS text) || CAST(CAST(:person AS uuid) AS text) || ' ' || :key))
""")


class Remembered(msgspec.Struct, frozen=True):
    """An answer given before: ``body`` is text."""

    digest: str
    status: int
    headers: dict[str, str]
    body: str


class Outcome(msgspec.Struct, frozen=True):
    """What became of a request with a key: it is being worked on, it was answered so, or nothing was done."""

    state: Literal["running", "done", "unknown"]
    status: int | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    at: datetime | None = None


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
    if (await uow.execute(_CLAIM_KEY, row)).first() is not None:
        return None
    mine = (replay.c.tenant == uow.tenant) & (replay.c.person == person) & (replay.c.key == key)
    found = (await uow.execute(select(replay).where(mine))).one()
    return Remembered(digest=found.digest, status=found.status, headers=found.headers, body=found.body)


async def outcome(uow: "UnitOfWork", person: UUID, key: str) -> Outcome:
    mine = {"tenant": uow.tenant, "person": person, "key": key}
    if not (await uow.execute(_IS_FREE, mine)).scalar_one():
        return Outcome("running")
    one = (replay.c.tenant == uow.tenant) & (replay.c.person == person) & (replay.c.key == key)
    row = (await uow.execute(select(replay).where(one))).one_or_none()
    return Outcome("unknown") if row is None else Outcome("done", row.status, row.headers, row.created_at)


async def remember(uow: "UnitOfWork", person: UUID, key: str, answer: Remembered) -> None:
    """Keep ``answer`` beside the claimed key, in the transaction whose effect it reports."""
    mine = (replay.c.tenant == uow.tenant) & (replay.c.person == person) & (replay.c.key == key)
    values = {"status": answer.status, "headers": answer.headers, "body": answer.body}
    await uow.execute(update(replay).where(mine).values(values))


async def powers(uow: "UnitOfWork") -> list[str]:
    return list((await uow.execute(_POWERS)).scalars())


async def lossy(uow: "UnitOfWork") -> list[str]:
    return list((await uow.execute(_DURABILITY)).scalars())


async def ping(uow: "UnitOfWork") -> None:
    await uow.execute(select(1))


_CLAIM = text("""
    UPDATE outbox o SET state = 'sent', sent_at = now()
    FROM (
        SELECT o.tenant, o.id FROM outbox o JOIN tenant t ON t.tenant = o.tenant AND t.state IN ('active', 'closed')
        WHERE o.state = 'pending' OR (o.state = 'sent' AND sent_at < now() - make_interval(secs => :again_after))
        ORDER BY created_at LIMIT :limit FOR UPDATE OF o SKIP LOCKED
    ) AS waiting
    WHERE o.tenant = waiting.tenant AND o.id = waiting.id
    RETURNING o.tenant, o.id, o.request_id
""")

_BEGIN = text("""
    UPDATE outbox SET attempts = least(attempts + 1, :most),
           state = CASE WHEN attempts >= :most THEN 'parked' ELSE state END,
           reason = CASE WHEN attempts >= :most THEN 'attempts exhausted' END
    WHERE tenant = :tenant AND id = :id AND state IN ('pending', 'sent')
    RETURNING event, job, attempts, state
""")


async def claim_messages(uow: "UnitOfWork", again_after: float, limit: int) -> list[Row[Any]]:
    return list(await uow.execute(_CLAIM, {"again_after": again_after, "limit": limit}))


async def begin_attempt(uow: "UnitOfWork", message: UUID, most: int) -> Row[Any] | None:
    return (await uow.execute(_BEGIN, {"tenant": uow.tenant, "id": message, "most": most})).one_or_none()


async def lock_message(uow: "UnitOfWork", message: UUID) -> bool:
    mine = (outbox.c.tenant == uow.tenant) & (outbox.c.id == message) & outbox.c.state.in_(("pending", "sent"))
    statement = select(outbox.c.id).where(mine).with_for_update(skip_locked=True)
    return (await uow.execute(statement)).first() is not None


async def set_message(uow: "UnitOfWork", message: UUID, **values: Any) -> None:
    mine = (outbox.c.tenant == uow.tenant) & (outbox.c.id == message)
    await uow.execute(update(outbox).where(mine).values(values))


async def parked_messages(uow: "UnitOfWork") -> list[Row[Any]]:
    counted = select(outbox.c.tenant, func.count().label("parked")).where(outbox.c.state == "parked")
    return list(await uow.execute(counted.group_by(outbox.c.tenant).order_by(outbox.c.tenant)))


async def sighted(uow: "UnitOfWork", tenants: Collection[str]) -> set[str]:
    seen = outbox.c.tenant.in_(tenants) & (outbox.c.id == CANARY) & (outbox.c.state == "done")
    return set((await uow.execute(select(outbox.c.tenant).where(seen))).scalars())


async def beat(uow: "UnitOfWork", name: str) -> Row[Any]:
    row = {"name": name, "next_at": func.now()}
    await uow.execute(upsert(timetable).values(row).on_conflict_do_nothing())
    statement = select(timetable.c.next_at, func.now().label("now")).where(timetable.c.name == name)
    return (await uow.execute(statement)).one()


async def move_beat(uow: "UnitOfWork", name: str, seen: datetime, next_at: datetime) -> bool:
    mine = (timetable.c.name == name) & (timetable.c.next_at == seen)
    moved = await uow.execute(update(timetable).where(mine).values(next_at=next_at, last_at=func.now()))
    return moved.rowcount == 1
