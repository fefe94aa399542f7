"""SQL of rosters: one statement a page, on the rows that the reader's reach of projects allows."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, TextClause, bindparam, insert, select, text, update
from sqlalchemy.types import ARRAY, Uuid

from lianshen.kernel.database import UnitOfWork
from lianshen.projects.queries import Reach
from lianshen.roster._past import Past
from lianshen.roster._tables import feed
from lianshen.roster.types import Asked, Counts, Feed, FeedEntry, Late, Line, State, Tabs

_RUNS = "d.state IN ('open', 'paused')"
_PAUSED = "d.state = 'paused'"
_OURS = "CASE d.owed_by WHEN 'project_unit' THEN p.office = :office ELSE d.owed_by = :body END"
_TO_US = "CASE d.owed_to WHEN 'project_unit' THEN p.office = :office ELSE d.owed_to = :body END"
_MINE = """(
    EXISTS (SELECT FROM event e WHERE e.tenant = :tenant AND e.project = p.id AND e.person = ANY(:people))
    OR NOT EXISTS (SELECT FROM event e WHERE e.tenant = :tenant AND e.project = p.id AND e.office = :office))"""
"""Of what one's office owes: what one has acted on, or nobody of the office has."""

_STATES: dict[State, str] = {
    "late": "NOT paused AND due_on < :today",
    "today": "NOT paused AND due_on = :today",
    "soon": "NOT paused AND due_on > :today AND due_on <= :soon_on",
    "later": "NOT paused AND due_on > :soon_on",
    "paused": "paused",
}
_WHOSE = {"mine": "mine", "office": "ours", "awaited": "awaited", "all": "true"}
_OFFICE_OF = """(SELECT {what} FROM office o WHERE o.tenant = :tenant
    AND CASE {body} WHEN 'project_unit' THEN o.id = unit ELSE o.body = {body} END ORDER BY o.code LIMIT 1)"""
_NAMES = (
    f"{_OFFICE_OF.format(what='o.name', body='owed_by')} AS owed_by_name, "
    f"{_OFFICE_OF.format(what='o.name', body='owed_to')} AS owed_to_name"
)


class Found(msgspec.Struct, frozen=True):
    """What a page of the roster consists of. ``owing`` is the name of the office asked for, if there is one."""

    owing: str | None
    tabs: Tabs
    counts: Counts
    items: tuple[Line, ...]


_FOUND = msgspec.json.Decoder(Found)


async def page(
    uow: UnitOfWork,
    reach: Reach,
    asked: Asked,
    who: dict[str, Any],
    days: dict[str, date],
    *,
    after: tuple[date, UUID] | None,
    limit: int,
) -> Found:
    """Lines, counts by state and counts by list, in one statement.

    ``who`` has the reader's ``body`` and ``people``, ``days`` what is ``today`` and ``soon_on``.
    """
    values: dict[str, Any] = {"tenant": uow.tenant, "office": reach.office, "limit": limit, **who, **days}
    if asked.words:
        values["like"] = "%" + re.sub(r"([%_/])", r"/\1", asked.words) + "%"
    values |= {name: value for name in ("owing", "since", "until") if (value := getattr(asked, name)) is not None}
    if after:
        values["at"], values["last"] = after
    statement = _page(
        reach.predicate,
        asked.whose,
        asked.state,
        tuple(name for name in ("words", "owing", "since", "until") if getattr(asked, name)),
        after=bool(after),
    )
    return _FOUND.decode((await uow.execute(statement, values)).scalar_one())


_FILTERS = {
    "words": "(p.title ILIKE :like ESCAPE '/' OR p.number ILIKE :like ESCAPE '/')",
    "owing": """CASE d.owed_by WHEN 'project_unit' THEN p.office = :owing
        ELSE d.owed_by = (SELECT w.body FROM office w WHERE w.tenant = :tenant AND w.id = :owing) END""",
    "since": "d.due_on >= :since",
    "until": "d.due_on <= :until",
}


def _running(reach: str, filters: tuple[str, ...] = ()) -> str:
    """Every running deadline in reach, with what it is to the reader."""
    among = "".join(f" AND {_FILTERS[name]}" for name in filters)
    return f"""running AS MATERIALIZED (
        SELECT d.id, d.project, p.number, p.title, p.office AS unit, d.label, d.article, d.quotation, d.owed_by,
               d.owed_to, d.trigger_on, d.due_on, d.provisional, {_PAUSED} AS paused,
               {_OURS} AS ours, NOT {_OURS} AND {_TO_US} AS awaited,
               CASE WHEN {_OURS} THEN {_MINE} ELSE false END AS mine
        FROM deadline d JOIN project p ON p.tenant = :tenant AND p.id = d.project
        WHERE d.tenant = :tenant AND {_RUNS} AND ({reach}){among}
    )"""  # noqa: S608


