"""Every route × verb × role, from the route table: another tenant's id answers as a random one (D22), deny by default.

A new route with a path parameter that is not declared below fails here until somebody says what it names.
"""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest
from litestar.routes import HTTPRoute
from sqlalchemy import insert, select, text
from tests.walk.driver import CYBER, LEAD, UNIT, Driver
from tests.web.conftest import app, browser, serving

from lianshen import wiring
from lianshen.access.queries import compile_policy
from lianshen.kernel.settings import Settings
from lianshen.tables import UNWALLED, metadata
from lianshen.versions.commands import plan_move

__all__ = ["app", "serving"]

OURS, THEIRS = "320723", "421000"
CODES = {
    "action": "submit",
    "paper": "feasibility_report",
    "tenant": OURS,
    "name": "app.css",
    "kind": "suspend",
    "path": "openapi.json",
    "field": "phone",
}
"""Path parameters that name no tenant's object: an act, a paper, a public jurisdiction, a file,
the API's document."""
OBJECTS = ("project", "document", "plan", "person", "session", "order")
"""Path parameters that name a tenant's object."""
ROLES = {
    "applicant": UNIT,
    "lead_officer": LEAD,
    "co_reviewer": CYBER,
    "approver": ("县发改委", "approver"),
    "estimate_reviewer": ("县财政局", "estimate_reviewer"),
    "observer": ("县政府办公室", "observer"),
    "rules_officer": ("县数据局", "rules_officer"),
}
POLICY = compile_policy(Settings().policies_dir, wiring.PERMISSIONS)
PAPER = {"file": ("材料.pdf", b"%PDF-1.7\n", "application/pdf")}


class Case(NamedTuple):
    """One verb of one route."""

    method: str
    path: str
    opt: dict[str, Any]
    parameters: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    def at(self, ids: dict[str, Any]) -> str:
        path = self.path
        for name in self.parameters:
            kind = path.partition("{" + name + ":")[2].partition("}")[0]
            path = path.replace("{" + name + ":" + kind + "}", str(ids.get(name, CODES.get(name))))
        return path


def template(route: HTTPRoute) -> str:
    return "/" + "/".join(
        part if isinstance(part, str) else "{" + part.name + ":" + part.full.rpartition(":")[2] + "}"
        for part in route.path_components
    )


@pytest.fixture
def table(app) -> list[Case]:
    return [
        Case(str(method), template(route), handler.opt, tuple(route.path_parameters))
        for route in app.app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in sorted(str(one) for one in handler.http_methods if str(one) not in ("OPTIONS", "HEAD"))
    ]


@pytest.fixture
async def foreign(work, staff, law, tmp_path, superuser) -> dict[str, UUID]:
    """A whole project of another tenant, with a document, a deadline, an opinion and a task: ours, copied over."""
    drive = Driver(work, staff, law, tmp_path)
    drive.at("2026-03-02")
    await drive.declare("700000")
    await drive.hand_in_all()
    await drive.act(UNIT, "submit")
    await drive.act(LEAD, "pass_pre_review")
    await drive.act(LEAD, "open_joint_review", opinions_due_on="2026-03-20")
    async with work() as uow:
        officer = await staff.actor(staff.find("县数据局", "rules_officer"))
        await uow.enter(OURS)
        await plan_move(uow, officer, law, "320723@2025-09-06")
        await uow.commit()
    ids = {"order": uuid4(), "project": uuid4(), "document": uuid4(), "plan": uuid4(), "source": drive.project}
    there = (metadata.tables[name].c for name in ("office", "person"))
    office, person = [
        (await superuser.execute(select(one.id).where(one.tenant == THEIRS).limit(1))).scalar_one() for one in there
    ]
    ids["person"] = person
    stranger = next(one.login for one in staff.accounts if one.tenant == THEIRS)
    ids["session"] = (await staff.sign_in(stranger, THEIRS)).actor.session
    moved = {"tenant": THEIRS, "project": ids["project"], "office": office, "person": person}
    for name, new in (
        ("project", {"id": ids["project"], "number": f"foreign-{ids['project']}"}),
        ("document", {"id": ids["document"]}),
        ("deadline", {"id": uuid4()}),
        ("opinion", {"id": uuid4(), "person": None}),
        ("task", {}),
    ):
        copied = metadata.tables[name]
        mine = copied.c.id if name == "project" else copied.c.project
        row = (await superuser.execute(select(copied).where(mine == drive.project).limit(1))).mappings().one()
        known = {column: value for column, value in (moved | new).items() if column in copied.c}
        await superuser.execute(insert(copied).values(dict(row) | known))
    plan = metadata.tables["move_plan"]
    row = (await superuser.execute(select(plan).where(plan.c.tenant == OURS).limit(1))).mappings().one()
    theirs = {"tenant": THEIRS, "id": ids["plan"], "planned_by": person}
    await superuser.execute(insert(plan).values(dict(row) | theirs))
    await superuser.commit()
    return ids


async def state(superuser) -> list[Any]:
    """How much of everything there is, by table and tenant, and every project's version."""
    await superuser.commit()
    found = []
    for name in sorted(set(metadata.tables) - set(UNWALLED)):
        counted = text(f"SELECT tenant, count(*) FROM {name} GROUP BY tenant ORDER BY tenant")
        found.append((name, [tuple(row) for row in await superuser.execute(counted)]))
    versions = await superuser.execute(text("SELECT id, version FROM project ORDER BY id"))
    return [*found, [tuple(row) for row in versions]]


