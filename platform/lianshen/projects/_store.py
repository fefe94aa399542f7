"""SQL of projects. Every statement names the tenant beside the wall, so that the planner knows it too."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Result, Row, RowMapping, TextClause, and_, bindparam, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.identity._tables import office
from lianshen.kernel import integrity
from lianshen.kernel.database import UnitOfWork
from lianshen.projects import permissions
from lianshen.projects._seal_store import CODES, KEY, PROJECT, SPELLED, UNIT, after, is_ours, require_ours
from lianshen.projects._tables import project, project_duty, standing, task
from lianshen.projects.types import ProjectLine, ProjectView, Sort

_VIEW = msgspec.json.Decoder(ProjectView)
_p = project.alias("p")


_SCOPES = {
    permissions.TENANT: "p.disclosed",
    permissions.UNIT: "p.office = :office",
    permissions.OFFICE: """p.disclosed AND (
        EXISTS (SELECT FROM task k WHERE k.tenant = :tenant AND k.project = p.id AND k.office = :office)
        OR EXISTS (SELECT FROM event e WHERE e.tenant = :tenant AND e.project = p.id AND e.office = :office))""",
}
"""Which projects ``p`` each scope of reading means, to the office ``:office``: the one place that says so."""


class Lines(msgspec.Struct, frozen=True):
    """Lines of a list, and how many the whole list has."""

    total: int
    items: tuple[ProjectLine, ...]


_LINES = msgspec.json.Decoder(Lines)


class Reach(msgspec.Struct, frozen=True):
    """On which rows: those in one of ``scopes``, seen from ``office``."""

    office: UUID
    scopes: frozenset[str]

    @property
    def predicate(self) -> str:
        """The condition on ``project p``, for ``:tenant`` and ``:office``. An unknown scope reaches nothing."""
        held = self.scopes - {permissions.OFFICE} if permissions.TENANT in self.scopes else self.scopes
        return " OR ".join(f"({sql})" for scope, sql in _SCOPES.items() if scope in held) or "false"

    def within(self, tenant: str) -> TextClause:
        """The same for a statement put together of parts, with its values."""
        values = {"tenant": tenant, "office": self.office}
        return text(f"({self.predicate})").bindparams(**{k: v for k, v in values.items() if f":{k}" in self.predicate})


_READ = f"""
    SELECT p.version, {CODES}, json_build_object(
        'id', p.id, 'number', p.number, 'title', p.title, 'office', p.office, 'office_name', o.name, 'pack', p.pack,
        'pack_digest', p.pack_digest,
        'phase', p.phase, 'phase_label', p.phase_label, 'version', p.version, 'created_at', p.created_at,
        'updated_at', p.updated_at, 'facts', coalesce((SELECT s.facts FROM standing s
            WHERE s.tenant = :tenant AND s.office = p.office), '{{}}') || p.facts,
        'history', (SELECT coalesce(json_agg(json_build_object(
            'seq', e.seq, 'at', e.at, 'action', e.action, 'label', e.label, 'actor', e.actor, 'article', e.article,
            'note', e.note, 'facts', e.facts, 'law', e.law, 'sm3', encode(e.sm3, 'hex'),
            'sha256', encode(e.sha256, 'hex')) ORDER BY e.seq), '[]')
            FROM event e WHERE e.tenant = :tenant AND e.project = p.id),
        'receipts', (SELECT coalesce(json_agg(json_build_object(
            'id', f.id, 'number', f.number, 'label', f.label, 'at', f.at, 'sm3', f.sm3) ORDER BY f.at, f.number), '[]')
            FROM filing f WHERE f.tenant = :tenant AND f.project = p.id),
        'deadlines', (SELECT coalesce(json_agg(json_build_object(
            'id', d.id, 'clock', d.clock, 'label', d.label, 'article', d.article, 'quotation', d.quotation,
            'owed_by', d.owed_by, 'owed_to', d.owed_to, 'trigger_on', d.trigger_on, 'budget', d.budget,
            'unit', d.unit, 'first_day', d.first_day, 'rolling', d.rolling, 'cut_off', d.cut_off,
            'due_on', d.due_on, 'provisional', d.provisional,
            'calendar', d.calendar, 'on_expiry', d.on_expiry, 'state', d.state, 'overdue', d.overdue,
            'opened_at', d.opened_at, 'closed_at', d.closed_at) ORDER BY d.opened_at, d.due_on, d.owed_by), '[]')
            FROM deadline d WHERE d.tenant = :tenant AND d.project = p.id))::text AS said
    FROM project p JOIN office o ON o.tenant = :tenant AND o.id = p.office
    WHERE p.tenant = :tenant AND p.id = :project AND
