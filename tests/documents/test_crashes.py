"""A process that dies at any point of an upload leaves no row without file and no file that is seen without row (D51).

The process is a real one and dies by SIGKILL at a named fail point; then the reconciler's beat runs.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from lianshen.documents.commands import settle
from lianshen.documents.queries import disagreement, path_of
from lianshen.kernel import failpoints
from lianshen_workers.files import Files
from tests.support import forked
from tests.walk.driver import PDF, UNIT, Driver, Upload

pytestmark = pytest.mark.demand("D51")
TENANT = "320723"
BEFORE = ("upload.aside", "upload.synced", "upload.named", "upload.row", "unit.before_commit")
"""Points at which nothing has been committed."""
AFTER = ("unit.after_commit", "upload.promoted")


def die() -> None:
    """What the dying process does."""
    point, *said = sys.argv[1:]
    failpoints.arm(f"{point}:1:kill")
    asyncio.run(hand_in_alone(*said))


async def hand_in_alone(project: str, actor: str, body: str) -> None:
    """Hand in one paper, as the web would."""
    from uuid import UUID

    import msgspec

    from lianshen import wiring
    from lianshen.access.queries import compile_policy, use
    from lianshen.identity.types import Actor
    from lianshen.kernel import cipher
    from lianshen.kernel.clock import now
    from lianshen.kernel.database import Database, UnitOfWork
    from lianshen.kernel.settings import settings
    from lianshen.projects.commands import attach
    from lianshen.rules.queries import load_law

    cipher.start(settings())
    use(compile_policy(settings().policies_dir, wiring.PERMISSIONS))
    law = load_law(settings().tenants_dir, drafts=True)
    unit = msgspec.json.decode(actor, type=Actor)
    uow = UnitOfWork(Database(settings().database_url), now=now(), jobs_for=wiring.jobs_for, request_id="crash")
    async with uow:
        await uow.enter(unit.tenant)
        upload = Upload(PDF + body.encode())
        await attach(uow, unit, law, UUID(project), "feasibility_report", upload, root=settings().files_dir, limit=9999)
        await uow.commit()


@pytest.fixture
async def drive(work, staff, law, configured):
    made = Driver(work, staff, law, configured.files_dir)
    made.at("2026-03-02")
    await made.declare("700000")
    return made


@pytest.fixture
async def beat(configured, worker_database, relay_database):
    return Files(relay_database, worker_database, configured)


def staged(configured) -> list[Path]:
    return sorted((configured.files_dir / TENANT / ".staged").glob("*"))


def age(configured, **passed: float) -> None:
    """Let what is staged have been there so long."""
    for path in staged(configured):
        at = path.stat().st_mtime - timedelta(**passed).total_seconds()
        os.utime(path, (at, at))


async def crash(drive, configured, point: str, body: str) -> None:
    import msgspec

    actor = msgspec.json.encode(await drive.actor(UNIT)).decode()
    argv = (point, str(drive.project), actor, body)
    ended = await asyncio.to_thread(forked.call, "tests.documents.test_crashes", "die", argv=argv, env=os.environ)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


async def rows(superuser, project) -> list[str]:
    await superuser.commit()
    asked = text("SELECT sha256 FROM document WHERE project = :project")
    return list((await superuser.execute(asked, {"project": project})).scalars())


async def agrees(work, configured) -> None:
    """No row of the tenant without its file, no file without its row."""
    async with work(read_only=True) as uow:
        await uow.enter(TENANT)
        _, found = await disagreement(uow, configured.files_dir, None)
    assert (found.lost, found.changed, found.stray) == ((), (), ())


@pytest.mark.parametrize("point", BEFORE)
async def test_a_crash_before_commit_leaves_nothing_that_is_seen(drive, work, configured, superuser, beat, point):
    left = staged(configured)
    await crash(drive, configured, point, body=point)
    assert await rows(superuser, drive.project) == []
    await agrees(work, configured)
    assert len(staged(configured)) > len(left), "the crash came where it was meant to"
    await beat.settle()
    assert len(staged(configured)) > len(left), "a request may still be under way: nothing is taken away at once"
    age(configured, hours=2)
    await beat.settle()
    assert staged(configured) == []
    await agrees(work, configured)


@pytest.mark.parametrize("point", AFTER)
async def test_a_crash_after_commit_leaves_a_file_that_is_read_and_gets_its_place(
    drive, work, configured, superuser, beat, point
):
    await crash(drive, configured, point, body=point)
    (sha256,) = await rows(superuser, drive.project)
    await agrees(work, configured)
    (paper,) = [slot.versions[0] for slot in (await drive.desk(UNIT)).papers if slot.versions]
    assert path_of(configured.files_dir, TENANT, paper).read_bytes() == PDF + point.encode()
    age(configured, hours=2)
    assert await beat.settle() == (1 if point == "unit.after_commit" else 0)
    place = configured.files_dir / TENANT / sha256[:2] / sha256
    assert path_of(configured.files_dir, TENANT, paper) == place
    assert place.read_bytes() == PDF + point.encode()
    assert staged(configured) == []


async def test_a_promotion_that_fails_is_no_failure_of_the_act(drive, work, configured, superuser, beat):
    failpoints.arm("upload.promoted:1:raise")
    try:
        await drive.hand_in(UNIT, "feasibility_report")
    finally:
        failpoints.arm("")
    assert len(await rows(superuser, drive.project)) == 1
    await agrees(work, configured)


async def test_what_is_promoted_twice_stays(drive, work, configured):
    """The same bytes handed in twice are one file; settling again finds nothing to do."""
    await drive.hand_in(UNIT, "feasibility_report", "feasibility_report")
    for _ in range(2):
        async with work() as uow:
            await uow.enter(TENANT)
            assert (await settle(uow, configured.files_dir)).promoted == 0
    await agrees(work, configured)


async def test_a_lost_and_a_stray_file_are_found(drive, work, configured):
    await drive.hand_in(UNIT, "feasibility_report")
    (paper,) = [slot.versions[0] for slot in (await drive.desk(UNIT)).papers if slot.versions]
    place = path_of(configured.files_dir, TENANT, paper)
    aside = place.with_name("f" * 64)
    place.rename(aside)
    try:
        async with work(read_only=True) as uow:
            await uow.enter(TENANT)
            _, found = await disagreement(uow, configured.files_dir, None)
        assert (drive.project, "材料.pdf") in found.lost
        assert found.stray == ("f" * 64,)
    finally:
        aside.rename(place)
