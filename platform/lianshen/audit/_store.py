"""SQL of the ledger. Appending is one statement: events, the new head and the jobs they ask for, or none of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import ColumnElement, Row, bindparam, func, select, text
from sqlalchemy import insert as plain
from sqlalchemy.dialects.postgresql import JSONB, insert

from lianshen.audit._tables import chain_head, checkpoint, event, ledger_check, received_root, tree_node
from lianshen.audit._tree import Known
from lianshen.audit.types import Check, Checkpoint, Entry, Filter, Root
from lianshen.kernel.clock import SHANGHAI
from lianshen.kernel.database import UnitOfWork

_APPEND = text("""
    WITH events AS (
        INSERT INTO event (tenant, seq, id, project, at, action, label, person, post, office, actor, article, facts,
                           note, request_id, encoding, result, source, law, previous, sm3, sha256)
        SELECT :tenant, seq, id, project, at, action, label, person, post, office, actor, article, facts, note,
               request_id, encoding, result, source, law, decode(previous, 'hex'), decode(sm3, 'hex'),
               decode(sha256, 'hex')
        FROM jsonb_to_recordset(:events) AS e (seq bigint, id uuid, project uuid, at timestamptz, action text,
             label text, person uuid, post uuid, office uuid, actor text, article text, facts jsonb, note text,
             request_id text, encoding smallint, result text, source text, law text, previous text, sm3 text,
             sha256 text)
    ), jobs AS (
        INSERT INTO outbox (tenant, id, event, job, request_id, state, attempts, created_at)
        SELECT :tenant, id, event, job, request_id, 'pending', 0, at
        FROM jsonb_to_recordset(:jobs) AS j (id uuid, event uuid, job text, request_id text, at timestamptz)
    )
    UPDATE chain_head SET seq = :seq, digest = :digest WHERE tenant = :tenant
