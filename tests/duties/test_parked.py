"""What was set aside is seen by the administrator, counted for the operator, and goes on or ends by a person (D77)."""

import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lianshen import wiring
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.tenancy.types import PLATFORM
from lianshen.web.pages import duties
from lianshen_workers.operator import Operator
from tests.operations.test_page import Hand, order_at
from tests.web.conftest import app, browser

__all__ = ["app"]
OURS, THEIRS = "320723", "140800"
PARK = text("""
    INSERT INTO outbox (tenant, id, event, job, request_id, state, attempts, created_at, reason, parked_at)
    SELECT :tenant, :id, e.id, 'tell_concerned', '', 'parked', 5, now(), 'RuntimeError at the last attempt',
           now() + make_interval(days => :days) FROM event e WHERE e.tenant = :tenant
       AND NOT EXISTS (SELECT FROM outbox o WHERE o.tenant = e.tenant AND o.event = e.id AND o.job = 'tell_concerned')
    ORDER BY seq LIMIT 1
""")


@pytest.fixture
async def parked(superuser):
    """One message set aside in each of two tenants: ours, theirs."""
    ids = {tenant: uuid4() for tenant in (OURS, THEIRS)}
    for tenant, id_ in ids.items():
        assert (await superuser.execute(PARK, {"tenant": tenant, "id": id_, "days": 0})).rowcount == 1
    await superuser.commit()
    yield ids
    await superuser.execute(text("DELETE FROM outbox WHERE id = ANY(:ids)"), {"ids": list(ids.values())})
    await superuser.commit()


@pytest.fixture
async def state(superuser):
    async def of(message: UUID):
        await superuser.commit()
        asked = text("SELECT state, attempts, reason FROM outbox WHERE id = :id")
        return tuple((await superuser.execute(asked, {"id": message})).one())

    return of


@pytest.fixture
async def admin(app, staff):
    return Hand(app, await staff.sign_in(staff.find("县数据局", "system_admin")))


async def last_event(superuser, tenant: str):
    await superuser.commit()
    asked = text("SELECT action, note, facts, actor FROM event WHERE tenant = :tenant ORDER BY seq DESC LIMIT 1")
    return (await superuser.execute(asked, {"tenant": tenant})).one()


def test_every_job_has_a_name_on_the_page():
    page = (Path(duties.__file__).parents[1] / "templates" / "duties.html").read_text(encoding="utf-8")
    assert [job for job in (*wiring.JOBS, *wiring.FILINGS) if f'"{job}": "' not in page] == []


@pytest.mark.demand("D77", "D84")
async def test_the_administrator_lets_one_go_on_with_a_reason(admin, parked, state, superuser):
    page = await admin.client.get("/duties")
    assert page.status_code == 200
    assert "通知有关人员" in page.text
    assert "RuntimeError at the last attempt" in page.text
    assert re.findall(r"/duties/([0-9a-f-]{36})/retry", page.text) == [str(parked[OURS])], "and no other tenant's"
    unsaid = await admin.post(f"/duties/{parked[OURS]}/retry", reason=" ")
    assert (unsaid.status_code, await state(parked[OURS])) == (
        422, ("parked", 5, "RuntimeError at the last attempt"),
    )  # fmt: skip
    assert (await admin.post(f"/duties/{parked[THEIRS]}/retry", reason="已修复")).status_code == 404
    assert (await admin.post(f"/duties/{parked[OURS]}/retry", reason="已修复")).status_code == 303
    assert await state(parked[OURS]) == ("pending", 0, None)
    event = await last_event(superuser, OURS)
    assert (event.action, event.note) == ("duties.retry", "已修复")
    assert event.facts["why_parked"] == [None, "RuntimeError at the last attempt"]
    assert "没有搁置的任务" in (await admin.client.get("/duties")).text
    assert (await admin.post(f"/duties/{parked[OURS]}/retry", reason="再来")).status_code == 404


