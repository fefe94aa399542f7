"""Exporting, restoring and deleting a whole tenant: over every table that the catalogue lists, none by name.

Each function runs several transactions, opened by ``begin``; what a crash interrupts can be run again.
"""

import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from lianshen.audit.commands import record
from lianshen.audit.types import By
from lianshen.documents.commands import settle
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text
from lianshen.operations import _archive, _store
from lianshen.operations._archive import BadArchive
from lianshen.operations._redis import forget
from lianshen.operations.types import Begin, Certificate, Manifest, Order, TableDigest, Tell
from lianshen.tenancy import commands as tenancy
from lianshen.tenancy import queries as register
from lianshen.tenancy.types import PLATFORM, Tenant

Forget = Callable[[str], Awaitable[int]]
_REGISTER = "tenant"


class Changed(Exception):
    """Rows have changed since the export, so it does not hold all that would be deleted; export again."""


class Blind(Exception):
    """Rows that have to be there are not seen: what would be exported is not the whole (D25)."""


class Present(Exception):
    """The tenant is here already; an archive restores where it is not."""


class Exported(msgspec.Struct, frozen=True):
    """An archive as it lies on disk; ``sha256`` is that of its manifest."""

    path: Path
    manifest: Manifest
    sha256: str


async def export(begin: Begin, code: str, files: Path, target: Path, *, by: By, tell: Tell) -> Exported:
    """Write all of a tenant into an archive in the folder ``target``: one instant of the database, then the files.

    That it happened stands in the tenant's own ledger, and therefore in the archive. A file that comes while it is
    written is in the archive without a row; none that a row names is missing.
    """
    async with begin() as uow:
        await uow.enter(code)
        record(uow, "operations.export", label=text("act.operations.export", subject=code), by=by)
    async with begin() as uow:
        await _store.begin_snapshot(uow)
        await uow.enter(code)
        found = await register.find(uow, code)
        assert found is not None
        if unseen := await _store.unseen(uow):
            raise Blind(", ".join(unseen))
        writer = _archive.Writer(target / f"{code}-{uow.now:%Y%m%dT%H%M%S%fZ}.zip")
        try:
            digests = []
            for table in await _store.held(uow):
                await tell(text("operations.telling.table", table=table.name))
                digests.append(await writer.table(table.name, _store.lines(uow, table)))
            manifest = Manifest(
                format=_archive.FORMAT,
                tenant=code,
                name=found.name,
                level=found.level,
                state=found.state,
                revision=await _store.revision(uow),
                taken_at=uow.now,
                tables=tuple(digests),
                files=(),
                neighbours=await _store.neighbours(uow, code),
            )
            await settle(uow, files)
        except BaseException:
            writer.abandon()
            raise
    try:
        await tell(text("operations.telling.files"))
        manifest = msgspec.structs.replace(manifest, files=writer.files(files / code))
        sha256 = writer.finish(manifest)
    except BaseException:
        writer.abandon()
        raise
    return Exported(writer.target, manifest, sha256)


async def restore(begin: Begin, archive: Path, files: Path, *, by: By) -> Manifest:
    """Enter an archive into a database where the tenant is not, in one transaction, and prove that it is the same.

    Raises BadArchive, Present. Jurisdictions that its rows name and that are unknown here are entered as suspended.
    """
    with _archive.Reader(archive) as reader:
        manifest = reader.manifest
        async with begin() as uow:
            if await register.find(uow, manifest.tenant) is not None:
                raise Present(manifest.tenant)
            if (here := await _store.revision(uow)) != manifest.revision:
                raise BadArchive(f"the schema is at {here}, the archive at {manifest.revision}")
        reader.unpack(files / manifest.tenant)
        async with begin() as uow:
            await uow.enter(manifest.tenant)
            await _store.take_time(uow)
            await _enter_rows(uow, reader)
            await tenancy.open_founded(uow, manifest.state)
            if (found := await _digests(uow)) != manifest.tables:
                raise BadArchive(f"restored rows differ: {_differing(found, manifest.tables)}")
    async with begin() as uow:
        if await register.find(uow, PLATFORM) is not None:
            await uow.enter(PLATFORM)
            label = text("act.operations.restore", subject=manifest.tenant)
            record(uow, "operations.restore", label=label, by=by, note=_archive.digest_of(manifest))
    return manifest