"""  # noqa: S608

_HELD = f"""
    SELECT p.number, p.pack, p.version, p.phase, p.disclosed, {CODES},
           coalesce((SELECT s.facts FROM standing s WHERE s.tenant = :tenant AND s.office = p.office), '{{}}')
               || p.facts AS facts,
           ARRAY(SELECT DISTINCT d.duty FROM project_duty d
            WHERE d.tenant = :tenant AND d.project = p.id AND d.person = ANY(CAST(:people AS uuid[]))) AS duties,
           (SELECT coalesce(jsonb_agg(jsonb_build_array(d.clock, d.owed_by, d.due_on, d.state)), '[]')
            FROM deadline d WHERE d.tenant = :tenant AND d.project = p.id AND d.state IN ('open', 'paused')) AS clocks
"""  # noqa: S608
_HOLD_OTHERS = text(
    _HELD
    + "FROM project p WHERE p.tenant = :tenant AND p.office = :office AND p.id <> :project "
    + "ORDER BY p.id FOR UPDATE OF p SKIP LOCKED"
)

_FILED = text("""
    SELECT p.number, p.created_at, coalesce(s.facts, '{}') || p.facts AS facts
    FROM project p LEFT JOIN standing s ON s.tenant = :tenant AND s.office = p.office
    WHERE p.tenant = :tenant AND p.disclosed AND p.created_at >= :since AND p.created_at < :until AND p.number > :after
    ORDER BY p.number LIMIT :limit
""")

_MOVABLE = f"""
    SELECT p.number, p.title, {CODES}, p.pack, p.pack_digest, p.version, p.phase, p.disclosed,
           ARRAY[]::text[] AS duties, '[]'::jsonb AS clocks,
           coalesce((SELECT s.facts FROM standing s WHERE s.tenant = :tenant AND s.office = p.office), '{{}}')
               || p.facts AS facts,
           EXISTS (SELECT FROM project_duty d
                   WHERE d.tenant = :tenant AND d.project = p.id AND d.duty = 'approve') AS decided,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('clock', d.clock, 'label', d.label, 'owed_by', d.owed_by,
                'trigger_on', d.trigger_on, 'due_on', d.due_on, 'overdue', d.overdue OR d.state = 'paused')
                ORDER BY d.due_on, d.owed_by), '[]')
            FROM deadline d WHERE d.tenant = :tenant AND d.project = p.id AND d.state IN ('open', 'paused')) AS running
    FROM project p
    WHERE p.tenant = :tenant AND p.disclosed AND
"""  # noqa: S608
_OTHER_VERSIONS = text(
    _MOVABLE + "(p.pack <> :pack OR p.pack_digest <> :digest) AND p.number > :after ORDER BY p.number LIMIT :limit"
)
_HOLD_TO_MOVE = text(_MOVABLE + "p.id = :project FOR UPDATE OF p")

_NOTE_STANDING = text(f"""
    INSERT INTO standing AS s (tenant, office, facts, updated_at) VALUES (:tenant, :office, :facts, :now)
    ON CONFLICT (tenant, office) DO UPDATE
        SET facts = (s.facts - CAST(:cleared AS text[])) || excluded.facts, updated_at = excluded.updated_at
    RETURNING office, {UNIT} AS canon
