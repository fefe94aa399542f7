"""SQL of the ledger. Appending is one statement: events, the new head and the jobs they ask for, or none of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert

from lianshen.audit._tables import chain_head, event
from lianshen.kernel.database import UnitOfWork

_APPEND = text("""
    WITH events AS (
        INSERT INTO event (tenant, seq, id, project, at, action, label, person, post, office, actor, article, facts,
                           note, request_id, previous, sm3, sha256)
        SELECT :tenant, seq, id, project, at, action, label, person, post, office, actor, article, facts, note,
               request_id, decode(previous, 'hex'), decode(sm3, 'hex'), decode(sha256, 'hex')
        FROM jsonb_to_recordset(:events) AS e (seq bigint, id uuid, project uuid, at timestamptz, action text,
             label text, person uuid, post uuid, office uuid, actor text, article text, facts jsonb, note text,
             request_id text, previous text, sm3 text, sha256 text)
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
    return msgspec.to_builtins({key: value.hex() if isinstance(value, bytes) else value for key, value in row.items()})


async def rows_of(uow: UnitOfWork, *, after: int, limit: int) -> list[dict[str, Any]]:
    """Whole rows in order, for verification."""
    statement = select(event).where(event.c.tenant == uow.tenant, event.c.seq > after).order_by(event.c.seq)
    return [row._asdict() for row in await uow.execute(statement.limit(limit))]