async def _enter_rows(uow: UnitOfWork, reader: _archive.Reader) -> None:
    manifest = reader.manifest
    for one in manifest.neighbours:
        await tenancy.register_neighbour(uow, Tenant(one.code, one.name, one.level, "suspended"))
    expected = {one.table: one for one in manifest.tables}
    tables = await _store.held(uow)
    if {table.name for table in tables} != set(expected):
        raise BadArchive("the archive has other tables than this database")
    await tenancy.register_neighbour(uow, Tenant(manifest.tenant, manifest.name, manifest.level, "founding"))
    for table in tables:
        # rows that name rows of their own table have to come in one statement
        for batch in reader.table(expected[table.name], None if table.inward else 500):
            if table.name != _REGISTER:
                await _store.write(uow, table, batch)


async def delete(
    begin: Begin, order: Order, files: Path, forget_cache: Forget, archives: Path, tell: Tell
) -> Certificate:
    """Delete a tenant by an order of two people: rows, files, entries of Redis, and last its line in the register.

    Raises Changed when a row differs from the export that the order names; a run that was interrupted goes on.
    """
    code = order.subject
    with _archive.Reader(archives / str(order.details["archive"])) as reader:
        manifest = reader.manifest
    if _archive.digest_of(manifest) != order.details["manifest"] or manifest.tenant != code:
        raise BadArchive("not the archive that the order names")
    await _begin_deleting(begin, code, manifest)
    async with begin() as uow:
        await uow.enter(code)
        await _store.take_time(uow)
        walled = await _store.walled(uow)
        for table in reversed(await _store.held(uow)):
            if table.name in walled:
                await tell(text("operations.telling.erase", table=table.name))
                await _store.erase(uow, table, code)
    folder = files / code
    if folder.exists():
        shutil.rmtree(folder)
        _sync(files)
    entries = await forget_cache(code)
    async with begin() as uow:
        await uow.enter(code)
        left = [
            (table, await _store.count(uow, table, code)) for table in await _store.held(uow) if table.name in walled
        ]
    return await _forget(begin, order, manifest, entries, sum(rows for _, rows in left), folder)


async def _begin_deleting(begin: Begin, code: str, manifest: Manifest) -> None:
    async with begin() as uow:
        await _store.begin_snapshot(uow)
        await uow.enter(code)
        found = await register.find(uow, code)
        assert found is not None
        if found.state == "closing":
            return
        if (now := await _digests(uow)) != manifest.tables:
            raise Changed(_differing(now, manifest.tables))
    async with begin() as uow:
        await uow.enter(PLATFORM)
        await tenancy.close_for_good(uow, code)


async def _forget(
    begin: Begin, order: Order, manifest: Manifest, entries: int, rows_left: int, folder: Path
) -> Certificate:
    async with begin() as uow:
        await uow.enter(PLATFORM)
        walled = await _store.walled(uow)
        for table in reversed(await _store.held(uow)):
            if table.name not in walled:
                await _store.erase(uow, table, order.subject)
                rows_left += await _store.count(uow, table, order.subject)
        await _store.forget_figures(uow, order.subject)
        certificate = Certificate(
            tenant=order.subject,
            name=manifest.name,
            at=uow.now,
            requested_by=order.requester,
            approved_by=order.approver or "",
            archive=str(order.details["archive"]),
            manifest_sha256=str(order.details["manifest"]),
            tables=manifest.tables,
            files=len(manifest.files),
            cache_entries=entries,
            rows_left=rows_left,
            files_left=len(_archive.stored(folder)),
        )
        assert (certificate.rows_left, certificate.files_left) == (0, 0), "a deletion that leaves something is none"
        facts = {"certificate": (None, msgspec.to_builtins(certificate))}
        label = text("act.operations.deleted", name=manifest.name)
        record(uow, "operations.deleted", label=label, by=By(text("actor.operations")), facts=facts)
    return certificate


async def digests(begin: Begin, code: str) -> tuple[TableDigest, ...]:
    """Digests of every table's rows of the tenant, at one instant."""
    async with begin() as uow:
        await _store.begin_snapshot(uow)
        await uow.enter(code)
        return await _digests(uow)


async def _digests(uow: UnitOfWork) -> tuple[TableDigest, ...]:
    found = []
    for table in await _store.held(uow):
        digester = _archive.Digester(table.name)
        async for batch in _store.lines(uow, table):
            digester.add(batch)
        found.append(digester.digest)
    return tuple(found)


def _differing(one: tuple[TableDigest, ...], other: tuple[TableDigest, ...]) -> str:
    return ", ".join(sorted({digest.table for digest in set(one) ^ set(other)}))


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


__all__ = ["BadArchive", "Changed", "Exported", "Present", "delete", "digests", "export", "forget", "restore"]