""").bindparams(bindparam("facts", type_=JSONB))  # noqa: S608

_WRITE = text(f"""
    WITH wanted AS (
        SELECT DISTINCT ON (o.id, w.action) o.id AS office, w.action, w.label, w.due_on
        FROM jsonb_to_recordset(:tasks) AS w (body text, action text, label text, due_on date)
        JOIN office o ON o.tenant = :tenant
         AND CASE w.body WHEN 'project_unit' THEN o.id = :owner ELSE o.body = w.body END
    ), gone AS (
        DELETE FROM task t WHERE t.tenant = :tenant AND t.project = :project
           AND NOT EXISTS (SELECT 1 FROM wanted w WHERE w.office = t.office AND w.action = t.action)
    ), kept AS (
        INSERT INTO task (tenant, project, office, action, label, due_on, since)
        SELECT :tenant, :project, office, action, label, due_on, :now FROM wanted
        ON CONFLICT (tenant, project, office, action) DO UPDATE
            SET label = excluded.label, due_on = excluded.due_on
    ), duty AS (
        INSERT INTO project_duty (tenant, project, person, duty)
        SELECT :tenant, :project, person, :duty FROM unnest(CAST(:people AS uuid[])) AS person
        WHERE :duty <> '' ON CONFLICT DO NOTHING
    )
    UPDATE project SET facts = :facts, title = :title, disclosed = disclosed OR :disclosed, phase = :phase,
           phase_label = :phase_label, due_on = coalesce(CAST(:due_on AS date), 'infinity'), version = version + 1,
           updated_at = :now, mac = :mac
    WHERE tenant = :tenant AND id = :project
    RETURNING id, version, {PROJECT} AS canon
""").bindparams(bindparam("tasks", type_=JSONB), bindparam("facts", type_=JSONB))  # noqa: S608


@cache
def _read(predicate: str) -> TextClause:
    return text(f"{_READ} ({predicate})")


@cache
def _hold(predicate: str) -> TextClause:
    return text(
        f"{_HELD}, {integrity.KEY} AS key FROM project p WHERE p.tenant = :tenant AND p.id = :project "
        f"AND ({predicate}) FOR UPDATE OF p"
    )


async def add(uow: UnitOfWork, row: Mapping[str, Any]) -> str:
    """Enter a project before its first act, which writes its code too; how it is spelled."""
    stamps = {"created_at": uow.now, "updated_at": uow.now}
    entered = insert(project).values(tenant=uow.tenant, **stamps, **row).returning(SPELLED, KEY)
    found = (await uow.execute(entered)).one()
    integrity.take_key(uow, found.key)
    return str(found.canon)


async def read(uow: UnitOfWork, project_id: UUID, reach: Reach) -> ProjectView | None:
    """Project, history and deadlines in one statement, assembled by the database."""
    row = await read_as_json(uow, project_id, reach)
    return None if row is None else _VIEW.decode(row.said)


async def read_as_json(uow: UnitOfWork, project_id: UUID, reach: Reach) -> Row[Any] | None:
    """(version, said): the version, and a ``ProjectView`` as JSON. Raises Altered."""
    values = {"tenant": uow.tenant, "project": project_id, "office": reach.office}
    return await _intact(uow, await uow.execute(_read(reach.predicate), values))


async def _intact(uow: UnitOfWork, found: Result[Any]) -> Row[Any] | None:
    row = found.one_or_none()
    if row is not None:
        await require_ours(uow, row)
    return row


async def hold(uow: UnitOfWork, project_id: UUID, reach: Reach, people: Sequence[UUID]) -> Row[Any] | None:
    """The project's row, locked until the end of the transaction, with the people's duties and the open clocks.

    Raises Altered.
    """
    values = {"tenant": uow.tenant, "project": project_id, "office": reach.office, "people": list(people)}
    row = await _intact(uow, await uow.execute(_hold(reach.predicate), values))
    if row is not None:
        integrity.take_key(uow, row.key)
    return row


async def hold_others(uow: UnitOfWork, project_id: UUID, office_id: UUID) -> Sequence[Row[Any]]:
    """The other projects of the unit, locked; those in the middle of an act are left out, and see to themselves.

    So are those that were changed past our commands: the alarm is raised, and the unit's others go on.
    """
    values = {"tenant": uow.tenant, "project": project_id, "office": office_id, "people": []}
    return [row for row in await uow.execute(_HOLD_OTHERS, values) if await is_ours(uow, row)]


async def note_standing(uow: UnitOfWork, office_id: UUID, facts: Mapping[str, Any], cleared: Sequence[str]) -> None:
    """Add to what is known of a unit, and take away what no longer is."""
    row = {"tenant": uow.tenant, "office": office_id, "facts": facts, "cleared": list(cleared), "now": uow.now}
    await integrity.settle(uow, standing, (await uow.execute(_NOTE_STANDING, row)).one())


async def filed(uow: UnitOfWork, since: datetime, until: datetime, after: str, limit: int) -> Sequence[Row[Any]]:
    """Projects of the tenant begun from ``since`` to before ``until``, by number, those ``after`` a number."""
    values = {"tenant": uow.tenant, "since": since, "until": until, "after": after, "limit": limit}
    return (await uow.execute(_FILED, values)).all()


async def of_other_versions(uow: UnitOfWork, pack: str, digest: str, after: str, limit: int) -> Sequence[Row[Any]]:
    """Projects under another version than this one, with their running terms, by number, those ``after`` a number."""
    values = {"tenant": uow.tenant, "pack": pack, "digest": digest, "after": after, "limit": limit}
    return (await uow.execute(_OTHER_VERSIONS, values)).all()


async def hold_to_move(uow: UnitOfWork, project_id: UUID) -> Row[Any] | None:
    """One project with its running terms, locked until the end of the transaction. Raises Altered."""
    return await _intact(uow, await uow.execute(_HOLD_TO_MOVE, {"tenant": uow.tenant, "project": project_id}))


async def pin(uow: UnitOfWork, project_id: UUID, pack: str, digest: str) -> str:
    """Put the project under another version of the law, as part of an act that writes its code too; how it is
    spelled."""
    mine = (project.c.tenant == uow.tenant) & (project.c.id == project_id)
    pinned = update(project).where(mine).values(pack=pack, pack_digest=digest).returning(SPELLED)
    return str((await uow.execute(pinned)).scalar_one())


async def pins(uow: UnitOfWork) -> list[Row[Any]]:
    """(pack, pack_digest, projects): under which versions the tenant's projects are."""
    counted = select(project.c.pack, project.c.pack_digest, func.count().label("projects"))
    mine = counted.where(project.c.tenant == uow.tenant).group_by(project.c.pack, project.c.pack_digest)
    return list(await uow.execute(mine.order_by(project.c.pack, project.c.pack_digest)))


