"""The short set of faults, and the checker itself: a planted violation of each invariant is seen (D209, D210)."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.faults.catalogue import CATALOGUE
from tests.faults.checker import INVARIANTS, violations
from tests.faults.fault import Fault
from tests.faults.plants import PLANTS, Scene
from tests.faults.rehearsal import rehearse
from tests.faults.site import Site
from tests.faults.users import Crowd

SECONDS = 2.5
SHORT = [one for one in CATALOGUE if one.short]
SEED = 7


@pytest.fixture(scope="module")
async def site() -> AsyncIterator[Site]:
    async with Site(quick=True) as made:
        yield made


@pytest.mark.demand("D209", "D210", "D213")
@pytest.mark.parametrize("fault", SHORT, ids=lambda fault: fault.code)
async def test_nothing_is_lost_doubled_or_shown_under(site: Site, fault: Fault) -> None:
    verdict = await rehearse(site, fault, SEED, seconds=SECONDS)
    print(verdict)
    assert verdict.acts > 0
    assert verdict.violated == {}, f"seed {SEED}: {verdict}"


@pytest.fixture(scope="module")
async def scene(site: Site) -> AsyncIterator[Scene]:
    crowd = Crowd(site, SEED)
    await crowd.sign_in()
    connection = await asyncpg.connect(site.superuser)
    since = await connection.fetchval("SELECT now()")
    await connection.close()
    while not any(op.kind == "submit" and op.outcome == "ok" for op in crowd.history.ops):
        await crowd.run(1.0)
    await crowd.settle()
    made = Scene(site, crowd, since, {})
    end = time.monotonic() + 30
    while found := violations(await made.look()):
        assert time.monotonic() < end, found
        await asyncio.sleep(0.3)
    yield made
    await crowd.close()


@pytest.mark.demand("D209")
@pytest.mark.parametrize("name", INVARIANTS)
async def test_a_planted_violation_is_seen(scene: Scene, name: str) -> None:
    for number, found in enumerate(await PLANTS[name](scene)):
        assert name in violations(found), number
    scene.crowd.history.revived.clear()
    assert violations(await scene.look()) == {}, "and nothing without it"
