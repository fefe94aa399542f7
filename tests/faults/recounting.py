"""What a calendar that came into force has done to terms, read from the tables, and every way in which it is wrong."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from lianshen.deadlines.types import Entry, Fired, Start
from lianshen.kernel.clock import day_of
from tests.year import naive
from tests.year.naive import Days

Ask = Callable[..., Awaitable[Sequence[Any]]]


class Hold(msgspec.Struct):
    """A last day of which somebody is asked."""

    calendar: str
    decision: str | None
    reason: str | None
    decider: str | None


class Term(msgspec.Struct, kw_only=True):
    """A row of ``deadline`` with all that belongs to it."""

    tenant: str
    id: UUID
    project: UUID
    clock: str
    state: str
    due_on: date
    provisional: bool
    calendar: str
    start: Start
    entries: list[Entry]
    fired: list[Fired]
    holds: list[Hold]


class Recounting(msgspec.Struct, kw_only=True):
    """What is there once an edition counts. ``number`` and ``told``: which, and when it was published."""

    number: int
    told: datetime
    editions: int
    published: int
    """Events that say so."""
    terms: list[Term]
    moved: Counter[UUID]
    """Events of each project that say that its terms were counted anew."""
    heard: Counter[UUID]
    """Those of them that the concerned hear of."""


_TERMS = """SELECT coalesce(json_agg(json_build_object(
    'tenant', d.tenant, 'id', d.id, 'project', d.project, 'clock', d.clock, 'state', d.state, 'due_on', d.due_on,
    'provisional', d.provisional, 'calendar', d.calendar,
    'start', json_build_object('trigger_on', d.trigger_on, 'budget', d.budget, 'unit', d.unit,
        'first_day', d.first_day, 'rolling', d.rolling, 'named_on', d.named_on, 'on_expiry', d.on_expiry),
    'entries', (SELECT json_agg(json_build_object('id', e.id, 'kind', e.kind, 'on', e.on, 'at', e.at, 'of', e.of,
        'amount', e.amount, 'unit', e.unit, 'until', e.until, 'reason', e.reason, 'due_before', e.due_before,
        'due_after', e.due_after) ORDER BY e.at, e.on) FROM deadline_entry e
        WHERE e.tenant = d.tenant AND e.deadline = d.id),
    'fired', (SELECT coalesce(json_agg(json_build_object('rung', r.rung, 'due_on', r.due_on, 'fired_at', r.fired_at)),
        '[]') FROM rung r WHERE r.tenant = d.tenant AND r.deadline = d.id),
    'holds', (SELECT coalesce(json_agg(json_build_object('calendar', h.calendar, 'decision', h.decision,
        'reason', h.reason, 'decider', h.decider)), '[]') FROM calendar_hold h
        WHERE h.tenant = d.tenant AND h.deadline = d.id AND h.decision IS DISTINCT FROM 'overtaken'))), '[]')::text
    FROM deadline d WHERE d.project IS NOT NULL"""
_MOVED = """SELECT e.project, count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM outbox o
    WHERE o.tenant = e.tenant AND o.event = e.id AND o.job = 'tell_concerned'))
    FROM event e WHERE e.action = 'projects.recount' GROUP BY 1"""


async def gather(ask: Ask, plan: UUID) -> Recounting:
    """Read it; ``ask(sql, *values)`` is a connection that sees all rows."""
    editions = await ask("SELECT number, published_at FROM calendar_edition WHERE plan = $1", plan)
    (number, told), *_ = editions
    said = await ask("SELECT count(*) FROM event WHERE action = 'calendars.publish' AND at >= $1", told)
    moved = await ask(_MOVED)
    return Recounting(
        number=number,
        told=told,
        editions=len(editions),
        published=said[0][0],
        terms=msgspec.json.decode((await ask(_TERMS))[0][0], type=list[Term]),
        moved=Counter({row[0]: row[1] for row in moved}),
        heard=Counter({row[0]: row[2] for row in moved}),
    )


def amiss(of: Recounting, by: Days, days: Days) -> Iterator[str]:
    """Every way in which it is not what must have become of it, where ``by`` was known before and ``days`` since."""
    if of.editions != 1 or of.published != 1:
        yield f"published {of.editions} times, and said {of.published} times"
    instants: dict[UUID, set[datetime]] = defaultdict(set)
    for term in of.terms:
        instants[term.project] |= {one.at for one in term.entries if one.kind == "recounted"}
        yield from (f"{term.clock} of {term.project}: {said}" for said in _of_term(term, of, by, days))
    for project, at in instants.items():
        if len(at) != of.moved[project]:
            yield f"{project}: counted anew at {len(at)} times, {of.moved[project]} events"
        if of.heard[project] != of.moved[project]:
            yield f"{project}: {of.moved[project]} events, {of.heard[project]} told"


def _of_term(term: Term, of: Recounting, by: Days, days: Days) -> Iterator[str]:
    entries = [one for one in term.entries if one.kind != "recounted"]
    counted = [one for one in term.entries if one.kind == "recounted"]
    before = [one for one in entries if one.at < of.told]
    if len(counted) > 1:
        yield f"recounted {len(counted)} times"
    if naive.standing(term.start, entries) not in ("open", "paused"):
        if counted and before and naive.standing(term.start, before) not in ("open", "paused"):
            yield "recounted after its end"
        return  # what ended stays as it ended
    was, becomes = (naive.last_day(term.start, entries, known) for known in (by, days))
    verdict: bool | None = None  # of what began since; by the old days where it began while the new were published
    if before:
        fired = [one for one in term.fired if one.fired_at is not None and one.fired_at < of.told]
        verdict = naive.moves(term.start, before, fired, by, days, day_of(of.told))
    decided = [one for one in term.holds if one.decision == "moved"]
    moves = verdict is True or bool(decided)
    if before and len(counted) != moves:
        yield f"recounted {len(counted)} times, and must {'once' if moves else 'not'}"
    if term.due_on != (becomes if moves or verdict is None else was):
        yield f"falls on {term.due_on}; it was {was} and by the new days is {becomes}"
    if counted and (counted[0].due_before, counted[0].due_after) != (was, becomes):
        yield f"said to go from {counted[0].due_before} to {counted[0].due_after}, and went from {was} to {becomes}"
    yield from _asked(term, verdict)
    if verdict is not False or decided:
        yield from _known(term, of, days)


def _asked(term: Term, verdict: bool | None) -> Iterator[str]:
    """Of what does not move by itself somebody is asked, once, and of nothing else."""
    if len(term.holds) != (verdict is False):
        yield f"of it somebody is asked {len(term.holds)} times"
    if any(one.decision and not (one.reason and one.decider) for one in term.holds):
        yield "decided by nobody or for no reason"


def _known(term: Term, of: Recounting, days: Days) -> Iterator[str]:
    """What was counted by the new days says so, and is provisional only where these do not reach."""
    if f".{of.number}+" not in term.calendar:
        yield f"counted by {term.calendar}, not by edition {of.number}"
    provisional = max(term.due_on, term.start.trigger_on).year > days.last_year
    if term.provisional != provisional:
        yield f"{'' if term.provisional else 'not '}said to be provisional"
