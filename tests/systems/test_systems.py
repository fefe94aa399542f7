"""Keys of other systems: scoped, expiring, shown once, revocable at once; a system is nobody's person (D42)."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text

from lianshen.kernel import clock
from lianshen.systems.queries import grantable, labels
from tests.support.seals import reseal
from tests.walk.driver import PDF, form
from tests.web.conftest import app, browser, serving

__all__ = ["app", "serving"]

pytestmark = pytest.mark.demand("D42")
DRAFT = {"title": "教育数据平台", "project_budget": "480000.00"}


@pytest.fixture
async def security(app, staff) -> AsyncIterator[httpx.AsyncClient]:
    login = next(one.login for one in staff.accounts if (one.tenant, one.role) == ("320723", "security_admin"))
    token = await staff.token(login)
    async with browser(app, headers={"authorization": f"Bearer {token}"}) as made:
        yield made


@pytest.fixture
async def places(superuser) -> dict[str, UUID]:
    """Offices of Guanyun by name, and one of another tenant."""
    rows = await superuser.execute(text("SELECT id, name FROM office WHERE tenant = '320723'"))
    found = {row.name: row.id for row in rows}
    there = text("SELECT id FROM office WHERE tenant = '421000' ORDER BY code LIMIT 1")
    return found | {"there": (await superuser.execute(there)).scalar_one()}


@pytest.fixture
async def entered(security, places, superuser) -> dict[str, Any]:
    person = (
        await superuser.execute(text("SELECT id FROM person WHERE tenant = '320723' AND login = 'jyj-sb'"))
    ).scalar_one()
    body = {"name": f"协同办公 {uuid4().hex[:8]}", "office": str(places["县教育局"]), "person": str(person)}
    answer = await security.post("/api/v1/systems", json=body)
    assert answer.status_code == 201, answer.text
    return body | answer.json()


async def key(security: httpx.AsyncClient, system: dict[str, Any], *may: str, days: int = 30, **more: str) -> Any:
    answer = await security.post(
        f"/api/v1/systems/{system['id']}/keys", json={"permissions": may, "days": days, **more}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def program(app: Any, made: dict[str, Any]) -> httpx.AsyncClient:
    return browser(app, headers={"authorization": f"Bearer {made['token']}"})


async def test_a_system_reads_and_declares_and_the_ledger_names_it(app, security, entered, superuser):
    made = await key(security, entered, "projects.read/unit", "projects.declare")
    async with program(app, made) as oa:
        me = (await oa.get("/api/v1/me")).json()
        assert (me["name"], me["office_name"], me["roles"]) == (entered["name"], "县教育局", ["system"])
        declared = await oa.post("/api/v1/projects", json=DRAFT, headers={"idempotency-key": "oa-1"})
        assert declared.status_code == 201, declared.text
        again = await oa.post("/api/v1/projects", json=DRAFT, headers={"idempotency-key": "oa-1"})
        assert (again.headers["idempotent-replay"], again.json()) == ("true", declared.json())
        project = declared.json()["project"]
        assert (await oa.get(f"/api/v1/projects/{project}")).json()["title"] == DRAFT["title"]
        assert project in (await oa.get("/api/v1/projects")).text
    row = (
        await superuser.execute(text("SELECT * FROM event WHERE project = :project"), {"project": UUID(project)})
    ).one()
    assert (row.person, row.post, row.actor) == (None, None, f"{entered['name']}（县教育局的系统）")
    assert row.office == UUID(entered["office"])


async def test_a_key_opens_what_it_names_and_nothing_else(app, security, entered, staff):
    made = await key(security, entered, "projects.read/unit")
    async with program(app, made) as oa:
        assert (await oa.get("/api/v1/projects")).status_code == 200
        assert (await oa.post("/api/v1/projects", json=DRAFT)).status_code == 403
        for path in ("/api/v1/inbox", "/api/v1/notices"):
            assert (await oa.get(path)).status_code in (200, 403), path
        assert (await oa.get("/api/v1/systems")).status_code == 403
        for method, path in (
            ("DELETE", "/api/v1/sessions/current"), ("GET", "/api/v1/sessions"), ("GET", "/account"),
            ("POST", "/logout"), ("GET", "/account/password"),
        ):  # fmt: skip
            assert (await oa.request(method, path)).status_code == 403, path
    async with browser(app, cookies={"lianshen": made["token"]}) as page:
        assert (await page.get("/api/v1/me")).status_code == 401  # a key is no cookie


async def test_a_system_hands_in_and_files_for_whoever_answers_for_it(app, security, entered, superuser, staff):
    """Papers and duty are that person's, who may then neither review nor approve (D37); opinions stay people's."""
    may = ("projects.read/unit", "projects.declare", "projects.submit", "documents.upload")
    made = await key(security, entered, *may)
    async with program(app, made) as oa:
        declared = await oa.post("/api/v1/projects", json=form("700000"))
        project = declared.json()["project"]
        desk = (await oa.get(f"/api/v1/projects/{project}/desk")).json()
        for slot in desk["papers"]:
            if slot["may_upload"]:
                sent = await oa.post(
                    f"/api/v1/projects/{project}/documents",
                    data={"paper": slot["code"]},
                    files={"file": ("材料.pdf", PDF, "application/pdf")},
                )
                assert sent.status_code == 201, sent.text
        filed = await oa.post(f"/api/v1/projects/{project}/actions/submit", json={})
        assert filed.status_code == 200, filed.text
        (receipt,) = (await oa.get(f"/api/v1/projects/{project}/receipts")).json()
        assert receipt["actor"] == f"{entered['name']}（县教育局的系统）"
    duty = text("SELECT person, duty FROM project_duty WHERE project = :p")
    assert [tuple(row) for row in await superuser.execute(duty, {"p": UUID(project)})] == [
        (UUID(entered["person"]), "apply")
    ]
    wider = await security.post(
        f"/api/v1/systems/{entered['id']}/keys", json={"permissions": ["reviews.give_opinion"], "days": 30}
    )
    assert wider.status_code == 422


async def test_a_key_without_the_right_to_file_does_not(app, security, entered):
    made = await key(security, entered, "projects.read/unit", "projects.declare")
    async with program(app, made) as oa:
        project = (await oa.post("/api/v1/projects", json=DRAFT)).json()["project"]
        assert (await oa.post(f"/api/v1/projects/{project}/actions/submit", json={})).status_code == 403


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"permissions": [], "days": 30}, "permissions"),
        ({"permissions": ["projects.approve"], "days": 30}, "permissions"),
        ({"permissions": ["systems.manage"], "days": 30}, "permissions"),
        ({"permissions": ["no.such"], "days": 30}, "permissions"),
        ({"permissions": ["projects.read"], "days": 30}, "permissions"),
        ({"permissions": ["projects.read/office"], "days": 30}, "permissions"),
        ({"permissions": ["projects.read/unit"], "days": 0}, "days"),
        ({"permissions": ["projects.read/unit"], "days": 366}, "days"),
        ({"permissions": ["projects.read/unit"], "days": 30, "office": str(uuid4())}, "office"),
    ],
)
async def test_more_than_systems_may_have_is_refused(security, entered, asked, field):
    answer = await security.post(f"/api/v1/systems/{entered['id']}/keys", json=asked)
    assert answer.status_code == 422
    assert [item["field"] for item in answer.json()["errors"]] == [field]


async def test_what_the_policy_no_longer_gives_no_key_keeps(app, security, entered, superuser):
    """Whatever is written in the row: the role of systems bounds it at every request."""
    made = await key(security, entered, "projects.read/unit")
    await superuser.execute(
        text("UPDATE system_token SET permissions = :may WHERE id = :id"),
        {"id": UUID(made["id"]), "may": ["projects.read/unit", "projects.approve", "systems.manage"]},
    )
    await superuser.commit()
    async with program(app, made) as oa:
        assert (await oa.get("/api/v1/systems")).status_code == 403
        assert (await oa.get("/api/v1/projects")).status_code == 200


async def test_a_key_acts_in_the_office_it_is_given(app, security, entered, places):
    made = await key(security, entered, "projects.read/unit", office=str(places["县委网信办"]))
    async with program(app, made) as oa:
        assert (await oa.get("/api/v1/me")).json()["office_name"] == "县委网信办"


async def test_a_key_expires(app, security, entered, monkeypatch):
    made = await key(security, entered, "projects.read/unit", days=2)
    began = datetime.now(UTC)
    async with program(app, made) as oa:
        for hours, status in ((47, 200), (49, 401)):
            monkeypatch.setattr(clock, "now", lambda hours=hours: began + timedelta(hours=hours))
            assert (await oa.get("/api/v1/projects")).status_code == status


async def test_a_key_is_taken_back_at_once_and_so_is_a_system(app, security, entered):
    first, second = [await key(security, entered, "projects.read/unit") for _ in range(2)]
    async with program(app, first) as one, program(app, second) as two:
        assert (await one.get("/api/v1/projects")).status_code == 200
        gone = await security.delete(f"/api/v1/systems/{entered['id']}/keys/{first['id']}")
        assert gone.status_code == 204
        assert [(await who.get("/api/v1/projects")).status_code for who in (one, two)] == [401, 200]
        again = await security.delete(f"/api/v1/systems/{entered['id']}/keys/{first['id']}")
        assert again.status_code == 404
        assert (await security.delete(f"/api/v1/systems/{entered['id']}")).status_code == 204
        assert (await two.get("/api/v1/projects")).status_code == 401
    refused = await security.post(
        f"/api/v1/systems/{entered['id']}/keys", json={"permissions": ["projects.read/unit"], "days": 3}
    )
    assert refused.status_code == 404


async def test_a_key_is_replaced_with_an_overlap(app, security, entered, monkeypatch):
    old = await key(security, entered, "projects.read/unit", days=90)
    answer = await security.post(f"/api/v1/systems/{entered['id']}/keys/{old['id']}/successor")
    assert answer.status_code == 201
    new, began = answer.json(), datetime.now(UTC)
    async with program(app, old) as one, program(app, new) as two:
        for days, statuses in ((0, [200, 200]), (6, [200, 200]), (8, [401, 200]), (91, [401, 401])):
            monkeypatch.setattr(clock, "now", lambda days=days: began + timedelta(days=days))
            assert [(await who.get("/api/v1/projects")).status_code for who in (one, two)] == statuses, days


async def test_a_key_is_shown_once_and_its_secret_kept_nowhere(app, security, entered, superuser):
    made = await key(security, entered, "projects.read/unit")
    assert re.fullmatch(r"ls_320723_[A-Za-z0-9_-]{43}", made["token"])
    assert made["token"] not in (await security.get("/api/v1/systems")).text
    secret = made["token"].rpartition("_")[2]
    for table in ("system_token", "event", "replay", "outbox"):
        kept = await superuser.execute(
            text(f"SELECT count(*) FROM {table} t WHERE t::text LIKE :x"), {"x": f"%{secret}%"}
        )
        assert kept.scalar_one() == 0, table
    before = (await security.get("/api/v1/systems")).json()
    assert not next(one for one in before if one["id"] == entered["id"])["keys"][0]["used_at"]
    async with program(app, made) as oa:
        await oa.get("/api/v1/projects")
    after = next(one for one in (await security.get("/api/v1/systems")).json() if one["id"] == entered["id"])
    assert after["keys"][0]["used_at"]


@pytest.mark.parametrize("change", ["421000", "999999", "32072", "320723_", "ls"])
async def test_a_key_relabelled_or_misshapen_is_no_key(app, security, entered, change):
    token = (await key(security, entered, "projects.read/unit"))["token"]
    for said in (token.replace("320723", change, 1), token[:-1], token + "a", token.upper(), token.replace("ls_", "")):
        async with browser(app, headers={"authorization": f"Bearer {said}"}) as oa:
            assert (await oa.get("/api/v1/projects")).status_code == 401


async def test_a_key_costs_no_more_trips_than_a_session(app, security, entered, staff):
    """One round trip finds the key and binds the transaction (enter_token)."""
    made = await key(security, entered, "projects.read/unit")
    engine, asked = app.services.database.engine.sync_engine, []
    listen = lambda *given: asked.append(given[2])  # noqa: E731
    sqlalchemy_event.listen(engine, "before_cursor_execute", listen)
    try:
        counts = []
        for token in (await staff.token("jyj-sb"), made["token"]):
            async with browser(app, headers={"authorization": f"Bearer {token}"}) as who:
                await who.get("/api/v1/projects")  # notes that it is in use
                asked.clear()
                await who.get("/api/v1/projects")
                counts.append(len(asked))
    finally:
        sqlalchemy_event.remove(engine, "before_cursor_execute", listen)
    assert counts[0] == counts[1] > 0


async def test_every_step_is_an_event(security, entered, superuser):
    made = await key(security, entered, "projects.read/unit")
    there = f"/api/v1/systems/{entered['id']}/keys/{made['id']}"
    new = (await security.post(f"{there}/successor")).json()
    await security.delete(f"/api/v1/systems/{entered['id']}/keys/{new['id']}")
    await security.delete(f"/api/v1/systems/{entered['id']}")
    rows = await superuser.execute(
        text("SELECT action FROM event WHERE tenant = '320723' AND label LIKE :name ORDER BY seq"),
        {"name": f"%{entered['name']}"},
    )
    assert list(rows.scalars()) == [
        "systems.register", "systems.issue", "systems.rotate", "systems.revoke", "systems.end",
    ]  # fmt: skip


async def test_only_the_security_administrator_hands_out_keys(app, staff, entered):
    for role in ("applicant", "lead_officer", "approver", "rules_officer"):
        login = next(one.login for one in staff.accounts if (one.tenant, one.role) == ("320723", role))
        async with browser(app, headers={"authorization": f"Bearer {await staff.token(login)}"}) as who:
            assert (await who.get("/api/v1/systems")).status_code == 403
            assert (await who.get("/systems")).status_code == 403
            assert (await who.delete(f"/api/v1/systems/{entered['id']}")).status_code == 403


async def test_the_page_enters_a_system_and_shows_its_key_once(app, staff, places):
    login = next(one.login for one in staff.accounts if (one.tenant, one.role) == ("320723", "security_admin"))
    signed_in = await staff.sign_in(login)
    own = {"_csrf": signed_in.actor.form_key}
    async with browser(app, cookies={"lianshen": signed_in.token}) as page:
        wrong = await page.post("/systems", data=own | {"name": "", "office": "x", "person": "<b>"})
        assert wrong.status_code == 422
        assert "请填写系统名称" in wrong.text
        shown = (await page.get("/systems")).text
        assert '<option value="jyj-sb">申报岗（县教育局）</option>' in shown
        name = f"电子采购 {uuid4().hex[:6]}"
        form = {"name": name, "office": str(places["县教育局"]), "person": "jyj-sb"}
        assert (await page.post("/systems", data=own | form)).status_code == 303
        shown = (await page.get("/systems")).text
        system = re.search(
            rf'id="system-([0-9a-f-]{{36}})">\s*<div class="card-header">\s*<h2 class="card-title">{name}', shown
        )[1]
        made = await page.post(
            f"/systems/{system}/keys",
            data=own | {"permissions": ["projects.read/unit", "documents.read"], "days": "30"},
        )
        token = re.search(r"ls_320723_[A-Za-z0-9_-]{43}", made.text)[0]
        assert token not in (await page.get("/systems")).text
        assert "查看项目（本单位申报）" in made.text
        none = await page.post(f"/systems/{system}/keys", data=own | {"days": "30"})
        assert (none.status_code, "请至少选择一项" in none.text) == (422, True)
    async with browser(app, headers={"authorization": f"Bearer {token}"}) as oa:
        assert (await oa.get("/api/v1/projects")).status_code == 200


def test_whatever_a_key_may_be_given_has_a_name_for_people(configured):
    assert set(labels()) == set(grantable()) != set()
    assert [name for code, name in labels().items() if code in name] == []


async def test_a_key_reads_on_the_rows_that_it_names_and_on_no_others(
    app, security, entered, staff, superuser, worker_database
):
    """Of what another unit has disclosed, only a key for the whole tenant sees anything."""
    async with browser(app, headers={"authorization": f"Bearer {await staff.token('wjw-sb')}"}) as other:
        made = await other.post("/api/v1/projects", json=DRAFT | {"title": "别家的平台"})
    project = made.json()["project"]
    await superuser.execute(text("UPDATE project SET disclosed = true WHERE id = :id"), {"id": UUID(project)})
    await superuser.commit()
    await reseal(worker_database, "320723")
    for scope, status in (("unit", 404), ("tenant", 200)):
        async with program(app, await key(security, entered, f"projects.read/{scope}")) as oa:
            assert (await oa.get(f"/api/v1/projects/{project}")).status_code == status, scope
