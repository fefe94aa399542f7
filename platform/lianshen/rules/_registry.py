"""All versions of the law of all jurisdictions, read once when a process starts, and which of them counts on a day."""

import os
from collections.abc import Collection, Iterable
from copy import copy
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import msgspec
from msgspec.structs import replace

from lianshen.rules._compile import load_pack
from lianshen.rules._layers import resolved
from lianshen.rules._pack import Pack
from lianshen.rules._source import PackError
from lianshen.rules._vocabulary import load_vocabulary
from lianshen.workcalendar.queries import Calendar, load_calendar

_MOST = 64
"""Calendars for which a process keeps the law at once."""


class Version(msgspec.Struct, frozen=True):
    """One version of a jurisdiction's law. ``ends`` is its last day: its text's, or the one before a successor's first.

    ``counts``: it is published, or drafts are let in.
    """

    pack: Pack
    ends: date | None
    counts: bool

    def in_force(self, on: date) -> bool:
        """True from the first day to the last, both included, if it counts at all."""
        return self.counts and self.pack.since <= on and (self.ends is None or on <= self.ends)


def overlaps(earlier: Pack, later: Pack) -> bool:
    """True when both would be in force on one day, and the later does not say that it replaces the earlier."""
    return (
        earlier.tenant == later.tenant
        and (earlier.until is None or later.since <= earlier.until)
        and later.written.instrument.in_force.replaces != earlier.ref
    )


def overlap(later: Path, earlier: Pack) -> PackError:
    """The fault of the version in ``later`` that overlaps the one before it."""
    spot = ("instrument", "in_force", "from")
    return resolved(later).error(spot, "versions_overlap", name=earlier.ref, until=earlier.until or "—")


class Registry:
    """Versions by tenant and first day; of those that count, each ends where the next begins, or where its law does."""

    def __init__(
        self,
        tenants_dir: Path,
        calendar: Calendar,
        vocabulary_dir: Path,
        *,
        drafts: bool = True,
        permissions: Collection[str] | None = None,
    ) -> None:
        """With ``drafts``, versions that nobody has published count as well; that is for writing and trying them.

        Without, they are found by name alone, and one that does not load is set aside among ``faults``.
        Raises PackError on the first pack that is wrong, on published ones that overlap.
        """
        vocabulary = load_vocabulary(vocabulary_dir)
        self._codes: dict[str, str] = {}
        self.faults: list[PackError] = []
        found: list[tuple[Path, Pack]] = []
        for folder in sorted(tenants_dir.glob("*/pack-*")):
            try:
                pack = load_pack(folder, vocabulary, calendar, permissions)
            except PackError as fault:
                if drafts or _is_published(folder):
                    raise
                self.faults.append(fault)
                continue
            found.append((folder, pack))
            self._codes[folder.parent.name.partition("-")[2]] = pack.tenant
        _require_apart([(folder, pack) for folder, pack in found if pack.published])
        self._versions = _ended([pack for _, pack in found], drafts=drafts)
        self._of_tenant: dict[str, list[Version]] = {}
        for version in self._versions.values():
            self._of_tenant.setdefault(version.pack.tenant, []).append(version)

    def under(self, calendar: Calendar) -> "Registry":
        """The same versions, counting their days by ``calendar``."""
        made = copy(self)
        made._versions = {
            ref: replace(one, pack=replace(one.pack, calendar=calendar)) for ref, one in self._versions.items()
        }
        made._of_tenant = {}
        for version in made._versions.values():
            made._of_tenant.setdefault(version.pack.tenant, []).append(version)
        return made

    def pack(self, ref: str) -> Pack:
        """The pack that ``ref`` (320723@2025-09-06) names, in force or not. Raises KeyError for an unknown one."""
        return self._versions[ref].pack

    def version(self, ref: str) -> Version:
        """The version that ``ref`` names. Raises KeyError for an unknown one."""
        return self._versions[ref]

    def packs(self) -> tuple[Pack, ...]:
        """Every pack, in force or not, by reference."""
        return tuple(version.pack for version in self._versions.values())

    def versions(self, tenant: str) -> tuple[Version, ...]:
        """All versions of a jurisdiction's law, oldest first."""
        return tuple(self._of_tenant.get(tenant, ()))

    def in_force(self, tenant: str, on: date) -> Pack | None:
        """The pack of the jurisdiction in force on the day ``on`` (Asia/Shanghai), if there is one."""
        latest = self.latest(tenant, on)
        return latest.pack if latest and latest.in_force(on) else None

    def latest(self, tenant: str, on: date) -> Version | None:
        """The version in force on the day ``on`` or, where none is, the last that was."""
        begun = [one for one in self._of_tenant.get(tenant, ()) if one.counts and one.pack.since <= on]
        return begun[-1] if begun else None

    def following(self, tenant: str, on: date) -> Version | None:
        """The next version that will come into force after the day ``on``, as far as is known."""
        coming = [one for one in self._of_tenant.get(tenant, ()) if one.counts and one.pack.since > on]
        return coming[0] if coming else None

    def named(self, name: str, on: date | None) -> Pack | None:
        """The pack of the jurisdiction of that code or folder name, in the version of the day, or the nearest there is.

        Drafts are found too. Without a day it is the newest.
        """
        versions = [one.pack for one in self._of_tenant.get(self.code(name), ())]
        begun = [pack for pack in versions if on is None or pack.since <= on]
        return begun[-1] if begun else versions[0] if versions else None

    def code(self, name: str) -> str:
        """The code of the jurisdiction of that code or folder name; ``name`` itself for an unknown one."""
        return self._codes.get(name, name)

    def tenants(self) -> tuple[str, ...]:
        """The codes of all jurisdictions that have a pack."""
        return tuple(sorted(self._of_tenant))


