"""Reading projects. Every function asks the same reach: what one may not see is not found."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import date, datetime, time
from functools import reduce
from typing import Any, Literal
from uuid import UUID

from lianshen.access.queries import may, require
from lianshen.audit import queries as audit
from lianshen.audit.commands import note_read
from lianshen.deadlines import permissions as deadline_rights
from lianshen.deadlines import queries as deadlines
from lianshen.documents import permissions as document_rights
from lianshen.documents import queries as documents
from lianshen.documents.types import Document
from lianshen.identity.types import Actor
from lianshen.kernel.clock import SHANGHAI, day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound
from lianshen.kernel.messages import text
from lianshen.projects import _desk, _reach, _seal_store, _store, _terms, permissions
from lianshen.projects._known import facts_of, linked, numbers_named, with_linked
from lianshen.projects._moving import moved
from lianshen.projects.types import (
    Desk,
    Movable,
    PaperSlot,
    Pin,
    ProjectLine,
    ProjectPage,
    ProjectView,
    Sort,
    Task,
    Term,
)
from lianshen.receipts.queries import find as find_receipt
from lianshen.receipts.queries import of_project as receipts_of
from lianshen.receipts.types import Receipt
from lianshen.rules import queries as rules
from lianshen.rules.queries import Filed, Law, Pack, VersionGone
from lianshen.rules.types import Assessment
from lianshen.staff.types import OpenWork
from lianshen.workcalendar.queries import Calendar, working_days_left

_BEFORE_ALL = 1970
Reach = _store.Reach
reach_of = _reach.reach_of
"""On which projects: also for lists of what hangs on them."""


async def view(uow: UnitOfWork, actor: Actor, project: UUID) -> ProjectView:
    """The project with history and deadlines. Raises NotFound."""
    require(actor, permissions.READ)
    found = await _store.read(uow, project, reach_of(actor))
    if found is None:
        raise NotFound
    return found


async def view_as_json(uow: UnitOfWork, actor: Actor, project: UUID) -> tuple[int, bytes]:
    """The version, and the same as ``view`` as JSON, as the database assembles it. Raises NotFound."""
    require(actor, permissions.READ)
    row = await _store.read_as_json(uow, project, reach_of(actor))
    if row is None:
        raise NotFound
    return row.version, row.said.encode()


async def desk(uow: UnitOfWork, actor: Actor, law: Law, project: UUID) -> Desk:
    """The project as the actor works on it: what the law asks for, and what the actor can do now. Raises NotFound."""
    found = await view(uow, actor, project)
    pack = rules.pinned(law, found.pack)
    facts = await linked(uow, pack, facts_of(found.facts))
    assessment = rules.assess(pack, facts, "", day_of(uow.now))
    may_add: set[str] = set()
    if may(actor, document_rights.UPLOAD):
        may_add = _desk.papers_i_may_add(assessment, actor, found.office, facts)
    mine = _desk.mine(assessment, actor, found.office, facts)
    return Desk(
        project=found,
        assessment=assessment,
        papers=_slots(assessment, may_add, await documents.of_project(uow, project), pack.label_of),
        actions=tuple(action for action in mine if action.timely and may(actor, action.permission)),
        as_filed=pack.digest == found.pack_digest,
        may_amend=assessment.amendable and actor.office == found.office and may(actor, permissions.DECLARE),
    )


async def terms(uow: UnitOfWork, actor: Actor, law: Law, project: UUID) -> tuple[Term, ...]:
    """Every deadline of a project one may see, with its reasons and its ladder, oldest first. Raises NotFound."""
    found = await view(uow, actor, project)
    pack = rules.pinned(law, found.pack)
    rights = {"extend": deadline_rights.EXTEND, "waive": deadline_rights.WAIVE}
    held = {name for name, right in rights.items() if may(actor, right)}
    histories = await deadlines.histories(uow, project)
    return tuple(_terms.terms_of(pack, actor, law.calendar, found.deadlines, histories, held))


def _slots(
    assessment: Assessment, may_add: set[str], papers: list[Document], label_of: Callable[[str], str]
) -> tuple[PaperSlot, ...]:
    """What the law asks for first, then what one may add, then whatever else was handed in."""
    asked = {paper.code: paper for paper in assessment.papers}
    versions: dict[str, list[Document]] = {}
    for item in papers:
        versions.setdefault(item.paper, []).append(item)
    return tuple(
        PaperSlot(
            code=code,
            label=label_of(code),
            basis=asked[code].basis if code in asked else None,
            versions=tuple(versions.get(code, ())),
            may_upload=code in may_add,
        )
        for code in dict.fromkeys([*asked, *sorted(may_add), *versions])
    )


async def page(
    uow: UnitOfWork,
    actor: Actor,
    *,
    sort: Sort = "updated",
    phase: str | None = None,
    words: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> ProjectPage:
    """Projects one may see. An unreadable cursor, or one of another order, begins anew."""
    require(actor, permissions.READ)
    after = _opened(cursor, sort)
    found = await _store.lines(uow, reach_of(actor), sort=sort, phase=phase, words=words, after=after, limit=limit + 1)
    lines = found.items[:limit]
    return ProjectPage(found.total, lines, _cursor(lines[-1], sort) if len(found.items) > limit else None)


def _cursor(last: ProjectLine, sort: Sort) -> str:
    at = last.updated_at if sort == "updated" else last.due_on or date.max
    return urlsafe_b64encode(f"{at.isoformat()} {last.id}".encode()).decode()


def _opened(cursor: str | None, sort: Sort) -> tuple[date | datetime, UUID] | None:
    try:
        at, _, last = urlsafe_b64decode(cursor or "").decode().partition(" ")
        moment = datetime.fromisoformat(at) if sort == "updated" else date.fromisoformat(at)
        if isinstance(moment, datetime) and moment.tzinfo is None:
            return None
        return moment, UUID(last)
    except (ValueError, Base64Error):
        return None


async def filed(uow: UnitOfWork, packs: Sequence[Pack], year: int | None, *, batch: int = 500) -> AsyncIterator[Filed]:
    """Every project begun in ``year`` (None: ever) that has left its unit's hands, as it was declared, by number.

    For trying laws on, on behalf of the tenant: who may ask is the caller's to see. Read ``batch`` by batch, so that
    neither memory nor a statement grows with their number.
    """
    names = rules.declared(packs)
    since, until = (datetime.combine(date(at, 1, 1), time(), SHANGHAI) for at in _span(year))
    after = ""
    while rows := await _store.filed(uow, since, until, after, batch):
        after = rows[-1].number
        facts = [facts_of(row.facts) for row in rows]
        numbers = {number for known in facts for pack in packs for number in numbers_named(pack, known).values()}
        found = await _seal_store.facts_by_number(uow, sorted(numbers)) if numbers else {}
        for row, known in zip(rows, facts, strict=True):
            whole = reduce(lambda told, pack: with_linked(pack, told, found), packs, known)
            told = {name: value for name, value in whole.items() if name in names}
            yield Filed(row.number, day_of(row.created_at), told)


def _span(year: int | None) -> tuple[int, int]:
    return (_BEFORE_ALL, date.max.year) if year is None else (year, year + 1)


async def movable(uow: UnitOfWork, law: Law, to: Pack, *, batch: int = 200) -> AsyncIterator[Movable]:
    """What moving each project to the version ``to`` would do today, for those that are under another; by number.

    Projects still in their unit's hands are left out. Who may ask is the caller's to see.
    """
    after = ""
    while rows := await _store.of_other_versions(uow, to.ref, to.digest, after, batch):
        after = rows[-1].number
        for row in rows:
            move, _ = await moved(uow, law, to, row)
            yield Movable(row.id, row.number, row.title, row.version, row.pack, row.pack_digest, move)


async def pins(uow: UnitOfWork, law: Law) -> list[Pin]:
    """Under which versions the tenant's projects are, and whether these are still what they were."""
    return [Pin(row.pack, row.pack_digest, row.projects, _pinned(law, row)) for row in await _store.pins(uow)]


