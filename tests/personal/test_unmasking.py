"""Personal data is masked on every page and in every answer; seeing it whole takes a right and a reason (D179)."""

from uuid import uuid4

import pytest
from litestar.routes import HTTPRoute
from sqlalchemy import text
from tests.walk.driver import LEAD, UNIT, Driver
from tests.web.conftest import app, browser, form_key, program, serving

from lianshen.identity import queries as identity
from lianshen.web._auth import PUBLIC

__all__ = ["app", "form_key", "program", "serving"]
pytestmark = pytest.mark.demand("D179")
HERE = "320723"
REASON = "通知补正材料"


@pytest.fixture
async def whole(work):
    """Everybody's contact data in full."""
    async with work() as uow:
        await uow.enter(HERE)
        found = await identity.contacts(uow)
    assert len([one for one in found if one.phone and one.email]) > 10
    return found


@pytest.fixture
async def someone(whole, staff):
    actor = await staff.actor(staff.find(*UNIT))
    return next(one for one in whole if one.person == actor.person)


@pytest.fixture
async def project(work, staff, law, tmp_path):
    drive = Driver(work, staff, law, tmp_path)
    drive.at("2026-03-02")
    await drive.submit("700000")
    return drive.project


async def person(app, staff, who):
    signed_in = await staff.sign_in(staff.find(*who))
    return browser(app, cookies={"lianshen": signed_in.token}), signed_in.actor.form_key


def leaked(said: str, whole) -> list[str]:
    return [value for one in whole for value in (one.phone, one.email) if value and value in said]


def administrators(staff) -> list[tuple[str, str]]:
    return [(one.office, one.role) for one in staff.accounts if one.tenant == HERE and one.role.endswith("_admin")]


async def test_no_page_and_no_answer_shows_anything_in_full(app, staff, whole, someone, project):
    routes = [
        route.path_format
        for route in app.app.routes if isinstance(route, HTTPRoute)
        for handler in route.route_handlers if "GET" in handler.http_methods and handler.opt != PUBLIC
    ]  # fmt: skip
    named = {"channel": "mail", "kind": "project", "document": uuid4(), "plan": uuid4(), "field": "phone",
             "paper": "feasibility_report", "tenant": HERE,
             "action": "submit", "name": "app.css", "path": "x", "role": "own_1", "seq": 1,
             "digest": "00" * 32, "order": uuid4()}  # fmt: skip
    asked = 0
    people = [LEAD, UNIT, ("县数据局", "rules_officer"), ("县发改委", "approver"), ("县政府办公室", "observer")]
    for who in [*people, *administrators(staff)]:
        client, _ = await person(app, staff, who)
        async with client:
            for path in routes:
                at = path.format_map(Named(named | {"project": project, "person": someone.person}))
                answer = await client.get(at)
                assert answer.status_code < 500, at
                assert leaked(answer.text, whole) == [], (who, at)
                asked += answer.status_code == 200
    assert asked > 60


async def test_masked_values_are_on_the_page(app, staff, someone):
    client, _ = await person(app, staff, LEAD)
    async with client:
        page = await client.get("/contacts")
    assert f"{someone.phone[:3]}****{someone.phone[-4:]}" in page.text
    assert f"{someone.email[0]}***@320723.invalid" in page.text


