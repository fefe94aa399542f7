"""What is refused before anything is worked: hosts, sizes, shapes, slow senders (D171, D175)."""

import asyncio
import json
from typing import Any

import msgspec
import pytest

from lianshen.web import _body
from lianshen.web._door import LARGEST_HEADERS, LONGEST_ADDRESS, MOST_HEADERS
from tests.web.conftest import browser
from tests.web.test_edge import Inner, Tried


async def raw(app: Any, *headers: tuple[bytes, bytes], path: str = "/api/x", method: str = "GET", receive: Any = None):
    """One request as a server hands it over, with exactly these headers: status and body of the answer."""
    said: list[Any] = []

    async def nothing() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": list(headers), "client": ("203.0.113.9", 1), "scheme": "http",
    }  # fmt: skip
    await app(scope, receive or nothing, send)
    body = b"".join(message.get("body", b"") for message in said)
    return said[0]["status"], body, dict(said[0]["headers"])


@pytest.mark.demand("D175")
@pytest.mark.parametrize("host", ["t", "T", "t:8080", "t:1"])
async def test_our_own_name_is_answered(host):
    status, _, _ = await raw(Tried(Inner()), (b"host", host.encode()))
    assert status == 200


@pytest.mark.demand("D175")
@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        ([], 400),
        (["t", "t"], 400),
        (["t", "evil.test"], 400),
        ([""], 400),
        (["t:x"], 400),
        (["t/"], 400),
        (["t evil.test"], 400),
        (["user@t"], 400),
        (["t\tx"], 400),
        (["evil.test"], 421),
        (["t.evil.test"], 421),
        (["evil-t"], 421),
        (["evilxt"], 421),
        (["t."], 421),
        (["127.0.0.1"], 421),
    ],
)
@pytest.mark.parametrize("path", ["/api/x", "/x", "/static/app.css"])
async def test_a_forged_missing_or_doubled_host_is_refused(hosts, status, path):
    tried = Tried(Inner())
    answer, body, headers = await raw(tried, *((b"host", host.encode()) for host in hosts), path=path)
    assert answer == status
    assert b"evil" not in body
    assert b"content-security-policy" in headers
    assert "commit" not in tried.notes


async def test_what_a_proxy_says_of_the_host_counts_for_nothing():
    tried = Tried(Inner())
    status, _, _ = await raw(tried, (b"host", b"evil.test"), (b"x-forwarded-host", b"t"))
    assert status == 421
    status, _, _ = await raw(tried, (b"host", b"t"), (b"x-forwarded-host", b"evil.test"))
    assert status == 200


@pytest.mark.demand("D171")
async def test_headers_and_addresses_have_limits():
    tried = Tried(Inner())
    host = (b"host", b"t")
    for fits, status in ((True, 200), (False, 431)):
        many = [(b"x-%d" % number, b"") for number in range(MOST_HEADERS - fits)]
        assert (await raw(tried, host, *many))[0] == status
        large = (b"x", b"v" * (LARGEST_HEADERS - 6 + (not fits)))
        assert (await raw(tried, host, large))[0] == (200 if fits else 431)
    long = "/api/" + "x" * LONGEST_ADDRESS
    assert (await raw(tried, host, path=long))[0] == 414
    assert (await raw(tried, host, path=long[:LONGEST_ADDRESS]))[0] == 200


class Arriving:
    """A sender whose parts come one by one, each after its pause."""

    def __init__(self, *parts: tuple[float, int], endless: bool = False) -> None:
        self.parts, self.endless, self.taken = list(parts), endless, 0

    async def __call__(self) -> Any:
        pause, size = self.parts[0] if self.endless or len(self.parts) == 1 else self.parts.pop(0)
        await asyncio.sleep(pause)
        self.taken += size
        return {"type": "http.request", "body": b"x" * size, "more_body": self.endless or len(self.parts) > 1}


@pytest.mark.demand("D171")
async def test_a_sender_who_falls_silent_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(_body, "_PAUSE", 0.05)
    tried = Tried(Inner())
    sender = Arriving((0, 10), (60, 10), (0, 0))
    status, body, headers = await raw(tried, (b"host", b"t"), (b"content-length", b"20"), method="POST", receive=sender)
    assert status == 408
    assert json.loads(body)["type"] == "urn:lianshen:problem:too_slow"
    assert headers[b"connection"] == b"close"
    assert tried.notes == ["close", "start 408", "body", "close"]


