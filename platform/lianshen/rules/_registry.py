"""All packs of all jurisdictions, read once when a process starts."""

from datetime import date
from pathlib import Path

import msgspec

from lianshen.rules._compile import load_pack
from lianshen.rules._pack import Pack
from lianshen.rules._vocabulary import load_vocabulary
from lianshen.workcalendar.queries import Calendar, load_calendar


class Registry:
    """Packs by tenant and version; a version ends where the next begins, or where its law does."""

    def __init__(self, tenants_dir: Path, calendar: Calendar, vocabulary_dir: Path) -> None:
        """Raises PackError on the first pack that is wrong."""
        vocabulary = load_vocabulary(vocabulary_dir)
        self._codes: dict[str, str] = {}
        self._packs: dict[str, Pack] = {}
        self._of_tenant: dict[str, list[Pack]] = {}
        for folder in sorted(tenants_dir.glob("*/pack-*")):
            pack = load_pack(folder, vocabulary, calendar)
            self._packs[pack.ref] = pack
            self._codes[folder.parent.name.partition("-")[2]] = pack.tenant
            self._of_tenant.setdefault(pack.tenant, []).append(pack)

    def pack(self, ref: str) -> Pack:
        """The pack that ``ref`` (320723@2025-09-06) names, in force or not. Raises KeyError for an unknown one."""
        return self._packs[ref]

    def packs(self) -> tuple[Pack, ...]:
        """Every pack, in force or not, by reference."""
        return tuple(self._packs.values())

    def in_force(self, tenant: str, on: date) -> Pack | None:
        """The pack of the jurisdiction in force on the day ``on`` (Asia/Shanghai), if there is one."""
        begun = [pack for pack in self._of_tenant.get(tenant, ()) if pack.since <= on]
        return begun[-1] if begun and begun[-1].in_force(on) else None

    def named(self, name: str, on: date | None) -> Pack | None:
        """The pack of the jurisdiction of that code or folder name, in the version of the day, or the nearest there is.

        Without a day it is the newest.
        """
        versions = self._of_tenant.get(self._codes.get(name, name))
        if versions is None:
            return None
        begun = [pack for pack in versions if on is None or pack.since <= on]
        return begun[-1] if begun else versions[0]

    def tenants(self) -> tuple[str, ...]:
        """The codes of all jurisdictions that have a pack."""
        return tuple(sorted(self._of_tenant))


class Law(msgspec.Struct, frozen=True):
    """What a process reads once: every jurisdiction's packs, and the calendar of working days."""

    registry: Registry
    calendar: Calendar


def load_law(packs: Path, shipped: Path | None = None) -> Law:
    """The packs in a folder, with the vocabulary and the calendar there or, where it has none, in ``shipped``.

    Raises PackError or CalendarError.
    """
    vocabulary, days = (beside(packs, shipped, name) for name in ("_vocabulary", "_calendar"))
    calendar = load_calendar(days)
    return Law(Registry(packs, calendar, vocabulary), calendar)


def beside(packs: Path, shipped: Path | None, name: str) -> Path:
    """``packs/name``, or that of ``shipped`` where ``packs`` has none."""
    own = packs / name
    return own if shipped is None or own.is_dir() else shipped / name