async def test_page_by_page_everybody_comes_once(program, whole):
    seen, after, pages = [], None, 0
    async with await program(*LEAD) as client:
        while pages == 0 or after:
            asked = {"limit": 4} | ({"after": after} if after else {})
            found = (await client.get("/api/v1/contacts", params=asked)).json()
            assert 1 <= len(found["items"]) <= 4
            seen += [one["person"] for one in found["items"]]
            after, pages = found["next"], pages + 1
        assert (await client.get("/api/v1/contacts", params={"after": str(uuid4())})).status_code == 404
    assert seen == [str(one.person) for one in whole]
    assert pages == -(-len(whole) // 4)


async def events(superuser):
    await superuser.rollback()
    found = await superuser.execute(
        text("SELECT label, note, actor FROM event WHERE tenant = :t AND action = 'identity.unmask' ORDER BY seq"),
        {"t": HERE},
    )
    return [tuple(row) for row in found]


async def test_seeing_it_whole_is_an_event_with_its_reason(app, staff, someone, whole, superuser):
    before = await events(superuser)
    client, key = await person(app, staff, LEAD)
    address = f"/contacts/{someone.person}/phone"
    async with client:
        refused = await client.post(address, data={"_csrf": key, "reason": " "})
        assert refused.status_code == 422
        assert leaked(refused.text, whole) == []
        assert await events(superuser) == before
        shown = await client.post(address, data={"_csrf": key, "reason": REASON, "_key": "once-only"})
        assert (shown.status_code, leaked(shown.text, whole)) == (200, [someone.phone])
        assert "no-store" in shown.headers["cache-control"]
        again = await client.get(address)
        assert leaked(again.text, whole) == []
    (new,) = (await events(superuser))[len(before) :]
    assert new[:2] == (f"查看完整电话：{someone.name}", REASON)
    assert "县数据局" in new[2]


async def test_the_answer_is_kept_nowhere(program, someone, superuser, whole):
    async with await program(*LEAD) as client:
        body = {"field": "email", "reason": REASON}
        headers = {"idempotency-key": "unmask-1"}
        answer = await client.post(f"/api/v1/contacts/{someone.person}/unmask", json=body, headers=headers)
        assert (answer.status_code, answer.json()["value"]) == (200, someone.email)
    for table in ("replay", "event", "outbox", "notice", "person"):
        rows = await superuser.execute(text(f"SELECT row_to_json(t)::text FROM {table} t"))
        assert [leaked(row, whole) for row in rows.scalars() if leaked(row, whole)] == [], table


class Named(dict):
    """What routes name; any other object is one that nobody has."""

    def __missing__(self, _name: str) -> str:
        return str(uuid4())


@pytest.mark.parametrize("who", [UNIT, ("县发改委", "approver"), ("县政府办公室", "observer")])
async def test_whoever_lacks_the_right_is_refused(program, someone, superuser, who):
    before = await events(superuser)
    async with await program(*who) as client:
        body = {"field": "phone", "reason": REASON}
        answer = await client.post(f"/api/v1/contacts/{someone.person}/unmask", json=body)
    assert answer.status_code == 403
    assert await events(superuser) == before


@pytest.mark.parametrize("field", ["password", "login", "name", "person", "__class__"])
async def test_no_other_column_can_be_asked_for(program, someone, field):
    async with await program(*LEAD) as client:
        answer = await client.post(f"/api/v1/contacts/{someone.person}/unmask", json={"field": field, "reason": REASON})
    assert answer.status_code == 404


async def test_somebody_is_found_by_the_whole_number_and_by_no_part_of_it(app, staff, someone):
    client, key = await person(app, staff, LEAD)
    async with client:
        for typed, count in ((f"+86 {someone.phone[:3]}-{someone.phone[3:]}", 1), (someone.phone[:7], 0), ("%", 0)):
            page = await client.post("/contacts/search", data={"_csrf": key, "phone": typed})
            assert page.status_code == 200
            assert page.text.count("****") == count, typed


@pytest.mark.parametrize(("phone", "email"), [("12345", ""), ("", "nobody"), ("1003207000x", "a@b"), ("", "a b@c.d")])
async def test_what_is_no_number_and_no_address_is_refused(work, someone, phone, email):
    from lianshen.identity.commands import set_contact
    from lianshen.kernel.errors import Invalid

    async with work() as uow:
        await uow.enter(HERE)
        with pytest.raises(Invalid):
            await set_contact(uow, someone.person, phone, email)
