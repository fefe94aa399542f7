"""Roles that were changed past our commands give no rights and raise an alarm (D142)."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text, update
from structlog.testing import capture_logs
from tests.support.rights import administrator
from tests.support.seals import reseal
from tests.web.conftest import app, browser, serving

from lianshen import wiring
from lianshen.access import _store as access
from lianshen.access.commands import compose
from lianshen.access.types import Draft
from lianshen.identity._tables import post
from lianshen.kernel import integrity, keys
from lianshen.kernel.clock import day_of, now
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import Altered
from lianshen_workers.keys import Keys

__all__ = ["app", "serving"]

pytestmark = pytest.mark.demand("D142")
TENANT = "640200"


@pytest.fixture
async def relay(configured):
    made = Database(configured.relay_database_url, pool_size=2)
    yield made
    await made.close()


@pytest.fixture
async def promoted(superuser, staff):
    """An observer of Shizuishan who was made an approver by SQL, and is made what they were again afterwards."""
    login = next(one.login for one in staff.accounts if one.tenant == TENANT and one.role == "applicant")
    actor = await staff.actor(login, TENANT)
    change = text("UPDATE post SET roles = :roles WHERE id = :id")
    await superuser.execute(change, {"id": actor.post, "roles": ["approver"]})
    await superuser.commit()
    yield login, actor
    await superuser.execute(change, {"id": actor.post, "roles": list(actor.roles)})
    await superuser.commit()


async def test_the_next_request_is_refused_and_says_why(app, staff, promoted):
    login, actor = promoted
    token = await staff.token(login, TENANT)
    async with browser(app, headers={"authorization": f"Bearer {token}"}) as client:
        with capture_logs() as said:
            answer = await client.get("/api/v1/inbox")
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:lianshen:problem:altered"
    assert [(line["event"], line["row"]) for line in said if line["log_level"] == "error"] == [
        ("row_altered", str(actor.post))
    ]


async def test_a_new_sign_in_is_refused_too(app, staff, promoted):
    account = staff.account(promoted[0], TENANT)
    async with browser(app) as client:
        body = {"tenant": TENANT, "login": account.login, "password": account.password}
        assert (await client.post("/api/v1/sessions", json=body)).status_code == 403


async def test_the_nightly_check_finds_it_and_nothing_else(relay, worker_database, promoted):
    with capture_logs() as said:
        assert await Keys(relay, worker_database).check_rows() == 1
    assert [line["row"] for line in said] == [str(promoted[1].post)]


async def test_a_change_by_our_own_command_does_not_cover_it_up(work, promoted):
    async with work() as uow:
        await uow.enter(TENANT)
        with pytest.raises(Altered):
            await uow.execute(update(post).where(post.c.id == promoted[1].post).values(mac=None))


async def test_rotation_does_not_cover_it_up(stack, name, worker_database, promoted):
    owner = Database(stack.url("lianshen_owner", name), pool_size=1)

    def work(database):
        return UnitOfWork(database, now=datetime.now(UTC), jobs_for=wiring.jobs_for, request_id="test")

    async with work(owner) as uow:
        await uow.enter(TENANT)
        await keys.rotate(uow)
        await uow.commit()
    await owner.close()
    async with work(worker_database) as uow:
        await uow.enter(TENANT)
        done = await keys.renew(uow, 1000)
        assert (done.renewed > 0, done.broken) == (True, 1)
        assert await integrity.altered(uow) == [("post", str(promoted[1].post))]


async def test_a_row_added_by_sql_counts_for_nothing(superuser, work, staff):
    actor = await staff.actor(next(one.login for one in staff.accounts if one.tenant == TENANT), TENANT)
    columns = "tenant, since, until, mac"
    copy = text(f"""
        INSERT INTO post ({columns}, id, person, office, roles)
        SELECT p.{columns.replace(", ", ", p.")}, gen_random_uuid(), p.person, o.id, ARRAY['approver']
        FROM post p JOIN office o ON o.tenant = p.tenant AND o.id <> p.office
        WHERE p.id = :id LIMIT 1 RETURNING id
    """)
    added = (await superuser.execute(copy, {"id": actor.post})).scalar_one()
    await superuser.commit()
    async with work() as uow:
        await uow.enter(TENANT)
        found = await integrity.altered(uow)
    await superuser.execute(text("DELETE FROM post WHERE id = :id"), {"id": added})
    await superuser.commit()
    assert ("post", str(added)) in found


async def test_every_post_of_the_seed_is_intact(work):
    for tenant in ("320723", "360824", "420000"):
        async with work() as uow:
            await uow.enter(tenant)
            assert await integrity.altered(uow) == []


async def test_an_own_role_changed_by_sql_grants_nothing_and_does_not_hide(work, staff, superuser, worker_database):
    work.now = now()
    officer = await administrator(staff, day_of(work.now))
    async with work() as uow:
        await uow.enter(officer.tenant)
        draft = Draft(label="被改动的岗", permissions=("rules.read",), since=officer.on)
        code = await compose(uow, officer, draft)
        assert code in {role.code for role in (await access.read(uow))[1]}, "it counts in the transaction that made it"
        await uow.commit()
    change = text("UPDATE role SET permissions = :to WHERE tenant = '320723' AND code = :code")
    await superuser.execute(change, {"code": code, "to": ["rules.read", "projects.approve"]})
    await superuser.commit()
    async with work() as uow:
        await uow.enter(officer.tenant)
        with capture_logs() as said:
            assert code not in {role.code for role in (await access.read(uow))[1]}
        assert [(line["event"], line["row"]) for line in said] == [("row_altered", code)]
        assert await integrity.altered(uow) == [("rights", ""), ("role", code)], "the trigger has moved the stamp too"
    await superuser.execute(change, {"code": code, "to": ["rules.read"]})
    await superuser.commit()
    await reseal(worker_database, officer.tenant)
    async with work() as uow:
        await uow.enter(officer.tenant)
        assert code in {role.code for role in (await access.read(uow))[1]}
