"""Dates to be kept, as far as the reader's post reaches projects; days left by the calendar given."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import Row

from lianshen.access.queries import may, ready, require
from lianshen.identity.queries import stamp_of
from lianshen.identity.types import Actor
from lianshen.kernel import integrity
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound
from lianshen.projects import permissions
from lianshen.projects.queries import reach_of
from lianshen.roster import _secret, _store
from lianshen.roster._ics import written
from lianshen.roster._past import Past, bounds, then
from lianshen.roster.types import Asked, Feed, FeedEntry, Late, Line, PastDay, PastLine, RosterPage, Then
from lianshen.workcalendar.queries import Calendar, working_days_left

_SOON = 3
"""Working days that count as soon, as the badges of dates do."""
_KEPT = timedelta(days=60)
"""For how long a feed says that a date is settled, so that every copy hears of it."""


async def roster(
    uow: UnitOfWork, actor: Actor, calendar: Calendar, asked: Asked, *, cursor: str | None = None, limit: int = 50
) -> RosterPage:
    """Running deadlines, nearest first. An unreadable cursor begins anew. Raises Forbidden; NotFound for no office."""
    require(actor, permissions.READ)
    today = day_of(uow.now)
    found = await _store.page(
        uow, reach_of(actor), asked, _who(actor), _days(calendar, today), after=_opened(cursor), limit=limit + 1
    )
    if asked.owing is not None and found.owing is None:
        raise NotFound
    items = tuple(replace(line, days_left=_left(calendar, today, line)) for line in found.items[:limit])
    total = found.counts.total if asked.state is None else getattr(found.counts, asked.state)
    following = _cursor(items[-1]) if len(found.items) > limit else None
    return RosterPage(found.tabs, found.counts, total, items, following, found.owing)


def _who(actor: Actor) -> dict[str, Any]:
    return {"body": actor.body, "people": list(actor.people)}


def _days(calendar: Calendar, today: date) -> dict[str, date]:
    return {"today": today, "soon_on": calendar.after(today, _SOON)}


def _left(calendar: Calendar, today: date, line: Line) -> int:
    return working_days_left(calendar, today, line.due_on)


def _cursor(last: Line) -> str:
    return urlsafe_b64encode(f"{last.due_on.isoformat()} {last.id}".encode()).decode()


def _opened(cursor: str | None) -> tuple[date, UUID] | None:
    try:
        on, _, last = urlsafe_b64decode(cursor or "").decode().partition(" ")
        return date.fromisoformat(on), UUID(last)
    except (ValueError, Base64Error):
        return None


async def late(uow: UnitOfWork, actor: Actor, calendar: Calendar) -> tuple[Late, ...]:
    """What each office owes, as far as the reader's post reaches; the latest first. Raises Forbidden."""
    require(actor, permissions.READ)
    today = day_of(uow.now)
    found = await _store.late(uow, reach_of(actor), _days(calendar, today))
    return tuple(
        one if one.worst is None else replace(one, days_late=-working_days_left(calendar, today, one.worst))
        for one in found
    )


async def past(uow: UnitOfWork, actor: Actor, calendar: Calendar, on: date) -> PastDay:
    """Who was late on a past day, as far as the reader's post reaches, by owing office. Raises Forbidden."""
    require(actor, permissions.READ)
    found = await _store.past(uow, reach_of(actor), *bounds(on))
    told = [(one, then(one, on, "then")) for one in found]
    shown = [_past_line(one, known, calendar, on) for one, known in told if known.stood not in _QUIET]
    stood = Counter(known.stood for _, known in told)
    return PastDay(on, tuple(shown), stood["running"], stood["paused"])


_QUIET = ("running", "paused")


def _past_line(one: Past, known: Then, calendar: Calendar, on: date) -> PastLine:
    late = known.stood in ("late", "done_late")
    shared = {name: getattr(one, name) for name in PastLine.__struct_fields__ if name in Past.__struct_fields__}
    days = -working_days_left(calendar, on, known.due_on) if late else 0
    return PastLine(**shared, then=known, now=then(one, on, "now"), days_late=days)


async def feed_of(uow: UnitOfWork, actor: Actor) -> Feed | None:
    """The actor's feed that opens, if there is one."""
    return await _store.feed_of(uow, actor.person)


async def feed(uow: UnitOfWork, secret: str, base: str) -> tuple[bytes, bool]:
    """What the address with this secret shows (iCalendar), and whether its reading should be noted.

    ``base`` is the instance's own address, which entries lead to. It shows what the person's posts reach now, and is
    closed when they have none. Raises NotFound.
    """
    parts = _secret.split(secret)
    posts = [] if parts is None else await _store.enter_feed(uow, *parts)
    if not posts:
        raise NotFound
    entries: dict[UUID, FeedEntry] = {}
    async for actor in _actors(uow, posts):
        reached = await _store.feed_entries(uow, reach_of(actor), _who(actor), day_of(uow.now) - _KEPT)
        entries |= {one.id: one for one in reached}
    fetched = posts[0].fetched_at
    return written(uow.tenant, list(entries.values()), base), fetched is None or fetched < uow.now - timedelta(hours=1)


async def _actors(uow: UnitOfWork, posts: Any) -> AsyncIterator[Actor]:
    """The person in each of the posts that were not altered and may read projects (D142)."""
    for row in posts:
        if not await integrity.is_ours(uow, "post", row.post, row.canon, row.mac):
            continue
        actor = _actor(uow, row, await stamp_of(uow, row))
        await ready(uow, actor)
        if may(actor, permissions.READ):
            yield actor


def _actor(uow: UnitOfWork, row: Row[Any], rights: int) -> Actor:
    return Actor(
        tenant=uow.tenant,
        person=row.person,
        name=row.name,
        post=row.post,
        office=row.office,
        office_name=row.office_name,
        body=row.body,
        roles=tuple(row.roles),
        form_key="",
        rights=rights,
        on=day_of(uow.now),
        fresh=False,
    )