def _is_published(folder: Path) -> bool:
    """Whether its release says so, as far as it can be read at all: what may be law must not be passed over."""
    release = folder / "release.yaml"
    return release.exists() and "published_on" in release.read_text(encoding="utf-8", errors="replace")


def _require_apart(published: list[tuple[Path, Pack]]) -> None:
    for (_, one), (later, other) in pairwise(published):
        if overlaps(one, other):
            raise overlap(later, one)


def _ended(packs: Iterable[Pack], *, drafts: bool) -> dict[str, Version]:
    """Each version with its last day; ``packs`` come by jurisdiction and first day."""
    made: dict[str, Version] = {}
    successor: Pack | None = None
    for pack in reversed(list(packs)):
        counts = drafts or pack.published
        ends = pack.until
        if counts and successor is not None and successor.tenant == pack.tenant:
            before = successor.since - timedelta(days=1)
            ends = before if ends is None or before < ends else ends
        made[pack.ref] = Version(pack, ends, counts)
        successor = pack if counts else successor
    return dict(reversed(made.items()))


class Law(msgspec.Struct, frozen=True):
    """What a process reads once: every jurisdiction's packs, and the calendar of working days."""

    registry: Registry
    calendar: Calendar
    made: dict[str, "Law"] = {}
    """The same law under other calendars, by their version; shared by all of them."""

    def under(self, calendar: Calendar) -> "Law":
        """This law, counting its days by ``calendar``; made once for each."""
        if calendar.version == self.calendar.version:
            return self
        found = self.made.get(calendar.version)
        if found is None:
            if len(self.made) >= _MOST:
                del self.made[next(iter(self.made))]
            self.made[calendar.version] = found = Law(self.registry.under(calendar), calendar, self.made)
        return found


def load_law(
    packs: Path, shipped: Path | None = None, *, drafts: bool = True, permissions: Collection[str] | None = None
) -> Law:
    """The packs in a folder, with the vocabulary and the calendar there or, where it has none, in ``shipped``.

    ``drafts``: those that nobody has published count too, see Registry. ``permissions``: all that actions may ask for,
    where that is known. What was read before and has not changed since is not read anew. Raises PackError or
    CalendarError.
    """
    vocabulary, days = (beside(packs, shipped, name) for name in ("_vocabulary", "_calendar"))
    allowed = None if permissions is None else frozenset(permissions)
    return _law(packs, vocabulary, days, drafts, allowed, _contents(packs, vocabulary, days))


@lru_cache(maxsize=4)
def _law(
    packs: Path, vocabulary: Path, days: Path, drafts: bool, permissions: frozenset[str] | None, _state: str
) -> Law:
    calendar = load_calendar(days)
    return Law(Registry(packs, calendar, vocabulary, drafts=drafts, permissions=permissions), calendar)


def _contents(packs: Path, *words: Path) -> str:
    """A digest of all that the law is read from: the same only if nothing of it has changed."""
    digest = sha256()
    places = [place for kind in ("pack-*", "common-*", "tenant.yaml") for place in packs.glob(f"*/{kind}")]
    for place in (*sorted(places), *words):
        inside = [Path(home, name) for home, _, names in os.walk(place, followlinks=True) for name in names]
        for file in sorted(inside) if place.is_dir() else (place,):
            digest.update(f"{file}\0".encode() + sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def load_pack_at(folder: Path, shipped: Path) -> Pack:
    """One pack by its folder, with the vocabulary and the calendar beside the jurisdictions or, without, ``shipped``.

    Raises PackError or CalendarError.
    """
    home = folder.absolute().parent.parent
    calendar = load_calendar(beside(home, shipped, "_calendar"))
    return load_pack(folder.absolute(), load_vocabulary(beside(home, shipped, "_vocabulary")), calendar)


def beside(packs: Path, shipped: Path | None, name: str) -> Path:
    """``packs/name``, or that of ``shipped`` where ``packs`` has none."""
    own = packs / name
    return own if shipped is None or own.is_dir() else shipped / name
