"""Entering providers and links: on the page, by whom, and who hears of it."""

import pytest
from sqlalchemy import text

from lianshen import wiring
from lianshen.notifications.jobs import tell_oneself
from lianshen.providers import commands
from tests.conftest import Desk
from tests.providers.conftest import SECRET, browser
from tests.web.people import GUANYUN, newcomer, say


async def test_the_secret_is_sealed_and_the_issuer_stays(configure, superuser):
    provider = await configure("https://sso.example", name="统一")
    found = text("SELECT client_secret FROM provider WHERE id = :id")
    kept = (await superuser.execute(found, {"id": provider})).scalar_one()
    assert SECRET.encode() not in kept
    await superuser.commit()
    with pytest.raises(commands.Invalid) as refused:
        await configure("https://other.example", name="统一")
    assert [item.field for item in refused.value.items] == ["issuer"]
    assert await configure("https://sso.example", name="统一", secret=None, amr=("otp",)) == provider
    after = (await superuser.execute(found, {"id": provider})).scalar_one()
    assert after == kept


async def test_configurations_that_do_not_hold(configure):
    for said, field in (
        ({"issuer": "http://outside.example", "private": False}, "issuer"),
        ({"issuer": "https://a@b.example"}, "issuer"),
        ({"issuer": "https://b.example/?x=1"}, "issuer"),
        ({"issuer": "javascript:x"}, "issuer"),
        ({"name": ""}, "name"),
        ({"client_id": ""}, "client_id"),
        ({"hosts": ("a/b",)}, "hosts"),
    ):
        with pytest.raises(commands.Invalid) as refused:
            await configure(**{"issuer": "https://a.example"} | said)
        assert field in [item.field for item in refused.value.items]


@pytest.mark.demand("D114")
async def test_the_security_administrator_and_nobody_else_and_the_person_hears(
    strict, staff, work, worker_database, superuser
):
    office, role = "县数据局", "security_admin"
    signed_in = await staff.sign_in(staff.find(office, role), GUANYUN)
    async with browser(strict, cookies={"lianshen": signed_in.token}) as client:
        form = {"name": "市统一认证", "issuer": "https://sso.example", "client_id": "ls", "client_secret": "s3cret-x"}
        assert (await say(client, "/providers", **form)).status_code == 303
        page = (await client.get("/providers")).text
        assert "市统一认证" in page
        assert "s3cret-x" not in page
        place = page.partition('id="provider-')[2].partition('"')[0]
        wrong = await say(client, "/providers", f"/providers/{place}/links", login="nobody-such", subject="x")
        assert wrong.status_code == 422
        who = await newcomer(work)
        right = await say(client, "/providers", f"/providers/{place}/links", login=who.login, subject="sub-1")
        assert right.status_code == 303
        page = (await client.get("/providers")).text
        assert "sub-1" in page
        link = page.partition("/providers/links/")[2].partition("/")[0]
        assert (await say(client, "/providers", f"/providers/links/{link}/end")).status_code == 303
        assert (await say(client, "/providers", f"/providers/{place}/end")).status_code == 303
        assert place not in (await client.get("/providers")).text
    acts = text("SELECT action FROM event WHERE action LIKE 'providers.%' ORDER BY seq DESC LIMIT 4")
    done = list((await superuser.execute(acts)).scalars())
    assert done == ["providers.end", "providers.unlink", "providers.link", "providers.set"]
    other = await staff.sign_in(staff.find(office, "system_admin"), GUANYUN)
    async with browser(strict, cookies={"lianshen": other.token}) as client:
        assert (await client.get("/providers")).status_code == 403
    await told_by_others(Desk(worker_database), superuser, who, ("providers.link", "providers.unlink"))


async def told_by_others(work, superuser, who, actions) -> None:
    """Whose account it is hears of what another did to it, and by whom."""
    about = text(
        "SELECT o.event, e.action FROM outbox o JOIN event e ON e.id = o.event"
        " WHERE o.job = 'tell_oneself' AND e.facts -> 'person' ->> 1 = :who ORDER BY e.seq"
    )
    waiting = list(await superuser.execute(about, {"who": str(who.id)}))
    assert tuple(row.action for row in waiting) == actions
    async with work() as uow:
        await uow.enter(GUANYUN)
        for row in waiting:
            await tell_oneself(uow, row.event)
        await uow.commit()
    found = text("SELECT subject, body FROM notice WHERE person = :who ORDER BY at")
    notices = list(await superuser.execute(found, {"who": who.id}))
    assert len(notices) == len(actions)
    assert "关联市统一认证的账号" in notices[0].subject
    assert "办理人：县数据局" in notices[0].body
    assert wiring.jobs_for("providers.link") == ("tell_oneself",)