def _state() -> str:
    return "CASE " + " ".join(f"WHEN {sql} THEN '{state}'" for state, sql in _STATES.items()) + " END AS state"


@cache
def _page(reach: str, whose: str, state: State | None, filters: tuple[str, ...], *, after: bool) -> TextClause:
    """What is asked for decides the statement's text, never what is typed."""
    tabs = ", ".join(f"'{name}', count(*) FILTER (WHERE {sql})" for name, sql in _WHOSE.items())
    counts = ", ".join(f"'{name}', count(*) FILTER (WHERE {sql})" for name, sql in _STATES.items())
    within = f" AND {_STATES[state]}" if state else ""
    place = " AND (due_on, id) > (:at, :last)" if after else ""
    owing = "(SELECT w.name FROM office w WHERE w.tenant = :tenant AND w.id = :owing)" if "owing" in filters else "NULL"
    return text(f"""
        WITH {_running(reach, filters)}
        SELECT json_build_object(
            'owing', {owing},
            'tabs', (SELECT json_build_object({tabs}) FROM running),
            'counts', (SELECT json_build_object({counts}) FROM running WHERE {_WHOSE[whose]}),
            'items', (SELECT coalesce(json_agg(line), '[]') FROM (
                SELECT id, project, number, title, label, article, quotation, owed_by, owed_to, {_NAMES}, trigger_on,
                       due_on, provisional, paused, mine, {_state()}
                FROM running WHERE {_WHOSE[whose]}{within}{place} ORDER BY due_on, id LIMIT :limit
            ) AS line))::text
    """).bindparams(bindparam("people", type_=ARRAY(Uuid)))  # noqa: S608


async def late(uow: UnitOfWork, reach: Reach, days: dict[str, date]) -> tuple[Late, ...]:
    """What each office in reach owes, the latest first."""
    values = {"tenant": uow.tenant, **days}
    statement = _late(reach.predicate)
    if ":office" in reach.predicate:
        values["office"] = reach.office
    return _LATE.decode((await uow.execute(statement, values)).scalar_one())


_LATE = msgspec.json.Decoder(tuple[Late, ...])


@cache
def _late(reach: str) -> TextClause:
    counts = ", ".join(
        f"count(*) FILTER (WHERE {_STATES[name]}) AS {name}" for name in ("late", "today", "soon", "paused")
    )
    return text(f"""
        WITH running AS MATERIALIZED (
            SELECT d.owed_by, CASE d.owed_by WHEN 'project_unit' THEN p.office END AS unit, d.due_on,
                   {_PAUSED} AS paused
            FROM deadline d JOIN project p ON p.tenant = :tenant AND p.id = d.project
            WHERE d.tenant = :tenant AND {_RUNS} AND ({reach})
        ), owing AS (
            SELECT owed_by, unit, count(*) AS running, {counts}, min(due_on) FILTER (WHERE {_STATES["late"]}) AS worst
            FROM running GROUP BY owed_by, unit
        )
        SELECT coalesce(json_agg(line), '[]')::text FROM (
            SELECT owed_by AS body, {_OFFICE_OF.format(what="o.id", body="owed_by")} AS office,
                   {_OFFICE_OF.format(what="o.name", body="owed_by")} AS name, running, late, today, soon, paused, worst
            FROM owing ORDER BY late DESC, worst, today DESC, soon DESC, running DESC, owed_by, unit
        ) AS line
    """)  # noqa: S608


_PAST = msgspec.json.Decoder(tuple[Past, ...])


async def past(uow: UnitOfWork, reach: Reach, begin: datetime, end: datetime) -> tuple[Past, ...]:
    """Every deadline in reach that ran at some time from ``begin`` to before ``end``, with its whole ledger."""
    values: dict[str, Any] = {"tenant": uow.tenant, "begin": begin, "end": end}
    if ":office" in reach.predicate:
        values["office"] = reach.office
    return _PAST.decode((await uow.execute(_past(reach.predicate), values)).scalar_one())


