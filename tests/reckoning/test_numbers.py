"""Each day's totals add up, are signed, and are compared with the day before; what is deleted or doubled by SQL is
noticed (D58)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from structlog.testing import capture_logs

from lianshen.audit import notes
from lianshen.kernel.database import UnitOfWork
from lianshen.reckoning import commands, queries
from lianshen.reckoning._sums import faults_of
from lianshen.reckoning.types import Counted, Numbers
from lianshen.tables import metadata
from tests.support.seals import reseal
from tests.walk.driver import LEAD, UNIT, Driver, instant
from tests.web.conftest import app, program

__all__ = ["app", "program"]
pytestmark = pytest.mark.demand("D58")
TENANT = "320723"


class County:
    """A county day by day."""

    def __init__(self, worker, settings, superuser, day: str) -> None:
        self.worker, self.settings, self.superuser = worker, settings, superuser
        self.now = instant(day)

    async def __call__(self, do):
        async with UnitOfWork(self.worker, now=self.now, jobs_for=lambda _: (), request_id="test") as uow:
            await uow.enter(TENANT)
            made = await do(uow, self.settings)
            await uow.commit()
        return made

    async def night(self):
        """The totals of the day that ends now."""
        self.now += timedelta(days=1)
        return await self(commands.tally)

    async def sql(self, *statements: str, **values) -> None:
        await self.superuser.commit()
        for one in ("SET session_replication_role = replica", *statements, "RESET session_replication_role"):
            used = {name: value for name, value in values.items() if f":{name}" in one}
            await self.superuser.execute(text(one), used)
        await self.superuser.commit()


@pytest.fixture
async def drive(work, staff, law, configured):
    made = Driver(work, staff, law, configured.files_dir)
    made.at("2026-03-02")
    return made


@pytest.fixture
async def county(worker_database, configured, superuser):
    """Its days begin after all that other tests have tallied."""
    found = (await superuser.execute(text("SELECT max(day) FROM tally WHERE tenant = :t"), {"t": TENANT})).scalar_one()
    first = found + timedelta(days=1) if found else instant("2031-05-01").date()
    return County(worker_database, configured, superuser, first.isoformat())


def plain(faults):
    return {kind for kind, _ in faults}


async def test_the_totals_of_a_day_are_signed_and_add_up(county, drive):
    first = await county.night()
    assert first.faults == ()
    await drive.declare("700000")
    drafted = await county.night()
    assert (drafted.drafts, drafted.created) == (first.drafts + 1, first.created + 1)
    await drive.hand_in_all()
    await drive.act(UNIT, "submit")
    submitted = await county.night()
    assert (submitted.drafts, submitted.submitted) == (first.drafts, first.submitted + 1)
    assert submitted.filings == first.filings + 1
    await drive.act(UNIT, "withdraw", reason="材料有误，先撤回。")
    withdrawn = await county.night()
    assert (withdrawn.submitted, withdrawn.withdrawn) == (first.submitted, first.withdrawn + 1)
    assert withdrawn.faults == ()
    assert withdrawn.drafts + withdrawn.submitted + withdrawn.withdrawn + withdrawn.decided == withdrawn.created
    said = notes.check("tally", withdrawn.note, notes.trusted(county.settings.signing_key.parent))
    assert (said["created"], said["day"]) == (str(withdrawn.created), str(withdrawn.day))
    kept = county.settings.checkpoints_dir / TENANT / "tally" / f"{withdrawn.day}.tally"
    assert kept.read_text(encoding="utf-8") == withdrawn.note
    assert await county(commands.tally) is None, "a day is tallied once"


async def test_a_project_deleted_by_sql_is_noticed(county, drive):
    await county.night()
    await drive.declare("700000")
    await county.night()
    values = {"p": drive.project}
    await county.sql("CREATE TABLE kept AS SELECT * FROM project WHERE id = :p".replace(":p", f"'{drive.project}'"))
    await county.sql("DELETE FROM project WHERE id = :p", **values)
    try:
        with capture_logs() as logged:
            made = await county.night()
        assert {"gone", "sum"} <= plain(made.faults)
        assert ("gone", str(drive.project)) in made.faults
        assert any(one["event"] == "not_reconciled" and one["log_level"] == "error" for one in logged)
    finally:
        await county.sql("INSERT INTO project SELECT * FROM kept", "DROP TABLE kept")
    assert (await county.night()).faults == ()


async def test_a_project_doubled_by_sql_is_noticed(county, drive):
    await county.night()
    await drive.declare("700000")
    twin = uuid4()
    columns = ", ".join(
        column.name for column in metadata.tables["project"].columns if column.name not in ("id", "number")
    )
    await county.sql(
        f"INSERT INTO project (id, number, {columns}) SELECT :twin, 'twin', {columns} FROM project WHERE id = :p",
        twin=twin, p=drive.project,
    )  # fmt: skip
    try:
        made = await county.night()
        assert {"unknown", "sum"} <= plain(made.faults)
        assert ("unknown", "twin") in made.faults
    finally:
        await county.sql("DELETE FROM project WHERE id = :twin", twin=twin)


async def test_one_deleted_and_another_doubled_do_not_cancel_out(county, drive, worker_database):
    await drive.declare("700000")
    twin = uuid4()
    await county.sql("UPDATE project SET id = :twin, number = 'twin' WHERE id = :p", twin=twin, p=drive.project)
    try:
        assert {"gone", "unknown"} <= plain((await county.night()).faults)
    finally:
        await county.sql(
            "UPDATE project SET id = :p, number = (SELECT 'back-' || gen_random_uuid()) WHERE id = :twin",
            twin=twin, p=drive.project,
        )  # fmt: skip
        await reseal(worker_database, TENANT)


async def test_totals_that_the_database_has_forgotten_are_noticed(county):
    """What a restore to an older state loses: the days since, which stand outside."""
    await county.night()
    last = await county.night()
    await county.sql(f"CREATE TABLE kept AS SELECT * FROM tally WHERE day = '{last.day}'")
    await county.sql("DELETE FROM tally WHERE day = :d", d=last.day)
    try:
        made = await county.night()
        assert ("tally_missing", str(last.day)) in made.faults
    finally:
        await county.sql("INSERT INTO tally SELECT * FROM kept", "DROP TABLE kept")
    await county.sql("UPDATE tally SET note = 'x' || note WHERE day = :d", d=last.day)
    assert ("tally_changed", str(last.day)) in (await county.night()).faults
    await county.sql("UPDATE tally SET note = substr(note, 2) WHERE day = :d", d=last.day)


async def test_the_auditor_sees_it_and_may_ask_for_it_at_any_time(county, drive, app, staff, work, worker_database):
    from lianshen_workers.deliver import SCHEMA, deliver
    from tests.web.conftest import browser

    await county.night()
    signed_in = await staff.sign_in(staff.find("县数据局", "audit_admin"))
    async with browser(app, cookies={"lianshen": signed_in.token}) as client:
        page = await client.get("/audit/reconciliation")
        assert page.status_code == 200
        assert "每日数量" in page.text
        sent = await client.post("/audit/reconcile", data={"_csrf": signed_in.actor.form_key})
        assert sent.status_code == 303
        await county.superuser.commit()
        asked = text("SELECT id FROM outbox WHERE job = 'reconcile' AND state = 'pending' AND tenant = :t")
        for message in (await county.superuser.execute(asked, {"t": TENANT})).scalars().all():
            assert await deliver(worker_database, tenant=TENANT, message=message, request_id="t", schema=SCHEMA)
        async with work(read_only=True) as uow:
            await uow.enter(TENANT)
            for kind in ("numbers", "receipts", "files"):
                assert len(await queries.latest(uow, kind, limit=1)) == 1
        assert "数量核对" in (await client.get("/audit/reconciliation")).text
    for office, role in (LEAD, UNIT, ("县数据局", "security_admin")):
        other = await staff.sign_in(staff.find(office, role))
        async with browser(app, cookies={"lianshen": other.token}) as client:
            assert (await client.get("/audit/reconciliation")).status_code == 403


counts = st.integers(0, 50)


@given(counts, counts, counts, counts, counts)
def test_numbers_that_add_up_are_no_fault_and_one_that_does_not_is(drafts, submitted, withdrawn, decided, new):
    created = drafts + submitted + withdrawn + decided
    now = Numbers(
        seq=9, created=created, drafts=drafts, submitted=submitted, withdrawn=withdrawn, decided=decided, filings=0
    )
    before = Numbers(seq=5, created=max(created - new, 0), drafts=0, submitted=0, withdrawn=0, decided=0, filings=0)
    sound = Counted(now, created, (), ())
    assert faults_of(sound, before, created - before.created) == []
    assert plain(faults_of(sound, before, created - before.created + 1)) == {"yesterday"}
    assert plain(faults_of(Counted(now, created + 1, (), ()), None, 0)) == {"numbered"}
