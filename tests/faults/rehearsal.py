"""One fault under one seed: load, fault, recovery, evidence, verdict."""

import asyncio
import time
from datetime import timedelta
from typing import NamedTuple

import asyncpg
import httpx

from tests.faults import evidence
from tests.faults.checker import violations
from tests.faults.fault import Fault, Run
from tests.faults.site import Site
from tests.faults.users import Crowd

_QUIET = """SELECT (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sent', 'begun'))
    + (SELECT count(*) FROM deadline WHERE next_at <= duty_now() AND parked IS NULL)"""
_LATENESS = """SELECT coalesce(max(extract(epoch FROM done_at - created_at)), 0)::float FROM outbox
    WHERE state = 'done' AND created_at > $1 AND job <> 'canary'"""


class Verdict(NamedTuple):
    """What one run showed. Times are seconds; ``worst`` is how late the latest message of the run was delivered."""

    code: str
    seed: int
    acts: int
    recovered: float
    lost: int
    duplicated: int
    worst: float
    violated: dict[str, list[str]]


async def rehearse(site: Site, fault: Fault, seed: int, *, seconds: float | None = None) -> Verdict:
    """Let the crowd act under ``fault`` and judge what is left when it is over and the site has recovered."""
    crowd = Crowd(site, seed)
    since = await site.now() - timedelta(minutes=11)  # by whatever clock the database had
    since = max(since, getattr(site, "judged", since))
    failed: list[str] = []
    try:
        run = Run(site, crowd, seed, seconds or fault.seconds)
        if fault.before is not None:
            await fault.before(run)
        await crowd.sign_in()
        run.begin()
        load = asyncio.create_task(crowd.run(run.seconds + 1))
        try:
            await fault.inject(run)
        except AssertionError as error:
            failed.append(str(error))
        finally:
            site.proxy.heal()
        await load
        lifted = time.monotonic()
        end = lifted + fault.bound
        await _recover(site, end)
        recovered = time.monotonic() - lifted
        unresolved = await _settle(site, crowd, end)
        if fault.after is not None:
            try:
                await fault.after(run)
            except AssertionError as error:
                failed.append(str(error))
        await asyncio.sleep(1.5)  # what a finished request leaves is closed
        tokens = [user.token for user in crowd.everybody]
        found = await evidence.of_site(
            site, crowd.history, tokens, since, recovered=recovered, bound=fault.bound, unresolved=unresolved
        )
        violated = violations(found)
        if failed:
            violated["the fault itself"] = failed
        connection = await asyncpg.connect(site.superuser)
        worst = await connection.fetchval(_LATENESS, since)
        await connection.close()
        site.judged = await site.now()  # type: ignore[attr-defined]
    finally:
        await crowd.close()
    said = [line for lines in violated.values() for line in lines]
    return Verdict(
        fault.code,
        seed,
        len(crowd.history.ops),
        recovered,
        sum(line.startswith(("lost", "no file", "nobody was told")) for line in said),
        sum("times" in line for line in said),
        worst,
        violated,
    )


async def _recover(site: Site, end: float) -> None:
    """Wait until all processes run, both webs serve and nothing is left to be done, at most until ``end``."""
    await _until(end, lambda: _serves(site))
    await _until(end, lambda: _quiet(site))
    await _until(end, lambda: _runs(site))


async def _settle(site: Site, crowd: Crowd, end: float) -> list[str]:
    """Let users ask again about what they do not know, and what follows be done; the acts that stay unknown."""
    left = await crowd.settle()
    while left and time.monotonic() < end:
        await asyncio.sleep(0.5)
        left = await crowd.settle()
    await _until(time.monotonic() + 60, lambda: _quiet(site))
    return [op.key for op in left]


async def _until(end: float, holds: object) -> None:
    while time.monotonic() < end:
        try:
            if await holds():  # type: ignore[operator]
                return
        except (OSError, httpx.HTTPError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pass
        await asyncio.sleep(0.2)


async def _serves(site: Site) -> bool:
    async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
        answers = [await client.get(f"{base}/readyz") for base in site.bases]
    return all(answer.status_code == 200 for answer in answers)


async def _quiet(site: Site) -> bool:
    connection = await asyncpg.connect(site.superuser, timeout=5)
    try:
        return await connection.fetchval(_QUIET) == 0
    finally:
        await connection.close()


async def _runs(site: Site) -> bool:
    return all(process.alive for process in site.processes.values())
