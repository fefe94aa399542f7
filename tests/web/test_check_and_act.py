"""The check and the act are one: who loses a right while an act is under way has not acted (D40)."""

import asyncio

import pytest
from sqlalchemy import text

from tests.web.conftest import app, browser, program, serving

__all__ = ["app", "program", "serving"]
OURS = "320723"
WAITING = text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
HELD = text("SELECT seq FROM chain_head WHERE tenant = :tenant FOR UPDATE")
MADE = text("SELECT count(*) FROM project WHERE tenant = :tenant AND title = :title")


@pytest.fixture
async def applicant(staff):
    return await staff.sign_in(staff.find("县教育局", "applicant"))


async def waiting(superuser, count: int) -> None:
    """Return when so many of the web's statements wait for a lock."""
    for _ in range(200):
        if (await superuser.execute(WAITING)).scalar_one() >= count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"not {count} are waiting")


async def race(app, superuser, first, second):
    """Both come to the end of the ledger, ``first`` before ``second``, and are then let go on."""
    await superuser.execute(HELD, {"tenant": OURS})
    tasks = []
    for number, request in enumerate((first, second), 1):
        tasks.append(asyncio.create_task(request))
        await waiting(superuser, number)
    await superuser.commit()
    return await asyncio.gather(*tasks)


@pytest.mark.demand("D40")
@pytest.mark.parametrize("revoked_first", [True, False])
async def test_whoever_loses_the_right_under_an_act_has_not_acted(app, program, applicant, superuser, revoked_first):
    title = f"竞争 {revoked_first}"
    posts = f"/api/v1/posts/{applicant.actor.post}/roles"
    security = await program("县数据局", "security_admin")
    unit = browser(app, headers={"authorization": f"Bearer {applicant.token}"})
    async with security, unit:
        revoke = security.put(posts, json={"roles": []})
        act = unit.post("/api/v1/projects", json={"title": title})
        order = (revoke, act) if revoked_first else (act, revoke)
        said = await race(app, superuser, *order)
        (revoked, acted) = said if revoked_first else reversed(said)
        assert revoked.status_code == 204, revoked.text
        try:
            made = (await superuser.execute(MADE, {"tenant": OURS, "title": title})).scalar_one()
            assert (acted.status_code, made) == ((401, 0) if revoked_first else (201, 1)), acted.text
        finally:
            restored = await security.put(posts, json={"roles": list(applicant.actor.roles)})
            assert restored.status_code == 204


@pytest.mark.demand("D40")
async def test_whoever_changes_roles_does_not_stand_in_their_own_way(program):
    """The change moves the stamp by which they were let in."""
    security = await program("县数据局", "security_admin")
    async with security:
        body = {"label": "核对岗", "permissions": ["rules.read"], "since": "2036-03-02"}
        made = await security.post("/api/v1/rights/roles", json=body)
        assert made.status_code == 201, made.text
