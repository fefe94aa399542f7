"""Every answer of the application is dressed, none of a signed-in person is kept, errors tell nothing (D166-D173)."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from litestar.routes import HTTPRoute

from lianshen.access.queries import may
from lianshen.projects import _store
from lianshen.web import _auth, _edge
from lianshen.web._body import Body
from lianshen.web._door import Door
from lianshen.web._headers import _ALWAYS
from lianshen.web._limits import Limits
from lianshen.web._pages import Pages
from lianshen.web.app import create_app
from tests.walk.driver import LEAD, UNIT, Driver
from tests.web.conftest import browser, serving

ENDS_A_SESSION = ("/logout", "/api/v1/sessions/current")


def require_dressed(answer: httpx.Response) -> None:
    where = (answer.request.method, answer.request.url.path, answer.status_code)
    for name, value in _ALWAYS.items():
        assert answer.headers.get_list(name) == [value], (*where, name)
    assert len(answer.headers.get_list("x-request-id")) == 1, where
    assert len(answer.headers.get_list("cache-control")) == 1, where


def addresses(app: Any) -> list[tuple[str, str]]:
    """Every verb of every route, with ids that name nothing."""
    found = []
    for route in app.app.routes:
        assert isinstance(route, HTTPRoute), route
        parts = [one if isinstance(one, str) else _value(one.full) for one in route.path_components]
        verbs = {str(verb) for handler in route.route_handlers for verb in handler.http_methods}
        found += [(verb, "/" + "/".join(parts)) for verb in sorted(verbs | {"HEAD", "DELETE", "TRACE"})]
    return found


def _value(declared: str) -> str:
    return str(uuid4()) if declared.endswith(":uuid") else "320723" if declared.startswith("tenant") else "x"


@pytest.fixture
async def known(app, staff) -> AsyncIterator[httpx.AsyncClient]:
    token = await staff.token(staff.find(*LEAD))
    async with browser(app, headers={"authorization": f"Bearer {token}"}) as made:
        yield made


@pytest.mark.demand("D166", "D167", "D170")
async def test_every_route_and_verb_is_dressed_and_kept_by_nobody(app, client, known):
    """Whoever asks and whatever comes of it; only a versioned static file may be kept."""
    statuses = set()
    for who in (client, known):
        for method, path in addresses(app):
            if who is known and path in ENDS_A_SESSION:
                continue
            answer = await who.request(method, path)
            require_dressed(answer)
            assert answer.headers["cache-control"] == "no-store"
            statuses.add(answer.status_code)
    assert {200, 204, 303, 401, 403, 404, 405, 422} <= statuses


@pytest.mark.demand("D166")
async def test_what_never_reaches_a_route_is_dressed(client, known):
    large = b"x" * (1024 * 1024 + 1)
    for answer, status in (
        (await client.get("/no-such"), 404),
        (await client.get("/no-such", headers={"accept": "application/json"}), 404),
        (await client.put("/login"), 405),
        (await client.request("BREW", "/login"), 405),
        (await client.post("/login", content=large), 413),
        (await client.get("/", headers={"host": "evil.test"}), 421),
        (await client.get("/", headers={"x-long": "x" * 40_000}), 431),
        (await client.get("/static/../app.py"), 404),
        (await client.get("/static/app.css"), 200),
        (await client.head("/static/app.css"), 200),
        (await client.post("/api/v1/sessions", content=b"{"), 400),
        (await known.get("/api/v1/projects?limit=x"), 422),
    ):
        assert answer.status_code == status, answer.request.url
        require_dressed(answer)


@pytest.mark.demand("D166", "D170")
async def test_a_file_that_is_streamed_is_dressed(app, work, staff, law, configured):
    drive = Driver(work, staff, law, configured.files_dir)
    drive.at("2026-03-02")
    await drive.declare("700000")
    await drive.hand_in_all()
    async with browser(app, headers={"authorization": f"Bearer {await staff.token(staff.find(*UNIT))}"}) as client:
        desk = (await client.get(f"/api/v1/projects/{drive.project}/desk")).json()
        papers = [document for slot in desk["papers"] for document in slot["versions"]]
        for path in (
            f"/api/v1/projects/{drive.project}/documents/{papers[0]['id']}",
            f"/projects/{drive.project}/papers/{papers[0]['id']}",
        ):
            answer = await client.get(path)
            assert answer.status_code == 200
            assert answer.headers["content-disposition"].startswith("attachment")
            assert answer.headers["cache-control"] == "no-store"
            require_dressed(answer)


class SharedProxy(httpx.AsyncBaseTransport):
    """A cache between two people and us that keeps all it may (RFC 9111), whoever asks."""

    def __init__(self, app: Any) -> None:
        self._inner = httpx.ASGITransport(app)
        self.kept: dict[str, Any] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        key = str(request.url)
        if key not in self.kept:
            answer = await self._inner.handle_async_request(request)
            body = b"".join([part async for part in answer.stream])
            forbidden = {"no-store", "private"} & set(answer.headers.get("cache-control", "").split(", "))
            if forbidden or request.method != "GET":
                return httpx.Response(answer.status_code, headers=answer.headers, content=body)
            self.kept[key] = (answer.status_code, answer.headers, body)
        status, headers, body = self.kept[key]
        return httpx.Response(status, headers=headers, content=body)


@pytest.mark.demand("D170")
async def test_two_people_behind_one_proxy_see_each_their_own(app, staff):
    proxy = SharedProxy(app)
    said = []
    for office, role in (UNIT, LEAD):
        cookies = {"lianshen": await staff.token(staff.find(office, role))}
        async with httpx.AsyncClient(transport=proxy, base_url="http://lianshen.test", cookies=cookies) as client:
            for path in ("/inbox", "/projects", "/notices", "/api/v1/me", "/", "/precheck/320723"):
                answer = await client.get(path)
                assert answer.status_code == (303 if path == "/" else 200), path
                said.append((path, office in answer.text or path.startswith("/precheck")))
            css = app.services.pages.assets.address("app.css")
            assert (await client.get(css)).status_code == 200
    assert list(proxy.kept) == [f"http://lianshen.test{css}"]
    assert [path for path, own in said if not own and path != "/"] == []


@pytest.mark.demand("D168")
async def test_the_key_of_another_person_is_refused_for_every_act(app, staff):
    """A key that is valid, of a colleague's session in the same tenant."""
    mine, theirs = [await staff.sign_in(staff.find(*who)) for who in (UNIT, LEAD)]
    tried = 0
    async with browser(app, cookies={"lianshen": mine.token}) as client:
        marks = {(str(verb), route.path): handler.opt
                 for route in app.app.routes for handler in route.route_handlers
                 for verb in handler.http_methods}  # fmt: skip
        for (method, path), opt in marks.items():
            permission = opt.get("permission")
            allowed = opt.get("signed_in") or (permission and may(mine.actor, permission))
            if method in ("GET", "HEAD", "OPTIONS") or opt.get("public") or not allowed:
                continue
            address = next(found for verb, found in addresses(app) if verb == method and _fits(path, found))
            for key in (theirs.actor.form_key, ""):
                answer = await client.request(method, address, headers={"x-csrf-token": key})
                assert answer.status_code == 403, (method, path)
            tried += 1
    assert tried > 5


