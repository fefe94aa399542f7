"""Some months of real projects through the real commands and sweep, on PostgreSQL, with sweepers that die."""

from collections import Counter
from datetime import date

import pytest

from lianshen.kernel.database import Database
from tests.year import real

TENANTS = ("140800", "320723", "360824", "421000", "640200")


@pytest.fixture
async def relay(configured):
    made = Database(configured.relay_database_url, pool_size=2)
    yield made
    await made.close()


@pytest.mark.demand("D61", "D69")
@pytest.mark.usefixtures("plain_days", "no_other_terms")
async def test_real_projects_through_a_spring(database, relay, worker_database, superuser, law, configured):
    world = real.Real(database, relay, worker_database, superuser, law, configured.files_dir, seed=1)
    await world.run(TENANTS, date(2026, 2, 2), days=150, projects=12)
    rows = await world.rows()
    await world.leave()
    wrong = list(real.verified(world, rows))
    assert wrong == [], "\n".join([*wrong[:3], f"{len(wrong)} in all"])
    assert sum(sim.acts for sim in world.sims) > 40, world.refused
    assert len(rows) > 10
    entered = Counter(one.kind for _, row, _ in rows for one in row.entries)
    assert min(entered[kind] for kind in ("extended", "waived", "recounted")) > 0, (entered, world.by_hand)
    assert len(world.changes) == 4
    assert world.recounted
    assert world.killed
    assert world.down
    (moved, *_) = [row for _, row, _ in rows if any(one.kind == "recounted" for one in row.entries)]
    moved.entries = [one for one in moved.entries if one.kind != "recounted"]
    assert list(real.verified(world, rows)), "a last day that moved without an entry is seen"
