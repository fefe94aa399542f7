"""Work behind the web stays within the tenant of its row, and knows when it cannot see (D24, D25)."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from lianshen import wiring
from lianshen.audit.queries import verify
from lianshen.kernel.clock import now
from lianshen.kernel.database import Database, UnitOfWork
from lianshen_workers.deliver import SCHEMA, deliver
from lianshen_workers.scheduler import look_for_canaries
from lianshen_workers.sweep import Sweep
from tests.walk.driver import LEAD, Driver

OURS, THEIRS = "320723", "421000"
ENQUEUE = text("""
    INSERT INTO outbox (tenant, id, event, job, request_id, state, attempts, created_at)
    VALUES (:tenant, :id, :event, 'probe', '', 'pending', 0, now())
""")
CRITICAL = ("deadline", "message", "outbox")
"""Tables that a role searches over all tenants."""


@pytest.fixture
async def relay_database(configured):
    made = Database(configured.relay_database_url, pool_size=2)
    yield made
    await made.close()


@pytest.fixture
async def one_connection(configured):
    """The worker on a single connection, so that whatever one job leaves the next one finds."""
    made = Database(configured.worker_database_url, pool_size=1)
    yield made
    await made.close()


@pytest.mark.demand("D24")
async def test_jobs_of_two_tenants_in_turn_on_one_connection_see_their_own_rows_only(
    one_connection, superuser, monkeypatch
):
    """Every second one fails in the middle of its work, and leaves nothing of its tenant behind."""
    seen: list[tuple[str, set[str]]] = []

    async def probe(uow, event):
        offices = set((await uow.execute(text("SELECT DISTINCT tenant FROM office"))).scalars())
        seen.append((uow.tenant, offices))
        if len(seen) % 2:
            raise RuntimeError("in the middle")

    monkeypatch.setitem(wiring.JOBS, "probe", probe)
    for number in range(8):
        tenant, id_ = (OURS, THEIRS)[number % 2 ^ (number > 3)], uuid4()
        await superuser.execute(ENQUEUE, {"tenant": tenant, "id": id_, "event": uuid4()})
        await superuser.commit()
        for named in (THEIRS if tenant == OURS else OURS, tenant):
            before = len(seen)
            await deliver(one_connection, tenant=named, message=id_, request_id="r", schema=SCHEMA)
            assert len(seen) - before == (named == tenant), "a row is found under its own tenant alone"
    assert len(seen) == 8
    assert all(offices == {tenant} for tenant, offices in seen)
    await superuser.execute(text("DELETE FROM outbox WHERE job = 'probe'"))
    await superuser.commit()


@pytest.mark.demand("D25")
@pytest.mark.parametrize("table", CRITICAL)
async def test_every_tenant_has_its_canary(superuser, table):
    missing = text(
        f"SELECT t.tenant FROM tenant t WHERE NOT EXISTS (SELECT FROM {table} c WHERE c.tenant = t.tenant "
        "AND c.id = '00000000-0000-0000-0000-000000000000')"
    )
    assert list((await superuser.execute(missing)).scalars()) == []


BLINDED = {
    "the sweep, by a policy that is gone": ("deadline", "DROP POLICY relay ON deadline"),
    "the sweep, by one that hides a tenant": (
        "deadline", "CREATE POLICY blind ON deadline AS RESTRICTIVE TO lianshen_relay USING (tenant <> '320723')",
    ),
    "the sweep, by one that hides what is open": (
        "deadline", "CREATE POLICY blind ON deadline AS RESTRICTIVE TO lianshen_relay USING (state <> 'open')",
    ),
    "the relay, by a policy that is gone": ("outbox", "DROP POLICY relay ON outbox"),
    "the worker, for deadlines": ("deadline", "DROP POLICY tenant ON deadline"),
    "the worker, for messages": ("outbox", "DROP POLICY tenant ON outbox"),
}  # fmt: skip
MENDED = {
    "DROP POLICY relay ON deadline": "CREATE POLICY relay ON deadline FOR SELECT TO lianshen_relay USING (true)",
    "DROP POLICY relay ON outbox": "CREATE POLICY relay ON outbox TO lianshen_relay USING (true) WITH CHECK (true)",
}


@pytest.fixture
async def due(work, staff, law, tmp_path):
    """A deadline that has passed."""
    drive = Driver(work, staff, law, tmp_path)
    drive.at("2026-03-02")
    await drive.submit("700000")
    await drive.act(LEAD, "fail_pre_review", reason="必要性论证不足。")
    return drive


@pytest.mark.demand("D25", "D60")
@pytest.mark.parametrize("who", BLINDED)
async def test_whoever_cannot_see_raises_the_alarm(who, due, relay_database, worker_database, law, superuser):
    """A policy is broken so that it hides rows. Everyone says so, who would otherwise have found nothing to do."""
    table, broken = BLINDED[who]
    waiting = text("SELECT id FROM outbox WHERE tenant = '320723' AND job <> 'canary' LIMIT 1")
    message = (await superuser.execute(waiting)).scalar_one()
    sweep = Sweep(relay_database, worker_database, law)

    async def look() -> set[str]:
        with capture_logs() as said:
            await sweep.turn()
            await look_for_canaries(relay_database)
            await deliver(worker_database, tenant=OURS, message=message, request_id="r", schema=SCHEMA)
        return {line["table"] for line in said if line["event"] == "canary_unseen" and OURS in line["tenants"]}

    mended = MENDED.get(broken) or (
        f"CREATE POLICY tenant ON {table} TO lianshen_owner, lianshen_web, lianshen_worker "
        "USING (tenant = (SELECT current_tenant())) WITH CHECK (tenant = (SELECT current_tenant()))"
        if "POLICY tenant" in broken
        else f"DROP POLICY blind ON {table}"
    )
    await _run(superuser, broken)
    try:
        assert await look() == {table}
    finally:
        await _run(superuser, mended)
    assert await look() == set()


@pytest.mark.demand("D25", "D135")
@pytest.mark.parametrize("hidden", ["seq > 1", "false"])
async def test_a_ledger_that_is_partly_hidden_does_not_verify(hidden, due, worker_database, superuser):
    """The head of the chain is the canary of its events."""
    await _run(superuser, f"CREATE POLICY blind ON event AS RESTRICTIVE TO lianshen_worker USING ({hidden})")
    try:
        async with UnitOfWork(worker_database, now=now(), jobs_for=wiring.jobs_for, request_id="test") as uow:
            await uow.enter(OURS)
            assert (await verify(uow)).broken_at is not None
    finally:
        await _run(superuser, "DROP POLICY blind ON event")


async def _run(superuser, statement: str) -> None:
    await superuser.execute(text(statement))
    await superuser.commit()
