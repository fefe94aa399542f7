"""A tenant as a whole: out into an archive, into another database with equal digests, and away without a trace."""

import hashlib
import json
import zipfile
from uuid import uuid4

import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lianshen.audit.types import By
from lianshen.identity import commands as identity
from lianshen.identity.commands import Came
from lianshen.identity.queries import actor_of
from lianshen.kernel.errors import TenantSuspended
from lianshen.operations import _redis, archives, commands
from lianshen.operations.archives import BadArchive, Blind, Changed, Present
from lianshen.tables import UNWALLED, metadata
from lianshen.tenancy import commands as tenancy
from lianshen.tenancy.types import PLATFORM, Tenant
from tests.operations.conftest import NOW, SECRET, silent, transactions
from tests.support.people import TERMS
from tests.walk.driver import Driver

BY = By("平台运维")
GUANYUN = "320723"


async def others(superuser, code: str) -> dict[str, str]:
    """A digest over every row of everybody else, table by table."""
    await superuser.commit()
    found = {}
    for name, table in metadata.tables.items():
        if "tenant" in table.c and name not in ("operator_order", "tenant_figure"):
            rows = await superuser.execute(
                text(f"SELECT t::text FROM {name} t WHERE tenant NOT IN (:c, '000000') ORDER BY 1"), {"c": code}
            )
            found[name] = hashlib.sha256("\n".join(rows.scalars()).encode()).hexdigest()
    return found


async def rows_of(superuser, code: str) -> dict[str, int]:
    """Every table of the catalogue that has a column ``tenant``, and how many rows it holds of ``code``."""
    await superuser.commit()
    tables = await superuser.execute(
        text(
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'tenant' AND table_schema = 'public'"
        )
    )
    return {
        name: (
            await superuser.execute(text(f"SELECT count(*) FROM {name} WHERE tenant = :c"), {"c": code})
        ).scalar_one()
        for name in tables.scalars()
    }


@pytest.fixture
async def busy(work, staff, law, configured):
    """Guanyun with a project that has papers on disk, deadlines, tasks and opinions."""
    drive = Driver(work, staff, law, configured.files_dir)
    drive.at("2026-03-02")
    await drive.to_joint_review("2026-03-20", "700000")
    return GUANYUN


@pytest.mark.demand("D152", "D189")
async def test_an_archive_restores_elsewhere_with_equal_digests_and_files(
    busy, begin, elsewhere, configured, tmp_path, superuser
):
    made = await archives.export(begin, busy, configured.files_dir, tmp_path / "out", by=BY, tell=silent)
    counted = {one.table: one.rows for one in made.manifest.tables}
    assert counted == await rows_of(superuser, busy)
    assert min(counted[name] for name in ("project", "event", "document", "deadline", "task", "opinion", "tenant")) > 0
    assert len(made.manifest.files) > 0
    assert made.path.stat().st_mode & 0o077 == 0

    there = transactions(elsewhere)
    async with there() as uow:
        await uow.enter(PLATFORM)
        await tenancy.register(uow, Tenant(PLATFORM, "平台运维", "platform", "founding"))
        await tenancy.open_founded(uow, "active")
    await archives.restore(there, made.path, tmp_path / "files", by=BY)
    assert await archives.digests(there, busy) == made.manifest.tables == await archives.digests(begin, busy)
    for file in made.manifest.files:
        copied = (tmp_path / "files" / busy / file.path).read_bytes()
        assert hashlib.sha256(copied).hexdigest() == file.sha256
    with pytest.raises(Present):
        await archives.restore(there, made.path, tmp_path / "files", by=BY)
    async with there() as uow:
        from lianshen.audit.queries import verify

        await uow.enter(busy)
        assert (await verify(uow)).broken_at is None
    async with there() as uow:
        await uow.enter(PLATFORM)
        told = await uow.execute(text("SELECT action FROM event WHERE tenant = '000000'"))
        assert list(told.scalars()) == ["operations.restore"]


@pytest.mark.demand("D25")
@pytest.mark.parametrize("table", ["project", "event", "deadline", "outbox"])
async def test_what_is_hidden_from_the_exporting_role_stops_the_export(
    busy, begin, configured, tmp_path, superuser, table
):
    """The digests of an archive are taken by the same eyes, so they would agree with what is missing."""
    await superuser.execute(
        text(f"CREATE POLICY blind ON {table} AS RESTRICTIVE FOR SELECT TO lianshen_operator USING (false)")
    )
    await superuser.commit()
    try:
        with pytest.raises(Blind, match=table):
            await archives.export(begin, busy, configured.files_dir, tmp_path / "out", by=BY, tell=silent)
        assert list(tmp_path.rglob("*.zip")) == []
    finally:
        await superuser.execute(text(f"DROP POLICY blind ON {table}"))
        await superuser.commit()


