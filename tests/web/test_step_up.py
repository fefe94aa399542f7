"""Who is it, once more, before a weighty act: nothing typed is lost, nothing is done before the answer (D111)."""

import html
import re
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Request, get, post
from litestar.datastructures import UploadFile
from sqlalchemy import text

from lianshen.access.queries import PolicyError
from lianshen.access.strength import load_strength
from lianshen.projects import permissions
from lianshen.web import pages
from lianshen.web._auth import needs
from lianshen.web.app import create_app
from lianshen.wiring import PERMISSIONS
from tests.walk.driver import LEAD, Driver
from tests.web.conftest import browser, serving
from tests.web.people import Newcomer, enter, key_of, newcomer, say, set_up

REASON = '必要性论证不足：\n一、"效益"测算缺依据；\n二、<3 家比选。'


@pytest.fixture
async def project(work, staff, law, tmp_path) -> UUID:
    """A project that the county's data bureau reviews now."""
    drive = Driver(work, staff, law, tmp_path)
    drive.at("2026-03-02")
    await drive.declare("700000")
    await drive.hand_in_all()
    await drive.act(drive.unit, "submit")
    return drive.project


@pytest.fixture
async def reviewer(work, project, at) -> Newcomer:
    return await newcomer(work, LEAD)


async def phase(superuser: Any, project: UUID) -> str:
    await superuser.commit()
    return str(
        (await superuser.execute(text("SELECT phase FROM project WHERE id = :id"), {"id": project})).scalar_one()
    )


async def stay(client: httpx.AsyncClient, at: Any, minutes: int) -> None:
    """Go on working for so long, so that the session does not idle out."""
    for passed in range(10, minutes + 1, 10):
        at(minutes=passed)
        await client.get("/inbox")
    at(minutes=minutes)