""").bindparams(bindparam("events", type_=JSONB), bindparam("jobs", type_=JSONB))


async def begin(uow: UnitOfWork, genesis: bytes) -> None:
    statement = insert(chain_head).values(tenant=uow.tenant, seq=0, digest=genesis)
    await uow.execute(statement.on_conflict_do_nothing())


async def lock_head(uow: UnitOfWork) -> tuple[int, bytes]:
    """The last sequence number and the 64 bytes of its digests; other writers of the tenant wait from here on."""
    statement = select(chain_head.c.seq, chain_head.c.digest).where(chain_head.c.tenant == uow.tenant).with_for_update()
    row = (await uow.execute(statement)).one()
    return row.seq, row.digest


async def head(uow: UnitOfWork) -> tuple[int, bytes]:
    """The last sequence number and digests, read without locking."""
    statement = select(chain_head.c.seq, chain_head.c.digest).where(chain_head.c.tenant == uow.tenant)
    row = (await uow.execute(statement)).one()
    return row.seq, row.digest


async def append(uow: UnitOfWork, events: Sequence[Mapping[str, Any]], jobs: Sequence[Mapping[str, Any]]) -> None:
    """Write sealed ``events`` and the ``jobs`` they ask for, and move the head to the last of them."""
    last = events[-1]
    values = {
        "tenant": uow.tenant,
        "events": [_portable(row) for row in events],
        "jobs": [_portable(row) for row in jobs],
        "seq": last["seq"],
        "digest": last["sm3"] + last["sha256"],
    }
    await uow.execute(_APPEND, values)


def _portable(row: Mapping[str, Any]) -> Any:
    return {key: value.hex() if isinstance(value, bytes) else value for key, value in row.items()}


async def rows_of(uow: UnitOfWork, *, after: int | None, limit: int) -> list[dict[str, Any]]:
    """Whole rows in order behind ``after`` (None: from the very first, whatever its number), for verification."""
    statement = select(event).where(event.c.tenant == uow.tenant).order_by(event.c.seq)
    statement = statement if after is None else statement.where(event.c.seq > after)
    return [row._asdict() for row in await uow.execute(statement.limit(limit))]


async def leaves(uow: UnitOfWork, first: int, end: int) -> Known:
    """Digests of events as leaves, by position from 0."""
    columns = (event.c.seq, event.c.sm3, event.c.sha256)
    mine = (event.c.tenant == uow.tenant) & (event.c.seq > first) & (event.c.seq <= end)
    return {(0, row.seq - 1): (row.sm3, row.sha256) for row in await uow.execute(select(*columns).where(mine))}


async def hashes(uow: UnitOfWork, spans: Mapping[int, set[range]]) -> Known:
    found: Known = {}
    for level, ranges in spans.items():
        for span in ranges:
            if not span:
                continue
            if level == 0:
                found |= await leaves(uow, span.start, span.stop)
                continue
            mine = (tree_node.c.tenant == uow.tenant) & (tree_node.c.level == level)
            at = tree_node.c.position
            statement = select(tree_node).where(mine, at >= span.start, at < span.stop)
            found |= {(level, row.position): (row.sm3, row.sha256) for row in await uow.execute(statement)}
    return found


async def add_nodes(uow: UnitOfWork, nodes: Known) -> None:
    rows = [
        {"tenant": uow.tenant, "level": level, "position": position, "sm3": pair[0], "sha256": pair[1]}
        for (level, position), pair in nodes.items()
    ]
    if rows:
        await uow.execute(plain(tree_node), rows)


async def add_checkpoint(uow: UnitOfWork, made: Checkpoint) -> None:
    await uow.execute(plain(checkpoint).values(tenant=uow.tenant, **msgspec.structs.asdict(made)))


def _checkpoint(row: Row[Any]) -> Checkpoint:
    return Checkpoint(**{name: getattr(row, name) for name in Checkpoint.__struct_fields__})


async def last_checkpoint(uow: UnitOfWork, *, before: datetime | None = None) -> Checkpoint | None:
    """The last one, or the last before an instant."""
    statement = select(checkpoint).where(checkpoint.c.tenant == uow.tenant).order_by(checkpoint.c.size.desc()).limit(1)
    row = (await uow.execute(statement.where(checkpoint.c.at < before) if before else statement)).one_or_none()
    return _checkpoint(row) if row else None


async def first_checkpoint(uow: UnitOfWork, seq: int) -> Checkpoint | None:
    """The first one that covers the event ``seq``."""
    statement = select(checkpoint).where(checkpoint.c.tenant == uow.tenant, checkpoint.c.size >= seq)
    row = (await uow.execute(statement.order_by(checkpoint.c.size).limit(1))).one_or_none()
    return _checkpoint(row) if row else None


async def checkpoint_of(uow: UnitOfWork, size: int) -> Checkpoint:
    mine = (checkpoint.c.tenant == uow.tenant) & (checkpoint.c.size == size)
    return _checkpoint((await uow.execute(select(checkpoint).where(mine))).one())


async def checkpoints(uow: UnitOfWork, *, limit: int | None = None) -> list[Checkpoint]:
    """The newest first."""
    statement = select(checkpoint).where(checkpoint.c.tenant == uow.tenant).order_by(checkpoint.c.size.desc())
    return [_checkpoint(row) for row in await uow.execute(statement.limit(limit))]


async def add_check(uow: UnitOfWork, check: Check) -> None:
    await uow.execute(plain(ledger_check).values(tenant=uow.tenant, id=uuid4(), **msgspec.structs.asdict(check)))


async def checks(uow: UnitOfWork, *, limit: int) -> list[Check]:
    statement = select(ledger_check).where(ledger_check.c.tenant == uow.tenant).order_by(ledger_check.c.at.desc())
    rows = await uow.execute(statement.limit(limit))
    return [Check(**{name: getattr(row, name) for name in Check.__struct_fields__}) for row in rows]


async def keep_root(uow: UnitOfWork, root: Root) -> Root | None:
    """Keep ``root`` and return None, or return what was kept for that day before."""
    values = {"tenant": uow.tenant, **msgspec.structs.asdict(root)}
    statement = insert(received_root).values(values).on_conflict_do_nothing().returning(received_root.c.day)
    if (await uow.execute(statement)).first() is not None:
        return None
    mine = (received_root.c.tenant == uow.tenant) & (received_root.c.child == root.child)
    row = (await uow.execute(select(received_root).where(mine, received_root.c.day == root.day))).one()
    return _root(row)


def _root(row: Row[Any]) -> Root:
    return Root(**{name: getattr(row, name) for name in Root.__struct_fields__})


async def roots(uow: UnitOfWork, since: date) -> list[Root]:
    statement = select(received_root).where(received_root.c.tenant == uow.tenant, received_root.c.day >= since)
    return [_root(row) for row in await uow.execute(statement.order_by(received_root.c.child, received_root.c.day))]


async def last_of(uow: UnitOfWork, action: str) -> Row[Any] | None:
    """The newest event of an action."""
    mine = (event.c.tenant == uow.tenant) & (event.c.action == action)
    return (await uow.execute(select(event).where(mine).order_by(event.c.seq.desc()).limit(1))).one_or_none()


async def event_of(uow: UnitOfWork, which: UUID) -> Row[Any]:
    return (await uow.execute(select(event).where(event.c.tenant == uow.tenant, event.c.id == which))).one()


async def of_project(uow: UnitOfWork, project: UUID, upto: int) -> list[dict[str, Any]]:
    """Whole rows of a project's events up to a sequence number, in order."""
    mine = (event.c.tenant == uow.tenant) & (event.c.project == project) & (event.c.seq <= upto)
    return [row._asdict() for row in await uow.execute(select(event).where(mine).order_by(event.c.seq))]


async def search(uow: UnitOfWork, wanted: Filter, *, before: int | None, limit: int) -> list[Entry]:
    """Events that fit, the newest first, below the sequence number ``before``."""
    statement = select(event).where(event.c.tenant == uow.tenant, *_conditions(wanted))
    if before is not None:
        statement = statement.where(event.c.seq < before)
    rows = await uow.execute(statement.order_by(event.c.seq.desc()).limit(limit))
    return [_entry(row._asdict()) for row in rows]


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.who:
        found.append(func.strpos(event.c.actor, wanted.who) > 0)
    if wanted.article:
        found.append(func.strpos(event.c.article, wanted.article) > 0)
    if wanted.action:
        found.append((func.strpos(event.c.label, wanted.action) > 0) | (event.c.action == wanted.action))
    if wanted.result:
        found.append(event.c.result == wanted.result)
    if wanted.project:
        found.append(event.c.project == wanted.project)
    if wanted.since:
        found.append(event.c.at >= datetime.combine(wanted.since, time(), SHANGHAI))
    if wanted.until:
        found.append(event.c.at < datetime.combine(wanted.until + timedelta(days=1), time(), SHANGHAI))
    return found


def _entry(row: dict[str, Any]) -> Entry:
    digests = {name: row[name].hex() for name in ("sm3", "sha256")}
    return Entry(**{name: row[name] for name in Entry.__struct_fields__} | digests)