def _pinned(law: Law, row: Any) -> Literal["kept", "changed", "missing"]:
    try:
        return "kept" if rules.pinned(law, row.pack).digest == row.pack_digest else "changed"
    except VersionGone:
        return "missing"


async def phases(uow: UnitOfWork, actor: Actor) -> list[tuple[str, str, int]]:
    """(phase, label, how many) of the projects one may see, for the list's filter."""
    require(actor, permissions.READ)
    return await _store.phases(uow, reach_of(actor))


async def inbox(uow: UnitOfWork, actor: Actor, calendar: Calendar) -> tuple[Task, ...]:
    """What the actor's office has to do, nearest date first, with the working days left."""
    require(actor, permissions.READ)
    today = day_of(uow.now)
    rows = await _store.tasks(uow, reach_of(actor))
    return tuple(Task(**row, days_left=_left(calendar, today, row["due_on"])) for row in rows)


def _left(calendar: Calendar, today: date, due_on: date | None) -> int | None:
    return None if due_on is None else working_days_left(calendar, today, due_on)


async def document(uow: UnitOfWork, actor: Actor, project: UUID, document_id: UUID) -> Document:
    """One version of a paper of a project one may see. Raises NotFound."""
    require(actor, document_rights.READ)
    await view(uow, actor, project)
    found = await documents.find(uow, project, document_id)
    if found is None:
        raise NotFound
    return found