@pytest.fixture
async def clients(app, staff) -> AsyncIterator[dict[str, tuple[httpx.AsyncClient, httpx.AsyncClient, str]]]:
    """For each role a program (bearer) and a browser (cookie), and the key of the browser's forms."""
    made = {}
    for role, who in ROLES.items():
        signed_in = await staff.sign_in(staff.find(*who))
        program = browser(app, headers={"authorization": f"Bearer {signed_in.token}"})
        person = browser(app, cookies={"lianshen": signed_in.token})
        made[role] = (program, person, signed_in.actor.form_key)
    yield made
    for program, person, _ in made.values():
        await program.aclose()
        await person.aclose()


async def ask(client: httpx.AsyncClient, case: Case, path: str, form_key: str = "") -> httpx.Response:
    """The request a caller of this route would make, valid as far as can be without knowing the object."""
    given: dict[str, Any] = {"headers": {"x-request-id": "matrix"}}
    if case.method != "GET":
        with_file = path.rpartition("/")[2] in ("documents", CODES["paper"])
        fields = {"paper": CODES["paper"]} if case.is_api else {"_csrf": form_key, "title": "x"}
        if with_file:
            given |= {"files": PAPER, "data": fields}
        elif case.is_api:
            given["json"] = {"field": "phone", "reason": "核对联系方式"} if path.endswith("unmask") else {}
        else:
            given["data"] = fields
    return await client.request(case.method, path, **given)


def normalised(answer: httpx.Response, ids: dict[str, Any]) -> tuple[int, list[tuple[str, str]], str]:
    """All that a caller can see, with what was sent, and the request's own number, taken out."""
    sent = {**ids, "request": answer.headers["x-request-id"]}

    def without(said: str) -> str:
        for name, value in sent.items():
            said = said.replace(str(value), f"<{name}>")
        return said

    return answer.status_code, [(name, without(value)) for name, value in answer.headers.items()], without(answer.text)


def test_every_path_parameter_is_declared(table):
    assert len(table) > 30
    named = {name for case in table for name in case.parameters}
    assert named == {*CODES, *OBJECTS}


async def test_another_tenants_ids_answer_as_random_ones_and_change_nothing(table, clients, foreign, superuser):
    before = await state(superuser)
    own = {"project": foreign["source"]}
    asked = 0
    for case in table:
        if not set(case.parameters) & set(OBJECTS):
            continue
        pairs = [
            (
                {name: foreign[name] for name in OBJECTS},
                {name: uuid4() for name in OBJECTS},
            )
        ]
        if "document" in case.parameters:
            pairs.append(({**own, "document": foreign["document"]}, {**own, "document": uuid4()}))
        for role, (program, person, form_key) in clients.items():
            client = program if case.is_api else person
            for pair in pairs:
                answers = [await ask(client, case, case.at(ids), form_key) for ids in pair]
                said = [normalised(answer, ids) for answer, ids in zip(answers, pair, strict=True)]
                assert said[0] == said[1], (role, case.method, case.path)
                assert said[0][0] in (403, 404), (role, case.method, case.path, said[0][0])
                asked += 1
    assert asked > 60
    assert await state(superuser) == before


async def test_lists_show_nothing_of_another_tenant(table, clients, foreign):
    for case in table:
        if case.method != "GET" or set(case.parameters) & set(OBJECTS):
            continue
        for program, person, _ in clients.values():
            answer = await ask(program if case.is_api else person, case, case.at({}))
            assert str(foreign["project"]) not in answer.text, case.path


async def test_nobody_gets_past_the_door_without_a_credential(table, app):
    async with browser(app) as stranger:
        for case in table:
            if case.opt.get("public"):
                continue
            answer = await ask(stranger, case, case.at({name: uuid4() for name in OBJECTS}))
            if case.is_api:
                assert (answer.status_code, answer.json()["type"]) == (401, "urn:lianshen:problem:not_signed_in")
            else:
                assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login"), case.path


async def test_each_role_is_refused_what_its_policy_does_not_grant(table, clients):
    refused = granted = 0
    for case in table:
        permission = case.opt.get("permission")
        if permission is None:
            continue
        for role, (program, person, form_key) in clients.items():
            path = case.at({name: uuid4() for name in OBJECTS})
            answer = await ask(program if case.is_api else person, case, path, form_key)
            allowed = POLICY.permits([role], permission)
            assert (answer.status_code == 403) == (not allowed), (role, case.method, case.path, answer.status_code)
            refused, granted = refused + (not allowed), granted + allowed
    assert refused > 20
    assert granted > 80


async def test_a_credential_of_one_tenant_names_that_tenant_and_no_other(app, staff):
    """Whatever else a request says, rows are those of the credential's tenant; a token relabelled is no token."""
    token = await staff.token(staff.find(*LEAD))
    async with browser(app) as client:
        for header in ("x-tenant", "x-tenant-id", "tenant"):
            answer = await client.get(
                "/api/v1/me", headers={"authorization": f"Bearer {token}", header: THEIRS}, params={"tenant": THEIRS}
            )
            assert answer.json()["tenant"] == OURS
        moved = THEIRS + token[6:]
        assert (await client.get("/api/v1/me", headers={"authorization": f"Bearer {moved}"})).status_code == 401