@cache
def _past(reach: str) -> TextClause:
    return text(f"""
        WITH ran AS MATERIALIZED (
            SELECT d.*, p.number, p.title, p.office AS unit_office
            FROM deadline d JOIN project p ON p.tenant = :tenant AND p.id = d.project
            WHERE d.tenant = :tenant AND d.opened_at < :end AND (d.closed_at IS NULL OR d.closed_at >= :begin)
              AND ({reach})
        ), named AS (
            SELECT ran.*, w.id AS owing, w.name AS owed_by_name FROM ran LEFT JOIN LATERAL (
                SELECT o.id, o.name FROM office o WHERE o.tenant = :tenant
                   AND CASE ran.owed_by WHEN 'project_unit' THEN o.id = unit_office ELSE o.body = ran.owed_by END
                ORDER BY o.code LIMIT 1) AS w ON true
        )
        SELECT coalesce(json_agg(line), '[]')::text FROM (
            SELECT r.id, r.project, r.number, r.title, r.label, r.article, r.owed_by, r.owed_by_name, r.opened_at,
                   r.due_on, r.closed_at AS done_at, r.on_expiry,
                   (SELECT json_agg(json_build_object('id', n.id, 'kind', n.kind, 'on', n."on", 'at', n.at, 'of', n.of,
                        'due_after', n.due_after) ORDER BY n.at, n.id)
                    FROM deadline_entry n WHERE n.tenant = :tenant AND n.deadline = r.id) AS entries,
                   least(
                    (SELECT min(t.read_at) FROM notice t JOIN post h ON h.tenant = :tenant AND h.person = t.person
                        AND h.office = r.owing
                     WHERE t.tenant = :tenant AND t.project = r.project AND t.at >= r.opened_at),
                    (SELECT min(e.at) FROM event e WHERE e.tenant = :tenant AND e.project = r.project
                        AND e.office = r.owing AND e.at > r.opened_at)) AS seen_at,
                   coalesce((SELECT e.actor FROM event e WHERE e.tenant = :tenant AND e.project = r.project
                    AND e.at = r.closed_at ORDER BY e.seq LIMIT 1), '') AS done
            FROM named r ORDER BY r.owed_by_name, r.owed_by, r.due_on, r.id
        ) AS line
    """)  # noqa: S608


_ENTER = text("SELECT * FROM enter_feed(:tenant, :digest, :now)")


async def enter_feed(uow: UnitOfWork, tenant: str, digest: bytes) -> Sequence[Row[Any]]:
    """Bind the transaction to ``tenant`` and find whose feed it is, with their posts, in one round trip."""
    rows = (await uow.execute(_ENTER, {"tenant": tenant, "digest": digest, "now": uow.now})).all()
    uow.entered(tenant)
    return rows


async def feed_entries(uow: UnitOfWork, reach: Reach, who: dict[str, Any], since: date) -> list[FeedEntry]:
    """What is the person's among what runs, and among what was closed since the day ``since``."""
    values = {"tenant": uow.tenant, "office": reach.office, "since": since, **who}
    rows = (await uow.execute(_feed(reach.predicate), values)).mappings()
    return [FeedEntry(**row) for row in rows]


@cache
def _feed(reach: str) -> TextClause:
    return text(f"""
        SELECT d.id, d.project, p.number, d.label, d.article, d.due_on, d.provisional, {_PAUSED} AS paused,
               {_RUNS} AS open, n.sequence, n.changed_at
        FROM deadline d JOIN project p ON p.tenant = :tenant AND p.id = d.project
        CROSS JOIN LATERAL (
            SELECT count(*) - 1 AS sequence, max(n.at) AS changed_at
            FROM deadline_entry n WHERE n.tenant = :tenant AND n.deadline = d.id) AS n
        WHERE d.tenant = :tenant AND ({_RUNS} OR d.closed_at >= :since) AND {_OURS} AND {_MINE} AND ({reach})
        ORDER BY d.due_on, d.id
    """).bindparams(bindparam("people", type_=ARRAY(Uuid)))  # noqa: S608


async def feed_of(uow: UnitOfWork, person: UUID) -> Feed | None:
    mine = (feed.c.tenant == uow.tenant) & (feed.c.person == person) & feed.c.ended_at.is_(None)
    row = (await uow.execute(select(feed.c.created_at, feed.c.fetched_at).where(mine))).mappings().one_or_none()
    return None if row is None else Feed(**row)


async def end_feed(uow: UnitOfWork, person: UUID) -> bool:
    """False when there was none."""
    mine = (feed.c.tenant == uow.tenant) & (feed.c.person == person) & feed.c.ended_at.is_(None)
    return bool((await uow.execute(update(feed).where(mine).values(ended_at=uow.now))).rowcount)


async def add_feed(uow: UnitOfWork, person: UUID, digest: bytes) -> None:
    await uow.execute(insert(feed).values(tenant=uow.tenant, digest=digest, person=person, created_at=uow.now))


async def note_fetched(uow: UnitOfWork, digest: bytes) -> None:
    mine = (feed.c.tenant == uow.tenant) & (feed.c.digest == digest)
    await uow.execute(update(feed).where(mine).values(fetched_at=uow.now))
