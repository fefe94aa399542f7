"""The pages of versions: who sees what, what changed, what would change, and two people moving projects over."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text

from lianshen.web.app import create_app
from tests.support.seals import reseal
from tests.support.successor import NEW, OLD, successor
from tests.walk.driver import LEAD, UNIT, form
from tests.web.conftest import browser, serving

PLANNER, APPROVER = "sjj-gz", "sjj-gs"


@pytest.fixture(scope="module")
async def two_laws(configured, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    """The application under the shipped law of Guanyun and an invented successor that is in force today."""
    home = tmp_path_factory.mktemp("served")
    successor(home)
    made = create_app(msgspec.structs.replace(configured, tenants_dir=home))
    async with serving(made):
        yield made


@pytest.fixture
def person(two_laws, staff):
    async def signed_in(login: str, app: Any = None) -> tuple[httpx.AsyncClient, str]:
        found = await staff.sign_in(login)
        return browser(app or two_laws, cookies={"lianshen": found.token}), found.actor.form_key

    return signed_in


@pytest.fixture
async def filed_under_the_old(app, person, superuser, worker_database) -> str:
    """A project that was handed in under the shipped law."""
    client, key = await person("jyj-sb", app)
    async with client:
        made = await client.post("/projects", data=form("480000", _csrf=key))
        address = made.headers["location"]
        desk = await client.get(address)
        assert "材料" in desk.text
        await superuser.execute(
            text("UPDATE project SET disclosed = true WHERE id = :id"), {"id": address.rpartition("/")[2]}
        )
        await superuser.commit()
        await reseal(worker_database, "320723")
    return address


async def test_the_page_lists_versions_for_those_who_look_after_them(person, staff):
    for login in (PLANNER, staff.find(*LEAD)):
        client, _ = await person(login)
        async with client:
            shown = await client.get("/law")
        assert shown.status_code == 200
        for said in ("2025-09-06", "2026-02-01", "2026年1月31日", "现行", "未公布", "规则审核岗"):
            assert said in shown.text, said
        assert ("试算改按" in shown.text) is (login == PLANNER)
    client, _ = await person(staff.find(*UNIT))
    async with client:
        assert (await client.get("/law")).status_code == 403
        assert 'href="/law"' not in (await client.get("/inbox")).text


async def test_what_changed_is_shown_side_by_side(person):
    client, _ = await person(PLANNER)
    async with client:
        shown = await client.get("/law/diff", params={"old": OLD, "new": NEW})
        assert shown.status_code == 200
        for said in ("10 处变化", "500,000 元", "600,000 元", "软硬件报价清单", "取消", "新增"):
            assert said in shown.text, said
        assert "两个版本没有差别" in (await client.get("/law/diff", params={"old": OLD, "new": OLD})).text
        for ref in ("320723@1999-01-01", "421000@2017-08-24"):
            assert (await client.get("/law/diff", params={"old": OLD, "new": ref})).status_code == 404
        for path in ("/law/diff", "/law/what-if"):
            nothing = await client.get(path)
            assert (nothing.status_code, nothing.headers["location"]) == (303, "/law"), "where the two are chosen"


async def test_where_nothing_can_be_moved_nothing_waits_for_approval(person):
    client, key = await person(PLANNER)
    async with client:
        plan = (await client.post("/law/moves", data={"_csrf": key, "to": NEW})).headers["location"]
        shown = (await client.get(plan)).text
    assert "没有按其他版本办理的项目" in shown
    assert "没有可以改按的项目，不需要批准" in shown


async def test_what_would_change_is_a_table(person, filed_under_the_old, two_laws, monkeypatch):
    client, _ = await person(PLANNER)
    async with client:
        shown = await client.get("/law/what-if", params={"draft": NEW, "against": OLD, "year": ""})
        assert shown.status_code == 200
        assert "修改后再次申报：30 日 → 20 日" in shown.text
        nothing = (await client.get("/law/what-if", params={"draft": NEW, "against": OLD, "year": "2001"})).text
        assert "比较 0 个" in nothing
        assert "没有可以比较的项目" in nothing, "which is not to say that nothing would change"
        monkeypatch.setattr("lianshen.web.pages.law._SECONDS", -1.0)
        cut = await client.get("/law/what-if", params={"draft": NEW, "against": OLD})
        assert "页面只比较了前 0 个" in cut.text


async def test_two_people_approve_a_move(person, filed_under_the_old, staff):
    client, key = await person(PLANNER)
    async with client:
        made = await client.post("/law/moves", data={"_csrf": key, "to": NEW})
        assert made.status_code == 303
        plan = made.headers["location"]
        shown = await client.get(plan)
        assert "待批准" in shown.text
        assert "须由不同的人员" in shown.text
        assert f'href="{filed_under_the_old}"' in shown.text
        assert "取消 项目建议书" in shown.text
        refused = await client.post(f"{plan}/approval", data={"_csrf": key})
        assert refused.status_code == 403
        assert "须由另一人批准" in refused.text
        wrong = await client.post("/law/moves", data={"_csrf": key, "to": OLD})
        assert (wrong.status_code, "不能改按该版本办理" in wrong.text) == (409, True)
    client, key = await person(staff.find(*LEAD))
    async with client:
        assert (await client.post(f"{plan}/approval", data={"_csrf": key})).status_code == 403
    client, key = await person(APPROVER)
    async with client:
        assert "批准</button>" in (await client.get(plan)).text
        done = await client.post(f"{plan}/approval", data={"_csrf": key})
        assert (done.status_code, done.headers["location"]) == (303, plan)
        assert "规则审定岗批准" in (await client.get(plan)).text
        assert (await client.post(f"{plan}/approval", data={"_csrf": key})).status_code == 409


async def test_programs_do_the_same(two_laws, staff, filed_under_the_old):
    async def program(login: str) -> httpx.AsyncClient:
        return browser(two_laws, headers={"authorization": f"Bearer {await staff.token(login)}"})

    async with await program(PLANNER) as planner, await program(APPROVER) as approver:
        versions = (await planner.get("/api/v1/law/versions")).json()
        assert [(one["ref"], one["ends"], one["published"]) for one in versions] == [
            (OLD, "2026-01-31", True),
            (NEW, None, False),
        ]
        diff = (await planner.get("/api/v1/law/diff", params={"old": OLD, "new": NEW})).json()
        assert len(diff["changes"]) == 10
        what_if = (await planner.get("/api/v1/law/what-if", params={"draft": NEW, "against": OLD})).json()
        assert what_if["projects"] >= 1
        plan = (await planner.post("/api/v1/law/moves", json={"to": NEW})).json()["plan"]
        address = f"/api/v1/law/moves/{plan}"
        found = (await planner.get(address)).json()
        assert filed_under_the_old.rpartition("/")[2] in {item["project"] for item in found["items"]}
        refused = await planner.post(f"{address}/approval")
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:lianshen:problem:same_person")
        assert (await approver.post(f"{address}/approval")).status_code == 204
        assert (await planner.get("/api/v1/law/moves")).json()[0]["approver"]


async def test_projects_under_rules_that_are_no_longer_what_they_were_are_told(
    person, filed_under_the_old, superuser, app, worker_database
):
    mine = {"id": filed_under_the_old.rpartition("/")[2]}
    client, _ = await person(PLANNER, app)
    async with client:
        assert "与申报时不一致" not in (await client.get(filed_under_the_old)).text
        await superuser.execute(text("UPDATE project SET pack_digest = 'f00d' WHERE id = :id"), mine)
        await superuser.commit()
        await reseal(worker_database, "320723")
        assert "个项目所依的规则与申报时不一致" in (await client.get("/law")).text
        assert "本项目所依的规则与申报时不一致" in (await client.get(filed_under_the_old)).text
    await superuser.execute(text("DELETE FROM task WHERE project = :id"), mine)
    await superuser.execute(text("UPDATE project SET disclosed = false, pack_digest = :d WHERE id = :id"),
                            mine | {"d": app.services.law.registry.pack(OLD).digest})  # fmt: skip
    await superuser.commit()
    await reseal(worker_database, "320723")


async def ended(configured, tmp_path: Path) -> Any:
    """The application under a law that ended long ago."""
    folder = successor(tmp_path, ("instrument.yaml", "replaces: 320723@2025-09-06", 'until: "2026-03-01"'))
    (folder.parent / "pack-2025-09-06").unlink()
    return create_app(msgspec.structs.replace(configured, tenants_dir=tmp_path))


async def test_after_the_end_the_form_keeps_what_was_typed_and_says_why(configured, tmp_path, person, staff):
    made = await ended(configured, tmp_path)
    client, key = await person("jyj-sb", made)
    async with client:
        refused = await client.post("/projects", data=form("480000", _csrf=key, title="数字校园"))
        assert refused.status_code == 409
        for said in ("没有可适用的办法", "有效期至2026年3月1日", "第三十四条", "不再受理新的申报", 'value="数字校园"'):
            assert said in refused.text, said
        opened = await client.get("/projects/new")
        assert (opened.status_code, "有效期至2026年3月1日" in opened.text) == (409, True)
    token = await staff.token("jyj-sb")
    async with browser(made, headers={"authorization": f"Bearer {token}"}) as program:
        problem = (await program.post("/api/v1/projects", json=form("480000"))).json()
        assert problem["type"] == "urn:lianshen:problem:no_law"
        assert [(one["code"], one["article"]) for one in problem["errors"]] == [("no_longer", "第三十四条")]
    await made.services.database.close()


async def test_a_banner_warns_those_who_look_after_the_law(configured, tmp_path, person, staff):
    made = await ended(configured, tmp_path)
    for login, warned in ((PLANNER, True), (staff.find(*LEAD), True), ("jyj-sb", False)):
        client, _ = await person(login, made)
        async with client:
            assert ("已于 2026年3月1日 到期" in (await client.get("/inbox")).text) is warned, login
    await made.services.database.close()


async def test_answers_beyond_the_review_say_so(configured, client, tmp_path):
    """The shipped versions were reviewed until a day; an unpublished one says that instead."""
    assert "尚未公布，仅供试用" not in (await client.get("/precheck/320723")).text
    successor(tmp_path)
    made = create_app(msgspec.structs.replace(configured, tenants_dir=tmp_path))
    async with browser(made) as other:
        assert "尚未公布，仅供试用" in (await other.get("/precheck/320723")).text
        answer = await other.post("/api/v1/assessments", json={"tenant": "320723", "facts": {}})
        said = answer.json()["assessment"]
        assert (said["published"], said["reviewed_until"], said["beyond_review"]) == (False, None, True)
    await made.services.database.close()
