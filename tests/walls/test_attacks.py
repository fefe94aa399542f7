"""Attacks tried by hand against a running instance with two tenants: what a stranger or a colleague would try.

Ids of the other tenant in paths, queries and bodies are tried for every route in ``test_routes``. Here is the rest:
words that name something, ids within ids, credentials in the wrong place, addresses written otherwise, hostile content.
"""

import io
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openpyxl import Workbook
from sqlalchemy import text

from tests.walk.driver import CYBER, LEAD, Driver
from tests.walls.routes import PDF
from tests.walls.world import OURS, THEIRS
from tests.web.conftest import app, browser, program, serving

__all__ = ["app", "program", "serving"]
pytestmark = pytest.mark.demand("D22")
CHANGING = ("x-request-id", "content-length", "date")


def alike(one: httpx.Response, other: httpx.Response, *words: str) -> None:
    """Both answers are the same but for ``words`` that were sent."""
    plain = []
    for answer in (one, other):
        said = answer.text
        for word in (*words, answer.headers["x-request-id"]):
            said = said.replace(word, "?")
        headers = {name: value for name, value in answer.headers.items() if name not in CHANGING}
        plain.append((answer.status_code, headers, said))
    assert plain[0] == plain[1]


class Side:
    """Somebody of a tenant, as a program and as a person at a browser."""

    def __init__(self, app: Any, signed_in: Any) -> None:
        self.actor, self.token = signed_in.actor, signed_in.token
        self.bearer = {"authorization": f"Bearer {signed_in.token}"}
        self.program = browser(app, headers=self.bearer)
        self.person = browser(app, cookies={"lianshen": signed_in.token})

    async def post(self, path: str, **form: str) -> httpx.Response:
        return await self.person.post(path, data={"_csrf": self.actor.form_key, **form})


@pytest.fixture
def side(app, staff):
    async def of(role: str, tenant: str = OURS, office: str | None = None) -> Side:
        found = (
            one.login
            for one in staff.accounts
            if (one.tenant, one.role) == (tenant, role) and office in (None, one.office)
        )
        return Side(app, await staff.sign_in(next(found), tenant))

    return of


@pytest.fixture
async def theirs(side):
    """A project of the other tenant, and its number."""
    other = await side("applicant", THEIRS)
    made = (await other.program.post("/api/v1/projects", json={"title": "别处的平台"})).json()
    found = (await other.program.get(f"/api/v1/projects/{made['project']}")).json()
    return found["id"] if "id" in found else made["project"], found["number"]


@pytest.fixture
async def submitted(work, staff, law, configured):
    drive = Driver(work, staff, law, configured.files_dir)
    drive.at("2026-03-02")
    await drive.submit("700000")
    return drive


async def test_a_number_of_another_tenant_is_no_number_for_the_auditor(side, theirs):
    audit = await side("audit_admin")
    _, number = theirs
    foreign, nobodys = f"{number}", f"{number[:-4]}0000"
    said = [await audit.person.get("/audit", params={"project": one}) for one in (foreign, nobodys)]
    alike(*said, foreign, nobodys)


async def test_law_of_another_jurisdiction_is_not_compared_by_its_name(side):
    officer = await side("rules_officer")
    ours = "320723@2025-09-06"
    for path in ("/law/diff", "/api/v1/law/diff", "/law/what-if", "/api/v1/law/what-if"):
        said = []
        for other in ("421000@2017-08-24", "421000@1999-01-01"):
            names = ("old", "new") if path.endswith("diff") else ("draft", "against")
            said.append(await officer.program.get(path, params=dict(zip(names, (other, ours), strict=True))))
        assert said[0].status_code == 404
        alike(*said, "421000@2017-08-24", "421000@1999-01-01")