async def write(uow: UnitOfWork, project_id: UUID, canon: str, values: Mapping[str, Any]) -> int:
    """Facts, phase, tasks and code after an act, in one statement; the new version. ``canon``: as it was spelled."""
    foretold = after(uow, canon, values)
    row = {"tenant": uow.tenant, "project": project_id, "now": uow.now, **values}
    row["mac"] = await integrity.mac(uow, project.name, foretold)
    written = (await uow.execute(_WRITE, row)).one()
    await integrity.settle(uow, project, written, foretold)
    return int(written.version)


async def lines(
    uow: UnitOfWork,
    reach: Reach,
    *,
    sort: Sort,
    phase: str | None,
    words: str | None,
    after: tuple[date | datetime, UUID] | None,
    limit: int,
) -> Lines:
    """Projects in reach, and how many there are in all. ``words`` is looked for in title and number, literally.

    ``after``: the last line of the page before, its date and its id.
    """
    values: dict[str, Any] = {"tenant": uow.tenant, "office": reach.office, "limit": limit}
    if phase:
        values["phase"] = phase
    if words:
        values["like"] = "%" + re.sub(r"([%_/])", r"/\1", words) + "%"
    if after:
        values["at"], values["last"] = after
    statement = _lines(reach.predicate, sort, phase=bool(phase), words=bool(words), after=bool(after))
    return _LINES.decode((await uow.execute(statement, values)).scalar_one())


_KEYS: dict[Sort, tuple[str, str, str]] = {"updated": ("updated_at", "<", "DESC"), "due": ("due_on", ">", "ASC")}