@pytest.mark.demand("D171")
async def test_a_body_that_drips_is_cut_off(monkeypatch):
    monkeypatch.setattr(_body, "_PATIENCE", 0.05)
    sender = Arriving((0.01, 1), endless=True)
    status, _, _ = await raw(
        Tried(Inner()), (b"host", b"t"), (b"transfer-encoding", b"chunked"), method="POST", receive=sender
    )
    assert status == 408
    assert sender.taken < 100


@pytest.mark.demand("D171")
@pytest.mark.parametrize("path", ["/login", "/api/v1/sessions", "/api/v1/projects"])
async def test_nobody_uploads_before_signing_in(app, path):
    """An upload's limit is for those who are known; for the rest it is a megabyte, and what is private is not read."""
    sender = Arriving((0, 64 * 1024), endless=True)
    kind = (b"content-type", b"multipart/form-data; boundary=x")
    status, _, _ = await raw(
        app, (b"host", b"lianshen.test"), kind, (b"content-length", b"30000000"), path=path, method="POST",
        receive=sender,
    )  # fmt: skip
    assert status == (413 if path != "/api/v1/projects" else 401)


@pytest.mark.demand("D171")
async def test_a_slow_upload_holds_no_connection(configured, staff, monkeypatch):
    """With one connection in the pool, a large upload that stands still keeps nobody else from working."""
    from lianshen.web.app import create_app

    made = create_app(msgspec.structs.replace(configured, pool_size=1))
    token = await staff.token(staff.find("县教育局", "applicant"))
    going_on = asyncio.Event()

    async def sender() -> Any:
        await going_on.wait()
        return {"type": "http.request", "body": b"--x--", "more_body": False}

    headers = [
        (b"host", b"lianshen.test"), (b"authorization", f"Bearer {token}".encode()), (b"content-length", b"2000000"),
        (b"content-type", b"multipart/form-data; boundary=x"),
    ]  # fmt: skip
    path = "/api/v1/projects/00000000-0000-0000-0000-000000000000/documents"
    upload = asyncio.create_task(raw(made, *headers, path=path, method="POST", receive=sender))
    await asyncio.sleep(0.3)
    assert not upload.done()
    async with browser(made, headers={"authorization": f"Bearer {token}"}) as other:
        assert (await other.get("/api/v1/me")).status_code == 200
    going_on.set()
    status, _, _ = await upload
    assert status in (400, 404, 422)
    await made.services.database.close()


@pytest.mark.demand("D171")
async def test_a_session_that_ends_during_an_upload_uploads_nothing(app, client, staff, form_key):
    account = staff.account("jyj-sb")
    await client.post("/login", data={"tenant": "320723", "login": account.login, "password": account.password})
    token, key = client.cookies["lianshen"], await form_key(client)

    async def sender() -> Any:
        await client.post("/logout", data={"_csrf": key})
        return {"type": "http.request", "body": b"--x--", "more_body": False}

    status, _, _ = await raw(
        app, (b"host", b"lianshen.test"), (b"authorization", f"Bearer {token}".encode()),
        (b"content-length", b"2000000"), (b"content-type", b"multipart/form-data; boundary=x"),
        path="/api/v1/projects/00000000-0000-0000-0000-000000000000/documents", method="POST", receive=sender,
    )  # fmt: skip
    assert status == 401


@pytest.mark.demand("D171")
async def test_json_as_deep_as_one_likes_is_refused_and_hurts_nobody(client, program):
    for depth in (2_000, 200_000):
        body = b"[" * depth + b"]" * depth
        answer = await client.post(
            "/api/v1/assessments", content=b'{"tenant":"320723","facts":{"a":' + body + b"}}",
            headers={"content-type": "application/json"},
        )  # fmt: skip
        assert answer.status_code == 400, depth
    assert (await client.get("/healthz")).status_code == 200


@pytest.mark.demand("D171")
async def test_a_form_has_only_so_many_parts(client, staff):
    """Multipart in parts; a plain form is bounded by its size."""
    fields = {f"f{number}": (None, "x") for number in range(101)}
    assert (await client.post("/login", files=fields)).status_code == 400
    wide = "&".join(f"f{number}=x" for number in range(60_000))
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert (await client.post("/login", content=wide, headers=kind)).status_code == 401
    assert (await client.post("/login", content=wide * 3, headers=kind)).status_code == 413
