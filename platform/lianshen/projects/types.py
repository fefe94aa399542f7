"""What is known and shown of a project."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from lianshen.deadlines.types import Deadline, Entry
from lianshen.documents.types import Document
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork
from lianshen.rules.queries import Difference
from lianshen.rules.types import Action, Assessment, Basis, Effect, FactValue
from lianshen.workcalendar.types import DayReason


class HistoryEntry(msgspec.Struct, frozen=True):
    """One event of the ledger: ``facts`` maps a fact to its value before and after.

    ``law`` is the version of the law that decided, its digest, and the calendar's version; digests are hexadecimal.
    """

    seq: int
    at: datetime
    action: str
    label: str
    actor: str
    article: str
    note: str
    facts: dict[str, tuple[Any, Any]]
    law: str
    sm3: str
    sha256: str


class ProjectView(msgspec.Struct, frozen=True):
    """A project with its whole history and all deadlines. Money among ``facts`` is fen.

    ``pack`` and ``pack_digest`` are the version of the law it was filed under, and the digest of its files then.
    """

    id: UUID
    number: str
    title: str
    office: UUID
    office_name: str
    pack: str
    pack_digest: str
    phase: str
    phase_label: str
    version: int
    created_at: datetime
    updated_at: datetime
    facts: dict[str, Any]
    history: tuple[HistoryEntry, ...]
    deadlines: tuple[Deadline, ...]


class ProjectLine(msgspec.Struct, frozen=True):
    """One line of a list; ``due_on`` is the nearest open date."""

    id: UUID
    number: str
    title: str
    office_name: str
    phase: str
    phase_label: str
    updated_at: datetime
    due_on: date | None


Sort = Literal["updated", "due"]
"""Last changed first; or the nearest date first, those without a date last."""


class ProjectPage(msgspec.Struct, frozen=True):
    """Lines in the order asked for, of ``total`` in all; ``next`` is the cursor of the following page."""

    total: int
    items: tuple[ProjectLine, ...]
    next: str | None


class Task(msgspec.Struct, frozen=True):
    """Something one's office has to do. ``days_left`` counts working days: 0 is today, negative is overdue."""

    project: UUID
    number: str
    title: str
    office_name: str
    action: str
    label: str
    due_on: date | None
    days_left: int | None
    since: datetime


class PaperSlot(msgspec.Struct, frozen=True):
    """One paper of a project: whether the law asks for it now, what was handed in, newest first, and may I add one."""

    code: str
    label: str
    basis: Basis | None
    versions: tuple[Document, ...]
    may_upload: bool


class Desk(msgspec.Struct, frozen=True):
    """Everything the project page shows to one actor. ``actions`` are those of the actor's post, open or not.

    ``as_filed`` is false when the rules it was filed under are no longer what they were then.
    """

    project: ProjectView
    assessment: Assessment
    papers: tuple[PaperSlot, ...]
    actions: tuple[Action, ...]
    may_amend: bool
    as_filed: bool


class ActDone(msgspec.Struct, frozen=True):
    """An act that was done; ``version`` is the project's new version."""

    project: UUID
    event: UUID
    version: int
    phase: str
    phase_label: str


Verdict = Literal["moves", "closed", "decided", "outside", "stranded", "late", "unanswered"]
"""``moves``; or why a project stays with the law it was filed under:

closed: nothing is left to be done; decided: an act of approval was done under that law, and the rest carries it out;
outside: the new law does not cover it; stranded: the new law finds nothing to do at this point; late: a term that is
running would be over already; unanswered: one of the laws has no answer on its facts.
"""


class StepOfTerm(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a term's ladder, fired or not. ``to`` are officer, head, organiser, level_above.

    It is an arrangement of the house (``strength`` soft), which the role ``changed_by`` answers for; the end of the
    term, which is the law's, has no role.
    """

    code: str
    label: str
    planned_at: datetime
    fired_at: datetime | None = None
    late: bool = False
    to: tuple[str, ...] = ()
    changed_by: str = ""
    strength: Literal["soft", "absolute"] = "absolute"


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline with all that was entered, each day's reason, and its ladder; and what the actor may do about it.

    ``latest`` is the furthest day to which it may be extended, where the law sets one.
    """

    deadline: Deadline
    trigger_on: date
    days: tuple[DayReason, ...]
    entries: tuple[Entry, ...]
    steps: tuple[StepOfTerm, ...]
    may_extend: bool
    may_waive: bool
    latest: date | None


class Swept(msgspec.Struct, frozen=True):
    """How many deadlines took effect, and why others, by id, did not."""

    done: int
    stumbled: Mapping[UUID, str] = {}


class Running(msgspec.Struct, frozen=True):
    """A term that is running; ``overdue`` ones have passed already, or are paused, and are left alone."""

    clock: str
    label: str
    owed_by: str
    trigger_on: date
    due_on: date
    overdue: bool


class TermMoved(msgspec.Struct, frozen=True):
    """What becomes of a running term: its new last day, or None where the new law has no such term."""

    clock: str
    label: str
    owed_by: str
    before: date
    after: date | None


class Move(msgspec.Struct, frozen=True):
    """What moving a project to another law does to it."""

    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    terms: tuple[TermMoved, ...] = ()


class Movable(msgspec.Struct, frozen=True):
    """A project that another version of the law could be applied to, and what that would do to it."""

    project: UUID
    number: str
    title: str
    version: int
    pack: str
    pack_digest: str
    move: Move


class Pin(msgspec.Struct, frozen=True):
    """How many projects are under one version of the law, and whether it is what it was when they were filed.

    ``changed``: its files are others now; ``missing``: there is no such version here any more.
    """

    pack: str
    digest: str
    projects: int
    state: Literal["kept", "changed", "missing"]


class Act(msgspec.Struct, frozen=True):
    """An act under way, as handed to the modules above that take part in it."""

    project: UUID
    actor: Actor
    effect: Effect
    inputs: Mapping[str, FactValue]
    on: date


TakePart = Callable[[UnitOfWork, Act], Awaitable[None]]
"""Takes part in an act within its transaction; ``lianshen.wiring`` lists who does, by effect kind."""