async def receipts(uow: UnitOfWork, actor: Actor, project: UUID) -> tuple[Receipt, ...]:
    """The receipts of a project one may see. Raises NotFound."""
    await view(uow, actor, project)
    return await receipts_of(uow, project)


async def receipt(uow: UnitOfWork, actor: Actor, project: UUID, filing: UUID) -> Receipt:
    """One of them. Raises NotFound."""
    await view(uow, actor, project)
    found = await find_receipt(uow, project, filing)
    if found is None:
        raise NotFound
    return found


async def open_work(uow: UnitOfWork, person: UUID, offices: Sequence[UUID]) -> list[OpenWork]:
    """What waits in ``offices``, and the running projects in which a person has a duty."""
    found = [
        OpenWork("tasks", text("staff.open.tasks", office=row.name), row.tasks, office=row.office)
        for row in await _store.tasks_at(uow, offices)
    ]
    duties = await _store.running_duties(uow, person)
    if duties:
        lines = tuple(f"{row.number} {row.title}" for row in duties)
        found.append(OpenWork("duties", text("staff.open.duties"), len(duties), lines))
    return found


async def proof(uow: UnitOfWork, actor: Actor, project: UUID, seq: int, certificates: bytes | None) -> bytes:
    """The proof of one step of a project one may see, as a zip that checks itself. Raises NotFound, NoCheckpoint."""
    found = await view(uow, actor, project)
    if all(entry.seq != seq for entry in found.history):
        raise NotFound
    papers = await documents.vouched(uow, project)
    note = f"{found.number} {seq}"
    note_read(uow, "export", label=text("act.bundle"), by=actor.by, project=project, note=note)
    return await audit.proof(uow, project, seq, [documents.stated(one) for one in papers], certificates)


async def id_of(uow: UnitOfWork, number: str) -> UUID | None:
    """The project with this number, for searching the ledger; who may ask is the caller's to see."""
    return await _store.id_of(uow, number)


async def numbers(uow: UnitOfWork, ids: Collection[UUID]) -> dict[UUID, str]:
    """Numbers of projects by id, for the ledger; blank for one that is gone."""
    found = await _store.numbers(uow, list(ids)) if ids else {}
    return {one: found.get(one, "") for one in ids}
