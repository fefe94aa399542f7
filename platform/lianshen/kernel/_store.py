"""SQL of the floor: counters, remembered answers, the outbox, the timetable, and the role's own powers."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.kernel.schema import CANARY, counter, lease, outbox, replay, timetable

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
        SELECT pg_advisory_xact_lock(hashtext('replay'), hashtext(CAST(:tenant AS text) || :whose))
    )
    INSERT INTO replay (tenant, person, key, digest, created_at)
    SELECT :tenant, :person, :key, :digest, :created_at FROM held ON CONFLICT DO NOTHING RETURNING key
""")
"""Whoever works on a key holds its lock until the end, so that others can see that it is being worked on."""
_IS_FREE = text("SELECT pg_try_advisory_xact_lock(hashtext('replay'), hashtext(CAST(:tenant AS text) || :whose))")


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
    if (await uow.execute(_CLAIM_KEY, row | {"whose": f"{person} {key}"})).first() is not None:
        return None
    mine = (replay.c.tenant == uow.tenant) & (replay.c.person == person) & (replay.c.key == key)
    found = (await uow.execute(select(replay).where(mine))).one()
    return Remembered(digest=found.digest, status=found.status, headers=found.headers, body=found.body)


async def outcome(uow: "UnitOfWork", person: UUID, key: str) -> Outcome:
    mine = {"tenant": uow.tenant, "whose": f"{person} {key}"}
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


# Each tenant that waits gets its share of the batch, so that a long queue of one delays nobody else's (D83). What is
# due far later than anything ever is was written before the database's clock went back.
_CLAIM = text("""
    WITH waits AS MATERIALIZED (
        SELECT t.tenant FROM tenant t CROSS JOIN LATERAL (
            SELECT next_at FROM outbox o WHERE o.tenant = t.tenant AND o.state IN ('pending', 'sent', 'begun')
               AND (o.next_at <= now() OR o.next_at > now() + make_interval(secs => :farthest))
            ORDER BY next_at LIMIT 1
        ) AS first
        WHERE t.state IN ('active', 'closed') ORDER BY first.next_at LIMIT :limit
    ), claimed AS MATERIALIZED (
        SELECT mine.tenant, mine.id FROM waits CROSS JOIN LATERAL (
            SELECT o.tenant, o.id FROM outbox o
            WHERE o.tenant = waits.tenant AND o.state IN ('pending', 'sent', 'begun')
              AND (o.next_at <= now() OR o.next_at > now() + make_interval(secs => :farthest))
            ORDER BY next_at LIMIT greatest(1, :limit / (SELECT count(*) FROM waits)) FOR UPDATE SKIP LOCKED
        ) AS mine
    ), sent AS (
        UPDATE outbox o SET state = 'sent', sent_at = now(),
               next_at = now() + make_interval(secs => :again_after)
        FROM claimed WHERE o.tenant = claimed.tenant AND o.id = claimed.id
        RETURNING o.tenant, o.id, o.request_id, o.created_at
    )
    SELECT tenant, id, request_id FROM sent
    ORDER BY row_number() OVER (PARTITION BY tenant ORDER BY created_at), created_at
""")

_BEGIN = text("""
    UPDATE outbox SET attempts = least(attempts + 1, :most),
           state = CASE WHEN attempts >= :most THEN 'parked' ELSE 'begun' END,
           reason = CASE WHEN attempts >= :most THEN 'attempts exhausted' END,
           parked_at = CASE WHEN attempts >= :most THEN now() END,
           next_at = now() + make_interval(secs => :lease)
    WHERE tenant = :tenant AND id = :id AND state IN ('pending', 'sent')
    RETURNING event, job, attempts, state
""")

_END = text("""
    UPDATE outbox SET state = :state, done_at = CASE :state WHEN 'done' THEN CAST(:at AS timestamptz) END,
           reason = :reason, parked_at = CASE :state WHEN 'parked' THEN now() END,
           next_at = now() + make_interval(secs => :pause)
    WHERE tenant = :tenant AND id = :id AND state = 'begun' AND attempts = :attempt
""")


async def claim_messages(uow: "UnitOfWork", again_after: float, farthest: float, limit: int) -> list[Row[Any]]:
    return list(await uow.execute(_CLAIM, {"again_after": again_after, "farthest": farthest, "limit": limit}))


async def begin_attempt(uow: "UnitOfWork", message: UUID, most: int, lease: float) -> Row[Any] | None:
    values = {"tenant": uow.tenant, "id": message, "most": most, "lease": lease}
    return (await uow.execute(_BEGIN, values)).one_or_none()


async def lock_attempt(uow: "UnitOfWork", message: UUID, attempt: int) -> bool:
    mine = (outbox.c.tenant == uow.tenant) & (outbox.c.id == message)
    held = (outbox.c.state == "begun") & (outbox.c.attempts == attempt)
    statement = select(outbox.c.id).where(mine, held).with_for_update(skip_locked=True)
    return (await uow.execute(statement)).first() is not None


async def end_attempt(
    uow: "UnitOfWork", message: UUID, attempt: int, state: str, *, reason: str | None = None, pause: float = 0.0
) -> bool:
    """False when the attempt is no longer the latest, or is over."""
    values = {"tenant": uow.tenant, "id": message, "attempt": attempt, "at": uow.now}
    ended = await uow.execute(_END, values | {"state": state, "reason": reason, "pause": pause})
    return ended.rowcount == 1


async def release(uow: "UnitOfWork", message: UUID | None, *, close: str | None = None) -> int:
    """Let one parked message, or each, go on with its attempts before it; or close it for a reason. How many."""
    mine = (outbox.c.tenant == uow.tenant) & (outbox.c.state == "parked")
    if message is not None:
        mine &= outbox.c.id == message
    anew = {"state": "pending", "attempts": 0, "reason": None, "parked_at": None, "next_at": func.now()}
    values = anew if close is None else {"state": "closed", "reason": close}
    return (await uow.execute(update(outbox).where(mine).values(values))).rowcount


_BACKLOG = text("""
    SELECT count(*) FILTER (WHERE state <> 'parked') AS waiting, count(*) FILTER (WHERE state = 'parked') AS parked,
           coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE state <> 'parked')), 0)::float AS oldest
    FROM outbox WHERE state IN ('pending', 'sent', 'begun', 'parked')
""")


async def backlog(uow: "UnitOfWork") -> Row[Any]:
    return (await uow.execute(_BACKLOG)).one()


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


async def late_beats(uow: "UnitOfWork", seconds: float) -> list[str]:
    late = timetable.c.next_at < func.now() - func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    return list((await uow.execute(select(timetable.c.name).where(late).order_by(timetable.c.name))).scalars())


async def note_found(uow: "UnitOfWork", name: str, found: dict[str, Any]) -> None:
    await uow.execute(update(timetable).where(timetable.c.name == name).values(found=found))


async def found(uow: "UnitOfWork", name: str) -> dict[str, Any] | None:
    return (await uow.execute(select(timetable.c.found).where(timetable.c.name == name))).scalar_one_or_none()


_TAKE = text("SELECT take_lease(:name, :holder, :seconds)")


async def take_lease(uow: "UnitOfWork", name: str, holder: str, seconds: float) -> int | None:
    token: int | None = (
        await uow.execute(_TAKE, {"name": name, "holder": holder, "seconds": seconds})
    ).scalar_one_or_none()
    return token


async def end_lease(uow: "UnitOfWork", name: str, holder: str) -> None:
    mine = (lease.c.name == name) & (lease.c.holder == holder)
    await uow.execute(update(lease).where(mine).values(until=func.now()))
