"""SQL of ways out, messages and preferences."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, bindparam, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.channels._tables import address_pause, endpoint, message, message_template, preference, quiet_hours
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.schema import CANARY

LEASE = timedelta(seconds=90)
"""For how long an attempt has its message to itself; longer than any attempt takes."""
_OPEN = "m.state IN ('waiting', 'leased') AND m.next_at <= now()"

_KEPT = "t.state IN ('active', 'closed')"
"""Of whom messages leave: also of a tenant that another has taken the place of, but not while one is suspended."""

_DUE_TENANTS = text(f"""
    SELECT t.tenant FROM tenant t
    WHERE {_KEPT} AND EXISTS (SELECT FROM message m WHERE m.tenant = t.tenant AND {_OPEN})
    ORDER BY t.tenant
""")  # noqa: S608 (a constant)

_OVERDUE = text(f"""
    SELECT m.tenant, count(*) AS waiting FROM message m JOIN tenant t ON t.tenant = m.tenant AND {_KEPT}
    WHERE m.state IN ('waiting', 'leased') AND m.next_at < now() - CAST(:late AS interval)
    GROUP BY m.tenant ORDER BY m.tenant
""")  # noqa: S608

_EXHAUST = text(f"""
    UPDATE message m SET state = 'parked', lease = NULL, reason = 'attempts exhausted'
    WHERE m.tenant = :tenant AND {_OPEN} AND m.attempts >= :most RETURNING m.id
""")  # noqa: S608

_CLAIM = text(f"""
    WITH due AS MATERIALIZED (
        SELECT m.id FROM message m
        WHERE m.tenant = :tenant AND {_OPEN} AND NOT m.digest
          AND (m.endpoint IS NULL OR NOT EXISTS (
            SELECT FROM message e WHERE e.tenant = :tenant AND e.endpoint = m.endpoint
              AND e.state IN ('waiting', 'leased') AND e.position < m.position))
        ORDER BY m.next_at LIMIT :limit FOR UPDATE OF m SKIP LOCKED)
    UPDATE message m SET state = 'leased', lease = gen_random_uuid(), next_at = now() + :term, attempts = m.attempts + 1
    FROM due WHERE m.tenant = :tenant AND m.id = due.id RETURNING m.lease
