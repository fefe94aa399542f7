"""From editions to the calendar that counts: whichever was published last holds, the nearer area over the farther."""

import hashlib
from collections.abc import Sequence
from datetime import date

import msgspec

from lianshen.workcalendar._calendar import Calendar
from lianshen.workcalendar.types import Edition, Kind, Mark

_ORDER: tuple[Kind, ...] = ("year", "local", "emergency")


def digest_of(edition: Edition) -> str:
    """SHA-256 (hex) of what an edition says."""
    return hashlib.sha256(msgspec.json.encode(edition, order="deterministic")).hexdigest()


def calendar_from(editions: Sequence[Edition], number: int | None = None) -> Calendar:
    """The calendar of ``editions``: the nation's first, then those of areas, the nearest last.

    It knows the years of the nation's notices up to the first that is missing. Its version names the last year, the
    ``number`` of the latest edition where they are numbered, and what they say.
    """
    years = sorted({edition.year for edition in editions if edition.kind == "year"})
    known = [year for place, year in enumerate(years) if year == years[0] + place]
    marks: dict[date, Mark] = {}
    for kind in _ORDER:
        for edition in editions:
            if edition.kind == kind:
                marks |= {day.on: Mark(day.works, day.label, day.source, day.stands_still) for day in edition.days}
    digest = hashlib.sha256("".join(map(digest_of, editions)).encode()).hexdigest()[:12]
    counted = "" if number is None else f".{number}"
    return Calendar(marks, known[0], known[-1], f"cn-{known[-1]}{counted}+{digest}")