async def test_or_closes_it_for_good(admin, parked, state, superuser):
    assert (await admin.post(f"/duties/{parked[OURS]}/close", reason="收件人已离任")).status_code == 303
    assert await state(parked[OURS]) == ("closed", 5, "收件人已离任")
    assert (await last_event(superuser, OURS)).action == "duties.close"


@pytest.mark.demand("D77")
async def test_time_does_not_take_it_away(admin, parked, superuser):
    """A month later it is there as it was."""
    moved = text("UPDATE outbox SET parked_at = parked_at - interval '30 days' WHERE id = :id")
    await superuser.execute(moved, {"id": parked[OURS]})
    await superuser.commit()
    assert str(parked[OURS]) in (await admin.client.get("/duties")).text


async def test_nobody_else_does(app, staff, parked):
    for login, status in ((staff.find("县数据局", "security_admin"), 403), (staff.find("县教育局", "applicant"), 403)):
        hand = Hand(app, await staff.sign_in(login))
        assert (await hand.client.get("/duties")).status_code == status
        assert (await hand.post(f"/duties/{parked[OURS]}/retry", reason="x")).status_code == status


async def test_the_web_changes_nothing_else_about_a_message(work, parked, superuser):
    """Neither one that waits, nor to done: by the database's own rule."""
    for sql in (
        "UPDATE outbox SET state = 'sent', reason = NULL, parked_at = NULL WHERE state = 'parked'",
        "UPDATE outbox SET next_at = next_at WHERE id = '00000000-0000-0000-0000-000000000000'",
    ):
        async with work() as uow:
            await uow.enter(OURS)
            with pytest.raises(DBAPIError, match="only what is set aside"):
                await uow.execute(text(sql))


@pytest.mark.demand("D84")
async def test_the_operator_sees_how_many_and_has_them_tried_anew(
    app, staff, parked, state, superuser, operator_database, configured
):
    hand, operator = Hand(app, await staff.sign_in("yw-1", PLATFORM)), Operator(operator_database, configured)
    await operator.count(THEIRS)
    assert "搁置任务 1" in (await hand.client.get("/operations")).text
    assert "重新执行该地区" in (await hand.client.get(f"/operations/tenants/{THEIRS}")).text
    order = order_at(await hand.post(f"/operations/tenants/{THEIRS}/release", reason="网络已恢复"))
    assert await operator.turn()
    assert re.search(r"重试 \d+ 个任务", (await hand.client.get(order)).text)
    assert await state(parked[THEIRS]) == ("pending", 0, None)
    assert (await state(parked[OURS]))[0] == "parked"
    event = await last_event(superuser, THEIRS)
    assert (event.action, event.note) == ("operations.release", "网络已恢复")
    assert "搁置任务" not in (await hand.client.get("/operations")).text


async def test_the_operators_role_only_lets_go_on(operator_database: Database, parked, work):
    async with UnitOfWork(operator_database, now=work.now, jobs_for=wiring.jobs_for, request_id="test") as uow:
        await uow.enter(OURS)
        closed = text("UPDATE outbox SET state = 'closed' WHERE state = 'parked'")
        with pytest.raises(DBAPIError, match="row-level security"):
            await uow.execute(closed)


@pytest.mark.demand("D84")
async def test_how_the_work_is_can_be_asked_without_signing_in(app, superuser):
    await superuser.execute(
        text(
            "INSERT INTO timetable (name, next_at, found) VALUES ('watch_backlog', now() - interval '1 hour', "
            """'{"waiting": 3, "oldest": 12.5, "parked": 1}') ON CONFLICT (name) DO UPDATE """
            "SET next_at = excluded.next_at, found = excluded.found"
        )
    )
    await superuser.commit()
    async with browser(app) as client:
        answer = await client.get("/healthz/work")
    assert answer.json()["backlog"] == {"waiting": 3, "oldest": 12.5, "parked": 1}
    assert "watch_backlog" in answer.json()["late"]
    await superuser.execute(text("DELETE FROM timetable WHERE name = 'watch_backlog'"))
    await superuser.commit()
