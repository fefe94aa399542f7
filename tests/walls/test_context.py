"""The context that the walls read: set once, for one transaction, or every statement raises (D3–D12)."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lianshen.kernel.commands import next_number
from lianshen.kernel.database import Database, UnitOfWork

OURS, THEIRS = "320723", "421000"
MINE = text("SELECT DISTINCT tenant FROM office")
ATTACH = text("""
    INSERT INTO project VALUES (:t, :id, '1', '', :office, '', '', '{}', true, '', '', 1, now(), now())
""")


@pytest.fixture
async def narrow(configured):
    """A pool of one connection: whatever stays on it, the next borrower gets."""
    made = Database(configured.database_url, pool_size=1)
    yield made
    await made.close()


def unit(work, database: Database) -> UnitOfWork:
    return type(work)(database)()


async def tenants(uow: UnitOfWork) -> list[str]:
    return list((await uow.execute(MINE)).scalars())


@pytest.mark.demand("D6")
async def test_without_a_tenant_every_statement_raises_on_fresh_and_on_used_connections(work, narrow):
    for _ in range(2):
        async with unit(work, narrow) as uow:
            with pytest.raises(DBAPIError, match="no tenant in this transaction"):
                await tenants(uow)
        async with unit(work, narrow) as uow:
            await uow.enter(OURS)
            assert await tenants(uow) == [OURS]
            await uow.commit()


@pytest.mark.demand("D5")
async def test_the_next_borrower_of_a_connection_finds_no_tenant(work, narrow):
    pid = text("SELECT pg_backend_pid(), current_setting('lianshen.tenant', true)")
    seen = []
    for commit in (True, False, True):
        async with unit(work, narrow) as uow:
            seen.append(tuple((await uow.execute(pid)).one()))
            await uow.enter(OURS)
            if commit:
                await uow.commit()
    assert len({backend for backend, _ in seen}) == 1
    assert {setting or "" for _, setting in seen} == {""}


@pytest.mark.demand("D10")
@pytest.mark.parametrize("wanted", [THEIRS, "", "32072", "320723'; --", None])
async def test_one_transaction_has_one_tenant(work, narrow, wanted):
    async with unit(work, narrow) as uow:
        await uow.enter(OURS)
        await uow.execute(text("SAVEPOINT inner_part"))
        with pytest.raises(DBAPIError, match=r"one transaction, one tenant|not a tenant"):
            await uow.execute(text("SELECT enter(:tenant)"), {"tenant": wanted})


@pytest.mark.demand("D5", "D7")
async def test_the_context_is_of_the_transaction_even_when_set_by_hand(work, narrow):
    async with unit(work, narrow) as uow:
        await uow.enter(OURS)
        assert await tenants(uow) == [OURS]
        await uow.commit()
        with pytest.raises(DBAPIError, match="no tenant"):
            await tenants(uow)


@pytest.mark.demand("D11")
async def test_a_foreign_id_cannot_be_attached(work, narrow, superuser):
    foreign = (await superuser.execute(text("SELECT id FROM office WHERE tenant = :t LIMIT 1"), {"t": THEIRS})).scalar()
    async with unit(work, narrow) as uow:
        await uow.enter(OURS)
        with pytest.raises(DBAPIError, match="violates foreign key"):
            await uow.execute(ATTACH, {"t": OURS, "id": uuid4(), "office": foreign})


@pytest.mark.demand("D3", "D17")
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("INSERT INTO counter VALUES ('421000', 'x', 2026, 1)", "row-level security"),
        ("UPDATE office SET tenant = '421000'", "permission denied"),
        ("UPDATE task SET tenant = '421000'", "permission denied"),
        ("TRUNCATE task", "permission denied"),
        ("SET LOCAL row_security = off; SELECT * FROM office", "row-level security|cannot insert multiple commands"),
        ("ALTER TABLE office DISABLE ROW LEVEL SECURITY", "must be owner"),
        ("SET ROLE lianshen_owner", "permission denied"),
        ("CREATE TABLE mine (x int)", "permission denied"),
    ],
)
async def test_the_runtime_role_cannot_step_over(work, narrow, statement, said):
    async with unit(work, narrow) as uow:
        await uow.enter(OURS)
        with pytest.raises(DBAPIError, match=said):
            await uow.execute(text(statement))


@pytest.mark.demand("D3")
async def test_updates_and_deletes_reach_no_foreign_row(work, database, superuser):
    count = text("SELECT count(*) FROM task WHERE tenant = :t")
    before = (await superuser.execute(count, {"t": THEIRS})).scalar_one()
    async with work() as uow:
        await uow.enter(OURS)
        await uow.execute(text("DELETE FROM task WHERE tenant = :t"), {"t": THEIRS})
        await uow.commit()
    await superuser.commit()
    assert (await superuser.execute(count, {"t": THEIRS})).scalar_one() == before


@pytest.mark.demand("D4")
async def test_a_rogue_policy_added_later_widens_nothing(work, narrow, superuser):
    await superuser.execute(text("CREATE POLICY rogue ON office USING (true)"))
    await superuser.commit()
    try:
        async with unit(work, narrow) as uow:
            await uow.enter(OURS)
            assert await tenants(uow) == [OURS]
    finally:
        await superuser.execute(text("DROP POLICY rogue ON office"))
        await superuser.commit()


@pytest.mark.demand("D12")
async def test_each_tenant_uses_every_key_as_if_alone(work, superuser):
    """A key that another tenant has taken is free here, and says nothing about the other."""
    for tenant in (OURS, THEIRS):
        async with work() as uow:
            await uow.enter(tenant)
            await uow.execute(text("INSERT INTO counter VALUES (:t, 'same', 2026, 1)"), {"t": tenant})
            await uow.commit()
    number = (await superuser.execute(text("SELECT last FROM counter WHERE kind = 'same'"))).scalars().all()
    assert number == [1, 1]


@pytest.mark.demand("D18")
async def test_numbers_count_for_each_tenant_alone_and_have_no_gaps(work):
    """Interleaved, and with a filing that was rolled back: its number is the next one's."""
    taken: dict[str, list[int]] = {OURS: [], THEIRS: []}
    for tenant, kept in ((OURS, 1), (THEIRS, 1), (OURS, 0), (OURS, 1), (THEIRS, 0), (THEIRS, 1), (OURS, 1)):
        async with work() as uow:
            await uow.enter(tenant)
            number = await next_number(uow, "interleaved", 2026)
            if kept:
                await uow.commit()
                taken[tenant].append(number)
    assert taken == {OURS: [1, 2, 3], THEIRS: [1, 2]}