async def test_an_archive_that_was_touched_is_refused_and_leaves_nothing(busy, begin, elsewhere, configured, tmp_path):
    made = await archives.export(begin, busy, configured.files_dir, tmp_path / "out", by=BY, tell=silent)
    touched = tmp_path / "touched.zip"
    with zipfile.ZipFile(made.path) as source, zipfile.ZipFile(touched, "w") as target:
        for item in source.namelist():
            raw = source.read(item)
            target.writestr(item, raw.replace("县数据局".encode(), "某数据局".encode()) if "office" in item else raw)
    with pytest.raises(BadArchive, match="office"):
        await archives.restore(transactions(elsewhere), touched, tmp_path / "files", by=BY)
    assert {one.rows for one in await archives.digests(transactions(elsewhere), busy)} == {0}


async def test_suspended_means_that_nobody_of_it_signs_in_or_acts(county, begin, work):
    code = await county("320791")
    signed_in = await sign_in(work, code)
    async with begin() as uow:
        await uow.enter(code)
        await tenancy.suspend(uow, "欠费", by=BY)
    with pytest.raises(TenantSuspended):
        await sign_in(work, code)
    async with work() as uow:
        with pytest.raises(TenantSuspended):
            await actor_of(uow, signed_in.token, step_up_after=TERMS.step_up_after)
    async with begin() as uow:
        await uow.enter(code)
        await tenancy.resume(uow, "已补缴", by=BY)
    async with work() as uow:
        assert await actor_of(uow, signed_in.token, step_up_after=TERMS.step_up_after) is not None


async def sign_in(work, code: str):
    work.now = NOW
    async with work() as uow:
        found = await identity.sign_in(uow, code, "first", SECRET, terms=TERMS, came=Came())
        assert found is not None
        await uow.commit()
        return found


@pytest.fixture
async def operators(superuser) -> list:
    """The two operators of the platform."""
    return list(await superuser.execute(text("SELECT id, name FROM person WHERE tenant = '000000' ORDER BY login")))


async def ordered(superuser, begin, operators, code: str, made, *, approved: bool = True):
    """A running order to delete, as two people gave it through the web; none that another test left waits before it."""
    values = {
        "id": uuid4(), "s": code, "one": operators[0].id, "two": operators[1].id if approved else None,
        "name": "运维" if approved else None,
        "details": msgspec.json.encode({"archive": made.path.name, "manifest": made.sha256}).decode(),
    }  # fmt: skip
    await superuser.execute(text("UPDATE operator_order SET withdrawn_at = now() WHERE state = 'ordered'"))
    await superuser.execute(
        text(
            "INSERT INTO operator_order (tenant, id, kind, subject, details, requested_at, requested_by, requester, "
            "approved_at, approved_by, approver, state, progress) VALUES ('000000', :id, 'delete', :s, "
            "CAST(:details AS jsonb), now(), :one, '运维甲', CASE WHEN :name ::text IS NULL THEN NULL ELSE now() END, "
            ":two, :name, 'ordered', '')"
        ),
        values,
    )
    await superuser.commit()
    async with begin() as uow:
        claimed = await commands.claim_order(uow)
    return claimed[0] if claimed else None


