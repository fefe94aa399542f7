"""Comparing, and keeping what was found. What is amiss is an error in the log and stands on the auditor's page."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

from lianshen.audit import notes
from lianshen.audit.commands import record
from lianshen.audit.types import By
from lianshen.documents import queries as documents
from lianshen.kernel import log
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text
from lianshen.kernel.settings import Settings
from lianshen.receipts import queries as receipts
from lianshen.reckoning import _store
from lianshen.reckoning._sums import faults_of
from lianshen.reckoning.types import Fault, Kind, Numbers, Tally

_DAY = timedelta(days=1)
KIND = "tally"


def ask(uow: UnitOfWork, by: By) -> None:
    """Have everything compared now, through the outbox."""
    record(uow, "audit.reconcile", label=text("act.reconcile"), by=by)


async def compare(uow: UnitOfWork, settings: Settings) -> list[Fault]:
    """Compare receipts with filings, files with rows, and today's numbers with the last day's; keep what was found."""
    found = await check_receipts(uow, settings)
    found += await check_files(uow, settings.files_dir)
    return found + await _check_numbers(uow, settings)


async def check_receipts(uow: UnitOfWork, settings: Settings) -> list[Fault]:
    """Compare every receipt inside and outside with its filing (D48)."""
    keys = notes.trusted(settings.signing_key.parent)
    since = await _store.last_at(uow, "receipts")
    seen, found = await receipts.faults(uow, settings.checkpoints_dir, keys, since)
    return await _keep(uow, "receipts", seen, found)


async def check_files(uow: UnitOfWork, root: Path) -> list[Fault]:
    """Compare every row of a paper with its file (D51), and the bytes of those whose turn it is with their digest."""
    sound = await _store.last_at(uow, "files")
    seen, found = await documents.disagreement(uow, root, day_of(sound) if sound else None)
    faults: list[Fault] = [("file_lost", f"{project} {name}") for project, name in found.lost]
    faults += [("file_changed", f"{project} {name}") for project, name in found.changed]
    return await _keep(uow, "files", seen, [*faults, *(("file_stray", one) for one in found.stray)])


async def tally(uow: UnitOfWork, settings: Settings) -> Tally | None:
    """Sign the totals of the day that has ended, once, and compare them with those of the day before (D58).

    The totals are taken at the first beat after midnight and stand outside the database before the row commits. None
    where the day has been tallied.
    """
    day = day_of(uow.now) - _DAY
    if await _store.tallies(uow, 1, day=day):
        return None
    keys = notes.trusted(settings.signing_key.parent)
    before, faults = await _before(uow, settings.checkpoints_dir, keys, day)
    numbers, more = await _counted(uow, before)
    faults += more
    signer = await asyncio.to_thread(notes.Signer, settings.signing_key)
    said = {"tenant": uow.tenant, "day": day, "time": uow.now.isoformat()} | _fields(numbers) | {"faults": len(faults)}
    note = await asyncio.to_thread(notes.signed, KIND, said, signer)
    note = await asyncio.to_thread(notes.keep, settings.checkpoints_dir, uow.tenant, KIND, f"{day}", note)
    kept = await asyncio.to_thread(notes.check, KIND, note, keys)  # an earlier try that did not commit counts
    _alarm(uow, "numbers", faults)
    row = {"day": day, "at": uow.now, "faults": [list(one) for one in faults], "note": note}
    signed_by = {"key": kept["key"], "public_key": keys[kept["key"]].decode()}
    await _store.add_tally(uow, row | _fields(_numbers(kept)) | signed_by)
    return (await _store.tallies(uow, 1, day=day))[0]


async def _check_numbers(uow: UnitOfWork, settings: Settings) -> list[Fault]:
    keys = notes.trusted(settings.signing_key.parent)
    before, faults = await _before(uow, settings.checkpoints_dir, keys, day_of(uow.now))
    numbers, more = await _counted(uow, before)
    return await _keep(uow, "numbers", numbers.total, [*faults, *more])


async def _counted(uow: UnitOfWork, before: Numbers | None) -> tuple[Numbers, list[Fault]]:
    now = await _store.count(uow)
    since = 0 if before is None else await _store.declared_between(uow, before.seq, now.numbers.seq)
    return now.numbers, faults_of(now, before, since)


async def _before(
    uow: UnitOfWork, outside: Path, keys: dict[str, bytes], day: date
) -> tuple[Numbers | None, list[Fault]]:
    """The last totals before ``day``, and what of the totals inside and outside does not agree.

    What stands outside counts: a database that was put back has forgotten its newest days.
    """
    kept = dict(await asyncio.to_thread(lambda: list(notes.kept(outside, uow.tenant, KIND))))
    inside = {f"{one.day}": one.note for one in await _store.tallies(uow, len(kept) + 400)}
    faults: list[Fault] = [("tally_missing", name) for name in sorted(kept.keys() - inside.keys() - {f"{day}"})]
    faults += [("tally_lost", name) for name in sorted(inside.keys() - kept.keys())]
    faults += [("tally_changed", name) for name in sorted(kept.keys() & inside.keys()) if kept[name] != inside[name]]
    for name in sorted((one for one in kept if one < f"{day}"), reverse=True):
        try:
            said = await asyncio.to_thread(notes.check, KIND, kept[name], keys)
        except (notes.Broken, ValueError):
            faults.append(("tally_forged", name))
            continue
        return _numbers(said), faults
    return None, faults


def _numbers(said: dict[str, str]) -> Numbers:
    return Numbers(**{name: int(said[name]) for name in Numbers.__struct_fields__})


def _fields(numbers: Numbers) -> dict[str, int]:
    return {name: getattr(numbers, name) for name in Numbers.__struct_fields__}


async def _keep(uow: UnitOfWork, kind: Kind, seen: int, found: list[Fault]) -> list[Fault]:
    _alarm(uow, kind, found)
    await _store.add(uow, kind, seen, found)
    return found


def _alarm(uow: UnitOfWork, kind: str, found: list[Fault]) -> None:
    if found:
        said = {"tenant": uow.tenant, "kind": kind, "faults": len(found), "first": list(found[0])}
        log.get("reckoning").error("not_reconciled", **said)