@pytest.mark.demand("D5", "D23")
async def test_mixed_transactions_on_two_connections_see_only_their_own(work, configured, staff):
    codes = sorted({account.tenant for account in staff.accounts})
    shared = Database(configured.database_url, pool_size=2)

    async def one(number: int) -> None:
        tenant = codes[number % len(codes)]
        async with unit(work, shared) as uow:
            await uow.enter(tenant)
            await asyncio.sleep(0)
            assert await tenants(uow) == [tenant]

    try:
        await asyncio.gather(*(one(number) for number in range(300)))
    finally:
        await shared.close()


@pytest.mark.demand("D89")
async def test_cancelled_work_leaves_nothing_behind(work, configured, superuser):
    shared = Database(configured.database_url, pool_size=2)
    idle = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'lianshen_web' "
        "AND state LIKE 'idle in transaction%'"
    )

    async def busy() -> None:
        async with unit(work, shared) as uow:
            await uow.enter(OURS)
            await uow.execute(text("SELECT pg_sleep(0.005)"))
            await uow.commit()

    try:
        for number in range(60):
            tasks = [asyncio.create_task(busy()) for _ in range(3)]
            await asyncio.sleep(number % 7 / 1000)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert shared.engine.pool.checkedout() == 0
        assert (await superuser.execute(idle)).scalar_one() == 0
        await busy()
    finally:
        await shared.close()