@pytest.mark.demand("D184", "D181")
async def test_a_deleted_tenant_leaves_no_row_file_or_redis_entry_and_others_untouched(
    county, begin, work, superuser, configured, tmp_path, operators
):
    code = await county("320792")
    await sign_in(work, code)
    file = configured.files_dir / code / "ab" / ("ab" * 32)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"paper")
    async with Redis.from_url(configured.redis_url) as redis:
        await redis.set(f"lianshen:limit:{code}:sign_in", 3)
        await redis.set("lianshen:limit:320723:sign_in", 3)
        for tenant in (code, "320723"):
            await redis.hset("lianshen:duties.msgs", f"m-{tenant}", json.dumps({"kwargs": {"tenant": tenant}}))
            await redis.rpush("lianshen:duties", f"m-{tenant}")
    async with begin() as uow:
        await uow.enter(code)
        await tenancy.suspend(uow, "撤销", by=BY)
    made = await archives.export(begin, code, configured.files_dir, tmp_path, by=BY, tell=silent)
    before = await others(superuser, code)

    order = await ordered(superuser, begin, operators, code, made)
    certificate = await archives.delete(
        begin, order, configured.files_dir, lambda gone: _redis.forget(configured.redis_url, gone), tmp_path, silent
    )
    async with begin() as uow:
        await commands.finish(uow, order, "", {"certificate": msgspec.to_builtins(certificate)}, by=BY)

    assert set((await rows_of(superuser, code)).values()) == {0}
    assert not (configured.files_dir / code).exists()
    async with Redis.from_url(configured.redis_url, decode_responses=True) as redis:
        keys = [key async for key in redis.scan_iter()]
        assert not [key for key in keys if code in key.split(":")]
        assert "lianshen:limit:320723:sign_in" in keys
        assert set(await redis.hkeys("lianshen:duties.msgs")) & {f"m-{code}", "m-320723"} == {"m-320723"}
        assert f"m-{code}" not in await redis.lrange("lianshen:duties", 0, -1)
        await redis.delete("lianshen:limit:320723:sign_in", "lianshen:duties.msgs", "lianshen:duties")
    assert await others(superuser, code) == before
    assert certificate.cache_entries == 2
    assert (certificate.rows_left, certificate.files_left, certificate.files) == (0, 0, 1)
    assert {one.table: one.rows for one in certificate.tables}["event"] > 2
    kept = await superuser.execute(
        text("SELECT count(*) FROM event WHERE action = 'operations.deleted' AND facts::text LIKE :c"),
        {"c": f"%{code}%"},
    )
    assert kept.scalar_one() == 1


async def test_a_row_written_after_the_export_stops_the_deletion(
    county, begin, superuser, configured, tmp_path, operators
):
    code = await county("320793")
    async with begin() as uow:
        await uow.enter(code)
        await tenancy.suspend(uow, "撤销", by=BY)
    made = await archives.export(begin, code, configured.files_dir, tmp_path, by=BY, tell=silent)
    await superuser.execute(text("INSERT INTO counter VALUES (:c, 'late', 2026, 1)"), {"c": code})
    await superuser.commit()
    order = await ordered(superuser, begin, operators, code, made)
    with pytest.raises(Changed, match="counter"):
        await archives.delete(begin, order, configured.files_dir, silent, tmp_path, silent)
    assert (await rows_of(superuser, code))["event"] > 0
    async with begin() as uow:
        await commands.finish(uow, order, "", None, by=BY)


@pytest.mark.demand("D123")
async def test_the_operators_process_alone_deletes_nothing(county, begin, superuser, operators, tmp_path, configured):
    """Without an order of two people no state leads to deletion, and in no other state does a DELETE find a row."""
    code = await county("320794")
    before = await rows_of(superuser, code)
    for table in sorted(set(metadata.tables) - set(UNWALLED)):
        async with begin() as uow:
            await uow.enter(code)
            await uow.execute(text(f"DELETE FROM {table}"))
    for statement in ("DELETE FROM tenant", "DELETE FROM parent_edge"):
        await refused(begin, None, f"{statement} WHERE tenant = '{code}'", "register is kept")
    for state in ("closing", "founding"):
        statement = f"UPDATE tenant SET state = '{state}' WHERE tenant = '{code}'"
        await refused(begin, "000000", statement, r"two people|founded once")
    assert await rows_of(superuser, code) == before
    await refused(begin, code, f"INSERT INTO counter VALUES ('{code}', 'x', 2026, 1)", "row-level security")
    async with begin() as uow:
        await uow.enter(GUANYUN)
        for statement in ("UPDATE office SET name = ''", "UPDATE person SET password = ''"):
            assert (await uow.execute(text(statement))).rowcount == 0
    for statement in (
        "UPDATE operator_order SET approved_by = requested_by",
        "INSERT INTO operator_order SELECT * FROM operator_order",
        "UPDATE office SET tenant = '320700'",
        "TRUNCATE event",
    ):
        await refused(begin, code, statement, "permission denied")


async def refused(begin, code, statement: str, said: str) -> None:
    async def attempt() -> None:
        async with begin() as uow:
            if code:
                await uow.enter(code)
            await uow.execute(text(statement))

    with pytest.raises(DBAPIError, match=said):
        await attempt()


async def test_an_order_of_one_person_is_not_carried_out(county, begin, superuser, operators, tmp_path, configured):
    code = await county("320795")
    async with begin() as uow:
        await uow.enter(code)
        await tenancy.suspend(uow, "撤销", by=BY)
    made = await archives.export(begin, code, configured.files_dir, tmp_path, by=BY, tell=silent)
    assert await ordered(superuser, begin, operators, code, made, approved=False) is None
    await superuser.execute(text("UPDATE operator_order SET withdrawn_at = now() WHERE subject = :c"), {"c": code})
    await superuser.commit()
