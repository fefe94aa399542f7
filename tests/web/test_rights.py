"""Pages and API of rights: composing a role with a look at what it changes, who can do what, and why."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from lianshen.kernel.clock import day_of, now
from tests.web.conftest import browser

API = "/api/v1/rights"


@pytest.fixture
async def admin(staff):
    """The security administrator."""
    return await staff.sign_in("aqgl")


@pytest.fixture
async def person(app, admin):
    async with browser(app, cookies={"lianshen": admin.token}) as client:
        yield client


@pytest.fixture
async def machine(app, admin):
    async with browser(app, headers={"authorization": f"Bearer {admin.token}"}) as client:
        yield client


async def test_a_role_is_composed_seen_changed_and_ended_on_pages(person, admin, superuser):
    key = {"_csrf": admin.actor.form_key}
    today = day_of(now()).isoformat()
    empty = await person.get("/rights/roles/new")
    assert "包含的基础角色" in empty.text
    assert "安全管理员" not in empty.text.partition("<main")[2]
    typed = key | {"label": "验收专岗甲", "includes": "observer", "permissions": "projects.accept", "since": today}
    seen = await person.post("/rights/roles/new", data=typed | {"_step": "preview"})
    assert "组织验收" in seen.text.partition("增加")[2].partition("减少")[0]
    assert 'value="confirmed"' in seen.text
    assert (await person.post("/rights/roles/new", data=typed | {"_step": "confirmed"})).status_code == 303
    listed = await person.get("/rights/roles")
    code = listed.text.partition(">验收专岗甲<")[0].rpartition("/rights/roles/own_")[2].rstrip('"')
    at = f"/rights/roles/own_{code}"
    assert "验收专岗甲" in listed.text
    again = await person.post("/rights/roles/new", data=typed | {"_step": "preview"})
    assert again.status_code == 422
    assert "已有同名的角色" in again.text
    less = typed | {"permissions": "projects.evaluate", "_version": "1"}
    seen = await person.post(at, data=less | {"_step": "preview"})
    assert "组织验收" in seen.text.partition("减少")[2].partition("涉及的人")[0]
    assert (await person.post(at, data=less | {"_step": "confirmed"})).status_code == 303
    stale = await person.post(at, data=less | {"_step": "confirmed"})
    assert stale.status_code == 409
    seen = await person.post(at, data=key | {"_step": "end", "_version": "2"})
    assert "确认终止" in seen.text
    assert (await person.post(at, data=key | {"_step": "end_confirmed", "_version": "2"})).status_code == 303
    assert "已终止" in (await person.get("/rights/roles")).text
    said = text("SELECT label FROM event WHERE tenant = '320723' AND action LIKE 'access.%' ORDER BY seq")
    await superuser.commit()
    assert list((await superuser.execute(said)).scalars())[-3:] == [
        "新建自定角色“验收专岗甲”", "修改自定角色“验收专岗甲”", "终止自定角色“验收专岗甲”",
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [{"since": ""}, {"since": "明天"}, {"until": "2020-01-01"}, {"label": ""}])
async def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(person, admin, wrong):
    typed = {"_csrf": admin.actor.form_key, "_step": "confirmed", "label": "某岗", "includes": "observer",
             "since": (day_of(now()) + timedelta(days=1)).isoformat()} | wrong  # fmt: skip
    answer = await person.post("/rights/roles/new", data=typed)
    assert answer.status_code == 422
    assert 'value="observer" checked' in answer.text


async def test_pages_tell_who_and_why(person):
    assert "项目单位申报岗" in (await person.get("/rights")).text
    who = await person.get("/rights/who", params={"permission": "projects.approve"})
    assert "县发改委" in who.text
    assert "县教育局" not in who.text.partition("今天能办的人")[2]
    assert (await person.get("/rights/who", params={"permission": "projects.destroy"})).status_code == 404
    at = who.text.partition("/rights/people/")[2].partition('"')[0]
    why = await person.get(f"/rights/people/{at}")
    assert "审批岗 → 工作人员（查看）" in why.text


async def test_the_api_does_the_same(machine):
    today = day_of(now()).isoformat()
    wanted = {"label": "验收专岗乙", "includes": ["observer"], "permissions": ["projects.accept"], "since": today}
    shown = await machine.post(f"{API}/preview", json={"draft": wanted})
    assert "projects.accept" in {one["code"] for one in shown.json()["gives"]}
    made = await machine.post(f"{API}/roles", json=wanted)
    assert made.status_code == 201
    at = f"{API}/roles/{made.json()['code']}"
    assert (await machine.get(at)).json()["version"] == 1
    matrix = (await machine.get(f"{API}/matrix")).json()
    assert next(one for one in matrix["roles"] if one["label"] == "验收专岗乙")["grants"].count("projects.accept") == 1
    assert (await machine.put(at, json=wanted | {"version": 1, "permissions": []})).status_code == 204
    assert (await machine.put(at, json=wanted | {"version": 1})).status_code == 409
    refused = await machine.post(f"{API}/roles", json=wanted | {"label": "越权", "includes": ["security_admin"]})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "includes")
    assert (await machine.post(f"{at}/end", json={"version": 2})).status_code == 204
    people = (await machine.get(f"{API}/people")).json()
    approvers = (await machine.get(f"{API}/who", params={"permission": "projects.approve"})).json()
    assert 0 < len(approvers) < len(people)
    rights = (await machine.get(f"{API}/people/{approvers[0]['person']}")).json()
    assert any(one["permission"] == "projects.approve" for one in rights[0]["can"])


async def test_the_administrator_of_rights_sees_no_business(person, machine):
    for path in ("/inbox", "/projects", "/law"):
        assert (await person.get(path)).status_code == 403
    assert (await person.get("/")).headers["location"] == "/staff"
    home = await person.get("/staff")
    assert 'href="/rights"' in home.text
    assert "/inbox" not in home.text
    assert (await machine.get("/api/v1/projects")).status_code == 403