""")  # noqa: S608
"""Of what goes to one way only the first: the next one waits until that has gone."""

_CLAIM_DIGEST = text(f"""
    WITH who AS MATERIALIZED (
        SELECT m.person, m.channel FROM message m WHERE m.tenant = :tenant AND {_OPEN} AND m.digest
        ORDER BY m.next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    UPDATE message m SET state = 'leased', lease = :lease, next_at = now() + :term, attempts = m.attempts + 1
    FROM who WHERE m.tenant = :tenant AND m.person = who.person AND m.channel = who.channel AND m.digest AND {_OPEN}
    RETURNING m.id
""")  # noqa: S608

_LEASED = text("""
    SELECT m.id, m.event, m.channel, m.kind, m.person, m.endpoint, m.at, m.attempts, t.name AS tenant_name,
           coalesce(n.subject, '') AS subject, coalesce(n.body, '') AS body, n.place,
           coalesce(e.action, '') AS action, coalesce(e.label, '') AS label, coalesce(e.actor, '') AS actor,
           coalesce(e.article, '') AS article, coalesce(e.note, '') AS note,
           p.id AS project, coalesce(p.title, '') AS title, coalesce(p.number, '') AS number
    FROM message m
    JOIN tenant t ON t.tenant = :tenant
    LEFT JOIN notice n ON n.tenant = :tenant AND n.event = m.event AND n.person = m.person
    LEFT JOIN event e ON e.tenant = :tenant AND e.id = m.event
    LEFT JOIN project p ON p.tenant = :tenant AND p.id = coalesce(n.project, e.project)
    WHERE m.tenant = :tenant AND m.lease = :lease ORDER BY m.at, m.position, m.event
""")

_LATEST_OF = text("""
    SELECT n.event, n.kind, n.at, n.subject, n.body, n.place, coalesce(e.action, '') AS action,
           coalesce(e.label, '') AS label, coalesce(e.actor, '') AS actor, coalesce(e.article, '') AS article,
           coalesce(e.note, '') AS note, p.id AS project, coalesce(p.title, '') AS title,
           coalesce(p.number, '') AS number, t.name AS tenant_name
    FROM notice n
    JOIN tenant t ON t.tenant = :tenant
    LEFT JOIN event e ON e.tenant = :tenant AND e.id = n.event
    LEFT JOIN project p ON p.tenant = :tenant AND p.id = coalesce(n.project, e.project)
    WHERE n.tenant = :tenant AND n.person = :person AND n.kind = :kind ORDER BY n.at DESC LIMIT 1
""")

_REACHED = text("""
    SELECT p.id, p.email IS NOT NULL AS mail, p.phone IS NOT NULL AS sms, q.chosen, q.digest_hour
    FROM person p LEFT JOIN preference q ON q.tenant = :tenant AND q.person = p.id
    WHERE p.tenant = :tenant AND p.id = ANY(:people) AND p.active
""").bindparams(bindparam("people", type_=ARRAY(Uuid)))

_EVENTS = text("""
    SELECT e.id, e.at, e.seq FROM event e WHERE e.tenant = :tenant AND e.id = ANY(:events) ORDER BY e.seq
""").bindparams(bindparam("events", type_=ARRAY(Uuid)))

_MESSAGES = text("""
    SELECT m.id, m.channel, m.kind, coalesce(p.name, x.name) AS recipient, m.at, m.state, m.next_at, m.attempts,
           m.sent_at, m.reason
    FROM message m
    LEFT JOIN person p ON p.tenant = :tenant AND p.id = m.person
    LEFT JOIN endpoint x ON x.tenant = :tenant AND x.id = m.endpoint
    WHERE m.tenant = :tenant AND m.id <> :canary AND (:state = '' OR m.state = :state)
      AND (:channel = '' OR m.channel = :channel)
    ORDER BY m.at DESC, m.id LIMIT :limit
""")


async def due_tenants(uow: UnitOfWork) -> list[str]:
    return list((await uow.execute(_DUE_TENANTS)).scalars())


async def overdue(uow: UnitOfWork, late: timedelta) -> dict[str, int]:
    return {row.tenant: row.waiting for row in await uow.execute(_OVERDUE, {"late": late})}


async def sighted(uow: UnitOfWork, tenants: Collection[str]) -> set[str]:
    seen = message.c.tenant.in_(tenants) & (message.c.id == CANARY) & (message.c.state == "waiting")
    return set((await uow.execute(select(message.c.tenant).where(seen))).scalars())


async def exhaust(uow: UnitOfWork, most: int) -> int:
    return len((await uow.execute(_EXHAUST, {"tenant": uow.tenant, "most": most})).all())


async def claim(uow: UnitOfWork, limit: int) -> list[UUID]:
    values = {"tenant": uow.tenant, "limit": limit, "term": LEASE}
    return list((await uow.execute(_CLAIM, values)).scalars())


async def claim_digest(uow: UnitOfWork, lease: UUID) -> bool:
    values = {"tenant": uow.tenant, "lease": lease, "term": LEASE}
    return bool((await uow.execute(_CLAIM_DIGEST, values)).all())


async def leased(uow: UnitOfWork, lease: UUID) -> list[Row[Any]]:
    return list(await uow.execute(_LEASED, {"tenant": uow.tenant, "lease": lease}))


async def hold_lease(uow: UnitOfWork, lease: UUID) -> list[Row[Any]]:
    """The rows of ``lease``, locked, if it still has them."""
    mine = (message.c.tenant == uow.tenant) & (message.c.lease == lease) & (message.c.state == "leased")
    return list(await uow.execute(select(message).where(mine).with_for_update()))


async def set_leased(uow: UnitOfWork, lease: UUID, **values: Any) -> None:
    mine = (message.c.tenant == uow.tenant) & (message.c.lease == lease)
    await uow.execute(update(message).where(mine).values(lease=None, **values))


async def wait(uow: UnitOfWork, lease: UUID, delay: timedelta, reason: str) -> None:
    """Try again after ``delay``, by the database's clock."""
    await set_leased(uow, lease, state="waiting", next_at=func.now() + delay, reason=reason)


async def put_off(uow: UnitOfWork, which: UUID, delay: timedelta) -> None:
    """What waits behind a message of this way waits as long, so that nobody looks at it in vain."""
    mine = (message.c.tenant == uow.tenant) & (message.c.endpoint == which) & (message.c.state == "waiting")
    until = func.now() + delay
    await uow.execute(update(message).where(mine, message.c.next_at < until).values(next_at=until))


async def hold_all(uow: UnitOfWork, way: Row[Any], *, back: bool) -> None:
    """Hold what waits for a way out, or ``back``: let what was held wait again, with fresh attempts."""
    if way.channel in ("mail", "sms"):
        mine = (message.c.channel == way.channel) & message.c.person.isnot(None)
    else:
        mine = message.c.endpoint == way.id
    was = message.c.state == "held" if back else message.c.state.in_(("waiting", "leased"))
    values = {"state": "waiting", "next_at": func.now(), "attempts": 0} if back else {"state": "held", "lease": None}
    await uow.execute(update(message).where(message.c.tenant == uow.tenant, was, mine).values(values))


async def park_held(uow: UnitOfWork, way: Row[Any], reason: str) -> None:
    """Park what is held for a way that is ended."""
    mine = (message.c.channel == way.channel) & message.c.person.isnot(None)
    if way.channel not in ("mail", "sms"):
        mine = message.c.endpoint == way.id
    held = (message.c.tenant == uow.tenant) & (message.c.state == "held")
    await uow.execute(update(message).where(held, mine).values(state="parked", reason=reason))


async def add_messages(uow: UnitOfWork, rows: Sequence[dict[str, Any]]) -> None:
    made = [{"tenant": uow.tenant, "attempts": 0, "reason": "", **row} for row in rows]
    await uow.execute(upsert(message).on_conflict_do_nothing(), made)


async def messages(uow: UnitOfWork, state: str, channel: str, limit: int) -> list[Row[Any]]:
    values = {"tenant": uow.tenant, "canary": CANARY, "state": state, "channel": channel, "limit": limit}
    return list(await uow.execute(_MESSAGES, values))


async def message_again(uow: UnitOfWork, which: UUID) -> Row[Any] | None:
    """Let a message that was sent or parked wait once more."""
    mine = (message.c.tenant == uow.tenant) & (message.c.id == which) & message.c.state.in_(("sent", "parked"))
    again = update(message).where(mine).values(state="waiting", next_at=func.now(), attempts=0)
    return (await uow.execute(again.returning(message.c.channel, message.c.kind))).one_or_none()


async def ways(uow: UnitOfWork) -> list[Row[Any]]:
    """All but those that were ended, with how much waits for each."""
    waits = message.c.state.in_(("waiting", "leased", "held")) & (message.c.tenant == uow.tenant)
    own = select(func.count()).where(waits, message.c.endpoint == endpoint.c.id).scalar_subquery()
    persons = select(func.count()).where(
        waits, message.c.person.isnot(None), message.c.channel == endpoint.c.channel
    )  # fmt: skip
    counted = select(endpoint, (own + persons.scalar_subquery()).label("waiting"))
    mine = (endpoint.c.tenant == uow.tenant) & (endpoint.c.state != "ended")
    return list(await uow.execute(counted.where(mine).order_by(endpoint.c.channel, endpoint.c.name)))


async def states(uow: UnitOfWork) -> list[Row[Any]]:
    """Every way that was not ended; ``now`` is the database's."""
    wanted = select(endpoint.c.id, endpoint.c.channel, endpoint.c.state, endpoint.c.kinds, func.now().label("now"))
    return list(await uow.execute(wanted.where(endpoint.c.tenant == uow.tenant, endpoint.c.state != "ended")))


async def way(uow: UnitOfWork, which: UUID) -> Row[Any] | None:
    """One that was not ended, locked."""
    mine = (endpoint.c.tenant == uow.tenant) & (endpoint.c.id == which) & (endpoint.c.state != "ended")
    return (await uow.execute(select(endpoint).where(mine).with_for_update())).one_or_none()


async def gateway(uow: UnitOfWork, channel: str) -> Row[Any] | None:
    mine = (endpoint.c.tenant == uow.tenant) & (endpoint.c.channel == channel) & (endpoint.c.state != "ended")
    return (await uow.execute(select(endpoint).where(mine).with_for_update())).one_or_none()


async def find_way(uow: UnitOfWork, which: UUID) -> Row[Any] | None:
    mine = (endpoint.c.tenant == uow.tenant) & (endpoint.c.id == which)
    return (await uow.execute(select(endpoint).where(mine))).one_or_none()


async def find_gateway(uow: UnitOfWork, channel: str) -> Row[Any] | None:
    mine = (endpoint.c.tenant == uow.tenant) & (endpoint.c.channel == channel) & (endpoint.c.state != "ended")
    return (await uow.execute(select(endpoint).where(mine))).one_or_none()


async def add_way(uow: UnitOfWork, row: Mapping[str, Any]) -> bool:
    """False when the name is taken, or there is one of that channel already and there may be but one."""
    values = {"tenant": uow.tenant, "created_at": uow.now, "state": "active", "state_at": uow.now, "reason": ""}
    made = upsert(endpoint).values(**values, failures=0, **row).on_conflict_do_nothing()
    return (await uow.execute(made.returning(endpoint.c.id))).first() is not None


async def set_way(uow: UnitOfWork, which: UUID, **values: Any) -> None:
    mine = (endpoint.c.tenant == uow.tenant) & (endpoint.c.id == which)
    await uow.execute(update(endpoint).where(mine).values(**values))


async def events(uow: UnitOfWork, which: Sequence[UUID]) -> list[Row[Any]]:
    return list(await uow.execute(_EVENTS, {"tenant": uow.tenant, "events": list(which)}))


async def reached(uow: UnitOfWork, people: Sequence[UUID]) -> list[Row[Any]]:
    return list(await uow.execute(_REACHED, {"tenant": uow.tenant, "people": list(people)}))


async def preference_of(uow: UnitOfWork, person: UUID) -> Row[Any] | None:
    mine = (preference.c.tenant == uow.tenant) & (preference.c.person == person)
    return (await uow.execute(select(preference).where(mine))).one_or_none()


async def set_preference(uow: UnitOfWork, person: UUID, chosen: dict[str, list[str]], digest_hour: int | None) -> None:
    values = {"chosen": chosen, "digest_hour": digest_hour, "updated_at": uow.now}
    made = upsert(preference).values(tenant=uow.tenant, person=person, **values)
    await uow.execute(made.on_conflict_do_update(index_elements=["tenant", "person"], set_=values))


async def pauses(uow: UnitOfWork, person: UUID) -> list[Row[Any]]:
    mine = (address_pause.c.tenant == uow.tenant) & (address_pause.c.person == person)
    wanted = select(address_pause.c.channel, address_pause.c.reason, address_pause.c.at)
    return list(await uow.execute(wanted.where(mine, address_pause.c.resumed_at.is_(None))))


async def pause_address(uow: UnitOfWork, person: UUID, channel: str, reason: str) -> None:
    values = {"reason": reason, "at": uow.now, "resumed_at": None}
    made = upsert(address_pause).values(tenant=uow.tenant, person=person, channel=channel, **values)
    await uow.execute(made.on_conflict_do_update(index_elements=["tenant", "person", "channel"], set_=values))


async def resume_address(uow: UnitOfWork, person: UUID, channel: str) -> bool:
    mine = (address_pause.c.tenant == uow.tenant) & (address_pause.c.person == person)
    mine &= (address_pause.c.channel == channel) & address_pause.c.resumed_at.is_(None)
    return bool((await uow.execute(update(address_pause).where(mine).values(resumed_at=uow.now))).rowcount)


async def quiet(uow: UnitOfWork) -> Row[Any] | None:
    wanted = select(quiet_hours.c.opens, quiet_hours.c.closes)
    return (await uow.execute(wanted.where(quiet_hours.c.tenant == uow.tenant))).one_or_none()


async def set_quiet(uow: UnitOfWork, opens: int, closes: int) -> None:
    values = {"opens": opens, "closes": closes, "updated_at": uow.now}
    made = upsert(quiet_hours).values(tenant=uow.tenant, **values)
    await uow.execute(made.on_conflict_do_update(index_elements=["tenant"], set_=values))


async def templates(uow: UnitOfWork, channel: str, kind: str) -> list[Row[Any]]:
    """All versions, the newest first."""
    mine = (message_template.c.tenant == uow.tenant) & (message_template.c.channel == channel)
    wanted = select(message_template).where(mine, message_template.c.kind == kind)
    return list(await uow.execute(wanted.order_by(message_template.c.version.desc())))


async def template_versions(uow: UnitOfWork) -> dict[tuple[str, str], int]:
    latest = func.max(message_template.c.version).label("version")
    which = (message_template.c.channel, message_template.c.kind)
    wanted = select(*which, latest).where(message_template.c.tenant == uow.tenant).group_by(*which)
    rows = await uow.execute(wanted)
    return {(row.channel, row.kind): row.version for row in rows}


async def add_template(uow: UnitOfWork, row: Mapping[str, Any]) -> None:
    await uow.execute(insert(message_template).values(tenant=uow.tenant, published_at=uow.now, **row))


async def latest_of(uow: UnitOfWork, person: UUID, kind: str) -> Row[Any] | None:
    return (await uow.execute(_LATEST_OF, {"tenant": uow.tenant, "person": person, "kind": kind})).one_or_none()