def _fits(template: str, address: str) -> bool:
    ours, theirs = template.split("/"), address.split("/")
    return len(ours) == len(theirs) and all(
        one.startswith("{") or one == other for one, other in zip(ours, theirs, strict=True)
    )


def fails(*_: Any, **__: Any) -> Any:
    raise RuntimeError("secret: /etc/lianshen, SELECT * FROM person")


LAYERS = {
    "door": (Door, "check", "/api/v1/me"),
    "limits": (Limits, "count", "/api/v1/me"),
    "body": (Body, "arrive", "/api/v1/me"),
    "guard": (_auth, "actor_of", "/api/v1/me"),
    "store": (_store, "lines", "/projects"),
    "template": (Pages, "render", "/inbox"),
    "answer": (_edge._Exchange, "_settle", "/api/v1/me"),
}


@pytest.mark.demand("D172")
@pytest.mark.parametrize("layer", LAYERS)
async def test_a_failure_at_any_layer_tells_a_reference_and_nothing_else(known, monkeypatch, layer):
    where, name, path = LAYERS[layer]
    monkeypatch.setattr(where, name, fails)
    answer = await known.get(path)
    assert answer.status_code == 500
    require_dressed(answer)
    for word in ("secret", "RuntimeError", "Traceback", "SELECT", "lianshen/", ".py"):
        assert word not in answer.text, word
    assert answer.headers["x-request-id"] in answer.text


@pytest.mark.demand("D173")
async def test_in_production_there_are_no_documents_of_the_api_and_no_debugging(configured):
    made = create_app(msgspec.structs.replace(configured, publish_schema=False))
    assert made.app.debug is False
    assert not [route.path for route in made.app.routes if route.path.startswith(("/schema", "/docs"))]
    async with AsyncExitStack() as held:
        await held.enter_async_context(serving(made))
        client = await held.enter_async_context(browser(made))
        for path in ("/schema", "/schema/openapi.json", "/schema/swagger", "/docs", "/redoc", "/metrics", "/debug"):
            assert (await client.get(path)).status_code == 404, path
