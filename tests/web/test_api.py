"""The API as an outside program uses it: discover, declare, hand in, act; keyed, versioned, documented."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.walk.driver import LEAD, PDF, REFORM, UNIT, form
from tests.web.conftest import browser

SMALL = "480000.00"


@pytest.fixture(scope="module")
async def document(app: Any) -> dict[str, Any]:
    async with browser(app) as client:
        answer = await client.get("/schema/openapi.json")
    assert answer.headers["content-type"].startswith("application/vnd.oai.openapi+json")
    return answer.json()


@pytest.fixture
def fits(document: dict[str, Any]) -> Any:
    """Checks an answer against the schema that the document gives for it."""

    def check(answer: httpx.Response, method: str, path: str) -> Any:
        content = document["paths"][path][method]["responses"][str(answer.status_code)]["content"]
        media_type = answer.headers["content-type"].partition(";")[0]
        schema = content[media_type]["schema"] | {"components": document["components"]}
        jsonschema.validate(answer.json(), schema, cls=jsonschema.Draft202012Validator)
        return answer.json()

    return check


async def declared(client: httpx.AsyncClient, **more: str) -> httpx.Response:
    answer = await client.post("/api/v1/projects", json=form(SMALL, **more))
    assert answer.status_code == 201, answer.text
    return answer


async def desk_of(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    return (await client.get(f"{address}/desk")).json()


async def hand_in(client: httpx.AsyncClient, address: str, paper: str, **headers: str) -> httpx.Response:
    files = {"file": ("预算 表.pdf", PDF, "application/pdf")}
    return await client.post(f"{address}/documents", data={"paper": paper}, files=files, headers=headers)


def test_the_document_is_valid(document):
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_route_of_the_api_is_in_the_document(app, document):
    served = {
        (route.path_format.replace("//", "/"), method.lower())
        for route in app.app.routes
        if route.path.startswith("/api/")
        for method in route.methods
        if method != "OPTIONS"
    }
    written = {(path, method) for path, item in document["paths"].items() for method in item}
    assert served == written
    assert len(written) > 15


def test_every_operation_tells_an_outsider_what_to_do(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], path
            assert operation["description"], path
            problems = [code for code in operation["responses"] if code >= "400"]
            assert {"400", "503"} <= set(problems), path
            for code in problems:
                assert list(operation["responses"][code]["content"]) == ["application/problem+json"], (path, code)
            names = {one["name"] for one in operation.get("parameters", [])}
            public = operation.get("security") == [{}]
            shown_once = operation["operationId"] in ("unmask", "step_up", "act_in", "issue_key", "rotate_key")
            assert ("Idempotency-Key" in names) is (method == "post" and not public and not shown_once), path
            assert public or "401" in problems
    assert document["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}
    upload = document["paths"]["/api/v1/projects/{project}/documents"]["post"]
    assert "multipart/form-data" in upload["requestBody"]["content"]


async def test_no_page_shows_the_document(client):
    for path in ("/schema/redoc", "/schema/swagger", "/schema/elements", "/schema/rapidoc", "/schema/scalar"):
        assert (await client.get(path)).status_code == 404


async def test_the_law_is_public(client, fits):
    found = fits(await client.get("/api/v1/tenants"), "get", "/api/v1/tenants")
    assert len(found) == 12
    path = "/api/v1/tenants/{tenant}/intake"
    intake = fits(await client.get("/api/v1/tenants/320723/intake"), "get", path)
    assert "project_budget" in {field["name"] for field in intake["fields"]}
    refused = fits(await client.get("/api/v1/tenants/999999/intake"), "get", path)
    assert refused["type"] == "urn:lianshen:problem:no_law"


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[" * 5000, 400), (b'{"tenant": 3, "facts": {}}', 422), (b"{}", 422), (b"", 422), (b"\xff", 400)],
)
async def test_what_cannot_be_read_is_the_senders_fault(client, body, status):
    answer = await client.post("/api/v1/assessments", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["title"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/projects/not-a-uuid", 404),
        ("PUT", "/api/v1/projects", 405),
        ("GET", "/api/v1/projects?limit=0", 422),
    ],
)
async def test_refusals_of_the_framework_are_ours(program, method, path, status):
    async with await program(*UNIT) as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert ("allow" in answer.headers) is (status == 405)


async def test_a_project_from_its_desk(program, fits):
    """Nothing here knows the order of the steps but what the desk says."""
    async with await program(*UNIT) as unit, await program(*LEAD) as lead:
        created = await declared(unit)
        fits(created, "post", "/api/v1/projects")
        address, version = created.headers["location"], created.headers["etag"]
        assert version == '"1"'
        answer = await unit.get(f"{address}/desk")
        desk = fits(answer, "get", "/api/v1/projects/{project}/desk")
        (submit,) = (action for action in desk["actions"] if action["code"] == "submit")
        assert not submit["open"]
        refused = await unit.post(f"{address}/actions/submit", json={})
        problem = fits(refused, "post", "/api/v1/projects/{project}/actions/{action}")
        assert {item["message"] for item in problem["errors"]} == {reason["label"] for reason in submit["reasons"]}
        assert all(item["article"] for item in problem["errors"])
        for slot in desk["papers"]:
            if slot["may_upload"]:
                kept = await hand_in(unit, address, slot["code"])
                fits(kept, "post", "/api/v1/projects/{project}/documents")
        assert (await lead.get(address)).status_code == 404
        done = await unit.post(f"{address}/actions/submit", json={})
        fits(done, "post", "/api/v1/projects/{project}/actions/{action}")
        assert done.status_code == 200
        inbox = fits(await lead.get("/api/v1/inbox"), "get", "/api/v1/inbox")
        assert created.json()["project"] in {task["project"] for task in inbox}
        events = fits(await lead.get(f"{address}/events"), "get", "/api/v1/projects/{project}/events")
        assert (events[0]["action"], events[-1]["action"]) == ("projects.declare", "projects.submit")
        fits(await lead.get(address), "get", "/api/v1/projects/{project}")
        page = fits(await lead.get("/api/v1/projects?limit=1"), "get", "/api/v1/projects")
        assert len(page["items"]) == 1


async def test_a_program_without_the_right_is_told_so(program):
    async with await program(*REFORM) as client:
        answer = await client.post("/api/v1/projects", json=form(SMALL))
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:lianshen:problem:forbidden")


@pytest.mark.demand("D52")
async def test_a_stated_version_is_kept_to(program):
    async with await program(*UNIT) as unit:
        created = await declared(unit)
        address = created.headers["location"]
        first = await unit.patch(address, json={"title": "新名称"}, headers={"if-match": created.headers["etag"]})
        assert (first.status_code, first.headers["etag"]) == (200, '"2"')
        stale = await unit.patch(address, json={"title": "更新"}, headers={"if-match": created.headers["etag"]})
        assert (stale.status_code, stale.json()["type"]) == (412, "urn:lianshen:problem:conflict")
        acted = await unit.post(f"{address}/actions/submit", json={}, headers={"if-match": '"1"'})
        assert acted.status_code == 412
        odd = await unit.patch(address, json={}, headers={"if-match": '"x"'})
        assert (odd.status_code, odd.json()["errors"][0]["field"]) == (422, "If-Match")


async def test_amending_changes_what_is_named_and_nothing_else(program):
    async with await program(*UNIT) as unit:
        address = (await declared(unit)).headers["location"]
        before = (await unit.get(address)).json()["facts"]
        await unit.patch(address, json={"project_budget": "460000.5", "summary": None})
        after = (await unit.get(address)).json()["facts"]
    assert after.pop("project_budget") == 46000050
    assert "summary" not in after
    assert after == {name: value for name, value in before.items() if name not in ("project_budget", "summary")}


@pytest.mark.demand("D156")
async def test_a_paper_comes_back_as_an_attachment_and_as_it_was(program):
    async with await program(*UNIT) as unit:
        address = (await declared(unit)).headers["location"]
        paper = next(slot["code"] for slot in (await desk_of(unit, address))["papers"] if slot["may_upload"])
        kept = (await hand_in(unit, address, paper)).json()
        assert kept["version"] == 1
        assert (await hand_in(unit, address, paper)).json()["version"] == 2
        answer = await unit.get(f"{address}/documents/{kept['id']}")
        assert answer.content == PDF
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("attachment; filename")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert (await unit.get(f"{address}/documents/{uuid4()}")).status_code == 404
        files = {"file": ("a.pdf", b"MZ", "application/pdf")}
        odd = await unit.post(f"{address}/documents", data={"paper": paper}, files=files)
        assert (odd.status_code, odd.json()["type"]) == (415, "urn:lianshen:problem:wrong_type")
        assert (await unit.post(f"{address}/documents", data={"paper": paper})).status_code == 422


@pytest.mark.demand("D46")
async def test_twenty_equal_submissions_are_one(program):
    key = {"idempotency-key": str(uuid4())}
    async with await program(*UNIT) as unit:
        title = f"平台 {uuid4()}"
        send = [unit.post("/api/v1/projects", json=form(SMALL, title=title), headers=key) for _ in range(20)]
        answers = await asyncio.gather(*send)
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert {answer.headers["location"] for answer in answers} == {answers[0].headers["location"]}
        assert sum("idempotent-replay" not in answer.headers for answer in answers) == 1
        found = (await unit.get("/api/v1/projects", params={"q": title})).json()
        assert len(found["items"]) == 1
        other = await unit.post("/api/v1/projects", json=form(SMALL), headers=key)
        assert (other.status_code, other.json()["type"]) == (409, "urn:lianshen:problem:replayed")
        elsewhere = await unit.post("/api/v1/notices/read", json=form(SMALL, title=title), headers=key)
        assert elsewhere.status_code == 409, "the same words, but said to another"


async def test_a_keyed_upload_is_one_version(program):
    async with await program(*UNIT) as unit:
        address = (await declared(unit)).headers["location"]
        paper = next(slot["code"] for slot in (await desk_of(unit, address))["papers"] if slot["may_upload"])
        key = {"idempotency-key": "upload-" + uuid4().hex}
        first, second = await hand_in(unit, address, paper, **key), await hand_in(unit, address, paper, **key)
        assert first.json() == second.json()
        assert second.headers["idempotent-replay"] == "true"
        files = {"file": ("预算 表.pdf", PDF + b"more", "application/pdf")}
        other = await unit.post(f"{address}/documents", data={"paper": paper}, files=files, headers=key)
        assert other.status_code == 409


@pytest.mark.demand("D46")
async def test_a_refused_request_leaves_its_key_free(program):
    async with await program(*UNIT) as unit:
        key = {"idempotency-key": uuid4().hex}
        assert (await unit.post("/api/v1/projects", json={"title": ""}, headers=key)).status_code == 422
        assert (await unit.post("/api/v1/projects", json=form(SMALL), headers=key)).status_code == 201
        assert (await unit.post("/api/v1/projects", json={}, headers={"idempotency-key": "x" * 101})).status_code == 422


@pytest.mark.demand("D46")
async def test_keys_of_different_people_do_not_meet(program):
    key = {"idempotency-key": uuid4().hex}
    async with await program(*UNIT) as unit, await program(*LEAD) as lead:
        assert (await unit.post("/api/v1/notices/read", headers=key)).status_code == 204
        answer = await lead.post("/api/v1/notices/read", headers=key)
        assert answer.status_code == 204
        assert "idempotent-replay" not in answer.headers


async def test_a_pages_form_counts_once(client, staff, form_key):
    account = staff.account(staff.find(*UNIT))
    await client.post("/login", data={"tenant": account.tenant, "login": account.login, "password": account.password})
    own = {"x-csrf-token": await form_key(client), "idempotency-key": uuid4().hex}
    first = await client.post("/api/v1/projects", json=form(SMALL), headers=own)
    second = await client.post("/api/v1/projects", json=form(SMALL), headers=own)
    assert first.json() == second.json()
    bare = await client.post("/api/v1/projects", json=form(SMALL))
    assert (bare.status_code, bare.json()["type"]) == (403, "urn:lianshen:problem:forged")