async def test_a_list_that_another_tenant_brought_is_not_there(side):
    book, file = Workbook(), io.BytesIO()
    book.active.append(["单位代码", "单位名称"])
    book.save(file)
    other, own = await side("system_admin", THEIRS), await side("system_admin")
    sent = {"file": ("名单.xlsx", file.getvalue(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")}
    await other.person.post("/staff/lists", data={"_csrf": other.actor.form_key}, files=sent)
    from hashlib import sha256

    digest = sha256(file.getvalue()).hexdigest()
    said = [await own.person.get(f"/staff/lists/{one}") for one in (digest, "ab" * 32)]
    assert said[0].status_code == 404
    alike(*said, digest, "ab" * 32)


async def test_a_role_of_anothers_own_is_not_there(side, superuser):
    other, own = await side("security_admin", THEIRS), await side("security_admin")
    body = {"label": "彼处的岗", "permissions": ["rules.read"], "since": "2036-03-02"}
    code = (await other.program.post("/api/v1/rights/roles", json=body)).json()["code"]
    mine = {one["code"] for one in (await own.program.get("/api/v1/rights/roles")).json()}
    said = await own.program.get(f"/api/v1/rights/roles/{code}")
    assert "彼处的岗" not in said.text
    assert said.status_code == (200 if code in mine else 404)


async def test_a_place_in_a_list_of_another_tenant_leads_nowhere_else(side, theirs):
    """The cursor of their list, shown with our credential, goes on in our list."""
    other, own = await side("applicant", THEIRS), await side("lead_officer")
    for _ in range(2):
        await other.program.post("/api/v1/projects", json={"title": "别处的平台"})
    page = (await other.program.get("/api/v1/projects", params={"limit": 1})).json()
    assert page["next"]
    said = await own.program.get("/api/v1/projects", params={"cursor": page["next"]})
    assert said.status_code in (200, 400, 422)
    assert "别处的平台" not in said.text
    for broken in ("", "x", "%00", page["next"][:-3], page["next"] + "AAAA", "e30=", "9" * 400):
        assert (await own.program.get("/api/v1/projects", params={"cursor": broken})).status_code < 500, broken


async def test_a_foreign_id_written_otherwise_is_still_nobodys(side, theirs):
    own, (project, _) = await side("lead_officer"), theirs
    plain = project.replace("-", "")
    for form in (
        "{}",
        "{}/",
        "/{}",
        "{{{}}}",
        "urn:uuid:{}",
        "{}%00",
        "{}.json",
        "{};x=1",
        "./{}",
        "%2e%2e/projects/{}",
    ):
        for name in (project, project.upper(), plain):
            other = str(uuid4())
            nobodys = other.upper() if name.isupper() else other if "-" in name else other.replace("-", "")
            said = [await own.program.get(f"/api/v1/projects/{form.format(one)}") for one in (name, nobodys)]
            assert said[0].status_code in (400, 404), form
            alike(*said, name, nobodys)


async def test_head_and_overridden_verbs_tell_and_do_no_more(side, theirs, submitted):
    own, (project, _) = await side("applicant"), theirs
    said = [await own.program.head(f"/api/v1/projects/{one}") for one in (project, uuid4())]
    assert (said[0].status_code, said[0].content) == (404, b"")
    alike(*said)
    for header in ("x-http-method-override", "x-http-method", "x-method-override"):
        path = "/api/v1/sessions/current"
        await own.program.get(path, headers={header: "DELETE"})
        await own.program.post(path, headers={header: "DELETE"}, params={"_method": "DELETE"})
    assert (await own.program.get("/api/v1/me")).status_code == 200
    for verb in ("TRACE", "CONNECT", "PROPFIND", "QUERY", "X" * 300):
        assert (await own.program.request(verb, "/api/v1/me")).status_code in (400, 404, 405, 501), verb


async def test_a_paper_is_not_reached_by_way_of_another_project(side, submitted, superuser):
    """An id within an id: the paper of a project that one may not see, asked for under one's own."""
    other = await side("applicant", office="县教育局")
    own = (await other.program.post("/api/v1/projects", json={"title": "自己的"})).json()["project"]
    asked = text("SELECT id FROM document WHERE project = :p LIMIT 1")
    paper = (await superuser.execute(asked, {"p": submitted.project})).scalar_one()
    seq = text("SELECT max(seq) FROM event WHERE project = :p")
    step = (await superuser.execute(seq, {"p": submitted.project})).scalar_one()
    for path, nobodys in (
        (f"/api/v1/projects/{own}/documents/{paper}", f"/api/v1/projects/{own}/documents/{uuid4()}"),
        (f"/projects/{own}/papers/{paper}", f"/projects/{own}/papers/{uuid4()}"),
        (f"/projects/{own}/proof/{step}", f"/projects/{own}/proof/999999"),
    ):
        client = other.program if path.startswith("/api") else other.person
        said = [await client.get(one) for one in (path, nobodys)]
        assert said[0].status_code == 404, path
        alike(*said, "/".join(path.split("/")[-2:]), "/".join(nobodys.split("/")[-2:]))


async def test_one_does_not_take_a_colleagues_post(side, superuser):
    own, colleague = await side("applicant"), await side("lead_officer")
    said = [await own.post("/account/post", post=str(one)) for one in (colleague.actor.post, uuid4())]
    assert said[0].status_code >= 400
    alike(*said, str(colleague.actor.post))
    answer = await own.program.post("/api/v1/session/post", json={"post": str(colleague.actor.post)})
    assert answer.status_code >= 400
    assert (await own.program.get("/api/v1/me")).json()["roles"] == list(own.actor.roles)


@pytest.mark.demand("D168")
async def test_a_cookie_does_not_act_without_the_forms_key_whatever_the_body_is_called(side):
    own = await side("applicant")
    before = (await own.program.get("/api/v1/projects")).text
    for kind in (
        "text/plain",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        headers = {"content-type": kind}
        answer = await own.person.post("/api/v1/projects", content=b'{"title": "forged"}', headers=headers)
        assert answer.status_code in (400, 403), kind
        ours = headers | {"sec-fetch-site": "cross-site", "x-csrf-token": own.actor.form_key}
        answer = await own.person.post("/api/v1/projects", content=b'{"title": "forged"}', headers=ours)
        assert answer.status_code in (400, 403), kind
    assert (await own.program.get("/api/v1/projects")).text == before


@pytest.mark.demand("D102")
async def test_a_credential_in_the_wrong_place_is_none(app, side):
    """A bad bearer beside a good cookie, a session as a system's key, a token in the address, two at once."""
    own, other = await side("applicant"), await side("applicant", THEIRS)
    async with browser(app, cookies={"lianshen": own.token}) as client:
        for said in ("Bearer x", "Bearer", "Basic eDp4", f"Token {own.token}", f"Bearer {own.token[:-1]}", "Bearer  "):
            assert (await client.get("/api/v1/me", headers={"authorization": said})).status_code == 401, said
        both = await client.get("/api/v1/me", headers=other.bearer)
        assert both.json()["tenant"] == THEIRS, "the header alone counts"
        page = await client.post("/api/v1/projects", json={"title": "x"}, headers={"authorization": "Bearer x"})
        assert page.status_code == 401
    async with browser(app) as stranger:
        for name in ("token", "access_token", "session", "lianshen"):
            assert (await stranger.get("/api/v1/me", params={name: own.token})).status_code == 401
        for cookie in (
            f"ls_{OURS}_{'a' * 43}",
            own.token.replace(OURS, THEIRS),
            own.token.upper(),
            f" {own.token[7:]}",
        ):
            answer = await stranger.get("/api/v1/me", headers={"cookie": f"lianshen={cookie}"})
            assert answer.status_code == 401, cookie


async def test_a_key_of_another_tenant_brings_back_nobodys_answer(side):
    own, other = await side("applicant"), await side("applicant", THEIRS)
    key = {"idempotency-key": f"shared-{uuid4()}"}
    said = [await one.program.post("/api/v1/projects", json={"title": "同"}, headers=key) for one in (other, own)]
    assert [one.status_code for one in said] == [201, 201]
    assert "idempotent-replay" not in said[1].headers
    assert said[0].json()["project"] != said[1].json()["project"]


HOSTILE = [
    "\x00", "a\x00b", "\ud800", "％００", "٣٢٠٧٢٣", "３２０７２３", "' OR 1=1 --", "{{7*7}}", "${7*7}", "%s%n",
    "../../etc", "x" * 5000, "\u202e\u2066", "=cmd|' /C calc'!A0", "<svg onload=alert(1)>",
]  # fmt: skip


@pytest.mark.demand("D172")
@pytest.mark.parametrize("word", HOSTILE, ids=ascii)
async def test_hostile_words_are_refused_or_kept_as_words(app, side, word):
    """In every field that a stranger or an officer types; never a failure of ours."""
    own = await side("applicant")
    body = f'{{"title": "{"".join(f"{chr(92)}u{ord(one):04x}" for one in word[:300])}"}}'.encode()
    json = {"content-type": "application/json"}
    sent = word.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    answers = [
        await own.program.post("/api/v1/projects", content=body, headers=json),
        await own.program.get("/api/v1/projects", params={"q": sent}),
        await own.person.get("/projects", params={"q": sent, "phase": sent}),
        await own.post("/projects", title=sent),
    ]
    async with browser(app) as stranger:
        for tenant, login, password in ((sent, "x", "x"), (OURS, sent, "x"), (OURS, "x", sent)):
            fields = {"tenant": tenant, "login": login, "password": password}
            answers.append(await stranger.post("/login", data=fields))
            answers.append(await stranger.post("/api/v1/sessions", json=fields))
        answers.append(await stranger.get(f"/precheck/{OURS}", params={"x": sent}))
    assert [(one.request.url.path, one.status_code) for one in answers if one.status_code >= 500] == []
    assert all("49" not in one.text for one in answers[3:4] if word == "{{7*7}}")


@pytest.mark.demand("D172")
async def test_numbers_that_are_too_large_and_shapes_that_are_too_deep_are_refused(side, submitted):
    own, officer, audit = await side("applicant"), await side("rules_officer"), await side("audit_admin")
    large = "9" * 30
    project = submitted.project
    answers = [
        await own.person.get(f"/projects/{project}/proof/{large}"),
        await own.person.get(f"/projects/{project}/proof/-1"),
        await own.program.get("/api/v1/projects", params={"limit": large}),
        await own.program.get("/api/v1/projects", params={"limit": "-1"}),
        await own.program.patch(f"/api/v1/projects/{project}", json={"title": "x"}, headers={"if-match": f'"{large}"'}),
        await own.program.post(
            "/api/v1/projects", content=b"[" * 100_000, headers={"content-type": "application/json"}
        ),
        await own.program.post("/api/v1/projects", json={"title": "x", "budget": 1e308}),
        await own.program.post(
            "/api/v1/projects", content=b'{"title": NaN}', headers={"content-type": "application/json"}
        ),
        await audit.person.get("/audit", params={"before": large[:18], "since": "0000-00-00", "until": "99999-01-01"}),
        await audit.person.get("/audit", params={"before": large}),
        *[
            await officer.person.get(
                "/law/what-if", params={"draft": "320723@2025-09-06", "against": "320723@2025-09-06", "year": year}
            )
            for year in ("0000", "9999", "٢٠٢٦", "-1", "1e3")
        ],
    ]
    assert [(str(one.request.url)[-60:], one.status_code) for one in answers if one.status_code >= 500] == []


FILES = (
    'a"; x=1\r\nx-evil: 1.pdf', "../../../../tmp/evil.pdf", "..\\evil.pdf", "/etc/evil.pdf", "\x00evil.pdf",
    "evil.pdf\n", "\u202efdp.exe.pdf", "名" * 120 + ".pdf", ".pdf",
)  # fmt: skip


async def test_a_name_of_a_file_ends_no_header_and_leaves_no_folder(side, configured):
    own = await side("applicant")
    project = (await own.program.post("/api/v1/projects", json={"title": "名"})).json()["project"]
    for name in FILES:
        sent = {"file": (name, PDF[1], PDF[2])}
        path = f"/api/v1/projects/{project}/documents"
        made = await own.program.post(path, data={"paper": "feasibility_report"}, files=sent)
        assert made.status_code < 500, name
        if made.status_code == 201:
            got = await own.program.get(f"{path}/{made.json().get('document') or made.json()['id']}")
            assert got.status_code == 200
            assert "x-evil" not in got.headers
            assert got.headers["content-disposition"].startswith("attachment;")
            assert "\n" not in got.headers["content-disposition"]
    assert not list(configured.files_dir.parent.rglob("*evil*"))
    strange = [path for path in configured.files_dir.rglob("*") if path.is_file() and "." in path.name]
    assert strange == []


@pytest.mark.demand("D170")
async def test_nothing_personal_is_kept_under_an_address_that_looks_like_a_file(app, side):
    own = await side("lead_officer")
    for path in ("/inbox", "/account", "/api/v1/me", "/projects"):
        for tail in ("/x.css", "/..%2fx.css", "%0ax.css", ";x.css", "%23x.css", "?x.css"):
            answer = await own.person.get(path + tail)
            assert own.actor.name not in answer.text or "no-store" in answer.headers["cache-control"], path + tail


ELSEWHERE = (
    "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "/\n/evil.example", " //evil",
    "javascript:alert(1)", "///evil.example", "/%0d%0aset-cookie:x=1", "\\\\evil.example",
)  # fmt: skip


async def test_signing_in_leads_nowhere_but_home(app, staff):
    account = staff.account(staff.find(*LEAD))
    fields = {"tenant": account.tenant, "login": account.login, "password": account.password}
    for wanted in ELSEWHERE:
        async with browser(app) as client:
            answer = await client.post("/login", data=fields | {"next": wanted})
            where = answer.headers["location"]
            assert where.startswith("/"), wanted
            assert not where.startswith(("//", "/\\")), wanted
            assert "x" not in answer.cookies


@pytest.mark.demand("D36")
async def test_what_is_said_twice_or_for_another_is_not_believed(side, submitted, superuser):
    """Two values for one field, another office's opinion, another's name on one's own act."""
    own, cyber = await side("applicant"), await side("co_reviewer", office=CYBER[0])
    body = b'{"title": "first", "title": "second", "tenant": "421000", "declared_by": "x", "phase": "done"}'
    made = await own.program.post("/api/v1/projects", content=body, headers={"content-type": "application/json"})
    assert made.status_code in (201, 400, 422)
    if made.status_code == 201:
        row = text("SELECT tenant, phase FROM project WHERE id = :p")
        assert tuple((await superuser.execute(row, {"p": made.json()["project"]})).one()) == (OURS, "draft")
    act = f"/api/v1/projects/{submitted.project}/actions/pass_pre_review"
    for extra in ({"office": "县数据局"}, {"actor": str(uuid4())}, {"post": str(uuid4())}, {"by": "县数据局"}):
        assert (await cyber.program.post(act, json=extra)).status_code in (403, 404, 409, 422), extra
