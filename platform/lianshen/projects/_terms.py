"""One deadline at a time: what a person may do about it, why it falls on its day, what fired when and what will."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from msgspec.structs import replace

from lianshen.deadlines import queries as deadlines
from lianshen.deadlines.types import Deadline, Entry, Running
from lianshen.identity.types import Actor
from lianshen.kernel.clock import day_of
from lianshen.kernel.errors import Item, NotFound, Refusal
from lianshen.kernel.messages import text
from lianshen.projects._desk import Held
from lianshen.projects.types import StepOfTerm, Term
from lianshen.rules.queries import Pack
from lianshen.rules.types import EXPIRY, Clock, Leave
from lianshen.workcalendar.queries import Calendar


class NotExtendable(Refusal):
    """The law lets nobody, or not this office, or not so much."""

    code = "not_extendable"


class NotWaivable(Refusal):
    """The law lets nobody, or not this office."""

    code = "not_waivable"


def chosen(found: Sequence[Running], deadline: UUID) -> Running:
    """The one that runs. Raises NotFound."""
    for one in found:
        if one.id == deadline:
            return one
    raise NotFound


def to_extend(pack: Pack, actor: Actor, running: Running, until: date, calendar: Calendar) -> Leave:
    """The leave by which the actor may extend it until that day. Raises NotExtendable with the reason."""
    clock = _clock(pack, running.clock)
    leave = clock.extension if clock else None
    if leave is None:
        raise NotExtendable((_item("not_extendable.nobody"),))
    if actor.body not in leave.by:
        raise NotExtendable((_item("not_extendable.whose", leave, bodies=_named(pack, leave)),))
    if running.over or running.overdue:
        raise NotExtendable((_item("not_extendable.over", leave),))
    by_hand = [one for one in running.entries if one.kind == "extended" and one.until is not None]
    if leave.times is not None and len(by_hand) >= leave.times:
        raise NotExtendable((_item("not_extendable.times", leave, times=leave.times, done=len(by_hand)),))
    latest = latest_of(leave, running, calendar)
    if latest is not None and until > latest:
        raise NotExtendable((_item("not_extendable.most", leave, day=latest.isoformat()),))
    return leave


def to_waive(pack: Pack, actor: Actor, running: Running) -> Leave:
    """The leave by which the actor may release it. Raises NotWaivable with the reason."""
    clock = _clock(pack, running.clock)
    leave = clock.waiver if clock else None
    if leave is None:
        raise NotWaivable((_item("not_waivable.nobody"),))
    if actor.body not in leave.by:
        raise NotWaivable((_item("not_waivable.whose", leave, bodies=_named(pack, leave)),))
    return leave


def latest_of(leave: Leave, running: Running, calendar: Calendar) -> date | None:
    """The furthest day to which it may be extended in all; None where the law sets no limit."""
    if leave.most is None:
        return None
    plain = tuple(one for one in running.entries if not (one.kind == "extended" and one.until is not None))
    last = max(one.at for one in running.entries)
    most = Entry(id=uuid4(), kind="extended", on=day_of(last), at=last, amount=leave.most, unit=leave.unit)
    return deadlines.last_day(running.start, (*plain, most), calendar)


def moved_facts(pack: Pack, held: Held, running: Running, until: date) -> dict[str, tuple[Any, Any]]:
    """The fact that names the last day, where it is one that a person stated: it says the new day from now on."""
    ruled = pack.clocks[running.clock]
    name = ruled.sources[0] if ruled.clock.budget is None and len(ruled.sources) == 1 else ""
    if name not in pack.vocabulary.facts:
        return {}
    return {name: (held.facts.get(name), until.isoformat())}


def terms_of(
    pack: Pack, actor: Actor, calendar: Calendar, found: Sequence[Deadline], histories: Any, held: set[str]
) -> Iterator[Term]:
    """Every deadline of a project with its reasons and its ladder; ``held`` are the actor's rights over single ones."""
    for one in found:
        running = histories[one.id]
        clock = _clock(pack, one.clock)
        open_still = one.state in ("open", "paused")
        extension = clock.extension if clock else None
        waiver = clock.waiver if clock else None
        may_extend = bool(extension and actor.body in extension.by and not running.over and not one.overdue)
        yield Term(
            deadline=one,
            trigger_on=deadlines.counted_from(running.start, running.entries, calendar),
            days=deadlines.explain(calendar, running),
            entries=running.entries,
            steps=tuple(_steps(clock, running, calendar)),
            may_extend=open_still and may_extend and "extend" in held,
            may_waive=bool(open_still and waiver and actor.body in waiver.by and "waive" in held),
            latest=latest_of(extension, running, calendar) if extension and may_extend and open_still else None,
        )


def _steps(clock: Clock | None, running: Running, calendar: Calendar) -> Iterator[StepOfTerm]:
    labels = {one.code: one for one in clock.ladder} if clock else {}
    ahead = deadlines.ahead(running, clock, calendar)
    for one in running.fired:
        rung = labels.get(one.rung)
        assert one.planned_at is not None
        yield StepOfTerm(
            code=one.rung,
            label=_label(one.rung, rung.label if rung else None),
            planned_at=one.planned_at,
            fired_at=one.fired_at,
            late=one.late,
            to=rung.to if rung else (),
            changed_by=rung.changed_by if rung else "",
            strength=rung.strength if rung else "absolute",
        )
    for at, code in ahead:
        rung = labels.get(code)
        yield StepOfTerm(
            code=code,
            label=_label(code, rung.label if rung else None),
            planned_at=at,
            to=rung.to if rung else (),
            changed_by=rung.changed_by if rung else "",
            strength=rung.strength if rung else "absolute",
        )


def _label(code: str, label: str | None) -> str:
    return text("term.expiry") if code == EXPIRY else label or text("notice.reminder")


def _clock(pack: Pack, code: str) -> Clock | None:
    ruled = pack.clocks.get(code)
    return None if ruled is None else ruled.clock


def _named(pack: Pack, leave: Leave) -> str:
    return "、".join(pack.vocabulary.bodies.get(body, body) for body in leave.by)


def _item(code: str, leave: Leave | None = None, **values: object) -> Item:
    item = Item(code=code.partition(".")[2], message=text(code, **values))
    if leave is None:
        return item
    return replace(item, article=leave.basis.article, quotation=leave.basis.quotation)
