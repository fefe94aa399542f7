"""Recording an act, in the transaction that does it."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec

from lianshen.audit import _chain, _store
from lianshen.audit.types import By, Change, Check, Checkpoint, Event
from lianshen.kernel.clock import SHANGHAI
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text

_DAY = timedelta(days=1)
_MONTH = timedelta(days=31)


def record(  # noqa: PLR0913 (what an event consists of)
    uow: UnitOfWork,
    action: str,
    *,
    label: str,
    by: By,
    article: str = "",
    project: Any = None,
    facts: Mapping[str, Change] | None = None,
    note: str = "",
    result: Literal["done", "refused", "failed"] = "done",
    law: str = "",
    jobs: tuple[str, ...] | None = None,
) -> Event:
    """Record one act; it is sealed into the tenant's chain as the last thing before COMMIT.

    If it cannot be written the act fails with it (D122). ``label`` and ``article`` are the Chinese words shown on the
    timeline; ``facts`` holds what changed, before and after; ``law`` says what decided, ``jobs`` what is to
    be done after it (see ``Event``).
    """
    event = Event(
        id=uuid4(),
        project=project,
        at=uow.now,
        action=action,
        label=label,
        by=by,
        article=article,
        facts=dict(facts or {}),
        note=note,
        result=result,
        law=law,
        jobs=jobs,
    )
    uow.at_commit(_seal, event)
    return event


def note_read(uow: UnitOfWork, what: str, *, label: str, by: By, project: UUID | None = None, note: str = "") -> None:
    """Record that something sensitive was read: ``what`` is ``file``, ``export``, ``search`` or ``level`` (D120).

    From a request that only reads it is written in a transaction of its own before the answer leaves; if it cannot be
    written, the answer is an error. It belongs to ``project`` but is no step of it, so no timeline shows it.
    """
    about = f"{project} {note}".strip() if project else note
    record(uow, f"read.{what}", label=label, by=by, note=about)


def note_denial(aside: UnitOfWork, *, by: By, what: str) -> None:
    """Record that ``by`` was refused ``what``, in a transaction beside the one whose effect is rolled back (D121)."""
    record(aside, "access.denied", label=text("act.denied"), by=by, note=what, result="refused")


async def note_check(uow: UnitOfWork, events: int, checkpoints: int, damage: str | None, place: str | None) -> None:
    """Keep the outcome of a whole verification."""
    check = Check(at=uow.now, events=events, checkpoints=checkpoints, damage=damage, place=place)
    await _store.add_check(uow, check)


def ask_to_verify(uow: UnitOfWork, by: By) -> None:
    """Have the whole ledger verified, through the outbox."""
    record(uow, "audit.verify", label=text("act.verify_ledger"), by=by)


async def file_roots(uow: UnitOfWork, today: date) -> int:
    """File the roots of the days that have ended and are not filed, at most a month back; how many (D127).

    The root of a day is that of its last checkpoint, or of the last one before. Each is an event whose job takes it up.
    """
    last = await _store.last_of(uow, "audit.file_root")
    day = date.fromisoformat(last.facts["day"][1]) + _DAY if last else today - _DAY
    day, filed = max(day, today - _MONTH), 0
    while day < today:
        made = await _store.last_checkpoint(uow, before=datetime.combine(day + _DAY, time(), SHANGHAI))
        if made is not None:
            _file(uow, day, made)
            filed += 1
        day += _DAY
    return filed


def _file(uow: UnitOfWork, day: date, made: Checkpoint) -> None:
    note = text("act.file_root.note", day=day, size=made.size, sm3=made.sm3.hex(), sha256=made.sha256.hex())
    facts = {"day": (None, day.isoformat()), "size": (None, made.size)}
    by = By(label=text("actor.proof"))
    record(uow, "audit.file_root", label=text("act.file_root"), by=by, facts=facts, note=note)


async def begin_chain(uow: UnitOfWork) -> None:
    """Give the current tenant an empty ledger; repeating it changes nothing."""
    await _store.begin(uow, _chain.GENESIS)


async def _seal(uow: UnitOfWork, events: list[Event]) -> None:
    seq, previous = await _store.lock_head(uow)
    rows, jobs = [], []
    for event in events:
        seq += 1
        row = _row(uow, event, seq)
        digests = _chain.digest(previous, row)
        rows.append(row | {"previous": previous, "sm3": digests.sm3, "sha256": digests.sha256})
        previous = digests.joined
        jobs += [
            {"id": uuid4(), "event": event.id, "job": job, "request_id": uow.request_id}
            for job in (uow.jobs_for(event.action) if event.jobs is None else event.jobs)
        ]
    await _store.append(uow, rows, jobs)


def _row(uow: UnitOfWork, event: Event, seq: int) -> dict[str, Any]:
    return {
        "tenant": uow.tenant,
        "seq": seq,
        "id": event.id,
        "project": event.project,
        "at": event.at,
        "action": event.action,
        "label": event.label,
        "person": event.by.person,
        "post": event.by.post,
        "office": event.by.office,
        "actor": event.by.label,
        "article": event.article,
        "facts": msgspec.to_builtins(event.facts),
        "note": event.note,
        "request_id": uow.request_id,
        "encoding": _chain.NEWEST,
        "result": event.result,
        "source": uow.source,
        "law": event.law,
    }