def carried(page: str) -> dict[str, str]:
    """The hidden fields of a page's form, as a browser would send them again."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return {html.unescape(name): html.unescape(value) for name, value in found}


@pytest.mark.demand("D111", "D102")
async def test_an_old_session_is_asked_and_the_act_then_goes_on_as_it_was_typed(
    app, reviewer, project, superuser, at, heard
):
    act = f"/projects/{project}/actions/fail_pre_review"
    async with browser(app) as client:
        await enter(client, reviewer)
        await stay(client, at, 20)
        before, old = await phase(superuser, project), client.cookies["lianshen"]
        form = {"_csrf": await key_of(client, f"/projects/{project}"), "_key": "once", "reason": REASON}
        asked = await client.post(act, data=form)
        assert asked.status_code == 401
        assert "请再次确认身份" in asked.text
        assert f'action="{act}"' in asked.text
        assert carried(asked.text) == form
        assert await phase(superuser, project) == before
        wrong = await client.post(act, data=carried(asked.text) | {"_again_password": "guess"})
        assert wrong.status_code == 401
        assert "确认身份未成功" in wrong.text
        assert "guess" not in wrong.text
        assert carried(wrong.text) == form
        assert await phase(superuser, project) == before
        done = await client.post(act, data=carried(wrong.text) | {"_again_password": reviewer.password})
        assert (done.status_code, done.headers["location"]) == (303, f"/projects/{project}?done=fail_pre_review")
        assert ("320723", "identity.confirm_again") in await heard()
        assert await phase(superuser, project) != before
        assert client.cookies["lianshen"] != old
        async with browser(app, cookies={"lianshen": old}) as thief:
            assert (await thief.get("/api/v1/me")).status_code == 401
        other = await client.post("/logout", data={"_csrf": form["_csrf"]})
        assert other.status_code == 303, "a form that stood open elsewhere still counts"
    noted = text("SELECT note, facts FROM event WHERE project = :id AND action = 'projects.fail_pre_review'")
    (note, facts) = (await superuser.execute(noted, {"id": project})).one()
    assert REASON in note
    assert reviewer.password not in note + str(facts)


@pytest.mark.demand("D111")
async def test_what_the_act_becomes_does_not_undo_the_answer(app, reviewer, project, at):
    """The act is refused for its own reasons: the person is not asked a second time."""
    act = f"/projects/{project}/actions/fail_pre_review"
    async with browser(app) as client:
        await enter(client, reviewer)
        await stay(client, at, 20)
        form = {"_csrf": await key_of(client, f"/projects/{project}"), "reason": ""}
        refused = await client.post(act, data=form | {"_again_password": reviewer.password})
        assert refused.status_code == 422
        assert "此项必填" in refused.text
        assert (await client.get("/api/v1/me")).status_code == 200
        assert (await client.post(act, data=form | {"reason": REASON})).status_code == 303


@pytest.mark.demand("D111")
async def test_a_fresh_session_and_a_light_act_are_not_asked(app, reviewer, project, at):
    async with browser(app) as client:
        await enter(client, reviewer)
        await stay(client, at, 14)
        done = await say(client, f"/projects/{project}", f"/projects/{project}/actions/fail_pre_review", reason=REASON)
        assert done.status_code == 303
        await stay(client, at, 30)
        assert (await client.get(f"/projects/{project}")).status_code == 200
        assert (await say(client, "/account", "/account/sessions/end")).status_code == 303


@pytest.mark.demand("D111")
async def test_the_ledger_leaves_the_house_only_with_somebody_who_just_showed_who_they_are(app, staff, at):
    auditor = staff.account("sjgl")
    export = "/audit/export?kind=jsonl&action=identity.sign_in"
    async with browser(app) as client:
        await enter(client, auditor)
        assert (await client.get(export)).status_code == 200
        for passed in (8, 16):
            at(minutes=passed)
            assert (await client.get("/audit")).status_code == 200
        asked = await client.get(export)
        assert asked.status_code == 303
        again = asked.headers["location"]
        assert again.startswith("/again?")
        fields = carried((await client.get(again)).text)
        done = await client.post("/again", data=fields | {"_again_password": auditor.password})
        assert (done.status_code, done.headers["location"]) == (303, export)
        assert (await client.get(export)).status_code == 200


@pytest.mark.demand("D111", "D104")
async def test_whoever_has_a_second_factor_is_asked_for_that(strict, work, project, superuser, at):
    reviewer = await newcomer(work, LEAD)
    act = f"/projects/{project}/actions/fail_pre_review"
    async with browser(strict) as client:
        await enter(client, reviewer)
        await set_up(client, reviewer, "/login/enroll", "/login/enroll", at.now)
        await stay(client, at, 20)
        asked = await say(client, f"/projects/{project}", act, reason=REASON)
        assert 'name="_again_code"' in asked.text
        assert 'name="_again_password"' not in asked.text
        form = carried(asked.text)
        assert (await client.post(act, data=form | {"_again_password": reviewer.password})).status_code == 401
        code = reviewer.code(at.now)
        assert (await client.post(act, data=form | {"_again_code": code})).status_code == 303
        await stay(client, at, 40)
        again = {"_csrf": form["_csrf"], "_again_code": code}
        assert (await client.post("/account/codes", data=again)).status_code == 401, "used"


@pytest.mark.demand("D100", "D111")
async def test_guesses_here_lock_the_account_like_any_other(app, reviewer, project, at):
    act = f"/projects/{project}/actions/fail_pre_review"
    async with browser(app) as client:
        await enter(client, reviewer)
        await stay(client, at, 20)
        form = carried((await say(client, f"/projects/{project}", act, reason=REASON)).text)
        for _ in range(5):
            await client.post(act, data=form | {"_again_password": "guess"})
        assert (await client.post(act, data=form | {"_again_password": reviewer.password})).status_code == 401
        assert (await client.get("/inbox")).status_code == 200, "nobody is thrown out by that"


@pytest.mark.demand("D111")
async def test_a_program_is_told_and_answers(app, reviewer, project, superuser, at):
    async with browser(app) as client:
        form = {"tenant": reviewer.tenant, "login": reviewer.login, "password": reviewer.password}
        session = (await client.post("/api/v1/sessions", json=form)).json()
        token = {"authorization": f"Bearer {session['token']}"}
        for passed in (10, 20):
            at(minutes=passed)
            await client.get("/api/v1/me", headers=token)
        act = f"/api/v1/projects/{project}/actions/fail_pre_review"
        asked = await client.post(act, json={"reason": REASON}, headers=token)
        assert (asked.status_code, asked.json()["type"]) == (401, "urn:lianshen:problem:step_up_required")
        wrong = await client.post("/api/v1/session/step-up", json={"password": "guess"}, headers=token)
        assert (wrong.status_code, wrong.json()["type"]) == (401, "urn:lianshen:problem:sign_in_failed")
        keyed = token | {"idempotency-key": "token"}
        fresh = await client.post("/api/v1/session/step-up", json={"password": reviewer.password}, headers=keyed)
        assert fresh.status_code == 200
        kept = await superuser.execute(text("SELECT count(*) FROM replay WHERE key = 'token'"))
        assert kept.scalar_one() == 0, "no key brings a secret back"
        assert (await client.post(act, json={"reason": REASON}, headers=token)).status_code == 401
        token = {"authorization": f"Bearer {fresh.json()['token']}"}
        assert (await client.post(act, json={"reason": REASON}, headers=token)).status_code == 200


@pytest.fixture
async def filing(configured, monkeypatch):
    """The application with a page whose form takes a file, marked as weighty on both sides."""
    taken: list[tuple[str, str]] = []

    @get("/heavy", opt=needs(permissions.READ, step_up=True), sync_to_thread=False)
    def form() -> str:
        return "form"

    @post("/heavy", opt=needs(permissions.READ, step_up=True))
    async def take(request: Request[Any, Any, Any]) -> str:
        sent = await request.form()
        file = sent["list"]
        assert isinstance(file, UploadFile)
        taken.append((str(sent["why"]), (await file.read()).decode()))
        return "taken"

    monkeypatch.setattr(pages, "HANDLERS", (*pages.HANDLERS, form, take))
    made = create_app(msgspec.structs.replace(configured))
    async with serving(made):
        yield made, taken


@pytest.mark.demand("D111")
async def test_a_form_with_files_asks_before_it_is_filled_in(filing, work, at):
    app, taken = filing
    who = await newcomer(work, ("县教育局", "applicant"))
    async with browser(app) as client:
        await enter(client, who)
        await stay(client, at, 20)
        asked = await client.get("/heavy?list=1")
        assert (asked.status_code, asked.headers["location"]) == (303, "/again?next=/heavy%3Flist%3D1")
        page = await client.get(asked.headers["location"])
        assert carried(page.text)["next"] == "/heavy?list=1"
        done = await client.post("/again", data=carried(page.text) | {"_again_password": who.password})
        assert (done.status_code, done.headers["location"]) == (303, "/heavy?list=1")
        assert (await client.get("/heavy")).status_code == 200
        key = await key_of(client, "/account")
        for passed in (30, 40, 45):
            at(minutes=passed)
            await client.get("/inbox")
        sent = {"data": {"_csrf": key, "why": "年度名单"}, "files": {"list": ("名单.csv", b"a,b", "text/csv")}}
        assert (await client.post("/heavy", **sent)).status_code == 201, "asked when the form was opened"
        at(minutes=52)
        late = await client.post("/heavy", **sent)
        assert late.status_code == 401
        assert "请重新选择文件：名单.csv" in late.text
        assert 'enctype="multipart/form-data"' in late.text
        assert carried(late.text)["why"] == "年度名单"
        again = sent | {"data": carried(late.text) | {"_again_password": who.password}}
        assert (await client.post("/heavy", **again)).status_code == 201
        assert taken == [("年度名单", "a,b")] * 2


@pytest.mark.parametrize(
    "line",
    [
        "projects.destroy, factor",
        "projects.approve, loud",
        "projects.approve",
        "projects.approve, factor\nprojects.approve, step_up",
    ],
)
def test_what_nobody_knows_is_refused(tmp_path, line):
    (tmp_path / "strength.csv").write_text(f"# one line\n\n{line}\n", encoding="utf-8")
    with pytest.raises(PolicyError):
        load_strength(tmp_path, PERMISSIONS, minutes=15)


@pytest.mark.demand("D104", "D111")
def test_whoever_reviews_or_approves_needs_two_factors_and_is_asked_again(configured, law):
    """Every action of every pack that takes part in a review or an approval, by the duty that its pack gives it."""
    strength = load_strength(configured.policies_dir, PERMISSIONS, minutes=15)
    deciding = {
        action.shut.permission
        for pack in law.registry.packs()
        for action in pack.actions.values()
        if action.shut.duty in ("review", "approve")
    }
    assert len(deciding) > 4
    assert deciding - strength.factor == set()
    assert deciding - strength.step_up <= {"projects.receive", "reviews.convene"}
