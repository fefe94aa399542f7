"""A feed of dates as iCalendar (RFC 5545): the same entries always give the same bytes."""

from collections.abc import Sequence
from datetime import timedelta

from icalendar import Calendar, Event

from lianshen.kernel.clock import SHANGHAI
from lianshen.kernel.messages import text
from lianshen.roster.types import FeedEntry

_DAY = timedelta(days=1)
_PRODUCER = "-//Lianshen//Deadlines//ZH"
_REFRESH = timedelta(hours=2)


def written(tenant: str, entries: Sequence[FeedEntry], base: str) -> bytes:
    """All-day entries, named by the deadline and its project's number: no person and nothing that a person typed.

    An entry keeps its UID while its date moves; SEQUENCE grows with the deadline's ledger; one that is settled is
    cancelled, one whose day is not sure is tentative. ``base`` is the address that links begin with.
    """
    made = Calendar.new(
        prodid=_PRODUCER, method="PUBLISH", name=text("feed.name"), refresh_interval=_REFRESH, uid=f"{tenant}.lianshen"
    )
    made.add("X-WR-CALNAME", text("feed.name"))
    made.add("X-WR-TIMEZONE", SHANGHAI.key)
    made.add("X-PUBLISHED-TTL", _REFRESH)
    for one in sorted(entries, key=lambda entry: (entry.due_on, entry.id)):
        made.add_component(_event(tenant, one, base))
    said: bytes = made.to_ical()
    return said


def _event(tenant: str, one: FeedEntry, base: str) -> Event:
    said = text("feed.paused" if one.paused else "feed.provisional" if one.provisional else "feed.sure")
    event = Event.new(
        uid=f"{one.id}@{tenant}.lianshen",
        stamp=one.changed_at,
        last_modified=one.changed_at,
        start=one.due_on,
        end=one.due_on + _DAY,
        sequence=one.sequence,
        summary=f"{one.label} {one.number}",
        description=text("feed.body", article=one.article, said=said),
        url=f"{base}/projects/{one.project}",
    )
    event.add("STATUS", "CANCELLED" if not one.open else "TENTATIVE" if one.paused or one.provisional else "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT")
    return event
