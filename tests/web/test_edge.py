"""The edge around a tiny application: what is said was committed before, and every answer is dressed alike."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lianshen.kernel.errors import Closed, Item
from lianshen.kernel.settings import Settings
from lianshen.web import _edge
from lianshen.web._assets import FOLDER, Assets
from lianshen.web._call import Services
from lianshen.web._edge import Edge
from lianshen.web._limits import Limits
from lianshen.web._live import Live
from lianshen.web._pages import Pages

LIMIT = 4096


class Unit:
    """Stands for the unit of work: notes what the edge asks of it."""

    def __init__(self, notes: list[str], request_id: str, fault: Exception | None) -> None:
        self.now = datetime(2026, 3, 2, tzinfo=UTC)
        self.request_id = request_id
        self._notes, self._fault = notes, fault

    async def commit(self) -> None:
        self._notes.append("commit")
        if self._fault is not None:
            raise self._fault

    async def close(self) -> None:
        if self._notes[-1:] != ["close"]:
            self._notes.append("close")


class Inner:
    """The application inside: answers with ``status``, or raises."""

    def __init__(self, status: int = 200, raises: Exception | None = None, keep: bool = False) -> None:
        self.status, self.raises, self.keep = status, raises, keep

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["state"]["call"].keep = self.keep
        while (await receive())["more_body"]:
            pass
        if self.raises is not None:
            raise self.raises
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": b"done", "more_body": False})


class Tried:
    """The edge with an inner application, and what happened in which order."""

    def __init__(self, inner: Any, fault: Exception | None = None, secure: bool = True, **more: str) -> None:
        self.notes: list[str] = []
        settings = Settings(upload_limit=LIMIT, secure_cookies=secure, hosts="t", **more)
        services = Services(settings, None, None, Pages(Assets(FOLDER)), Limits(settings), None, Live(settings))
        self.edge = Edge(inner, services)
        self.edge.unit = lambda reference, read_only=False, source="": Unit(self.notes, reference, fault)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def noted(message: Any) -> None:
            self.notes.append(f"{message['type'].rpartition('.')[2]} {message.get('status', '')}".strip())
            await send(message)

        await self.edge(scope, receive, noted)

    async def get(self, path: str = "/api/x", **headers: str) -> httpx.Response:
        return await self.request("GET", path, headers=headers)

    async def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self), base_url="http://t") as client:
            return await client.request(method, path, **more)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []

    class Log:
        def exception(self, event: str, **_: Any) -> None:
            lines.append(event)

        def info(self, event: str, **_: Any) -> None: ...

    monkeypatch.setattr(_edge, "log", SimpleNamespace(get=lambda _: Log()))
    return lines


@pytest.mark.demand("D44", "D45")
@pytest.mark.parametrize("status", [200, 201, 204, 303])
async def test_what_is_done_is_committed_before_the_answer_leaves(status):
    tried = Tried(Inner(status))
    assert (await tried.get()).status_code == status
    assert tried.notes == ["commit", "close", f"start {status}", "body", "close"]


@pytest.mark.parametrize("status", [400, 404, 422, 500])
async def test_a_refusal_commits_nothing(status):
    tried = Tried(Inner(status))
    assert (await tried.get()).status_code == status
    assert tried.notes == ["close", f"start {status}", "body", "close"]


@pytest.mark.demand("D100")
async def test_a_refusal_that_has_to_count_is_committed():
    tried = Tried(Inner(401, keep=True))
    assert (await tried.get()).status_code == 401
    assert tried.notes[:3] == ["commit", "close", "start 401"]
    raised = Tried(Inner(raises=Closed(), keep=True))
    assert (await raised.get()).status_code == 409
    assert raised.notes[:3] == ["commit", "close", "start 409"]


@pytest.mark.demand("D44")
@pytest.mark.parametrize(
    ("fault", "status"), [(RuntimeError("constraint"), 500), (PoolTimeout("no connection"), 503)], ids=["bug", "outage"]
)
@pytest.mark.parametrize("inner", [Inner(201), Inner(303), Inner(401, keep=True), Inner(raises=Closed(), keep=True)])
async def test_a_failed_commit_is_never_a_success(logged, fault, status, inner):
    tried = Tried(inner, fault=fault)
    answer = await tried.get()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert [note for note in tried.notes if note.startswith("start")] == [f"start {status}"]
    assert tried.notes.count("commit") == 1
    assert logged == ["not committed"]


async def test_an_outage_says_when_to_try_again():
    answer = await Tried(Inner(raises=ConnectionRefusedError())).get()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


@pytest.mark.demand("D172")
async def test_our_bug_tells_a_reference_and_nothing_else():
    answer = await Tried(Inner(raises=RuntimeError("secret"))).get()
    assert answer.status_code == 500
    assert answer.json()["reference"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text


async def test_a_failure_after_the_answer_began_breaks_it_off():
    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError("torn")

    with pytest.raises(RuntimeError, match="torn"):
        await Tried(inner).get()


@pytest.mark.demand("D166")
@pytest.mark.parametrize(
    "inner",
    [Inner(200), Inner(404), Inner(raises=Closed()), Inner(raises=RuntimeError())],
    ids=["200", "404", "409", "500"],
)
@pytest.mark.parametrize("path", ["/api/x", "/x"])
async def test_every_answer_is_dressed(inner, path):
    headers = (await Tried(inner).get(path)).headers
    policy = headers["content-security-policy"]
    for part in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert headers["strict-transport-security"].startswith("max-age=31536000")
    assert headers["x-request-id"]


async def test_plain_http_promises_no_https():
    assert "strict-transport-security" not in (await Tried(Inner(), secure=False).get()).headers


@pytest.mark.parametrize(
    ("given", "kept"), [("order-2026.0001", True), ("short", False), ("x" * 65, False), ("a b c d e", False)]
)
async def test_a_harmless_request_id_is_kept(given, kept):
    answer = await Tried(Inner()).get(**{"x-request-id": given})
    assert (answer.headers["x-request-id"] == given) is kept


async def test_a_refusal_is_a_page_a_fragment_or_problem_details():
    refusal = Closed((Item(code="paper", message="缺少<概算>", remedy="请上传", article="第十六条", quotation="原文"),))
    tried = Tried(Inner(raises=refusal))
    problem = (await tried.get("/api/x")).json()
    assert problem["type"] == "urn:lianshen:problem:closed"
    assert (problem["status"], problem["instance"]) == (409, "/api/x")
    assert problem["errors"] == [
        {"code": "paper", "message": "缺少<概算>", "remedy": "请上传", "article": "第十六条", "quotation": "原文"}
    ]
    page = (await tried.get("/x")).text
    assert page.startswith("<!doctype html>")
    assert "缺少&lt;概算&gt;" in page
    assert "第十六条" in page
    fragment = (await tried.get("/x", **{"hx-request": "true"})).text
    assert fragment.startswith("<div")
    assert "请上传" in fragment


async def test_a_broken_error_page_is_still_an_answer(monkeypatch):
    tried = Tried(Inner(404))
    tried.edge.app = Inner(raises=Closed())
    monkeypatch.setattr(Pages, "render", lambda *_, **__: 1 / 0)
    answer = await tried.get("/x")
    assert (answer.status_code, answer.json()["status"]) == (409, 409)


@pytest.mark.parametrize("inner", [Inner(200), Inner(raises=Closed())], ids=["200", "409"])
async def test_a_head_request_is_a_get_without_a_body(inner):
    asked: list[str] = []

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["method"])
        await inner(scope, receive, send)

    answer = await Tried(noting).request("HEAD", "/x")
    assert answer.content == b""
    assert asked == ["GET"]


class Sender:
    """A client that sends ``size`` bytes and counts what was taken of them."""

    def __init__(self, size: int) -> None:
        self.size, self.taken = size, 0

    async def __aiter__(self) -> Any:
        while self.taken < self.size:
            self.taken += 1024
            yield b"x" * 1024


@pytest.mark.demand("D171")
@pytest.mark.parametrize("announced", [True, False])
async def test_too_long_a_body_is_refused_and_drained(announced):
    """A browser shows an answer only when it could send everything it had."""
    sender = Sender(LIMIT + 80 * 1024)
    headers = {"content-type": "multipart/form-data; boundary=x"}
    if announced:
        headers["content-length"] = str(sender.size)
    tried = Tried(Inner())
    answer = await tried.request("POST", "/api/x", content=sender, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:lianshen:problem:too_large"
    assert "commit" not in tried.notes
    assert sender.taken == sender.size
    assert "connection" not in answer.headers


async def test_an_endless_body_is_not_drained_for_ever():
    sender = Sender(10 * 1024 * 1024)
    answer = await Tried(Inner()).request("POST", "/api/x", content=sender)
    assert answer.status_code == 413
    assert sender.taken < 3 * 1024 * 1024
    assert answer.headers["connection"] == "close"


async def test_a_small_body_without_a_file_has_its_own_limit():
    answer = await Tried(Inner()).request("POST", "/api/x", content=b"x" * (1024 * 1024 + 1))
    assert answer.status_code == 413