@cache
def _lines(reach: str, sort: Sort, *, phase: bool, words: bool, after: bool) -> TextClause:
    """One statement for count and lines: what is asked for decides its text, never what is typed."""
    key, beyond, way = _KEYS[sort]
    among = f"p.tenant = :tenant AND ({reach})"
    if phase:
        among += " AND p.phase = :phase"
    if words:
        among += " AND (p.title ILIKE :like ESCAPE '/' OR p.number ILIKE :like ESCAPE '/')"
    place = f" AND (p.{key}, p.id) {beyond} (:at, :last)" if after else ""
    return text(f"""
        SELECT json_build_object(
            'total', (SELECT count(*) FROM project p WHERE {among}),
            'items', (SELECT coalesce(json_agg(line), '[]') FROM (
                SELECT p.id, p.number, p.title, o.name AS office_name, p.phase, p.phase_label, p.updated_at,
                       nullif(p.due_on, 'infinity') AS due_on
                FROM project p JOIN office o ON o.tenant = :tenant AND o.id = p.office
                WHERE {among}{place} ORDER BY p.{key} {way}, p.id {way} LIMIT :limit
            ) AS line))::text
    """)  # noqa: S608


async def phases(uow: UnitOfWork, reach: Reach) -> list[tuple[str, str, int]]:
    """(phase, label, how many) of projects in reach."""
    statement = (
        select(_p.c.phase, func.min(_p.c.phase_label), func.count())
        .where(_p.c.tenant == uow.tenant, reach.within(uow.tenant))
        .group_by(_p.c.phase)
        .order_by(func.count().desc(), _p.c.phase)
    )
    return [tuple(row) for row in await uow.execute(statement)]


async def tasks(uow: UnitOfWork, reach: Reach) -> Sequence[RowMapping]:
    """What the office has to do on projects in reach, nearest date first, undated last."""
    statement = (
        select(
            task.c.project, _p.c.number, _p.c.title, office.c.name.label("office_name"), task.c.action,
            task.c.label, task.c.due_on, task.c.since,
        )
        .join(_p, and_(_p.c.tenant == task.c.tenant, _p.c.id == task.c.project))
        .join(office, and_(office.c.tenant == _p.c.tenant, office.c.id == _p.c.office))
        .where(task.c.tenant == uow.tenant, task.c.office == reach.office, reach.within(uow.tenant))
        .order_by(task.c.due_on.asc().nulls_last(), task.c.since, task.c.project, task.c.action)
    )  # fmt: skip
    return (await uow.execute(statement)).mappings().all()


_DUTIES = text("""
    SELECT d.project, p.number, p.title, d.duty,
           (SELECT o.duty FROM project_duty o
            WHERE o.tenant = :tenant AND o.project = d.project AND o.person = :other) AS theirs
    FROM project_duty d JOIN project p ON p.tenant = :tenant AND p.id = d.project
    WHERE d.tenant = :tenant AND d.person = :person
      AND EXISTS (SELECT FROM task t WHERE t.tenant = :tenant AND t.project = d.project)
    ORDER BY p.number
""")


async def running_duties(uow: UnitOfWork, person: UUID, other: UUID | None = None) -> Sequence[Row[Any]]:
    """A person's duties in projects on which something is still to do, and an ``other`` one's in the same projects."""
    return (await uow.execute(_DUTIES, {"tenant": uow.tenant, "person": person, "other": other})).all()


async def add_duty(uow: UnitOfWork, project_id: UUID, person: UUID, duty: str) -> None:
    await uow.execute(insert(project_duty).values(tenant=uow.tenant, project=project_id, person=person, duty=duty))


async def tasks_at(uow: UnitOfWork, offices: Sequence[UUID]) -> Sequence[Row[Any]]:
    """(office, name, tasks) of those of ``offices`` that have something to do."""
    statement = (
        select(task.c.office, office.c.name, func.count().label("tasks"))
        .join(office, and_(office.c.tenant == task.c.tenant, office.c.id == task.c.office))
        .where(task.c.tenant == uow.tenant, task.c.office.in_(offices))
        .group_by(task.c.office, office.c.name)
    )
    return (await uow.execute(statement)).all()


async def id_of(uow: UnitOfWork, number: str) -> UUID | None:
    statement = select(project.c.id).where(project.c.tenant == uow.tenant, project.c.number == number)
    return (await uow.execute(statement)).scalar_one_or_none()


async def numbers(uow: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID, str]:
    mine = (project.c.tenant == uow.tenant) & project.c.id.in_(ids)
    return {row.id: row.number for row in await uow.execute(select(project.c.id, project.c.number).where(mine))}
