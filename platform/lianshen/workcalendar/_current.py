"""The calendar that counts for an area now; a process makes each but once."""

from collections import OrderedDict
from collections.abc import Sequence

from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.workcalendar import _store
from lianshen.workcalendar._calendar import Calendar
from lianshen.workcalendar._made import calendar_from, digest_of
from lianshen.workcalendar.types import NATION, Edition

_MOST = 128
_made: OrderedDict[tuple[int, ...], Calendar] = OrderedDict()


class Gone(Exception):
    """No editions make the calendar of that version: what is kept is not what it was."""


async def calendar_of(uow: UnitOfWork, editions: Sequence[int] | None = None) -> Calendar:
    """The calendar of the transaction's tenant: the nation's, with the days of those above and of its own.

    ``editions`` are its numbers where the request has read them already; else they are asked for.
    """
    return await _of(uow, uow.tenant, editions)


async def calendar_for(uow: UnitOfWork, area: str) -> Calendar:
    """The calendar of any area: it is public, and needs no tenant in the transaction."""
    return await _of(uow, area, None)


async def _of(uow: UnitOfWork, area: str, editions: Sequence[int] | None) -> Calendar:
    numbers = tuple(editions) if editions else await _store.in_force(uow, area, day_of(uow.now))
    known = _made.get(numbers)
    if known is None:
        found = await _store.read(uow, numbers)
        known = calendar_from([one.edition for one in found], max(numbers))
        _made[numbers] = known
        if len(_made) > _MOST:
            _made.popitem(last=False)
    return known


async def with_edition(uow: UnitOfWork, draft: Edition) -> Calendar:
    """The calendar of the transaction's tenant as it would be if ``draft`` counted."""
    numbers = await _store.in_force(uow, uow.tenant, day_of(uow.now))
    editions = [one.edition for one in await _store.read(uow, numbers)]
    key = (draft.area, draft.kind, draft.year)
    kept = [one for one in editions if (one.area, one.kind, one.year) != key]
    place = next((place for place, one in enumerate(editions) if (one.area, one.kind, one.year) == key), None)
    if place is None:
        place = sum(one.area == NATION for one in kept) if draft.area == NATION else len(kept)
    return calendar_from([*kept[:place], draft, *kept[place:]])


async def calendar_at(uow: UnitOfWork, version: str) -> Calendar:
    """The calendar of the tenant that a deadline names, as it was then. Raises Gone."""
    number = int(version.partition("+")[0].partition(".")[2] or 0)
    numbers = await _store.in_force(uow, uow.tenant, day_of(uow.now), upto=number)
    found = await _store.read(uow, numbers)
    made = calendar_from([one.edition for one in found], number) if found else None
    if made is None or made.version != version or any(digest_of(one.edition) != one.digest for one in found):
        raise Gone(version)
    return made
