"""Beginning, reviewing and publishing a version of the law: what a folder of rules needs before it counts.

Three roles, at least two people: who drafts, another who reviews, and whoever publishes, who is not the drafter either.
"""

from collections.abc import Collection
from datetime import date
from pathlib import Path

from msgspec.structs import replace

from lianshen.rules._begin import Beginning, Begun, begin
from lianshen.rules._lint import lint, packs_at
from lianshen.rules._pack import Pack
from lianshen.rules._registry import overlap, overlaps
from lianshen.rules._release import Release, ReleaseRefused, changed, write


def review(
    folder: Path,
    *,
    by: str,
    drafter: str | None = None,
    until: date | None = None,
    on: date,
    shipped: Path,
    permissions: Collection[str] | None = None,
) -> Release:
    """Note that ``by`` has reviewed the files of ``folder`` as they are, for law up to the day ``until``.

    ``drafter`` may be left out when an earlier review names it; ``until`` is ``on`` unless said, or the day of the law
    that is nearest to it. A new review takes the place of the former. ``permissions``: as of ``lint``.

    Raises ReleaseRefused.
    """
    pack = _sound(folder, shipped, permissions)
    if pack.published:
        raise ReleaseRefused("release_published", ref=pack.ref)
    drafter = drafter or (pack.release.drafted_by if pack.release else None)
    if drafter is None:
        raise ReleaseRefused("release_no_drafter")
    if by == drafter:
        raise ReleaseRefused("release_own_review", by=by)
    until = until or min(max(on, pack.since), pack.until or date.max)
    if until < pack.since or (pack.until is not None and until > pack.until):
        raise ReleaseRefused("release_until", until=until, since=pack.since)
    release = Release(drafter, by, on, until, pack.digest, dict(pack.digests))
    write(folder, release)
    return release


def publish(folder: Path, *, by: str, on: date, shipped: Path, permissions: Collection[str] | None = None) -> Release:
    """Publish the version of ``folder``: from now on its files do not change, and it counts from its first day on.

    Raises ReleaseRefused: not reviewed, changed since, by its drafter, or in the way of another published version.
    """
    pack = _sound(folder, shipped, permissions)
    if pack.published:
        raise ReleaseRefused("release_published", ref=pack.ref)
    if pack.release is None:
        raise ReleaseRefused("release_no_review", ref=pack.ref)
    if by == pack.release.drafted_by:
        raise ReleaseRefused("release_own_publication", by=by)
    if pack.release.digest != pack.digest:
        names = "、".join(changed(pack.release, pack.digests))
        raise ReleaseRefused("release_changed", names=names, by=pack.release.reviewed_by)
    _require_room(folder, pack, shipped)
    release = replace(pack.release, published_by=by, published_on=on)
    write(folder, release)
    return release


def _sound(folder: Path, shipped: Path, permissions: Collection[str] | None) -> Pack:
    """The pack of ``folder``, of which nothing is wrong."""
    if packs_at(folder) != [folder]:
        raise ReleaseRefused("release_common" if folder.name.startswith("common-") else "release_no_pack", path=folder)
    found = lint([folder], shipped, permissions=permissions)
    if found.faults or not found.sound:
        raise ReleaseRefused("release_faults", found.faults, count=len(found.faults))
    return found.sound[0]


def _require_room(folder: Path, pack: Pack, shipped: Path) -> None:
    """No published version may be in force on the same day, unless the later of the two says that it replaces it."""
    home = folder.absolute().parent
    others = [path for path in home.glob("pack-*") if path.name != folder.absolute().name]
    for other in lint(sorted(others), shipped).sound if others else ():
        earlier, later = sorted((pack, other), key=lambda one: one.since)
        if other.published and overlaps(earlier, later):
            raise ReleaseRefused("release_overlap", (overlap(home / f"pack-{later.since}", earlier),), ref=other.ref)


__all__ = ["Beginning", "Begun", "ReleaseRefused", "begin", "publish", "review"]
