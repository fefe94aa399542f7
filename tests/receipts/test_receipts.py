"""What a unit files gets a receipt that leaves the database; what no longer fits it is noticed at night (D48)."""

import re

import pytest
from structlog.testing import capture_logs

from lianshen.audit import notes
from lianshen.kernel.database import Database
from lianshen.receipts import queries
from tests.receipts.conftest import TENANT
from tests.support.stack import clone
from tests.walk.driver import LEAD, UNIT

pytestmark = pytest.mark.demand("D48")


async def receipt_of(bureau, work, number):
    async with work(read_only=True) as uow:
        await uow.enter(TENANT)
        found = await queries.of_project(uow, bureau.drive.project)
    return next(one for one in found if one.number == number)


async def test_a_filing_is_signed_and_kept_outside(bureau, work):
    number = await bureau.file()
    assert re.fullmatch(r"320723-2026-HZ\d{5}", number)
    waiting = await receipt_of(bureau, work, number)
    assert (waiting.note, waiting.signed_at) == ("", None)
    assert len(waiting.papers) > 0
    assert await bureau.sign() >= 1
    assert await bureau.sign() == 0
    signed = await receipt_of(bureau, work, number)
    assert bureau.outside(number).read_text(encoding="utf-8") == signed.note
    keys = notes.trusted(bureau.settings.signing_key.parent)
    said = notes.check("receipt", signed.note, keys)
    assert (said["number"], said["sm3"], said["sha256"]) == (number, signed.sm3, signed.sha256)
    assert said["project"] == (await bureau.drive.desk(UNIT)).project.number
    assert await bureau.check(number) == []
    noted = await bureau.rows(
        "SELECT note FROM event WHERE action = 'receipts.issue' AND note LIKE :n", n=f"%{number}%"
    )
    assert len(noted) == 1
    assert signed.sm3 in noted[0][0]


async def test_acts_of_others_get_none_and_each_filing_its_own(bureau):
    first = await bureau.file()
    await bureau.drive.act(LEAD, "fail_pre_review", reason="请补充预算明细。")
    await bureau.drive.act(UNIT, "submit")
    numbers = [one.number for one in (await bureau.drive.desk(UNIT)).project.receipts]
    assert numbers[0] == first
    assert len(numbers) == 2
    assert int(numbers[1][-5:]) == int(first[-5:]) + 1


async def test_a_crash_between_file_and_row_signs_once(bureau, work, monkeypatch):
    """The outbox tries again; what stands outside already is taken over, whatever it was signed with."""
    await bureau.sign()
    number = await bureau.file()
    from lianshen.receipts import _store

    add = _store.add_receipt

    async def fail(*_):
        raise OSError("the process died here")

    monkeypatch.setattr(_store, "add_receipt", fail)
    with pytest.raises(AssertionError):
        await bureau.sign()
    kept = bureau.outside(number).read_text(encoding="utf-8")
    monkeypatch.setattr(_store, "add_receipt", add)
    assert await bureau.sign() >= 1
    assert (await receipt_of(bureau, work, number)).note == kept
    assert await bureau.check(number) == []


DAMAGE = {
    "the filing is deleted": (["DELETE FROM receipt WHERE filing = :f", "DELETE FROM filing WHERE id = :f"], "missing"),
    "its facts are changed": (['UPDATE filing SET facts = facts || \'{"title": "别的"}\' WHERE id = :f'], "changed"),
    "and its digest with them": (["UPDATE filing SET title = '别的', sm3 = repeat('0', 64) WHERE id = :f"], "changed"),
    "a paper is exchanged": (["UPDATE filing SET papers = '[]' WHERE id = :f"], "changed"),
    "its project is deleted": (
        ["DELETE FROM task WHERE project = :p", "DELETE FROM project WHERE id = :p"],
        "orphaned",
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
async def test_a_filing_that_no_longer_fits_is_noticed(bureau, what):
    number = await bureau.file()
    await bureau.sign()
    statements, expected = DAMAGE[what]
    ((filing,),) = await bureau.rows("SELECT id FROM filing WHERE number = :n", n=number)
    tables = ("filing", "receipt", "project", "task")
    for table in tables:
        await bureau.damage(f"CREATE TABLE kept_{table} AS SELECT * FROM {table} WHERE tenant = '{TENANT}'")
    await bureau.damage(*statements, f=filing, p=bureau.drive.project)
    try:
        with capture_logs() as logged:
            assert await bureau.check(number) == [expected]
        assert [one["log_level"] for one in logged if one["event"] == "not_reconciled"] == ["error"]
    finally:
        for table in tables:
            put_back = f"DELETE FROM {table} WHERE tenant = '{TENANT}'"
            await bureau.damage(put_back, f"INSERT INTO {table} SELECT * FROM kept_{table}", f"DROP TABLE kept_{table}")
    assert await bureau.check(number) == []


async def test_an_owner_cannot_delete_a_filing_without_turning_the_triggers_off(bureau):
    number = await bureau.file()
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    await bureau.superuser.commit()
    with pytest.raises(DBAPIError, match="append-only"):
        await bureau.superuser.execute(text("DELETE FROM filing WHERE number = :n"), {"n": number})
    await bureau.superuser.rollback()


async def test_a_database_put_back_to_an_older_state_is_noticed(bureau, stack, name):
    """The template has none of what was filed since: a restore from before."""
    number = await bureau.file()
    await bureau.sign()
    older = f"{name}_older"
    await clone(stack, older)
    database = Database(stack.url("lianshen_worker", older), pool_size=1)
    try:
        with capture_logs() as logged:
            assert await bureau.check(number, database) == ["missing"]
        assert any(one["event"] == "not_reconciled" for one in logged)
    finally:
        await database.close()


async def test_what_is_gone_or_forged_outside_is_noticed_too(bureau):
    number = await bureau.file()
    await bureau.sign()
    file = bureau.outside(number)
    kept = file.read_text(encoding="utf-8")
    file.unlink()
    assert await bureau.check(number) == ["lost"]
    file.write_text(kept.replace("papers ", "papers 9"), encoding="utf-8")
    assert await bureau.check(number) == ["forged"]
    planted = bureau.outside("320723-2026-HZ99999")
    planted.write_text(kept.replace(number, planted.stem), encoding="utf-8")
    assert await bureau.check(planted.stem) == ["forged"]
    planted.unlink()
    file.unlink()
    file.write_text(kept, encoding="utf-8")
    assert await bureau.check(number) == []


async def test_the_page_and_the_api_show_it_to_whoever_sees_the_project(bureau, program, app, staff):
    from tests.web.conftest import browser

    number = await bureau.file()
    await bureau.sign()
    project = bureau.drive.project
    async with await program(*UNIT) as client:
        (told,) = (await client.get(f"/api/v1/projects/{project}/receipts")).json()
        one = await client.get(f"/api/v1/projects/{project}/receipts/{told['id']}")
    assert (told["number"], one.json()) == (number, told)
    token = await staff.token(staff.find(*UNIT))
    async with browser(app, cookies={"lianshen": token}) as client:
        page = await client.get(f"/projects/{project}/receipts/{told['id']}")
        assert page.status_code == 200
        assert number in page.text
        assert told["sm3"] in page.text
        note = await client.get(f"/projects/{project}/receipts/{told['id']}/note")
        assert note.text == told["note"]
        assert f"/projects/{project}/receipts/{told['id']}" in (await client.get(f"/projects/{project}")).text
    async with await program("县卫生健康委", "applicant") as client:
        assert (await client.get(f"/api/v1/projects/{project}/receipts")).status_code in (403, 404)
